"""The brief of an A/B test: one advertisement, and what is to differ between its variants."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator
from slugify import slugify

from callsheet.briefs.brief import Aspect, Brief, Line, left_of
from callsheet.briefs.choices import MoodName, PlatformName, StyleName, VoiceName, known_mood, known_voice
from callsheet.briefs.combining import every, pairwise
from callsheet.briefs.form import Formed
from callsheet.media.sound.moods import moods

MOST = 64
"""Works of one test."""
Seconds = Annotated[int, Field(ge=3, le=60)]
Tone = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Combine = Literal["full", "pairwise"]

AXES = ("style", "color_tone", "hook", "voice", "music_mood", "call_to_action", "seconds", "slogan")
"""What may differ. Style, tone and length make other pictures; the rest is made in the cut."""
_BY_WORDS = ("hook", "call_to_action", "slogan")


class Variation(Formed):
    """One variant: what it has instead of the base's. What is left out is the base's."""

    name: Tone | None = Field(default=None, description="What it is called; its values name it otherwise.")
    style: StyleName | None = None
    color_tone: Tone | None = None
    hook: Line | None = None
    voice: VoiceName | None = None
    music_mood: MoodName | None = None
    call_to_action: Line | None = None
    seconds: Seconds | None = None
    slogan: Line | None = None


class Axes(Formed):
    """Values for what is to differ; the variants are their combinations."""

    style: tuple[StyleName, ...] = Field(default=(), max_length=16)
    color_tone: tuple[Tone, ...] = Field(default=(), max_length=16)
    hook: tuple[Line, ...] = Field(default=(), max_length=16)
    voice: tuple[VoiceName, ...] = Field(default=(), max_length=16)
    music_mood: tuple[str, ...] = Field(default=(), max_length=16)
    call_to_action: tuple[Line, ...] = Field(default=(), max_length=16)
    seconds: tuple[Seconds, ...] = Field(default=(), max_length=16)
    slogan: tuple[Line, ...] = Field(default=(), max_length=16)

    def given(self) -> dict[str, tuple[Any, ...]]:
        """The axes that have values, in a fixed order, each value once."""
        found = {axis: tuple(dict.fromkeys(getattr(self, axis))) for axis in AXES}
        return {axis: values for axis, values in found.items() if values}


class SharedShot(Formed):
    """A shot that all variants show; it is bought once."""

    description: Line = Field(description="What is seen.")
    seconds: int = Field(default=3, ge=1, le=10, description="Its length.")
    image: Line | None = Field(default=None, description="Path of an image that it animates; relative to the brief.")


@dataclass(frozen=True)
class Variant:
    """One variant with all its values. `key` is its name in the test: folder, manifest, sheet and results have it."""

    key: str
    values: Mapping[str, Any]
    differing: Mapping[str, str]


class VariantsBrief(Brief):
    """One advertisement in variants for an A/B test.

    The variants are written one by one in `variations`, or are the combinations of `axes`. A picture that several
    variants show is bought once; what differs in words, voice or music costs nothing more.
    """

    kind: Literal["variants"] = Field(default="variants", description="The product this brief is for.")
    description: Line = Field(description="What is seen; it leads every prompt.")
    action: Line | None = Field(default=None, description="What it does.")
    scene: Line | None = Field(default=None, description="Where it is.")
    camera: Line | None = Field(default=None, description="How the camera moves.")
    hook: Line | None = Field(default=None, description="The first words: spoken and shown.")
    slogan: Line | None = Field(default=None, description="The sentence to remember: spoken after the hook.")
    call_to_action: Line | None = Field(default=None, description="The words under the name in the closing title.")
    voice: VoiceName = Field(default="female", description="The speaker.")
    music_mood: MoodName = Field(default="energetic", description=f"One of {', '.join(moods())}.")
    style: StyleName = Field(default="commercial", description="Style preset of the pictures.")
    color_tone: Tone | None = Field(default=None, description="Tone of the pictures: cool, warm, neutral, gold, neon.")
    seconds: Seconds = Field(default=15, description="Length of a work.")
    aspect: Aspect = Field(default="9:16", description="Shape of the picture.")
    platforms: tuple[PlatformName, ...] = Field(
        default=(), max_length=11, description="Platforms for which a rendition of each variant is made and checked."
    )
    opening: SharedShot | None = Field(default=None, description="A shot that every variant begins with.")
    ending: SharedShot | None = Field(default=None, description="A shot that every variant ends with.")
    variations: tuple[Variation, ...] = Field(default=(), max_length=MOST, description="The variants, one by one.")
    axes: Axes | None = Field(default=None, description="Or values, of which the variants are the combinations.")
    combine: Combine = Field(
        default="full", description="full: every combination of the axes; pairwise: each pair of values somewhere."
    )

    @field_validator("voice")
    @classmethod
    def _voice_speaks_the_language(cls, value: str, info: ValidationInfo) -> str:
        return known_voice(value, info.data.get("language", "zh-CN"))

    @field_validator("platforms")
    @classmethod
    def _each_platform_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value))

    @field_validator("variations")
    @classmethod
    def _variations_can_be_heard(cls, value: tuple[Variation, ...], info: ValidationInfo) -> tuple[Variation, ...]:
        found = []
        for number, one in enumerate(value):
            change: dict[str, str] = {}
            if one.voice is not None:
                change["voice"] = _at(f"[{number}].voice", known_voice, one.voice, info.data.get("language", "zh-CN"))
            if one.music_mood is not None:
                change["music_mood"] = _at(f"[{number}].music_mood", known_mood, one.music_mood)
            found.append(one.model_copy(update=change))
        return tuple(found)

    @field_validator("axes")
    @classmethod
    def _axes_can_be_heard(cls, value: Axes | None, info: ValidationInfo) -> Axes | None:
        if value is None:
            return None
        language = info.data.get("language", "zh-CN")
        voices = tuple(_at(".voice", known_voice, one, language) for one in value.voice)
        return value.model_copy(
            update={"voice": voices, "music_mood": tuple(_at(".music_mood", known_mood, m) for m in value.music_mood)}
        )

    @model_validator(mode="after")
    def _variants_differ(self) -> Self:
        given = self.axes.given() if self.axes else {}
        if bool(self.variations) == bool(given):
            raise ValueError("variations: either variations or axes must be given")
        count = prod(len(values) for values in given.values())
        if self.combine == "full" and count > MOST:
            raise ValueError(f"axes: they combine to {count} works, at most {MOST} are made; combine: pairwise is less")
        if len(self._values()) > MOST:
            raise ValueError(f"axes: they combine to {len(self._values())} works, at most {MOST} are made")
        seen: dict[tuple[Any, ...], int] = {}
        for number, values in enumerate(self._values()):
            spoken = values["hook"] or values["slogan"]
            shown = tuple(values[axis] if axis != "voice" or spoken else None for axis in AXES)
            if shown in seen:
                raise ValueError(f"variations: number {number + 1} is the same work as number {seen[shown] + 1}")
            seen[shown] = number
        return self

    def _values(self) -> list[dict[str, Any]]:
        """All values of each variant, in order."""
        base = {axis: getattr(self, axis) for axis in AXES}
        if self.axes is not None and not self.variations:
            given = self.axes.given()
            combinations = every(given) if self.combine == "full" else pairwise(given)
            return [{**base, **one} for one in combinations]
        own = [{axis: getattr(one, axis) for axis in AXES} for one in self.variations]
        return [{**base, **{axis: value for axis, value in one.items() if value is not None}} for one in own]

    def variants(self) -> tuple[Variant, ...]:
        """Every variant in order, the first one the base of the test."""
        rows = self._values()
        values = {axis: list(dict.fromkeys(row[axis] for row in rows)) for axis in AXES}
        differing = [axis for axis in AXES if len(values[axis]) > 1]
        names = [one.name for one in self.variations] or [None] * len(rows)
        found = []
        for number, (row, name) in enumerate(zip(rows, names, strict=True), 1):
            words = [name] if name else [_short(axis, row[axis], values[axis]) for axis in differing]
            key = slugify(f"v{number:02} {' '.join(words)}", max_length=40, word_boundary=True, save_order=True)
            shown = {axis: "" if row[axis] is None else str(row[axis]) for axis in differing}
            found.append(Variant(key, row, {"key": key, **shown}))
        return tuple(found)

    def parts(self) -> tuple[str, ...]:
        return tuple(variant.key for variant in self.variants())

    def without(self, names: Sequence[str]) -> Self:
        """The others are written one by one, and keep no number of those that are left out."""
        rows, own = self._values(), self.variations
        stay = left_of(self.parts(), names)
        variations = tuple(own[number] if own else Variation(**rows[number]) for number in stay)
        return self.model_copy(update={"variations": variations, "axes": None})

    def files(self) -> tuple[tuple[str, str], ...]:
        shared = (("opening", self.opening), ("ending", self.ending))
        return tuple((f"{name}.image", shot.image) for name, shot in shared if shot is not None and shot.image)

    def with_paths(self, place: Callable[[str], str]) -> Self:
        change = {}
        for name in ("opening", "ending"):
            shot = getattr(self, name)
            if shot is not None and shot.image:
                change[name] = shot.model_copy(update={"image": place(shot.image)})
        return self.model_copy(update=change)


def _short(axis: str, value: Any, values: list[Any]) -> str:
    """A value in a key: words by their number, since they are long, the others as they are."""
    if value is None:
        return f"no {axis.replace('_', ' ')}"
    if axis in _BY_WORDS:
        return f"{'cta' if axis == 'call_to_action' else axis}{values.index(value) + 1}"
    return f"{value}s" if axis == "seconds" else str(value)


def _at(place: str, known: Callable[..., str], *value: str) -> str:
    try:
        return known(*value)
    except ValueError as error:
        raise ValueError(f"{place} is {value[0]!r}; {error}") from error
