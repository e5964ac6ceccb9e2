"""The table of styles and the grade of one: curve, tints, saturation as one operation on display values."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np

from callsheet.studio.picture.spec import F32, Rgb, vec


@dataclass(frozen=True)
class Style:
    """A grade and a treatment; see data/studio/styles.json. `step` is a frame rate to hold pictures for (0: none)."""

    name: str
    contrast: float
    saturation: float
    warmth: float
    shadows: Rgb
    lights: Rgb
    fade: float
    exposure: float
    vignette: float
    bloom: float
    grain: float
    treat: str
    amount: float
    split: float
    step: int
    letterbox: float
    bokeh: float

    def grade(self, display: F32) -> F32:
        """Display RGB 0..1 to graded display RGB 0..1."""
        y = display @ vec([0.2126, 0.7152, 0.0722])
        y = y[..., None]
        out = y + (display - y) * np.float32(self.saturation)
        if self.warmth:
            out = out * vec((1 + 0.16 * self.warmth, 1.0, 1 - 0.2 * self.warmth))
        out = out + vec(self.shadows) * (1 - y) ** 2 + vec(self.lights) * y
        out = np.clip(out, 0, 1)
        curve = out * out * (3 - 2 * out)
        out = out + (curve - out) * np.float32(self.contrast)
        if self.fade:
            out = np.float32(self.fade) + out * np.float32(1 - self.fade * 1.3)
        return np.asarray(np.clip(out, 0, 1), np.float32)


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    text = resources.files("callsheet").joinpath("data/studio/styles.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def style_names() -> tuple[str, ...]:
    return tuple(_table()["presets"])


@lru_cache(maxsize=64)
def style(name: str, strength: float = 1.0, tune: tuple[tuple[str, float], ...] = ()) -> Style:
    """The style of a preset's name; an unknown name is `photorealistic`.

    `tune` overrides numbers of it; `brush` is the amount of its treatment, oil paint where it has none. Under a
    strength of 1 every number lies that far on the way from the plain look to the style's.
    """
    table = _table()
    values = {**table["defaults"], **table["presets"].get(name, table["presets"]["photorealistic"])}
    for key, value in tune:
        values["amount" if key == "brush" else key] = value
        if key == "brush" and values["treat"] == "none":
            values["treat"] = "oil"
    if strength < 1:
        plain = {**table["defaults"], **table["plain"]}
        values = {key: _between(plain[key], value, strength) for key, value in values.items()}
        values["amount"] *= strength
        values["step"] = values["step"] if strength >= 0.3 else 0
    kept = {f.name: values[f.name] for f in fields(Style) if f.name in values}
    kept["shadows"], kept["lights"] = tuple(kept["shadows"]), tuple(kept["lights"])
    return Style(name=name, **kept)


def _between(plain: Any, styled: Any, share: float) -> Any:
    if isinstance(styled, list):
        return [_between(a, b, share) for a, b in zip(plain, styled, strict=True)]
    if isinstance(styled, float) or isinstance(plain, float):
        return plain + (styled - plain) * share
    return styled if share > 0 or not isinstance(styled, str) else plain


def style_named(said: str | None, prompt: str) -> str:
    """The preset that a name, free words or the prompt asks for; `photorealistic` when none does."""
    presets = _table()["presets"]
    if said:
        plain = re.sub(r"[\s-]+", "_", said.strip().lower())
        if plain in presets:
            return plain
        hit = _by_words(said.lower())
        if hit:
            return hit
    return _by_words(prompt.lower()) or "photorealistic"


def _by_words(text: str) -> str | None:
    rows: list[tuple[str, str]] = [(word, name) for name, words in _table()["words"].items() for word in words]
    for word, name in sorted(rows, key=lambda row: (-len(row[0].encode()), row[0])):
        pattern = rf"(?<![a-z]){re.escape(word)}(?![a-z])" if word.isascii() else re.escape(word)
        if re.search(pattern, text):
            return name
    return None
