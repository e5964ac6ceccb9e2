"""Names that a brief may choose from: checked when a brief is read, and listed for forms by its schema."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import AfterValidator, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema

from callsheet.features.request import Style
from callsheet.media.sound.moods import moods
from callsheet.media.speech.voices import languages, voices
from callsheet.money import Amount
from callsheet.platforms import platforms
from callsheet.prompts import style_names
from callsheet.provider.catalogue import catalogue


def known_platform(value: str) -> str:
    """The name of a platform, as in `callsheet/data/platforms`. Raises `ValueError` with those that there are."""
    name = value.strip().lower().replace("-", "_")
    if name not in platforms():
        raise ValueError(f"it must be one of {', '.join(platforms())}")
    return name


def known_voice(value: str, language: str) -> str:
    """A speaker of the language. Raises `ValueError` naming those that there are."""
    voice = value.strip().lower()
    if voice not in voices(language):
        raise ValueError(f"for {language} it must be one of {', '.join(voices(language))}")
    return voice


def known_mood(value: str) -> str:
    """A mood of the music. Raises `ValueError` naming those that there are."""
    mood = value.strip().lower()
    if mood not in moods():
        raise ValueError(f"it must be one of {', '.join(moods())}")
    return mood


def known_provider(value: str) -> str:
    """A provider of the catalogue. Raises `ValueError` naming those that there are."""
    if value not in catalogue():
        raise ValueError(f"it must be one of {', '.join(catalogue())}")
    return value


def _listed(names: Iterable[str]) -> WithJsonSchema:
    """A choice for forms. Readers of files take other spellings of these names, too."""
    return WithJsonSchema({"type": "string", "enum": [*names]})


PlatformName = Annotated[str, AfterValidator(known_platform), _listed(platforms())]
MoodName = Annotated[str, AfterValidator(known_mood), _listed(moods())]
StyleName = Annotated[Style, _listed(style_names())]
ProviderName = Annotated[str, AfterValidator(known_provider), _listed(catalogue())]
VoiceName = Annotated[str, _listed(dict.fromkeys(name for one in languages() for name in voices(one)))]
"""Which of them speaks the brief's language is checked where that language is known."""


class _Written:
    """An amount in a form: text such as 12.50, so that no float becomes money."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,6})?$", "examples": ["12.50"]}


Sum = Annotated[Amount, _Written()]
"""An amount that people write down in a brief or a form."""
