"""The brief of a content matrix: one message for many platforms, lengths and languages, from shared shots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal, Self

from pydantic import AwareDatetime, Field, ValidationInfo, field_validator, model_validator

from callsheet.briefs.brief import Brief, Language, Line, left_of
from callsheet.briefs.choices import MoodName, PlatformName, StyleName, VoiceName, known_voice
from callsheet.briefs.form import Formed
from callsheet.media.sound.moods import moods

Sharing = Literal["none", "aspect", "full"]
Manner = Literal["fast", "fashion", "narrative", "plain"]


class Cell(Formed):
    """One video of the matrix: a platform, its length and the manner in which it is cut.

    With a `style` of its own its shots are shared only with cells of that style.
    """

    platform: PlatformName = Field(description="A platform, as in docs/renditions.md.")
    seconds: int = Field(ge=5, le=180, description="Length of the work.")
    manner: Manner = Field(default="plain", description="How it is cut: fast, fashion, narrative or plain.")
    style: StyleName | None = Field(default=None, description="Style preset of its shots, when not the matrix's.")
    publish_at: AwareDatetime | None = Field(default=None, description="When it is to be posted, with its time zone.")


class Words(Formed):
    """What is said in another language."""

    message: Line
    call_to_action: Line | None = None


USUAL = (
    Cell(platform="tiktok", seconds=15, manner="fast"),
    Cell(platform="instagram_feed", seconds=30, manner="fashion"),
    Cell(platform="youtube_shorts", seconds=60, manner="narrative"),
    Cell(platform="wechat_channels", seconds=60, manner="plain"),
)
"""The cells where a brief names none (APIYI, Sora 2 video generation features, social media content matrix)."""


class MatrixBrief(Brief):
    """One message as many videos.

    The shots are planned for the longest video of each group that may share them; the others are cut from the same
    shots. `sharing` says how far that goes: ``none`` buys each cell by itself, ``aspect`` shares among cells of one
    shape, ``full`` also among shapes that are cropped from one.
    """

    kind: Literal["matrix"] = Field(default="matrix", description="The product this brief is for.")
    message: Line = Field(description="What is to be said; it leads every prompt, is spoken and captioned.")
    audience: Line | None = Field(default=None, description="Who it is for; it goes into the prompts.")
    call_to_action: Line | None = Field(default=None, description="The words of the closing title.")
    cells: tuple[Cell, ...] = Field(default=USUAL, min_length=1, max_length=1000, description="The videos to make.")
    languages: tuple[Language, ...] = Field(
        default=(), max_length=2, description="Further languages in which every cell is made over the same picture."
    )
    translations: dict[Language, Words] = Field(default={}, description="The words in each further language.")
    sharing: Sharing = Field(default="full", description="How far cells share shots: none, aspect or full.")
    voice: VoiceName = Field(default="female", description="The speaker of the message.")
    music_mood: MoodName = Field(default="energetic", description=f"One of {', '.join(moods())}.")
    style: StyleName = Field(default="trendy", description="Style preset of the shots.")

    @field_validator("voice")
    @classmethod
    def _voice_speaks_the_language(cls, value: str, info: ValidationInfo) -> str:
        return known_voice(value, info.data.get("language", "zh-CN"))

    @field_validator("languages")
    @classmethod
    def _languages_are_further(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        own = info.data.get("language")
        if own in value or len(set(value)) < len(value):
            raise ValueError(f"each must be another language than {own}, and stand once")
        return value

    @model_validator(mode="after")
    def _every_language_has_its_words(self) -> Self:
        missing = [language for language in self.languages if language not in self.translations]
        if missing:
            raise ValueError(f"translations: the words in {', '.join(missing)} are missing")
        return self

    def names(self) -> tuple[str, ...]:
        """A name for each cell: its platform, numbered where a platform has several."""
        counts, seen = Counter(cell.platform for cell in self.cells), Counter[str]()
        found = []
        for cell in self.cells:
            seen[cell.platform] += 1
            name = cell.platform.replace("_", "-")
            found.append(f"{name}-{seen[cell.platform]}" if counts[cell.platform] > 1 else name)
        return tuple(found)

    def parts(self) -> tuple[str, ...]:
        return self.names()

    def without(self, names: Sequence[str]) -> Self:
        stay = left_of(self.parts(), names)
        return self.model_copy(update={"cells": tuple(self.cells[number] for number in stay)})
