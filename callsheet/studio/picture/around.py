"""The place of a sequence: what its shots say of setting, time and weather holds for those that say nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from callsheet.studio.picture.spec import Around
from callsheet.studio.picture.understand import OUTDOOR, ROOMS, first_found, found

PLACES = (OUTDOOR | ROOMS) - {"abstract"}


def around(prompts: Sequence[str], number: int, *, place: bool = True, light: bool = True) -> Around:
    """What holds for the shot `number`, counted from 0: as the nearest shot before it says, else the first after it.

    `place`: whether the shots share a setting; `light`: whether they share time and weather.
    """
    nearest = [*reversed(prompts[:number]), *prompts[number:]]
    return Around(
        setting=_said(nearest, _setting) if place else None,
        time=_said(nearest, lambda text: next(iter(found("time", text)), None)) if light else None,
        weather=_said(nearest, lambda text: next(iter(found("weather", text)), None)) if light else None,
    )


def names_a_person(prompt: str) -> bool:
    """Whether somebody is spoken of."""
    return bool(first_found("person", prompt.lower()))


def is_close_up(prompt: str, camera: str | None) -> bool:
    """Whether a shot is of a detail."""
    return "close_up" in found("shot", f"{prompt} {(camera or '').replace('_', ' ')}".lower())


def _setting(text: str) -> str | None:
    return next((setting for setting in found("setting", text) if setting in PLACES), None)


def _said(prompts: Sequence[str], word: Callable[[str], str | None]) -> str | None:
    return next((said for text in prompts if (said := word(text.lower())) is not None), None)
