"""What every work of a brand shares, from one YAML file: colours, logo, voice, words to say and words never to say.

Words are compared without regard to case and width (NFKC, casefold). A Latin word is found only whole: ``art`` is not
in ``start``. A Chinese one is found anywhere, because Chinese has no spaces.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from callsheet.briefs.brief import Aspect, Line
from callsheet.briefs.choices import known_mood
from callsheet.errors import BriefError, Fault
from callsheet.features.request import Style
from callsheet.media.speech.voices import languages, voices
from callsheet.timeline import Look
from callsheet.validation import faults_of
from callsheet.yaml_file import read_yaml

FILES = ("logo", "intro", "outro", "music")
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class Brand(BaseModel):
    """A brand. Everything but its name may be left out; what a brief says itself counts more."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Line = Field(description="What it is called.")
    logo: Line | None = Field(default=None, description="Path of an image, best a PNG with a transparent ground.")
    look: Look = Field(default=Look(), description="Colours of titles and cards: `accent`, `ink`, `ground`.")
    intro: Line | None = Field(default=None, description="Path of a clip or image that begins each work.")
    outro: Line | None = Field(default=None, description="Path of a clip or image that ends each work.")
    music: Line | None = Field(default=None, description="Path of a sound file that is played under each work.")
    pronunciation: dict[Word, Word] = Field(
        default={}, max_length=500, description="Words as they are written, and as they are to be spoken."
    )
    prompt: tuple[Line, ...] = Field(
        default=(), max_length=8, description="Fragments that are added to the style of every prompt."
    )
    forbidden: tuple[Word, ...] = Field(
        default=(), max_length=500, description="Words that may stand in no brief, prompt or spoken line."
    )
    style: Style | None = Field(default=None, description="Style preset of generated shots.")
    music_mood: str | None = Field(default=None, description="Mood of the music.")
    voice: str | None = Field(default=None, description="Speaker of the spoken lines.")
    aspect: Aspect | None = Field(default=None, description="Shape of the picture.")

    @field_validator("music_mood")
    @classmethod
    def _mood_is_known(cls, value: str | None) -> str | None:
        return None if value is None else known_mood(value)

    @field_validator("voice")
    @classmethod
    def _voice_is_known(cls, value: str | None) -> str | None:
        """In some language: which one a work has is said by its brief."""
        known = dict.fromkeys(voice for language in languages() for voice in voices(language))
        if value is not None and value.strip().lower() not in known:
            raise ValueError(f"it must be one of {', '.join(known)}")
        return None if value is None else value.strip().lower()

    @field_validator("pronunciation")
    @classmethod
    def _written_once(cls, value: dict[str, str]) -> dict[str, str]:
        folded = [word.casefold() for word in value]
        if len(set(folded)) < len(folded):
            raise ValueError("each word is written once, whatever its case")
        return value

    def check_words(self, field: str, text: str) -> None:
        """Raise `BriefError` with a fault for each forbidden word that `text` holds; `field` is where it stands."""
        faults = [Fault(field, f"the word {word!r}", f"{self.name} forbids it") for word in self.found(text)]
        if faults:
            raise BriefError(faults)

    def found(self, text: str) -> tuple[str, ...]:
        """The forbidden words that `text` holds, in the brand's order."""
        folded = _folded(text)
        return tuple(word for word, pattern in self._forbidden if pattern.search(folded))

    def spoken(self, text: str) -> str:
        """`text` as it is to be spoken: every word of the pronunciation list replaced, the longest first, each once."""
        if not self.pronunciation:
            return text
        by_fold = {word.casefold(): said for word, said in self.pronunciation.items()}
        longest = sorted(self.pronunciation, key=len, reverse=True)
        pattern = re.compile("|".join(_whole(word) for word in longest), re.IGNORECASE)
        return pattern.sub(lambda match: by_fold.get(match[0].casefold(), match[0]), text)

    def styled(self, style: str, language: str = "en-US") -> str:
        """The style part of a prompt with the brand's fragments behind it."""
        comma = "，" if language.startswith("zh") else ", "
        return comma.join(part for part in (style, *self.prompt) if part)

    def files(self) -> tuple[tuple[str, str], ...]:
        """Every file that the brand names, as (field, path), in order."""
        named = ((field, getattr(self, field)) for field in FILES)
        return tuple((field, path) for field, path in named if path is not None)

    def beside(self, folder: Path) -> Self:
        """The brand with its paths taken from a folder."""
        return self.model_copy(update={field: str((folder / path).resolve()) for field, path in self.files()})

    @cached_property
    def _forbidden(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        return tuple((word, re.compile(_whole(_folded(word)))) for word in self.forbidden)


def parse_brand(data: Any) -> Brand:
    """A brand from the mapping it was written as. Raises `BriefError` with a fault for each field that is wrong."""
    try:
        return Brand.model_validate(data)
    except ValidationError as error:
        raise BriefError(faults_of(error)) from error


def load_brand(path: Path) -> Brand:
    """The brand in a YAML file; paths in it are taken from the folder of the file. Raises `BriefError`."""
    brand = parse_brand(read_yaml(path)).beside(path.parent)
    missing = [(field, name) for field, name in brand.files() if not Path(name).is_file()]
    if missing:
        raise BriefError([Fault(field, name, "there must be a file of this name") for field, name in missing])
    return brand


def load_brand_names(path: Path) -> tuple[tuple[str, str], ...]:
    """The files that the brand at `path` names, as it names them, by their fields. Raises `BriefError`."""
    return parse_brand(read_yaml(path)).files()


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _whole(word: str) -> str:
    """A pattern for a word: where it begins or ends with a Latin letter or a digit, none may stand beside it."""
    edge = "[a-z0-9]"
    before = rf"(?<!{edge})" if re.match(edge, word[:1], re.IGNORECASE) else ""
    after = rf"(?!{edge})" if re.match(edge, word[-1:], re.IGNORECASE) else ""
    return before + re.escape(word) + after
