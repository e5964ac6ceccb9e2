"""Which voices a brief may ask for, and where their numbers are. Nothing heavy is imported here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

from callsheet.errors import BriefError, Fault

_DATA = resources.files("callsheet") / "data"


@dataclass(frozen=True)
class Voice:
    """A voice of the model and how fast it speaks: 1 is the speed it was trained at, 0.9 a tenth slower."""

    name: str
    speed: float


@cache
def _table() -> dict[str, dict[str, Voice]]:
    read = json.loads((_DATA / "voices.json").read_text(encoding="utf-8"))
    return {
        language: {role: Voice(entry["voice"], float(entry["speed"])) for role, entry in roles.items()}
        for language, roles in read["languages"].items()
    }


def languages() -> list[str]:
    """The languages that can be spoken: en-US and zh-CN."""
    return sorted(_table())


def voices(language: str) -> list[str]:
    """The voice names a brief may use in `language`, e.g. "teacher_female". Raises BriefError for another language."""
    if language not in _table():
        raise BriefError([Fault("language", repr(language), f"spoken languages are {', '.join(languages())}")])
    return sorted(_table()[language])


def voice_for(language: str, name: str) -> Voice:
    """The voice behind a name. Raises BriefError naming what is allowed."""
    allowed = voices(language)
    if name not in allowed:
        raise BriefError([Fault("voice", repr(name), f"{language} has the voices {', '.join(allowed)}")])
    return _table()[language][name]


def style_bytes(voice: Voice) -> bytes:
    """The vendored style of a voice: 510 x 256 numbers, little-endian float16."""
    return (_DATA / "voices" / f"{voice.name}.bin").read_bytes()
