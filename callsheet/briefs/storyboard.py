"""The brief of a storyboard film: its shots, what they share, how they are joined, and what a repair may cost."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from callsheet.briefs.brief import Aspect, Brief, Line
from callsheet.briefs.choices import MoodName, PlatformName, StyleName, Sum, VoiceName, known_voice
from callsheet.briefs.form import Formed
from callsheet.briefs.people import names_somebody
from callsheet.briefs.shotlist import read_shots
from callsheet.errors import BriefError, Fault
from callsheet.media.sound.moods import moods
from callsheet.timeline import TransitionKind
from callsheet.validation import faults_of

MOST = 50
"""Shots of one sequence."""
Item = Literal["character_appearance", "environment_match", "lighting_continuity", "color_consistency"]
EVERY: tuple[Item, ...] = get_args(Item)
Description = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Seconds = Annotated[int, Field(ge=1, le=20)]


class StoryShot(Formed):
    """One shot of the storyboard."""

    description: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = Field(
        default="", description="What is seen."
    )
    shot: Line | None = Field(
        default=None, description="A shot of the library, by its name: its words stand behind the description."
    )
    character: bool | None = Field(
        default=None, description="Whether the character is seen in it; without a word, as its description says."
    )
    seconds: Seconds | None = Field(default=None, description="Its length, when not `shot_seconds`.")
    scene: Line | None = Field(default=None, description="Where and when it is.")
    camera: Line | None = Field(default=None, description="How the camera sees it.")
    line: Line | None = Field(default=None, description="What is spoken over it, from its beginning on.")
    voice: VoiceName | None = Field(default=None, description="Who speaks that, when not the film's voice.")
    transition: TransitionKind | None = Field(default=None, description="How it is entered, when not as the others.")

    @model_validator(mode="after")
    def _shows_something(self) -> Self:
        if not self.description and not self.shot:
            raise ValueError("description: what is seen must be said, or a shot of the library named")
        return self


class RepairBudget(Formed):
    """What may be spent to buy shots again that do not belong to the others."""

    amount: Sum = Field(description="The most that all further takes may cost, in the currency of the price list.")
    tries: int = Field(default=2, ge=1, le=5, description="Takes of one shot at most.")

    @field_validator("amount", mode="before")
    @classmethod
    def _as_written(cls, value: Any) -> Any:
        """YAML reads `12.5` as a float; its shortest text is what the person wrote."""
        return repr(value) if isinstance(value, float) else value

    @field_validator("amount")
    @classmethod
    def _buys_something(cls, value: Decimal) -> Decimal:
        if value <= 0:
            raise ValueError("it must be more than 0")
        return value


class StoryboardBrief(Brief):
    """One film from a list of shots.

    The shots are ordered together, so that they belong together; what comes is measured, and shots that do not belong
    to the others are bought again within `repair_budget`.
    """

    kind: Literal["storyboard"] = Field(default="storyboard", description="The product this brief is for.")
    characters: Description | None = Field(
        default=None, description="Who and what all shots show; it leads every prompt."
    )
    shots: tuple[StoryShot, ...] = Field(default=(), max_length=MOST, description="The shots, in order.")
    shots_file: Line | None = Field(
        default=None, description="Or a file with them, .csv or .fountain; relative to the brief."
    )
    shot_seconds: Seconds = Field(default=5, description="Length of a shot that states none.")
    reference_image: Line | None = Field(default=None, description="Path of an image that all shots take after.")
    consistency: tuple[Item, ...] = Field(default=EVERY, min_length=1, description="What must agree, and is measured.")
    repair_budget: RepairBudget | None = Field(default=None, description="What further takes may cost.")
    transition: TransitionKind = Field(default="dissolve", description="How shots are entered.")
    transition_seconds: float = Field(default=0.4, ge=0.1, le=2, description="Length of a transition.")
    voice: VoiceName = Field(default="female", description="The speaker of the lines.")
    music_mood: MoodName | None = Field(default="calm", description=f"One of {', '.join(moods())}; null for none.")
    style: StyleName = Field(default="cinematic", description="Style preset of the shots.")
    closing: Line | None = Field(default=None, description="The words under the name in a closing title.")
    aspect: Aspect = Field(default="16:9", description="Shape of the picture.")
    platforms: tuple[PlatformName, ...] = Field(
        default=(), max_length=11, description="Platforms for which a rendition is made of the master, and checked."
    )

    @field_validator("voice")
    @classmethod
    def _voice_speaks_the_language(cls, value: str, info: ValidationInfo) -> str:
        return known_voice(value, info.data.get("language", "zh-CN"))

    @field_validator("shots")
    @classmethod
    def _shots_can_be_spoken(cls, value: tuple[StoryShot, ...], info: ValidationInfo) -> tuple[StoryShot, ...]:
        found = []
        for number, shot in enumerate(value):
            try:
                voice = shot.voice and known_voice(shot.voice, info.data.get("language", "zh-CN"))
            except ValueError as error:
                raise ValueError(f"the voice of shot {number + 1} is {shot.voice!r}; {error}") from error
            found.append(shot.model_copy(update={"voice": voice or None}))
        return tuple(found)

    @field_validator("platforms", "consistency")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value))

    @model_validator(mode="after")
    def _shots_are_given_once(self) -> Self:
        if bool(self.shots) == bool(self.shots_file):
            raise ValueError("shots: either shots or shots_file must be given")
        return self

    def further(self) -> dict[str, Any] | None:
        repair = self.repair_budget
        return None if repair is None else {"amount": repair.amount, "tries": repair.tries, "items": self.consistency}

    def scenes(self) -> tuple[str, ...]:
        """Where each shot plays. Those without a scene play in one place, that of nobody's words."""
        return tuple(" ".join((shot.scene or "").casefold().split()) for shot in self.shots)

    def shows_character(self) -> tuple[bool, ...]:
        """Of each shot, whether its character can be judged by what is seen in it.

        A brief with `characters` has them in every shot that doesn't say otherwise. Without, shots count that name
        somebody; where fewer than two do, the words are no guide and all of them count.
        """
        named = [bool(self.characters) or names_somebody(shot.description) for shot in self.shots]
        guessed = named if sum(named) > 1 else [True] * len(named)
        return tuple(
            guess if shot.character is None else shot.character for shot, guess in zip(self.shots, guessed, strict=True)
        )

    def files(self) -> tuple[tuple[str, str], ...]:
        return (("reference_image", self.reference_image),) if self.reference_image else ()

    def with_paths(self, place: Callable[[str], str]) -> Self:
        paths = {name: getattr(self, name) for name in ("shots_file", "reference_image")}
        return self.model_copy(update={name: place(path) for name, path in paths.items() if path})

    def with_texts(self) -> Self:
        if self.shots_file is None:
            return self
        rows = read_shots(Path(self.shots_file))
        given = self.model_dump(mode="json", exclude_unset=True)
        data = {**given, "shots_file": None, "shots": [row.fields for row in rows]}
        try:
            return type(self).model_validate(data)
        except ValidationError as error:
            raise BriefError(
                [_in_file(fault, self.shots_file, [row.line for row in rows]) for fault in faults_of(error)]
            ) from error


def _in_file(fault: Fault, path: str, lines: list[int]) -> Fault:
    """A fault of a shot, with the file and line in which that shot stands."""
    head, _, rest = fault.field.partition("]")
    number = head.removeprefix("shots[")
    if not number.isdigit():
        return Fault(path if fault.field == "shots" else fault.field, fault.value, fault.allowed)
    field = rest.lstrip(".")
    return Fault(f"{path}:{lines[int(number)]}" + (f" {field}" if field else ""), fault.value, fault.allowed)
