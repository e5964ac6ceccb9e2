"""The moods, read from their data file: what plays, how fast, in which mode, and from which intensity on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from callsheet.errors import BriefError, Fault


@dataclass(frozen=True)
class Part:
    """One pitched instrument. `kind` says what it plays: pad, bass, lead, block (chords in a rhythm) or arp.

    `level` is in LU under the loudest part, `enters` the intensity (0 to 1) from which on it plays, `pan` -1 to 1,
    `low` and `high` its range in MIDI pitches. Patterns have 16 steps a bar; `full` replaces `steps` at high intensity.
    """

    instrument: str
    kind: str
    enters: float
    level: float
    pan: float
    low: int
    high: int
    steps: tuple[str, ...]
    full: tuple[str, ...]
    order: tuple[int, ...]
    rhythms: tuple[str, ...]
    cadence: str
    strum: float
    pump: bool
    echo: bool
    fifths: bool


@dataclass(frozen=True)
class Drum:
    """One drum: its level, the intensity it enters at, and its patterns."""

    enters: float
    level: float
    steps: tuple[str, ...]
    full: tuple[str, ...]


@dataclass(frozen=True)
class Mood:
    """How one mood is made; see the data file for the meaning and unit of each number."""

    name: str
    tempo: tuple[float, float]
    roots: tuple[int, ...]
    mode: str
    chord: int
    progressions: tuple[tuple[int, ...], ...]
    reverb_seconds: float
    reverb_db: float
    pump_db: float
    bright: float
    swing: float
    riser: bool
    parts: Mapping[str, Part]
    drums: Mapping[str, Drum] = field(default_factory=dict)


def _part(name: str, data: dict[str, Any]) -> Part:
    return Part(
        instrument=data["instrument"],
        kind=data.get("kind", name),
        enters=float(data["from"]),
        level=float(data["level"]),
        pan=float(data["pan"]),
        low=data["low"],
        high=data["high"],
        steps=tuple(data.get("steps", ())),
        full=tuple(data.get("steps_full", ())),
        order=tuple(data.get("order", (0, 1, 2))),
        rhythms=tuple(data.get("rhythms", ())),
        cadence=data.get("cadence", "x..............."),
        strum=float(data.get("strum", 0.0)),
        pump=bool(data.get("pump", False)),
        echo=bool(data.get("echo", False)),
        fifths=bool(data.get("fifths", False)),
    )


@cache
def _moods() -> dict[str, Mood]:
    text = (resources.files("callsheet") / "data" / "moods.json").read_text(encoding="utf-8")
    return {
        name: Mood(
            name=name,
            tempo=(float(data["tempo"][0]), float(data["tempo"][1])),
            roots=tuple(data["roots"]),
            mode=data["mode"],
            chord=data["chord"],
            progressions=tuple(tuple(each) for each in data["progressions"]),
            reverb_seconds=float(data["reverb"][0]),
            reverb_db=float(data["reverb"][1]),
            pump_db=float(data["pump_db"]),
            bright=float(data["bright"]),
            swing=float(data["swing"]),
            riser=bool(data["riser"]),
            parts={part: _part(part, each) for part, each in data["parts"].items()},
            drums={
                drum: Drum(
                    float(each["from"]), float(each["level"]), tuple(each["steps"]), tuple(each.get("steps_full", ()))
                )
                for drum, each in data["drums"].items()
            },
        )
        for name, data in json.loads(text)["moods"].items()
    }


def moods() -> list[str]:
    """The moods a brief may ask for."""
    return sorted(_moods())


def mood_named(name: str) -> Mood:
    """The mood of that name. Raises BriefError naming what is allowed."""
    if name not in _moods():
        raise BriefError([Fault("music.mood", repr(name), f"moods are {', '.join(moods())}")])
    return _moods()[name]
