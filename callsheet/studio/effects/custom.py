"""`custom_style` of a styled order: the keys that the studio knows, and what each is in the studio's own numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from callsheet.errors import Fault
from callsheet.studio.effects.manner import custom_table

NEON = [[1.0, 0.15, 0.65], [0.1, 0.75, 1.0]]
_TUNED = {"film_grain": "grain", "saturation": "saturation", "contrast": "contrast", "warmth": "warmth",
          "exposure": "exposure", "vignette": "vignette"}  # fmt: skip
_PARTS = {"outlines": "lines", "paper_texture": "paper", "soft_focus": "soft"}
_WEATHER = {"rain_effect": "rainy", "snow_effect": "snowy", "fog_effect": "foggy"}


@dataclass
class Custom:
    """`tune` overrides numbers of the grade, `parts` those of the manner; `weather` is a state's name."""

    tune: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, Any] = field(default_factory=dict)
    weather: str | None = None


def custom_fault(given: Mapping[str, Any]) -> Fault | None:
    """The first key or value that the studio does not know."""
    keys = custom_table()["custom"]
    for key, value in given.items():
        place = f"custom_style.{key}"
        if key not in keys:
            return Fault(place, repr(value), f"known keys are {', '.join(keys)}")
        choices, span = keys[key].get("choices"), keys[key].get("range")
        if choices == "yes":
            if not isinstance(value, bool):
                return Fault(place, repr(value), "it must be true or false")
        elif choices == "palettes":
            if value not in custom_table()["palettes"]:
                return Fault(place, repr(value), f"it must be one of {', '.join(custom_table()['palettes'])}")
        elif isinstance(value, str):
            if not choices or value not in choices:
                allowed = ", ".join(choices) if choices else f"a number from {span[0]} to {span[1]}"
                return Fault(place, repr(value), f"it must be {'one of ' if choices else ''}{allowed}")
        elif isinstance(value, bool) or not span or not span[0] <= value <= span[1]:
            allowed = f"a number from {span[0]} to {span[1]}" if span else f"one of {', '.join(choices or ())}"
            return Fault(place, repr(value), f"it must be {allowed}")
    return None


def custom(given: Mapping[str, Any]) -> Custom:
    """What a `custom_style` without faults asks for."""
    out = Custom()
    keys, palettes = custom_table()["custom"], custom_table()["palettes"]
    for key, value in given.items():
        choices = keys[key].get("choices")
        number = choices[value] if isinstance(choices, dict) and isinstance(value, str) else value
        if key in _TUNED:
            out.tune[_TUNED[key]] = float(number)
        elif key == "letterbox":
            out.tune["letterbox"] = 0.06 if value else 0.0
        elif key == "brush_texture":
            out.tune["brush"] = float(number)
        elif key in ("color_palette", "color_scheme"):
            out.parts["duotone"] = [*palettes[value], 0.55]
        elif key == "neon_intensity":
            out.parts["neon"] = [*NEON, float(number)]
        elif key in _PARTS:
            out.parts[_PARTS[key]] = float(number)
        elif value:
            out.weather = _WEATHER[key]
    return out
