"""The brief of a course video: a script that is spoken, the concepts that it explains, and who explains them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from callsheet.briefs.brief import Brief, Language, Line
from callsheet.briefs.choices import MoodName, PlatformName, StyleName, VoiceName, known_voice
from callsheet.briefs.form import Formed
from callsheet.errors import BriefError, Fault
from callsheet.timeline import Language as CaptionLanguage
from callsheet.validation import faults_of

LONGEST_SCRIPT = 40_000
"""Characters: half an hour of English is about 27 000."""
Script = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_SCRIPT)]
Heading = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class Concept(Formed):
    """One thing that is explained. Its demonstration is shown where its name, or one of its words, is spoken."""

    name: Heading = Field(description="As it is said in the script.")
    description: Line = Field(description="What its demonstration shows; it leads the prompt.")
    words: tuple[Heading, ...] = Field(default=(), max_length=8, description="Other words by which it is meant.")


class CourseChapter(Formed):
    """A chapter: its title, and what is said in it."""

    title: Heading
    script: Script


class CourseBrief(Brief):
    """One course video.

    The script is spoken and drives the cut: instructor shots open the course and its chapters, the demonstration of a
    concept is shown where it is spoken of, and drawn cards show the rest.
    """

    kind: Literal["course"] = Field(default="course", description="The product this brief is for.")
    script: Script | None = Field(
        default=None, description="What is said. Lines that begin with `# ` are the titles of chapters."
    )
    script_file: Line | None = Field(default=None, description="A text file with the script; relative to the brief.")
    chapters: tuple[CourseChapter, ...] = Field(
        default=(), max_length=24, description="The script in chapters, instead of `script`; three or more."
    )
    key_concepts: tuple[Concept, ...] = Field(
        min_length=1, max_length=12, description="What is explained; a demonstration is bought for each."
    )
    instructor: Line | None = Field(default=None, description="What the instructor looks like.")
    voice: VoiceName = Field(default="teacher_female", description="The speaker of the script.")
    duration: int = Field(default=600, ge=60, le=1800, description="Seconds of the finished course.")
    style: StyleName = Field(default="explainer", description="Style preset of the demonstrations.")
    music_mood: MoodName | None = Field(default=None, description="Music under the voice.")
    translations: dict[CaptionLanguage, Script] = Field(
        default={}, description="The whole script in other languages, sentence for sentence, for captions."
    )
    dubbed: tuple[Language, ...] = Field(
        default=(), max_length=2, description="Languages of the translations in which the script is also spoken."
    )
    platforms: tuple[PlatformName, ...] = Field(
        default=(), max_length=11, description="Platforms for which a rendition is made of the master, and checked."
    )

    @field_validator("voice")
    @classmethod
    def _voice_speaks_the_language(cls, value: str, info: ValidationInfo) -> str:
        return known_voice(value, info.data.get("language", "zh-CN"))

    @field_validator("chapters")
    @classmethod
    def _three_or_none(cls, value: tuple[CourseChapter, ...]) -> tuple[CourseChapter, ...]:
        if 0 < len(value) < 3:
            raise ValueError("there must be three or more: players show no fewer")
        return value

    @field_validator("key_concepts")
    @classmethod
    def _concepts_differ(cls, value: tuple[Concept, ...]) -> tuple[Concept, ...]:
        names = [concept.name.casefold() for concept in value]
        twice = next((concept.name for concept in value if names.count(concept.name.casefold()) > 1), None)
        if twice is not None:
            raise ValueError(f"each name may stand once; {twice} stands twice")
        return value

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        given = [name for name in ("script", "script_file", "chapters") if getattr(self, name)]
        if len(given) != 1:
            raise ValueError("script: exactly one of script, script_file and chapters must be given")
        if self.language in self.translations:
            raise ValueError(f"translations: {self.language} is the language of the script itself")
        for language in self.dubbed:
            if language not in self.translations:
                raise ValueError(f"dubbed: there is no translation in {language}")
            known_voice(self.voice, language)
        return self

    def with_paths(self, place: Callable[[str], str]) -> Self:
        return self.model_copy(update={"script_file": place(self.script_file)}) if self.script_file else self

    def with_texts(self) -> Self:
        if self.script_file is None:
            return self
        try:
            text = Path(self.script_file).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "it must be text in UTF-8"
            raise BriefError([Fault("script_file", self.script_file, f"it can't be read: {reason}")]) from error
        given = self.model_dump(mode="json", exclude_unset=True, exclude={"script_file"})
        try:
            return type(self).model_validate({**given, "script": text})
        except ValidationError as error:
            raise BriefError(faults_of(error)) from error
