"""What a time of day, a weather or a season does to a picture: data/studio/evolution.json as numbers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib import resources
from typing import Any

Rgb = tuple[float, float, float]
ORDER = ("season", "weather", "lighting")
"""The order in which they are laid over a picture: daylight falls on the weather, that on the season."""


@dataclass(frozen=True)
class State:
    """One state. `luma` is the mean to come to (None: `exposure` times what there is); shares are 0..1; the rest is as
    in `Evolution`. `greens` are hue (of 180), saturation and brightness that leaves take."""

    luma: float | None = None
    exposure: float = 1.0
    saturation: float = 1.0
    tint: Rgb = (1.0, 1.0, 1.0)
    shade: Rgb = (0.0, 0.0, 0.0)
    neutral: float = 0.0
    contrast: float = 0.0
    sky: tuple[Rgb, Rgb] | None = None
    sky_mix: float = 0.0
    clouds: float = 0.0
    haze: float = 0.0
    haze_color: Rgb = (0.8, 0.8, 0.8)
    glow: Rgb | None = None
    glow_at: tuple[float, float] = (0.5, 0.0)
    glow_level: float = 0.0
    lamps: float = 0.0
    stars: float = 0.0
    rain: float = 0.0
    snow: float = 0.0
    cover: float = 0.0
    wet: float = 0.0
    flashes: float = 0.0
    greens: Rgb | None = None
    falling: str | None = None
    sound: tuple[tuple[str, float], ...] = ()


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    text = resources.files("callsheet").joinpath("data/studio/evolution.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def state(kind: str, name: str) -> State:
    """The state `name` of `lighting`, `weather` or `season`."""
    given = _table()[kind][name]
    names = {field.name for field in fields(State)}
    return State(**{key: _frozen(value) for key, value in given.items() if key in names})


def _frozen(value: Any) -> Any:
    return tuple(_frozen(part) for part in value) if isinstance(value, list) else value


def said(text: str) -> dict[str, str]:
    """The states that a prompt asks for, at most one of each kind: the one of the longest word."""
    text = text.lower()
    found: dict[str, str] = {}
    for kind, states in _table()["words"].items():
        rows = [(word, name) for name, words in states.items() for word in words]
        for word, name in sorted(rows, key=lambda row: (-len(row[0].encode()), row[0])):
            pattern = rf"(?<![a-z]){re.escape(word)}(?![a-z])" if word.isascii() else re.escape(word)
            if re.search(pattern, text):
                found[kind] = name
                break
    return found
