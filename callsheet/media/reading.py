"""Whether captions can be read in the time they stand.

A cue stays from 5/6 s to 7 s: Netflix, Timed Text Style Guide, General Requirements (partnerhelp.netflixstudios.com,
article 215758617, seen in 2026-11). How many characters a second can be read is in `callsheet/data/check.json`.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Protocol

from callsheet.media.linebreaks import Share, of_a_line

LINES = 2
SHORTEST, LONGEST = 5 / 6, 7.0
"""Seconds that a cue stays."""
_TICK = 0.0015  # seconds: times of caption files are whole thousandths


class Shown(Protocol):
    """A cue, as far as it is read: its lines, and seconds."""

    @property
    def text(self) -> str: ...
    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...


@dataclass(frozen=True)
class CaptionFault:
    """What is wrong with the cue number `cue` (from 0), which begins at `start` seconds."""

    cue: int
    start: float
    problem: str

    def __str__(self) -> str:
        return f"the cue at {self.start:.2f} s {self.problem}"


def seconds_to_read(text: str) -> float:
    """How long it takes at the fastest: 9 Chinese or 20 Latin characters a second, spaces not counted."""
    wide, narrow = _speeds()
    letters = "".join(text.split())
    full = sum(unicodedata.east_asian_width(letter) in "WF" for letter in letters)
    return full / wide + (len(letters) - full) / narrow


def caption_faults(cues: Sequence[Shown], language: str, share: Share = of_a_line) -> list[CaptionFault]:
    """What a reader of `language` can't follow, in order: cues that are too fast, too short, too long, too wide, of
    more than two lines, or in each other's way.

    `share` says how much of a line a piece fills; without it a line has 16 Chinese or 42 Latin characters.
    """
    kind = "Chinese" if language.lower().startswith("zh") else "Latin"
    found: list[CaptionFault] = []
    for number, cue in enumerate(cues):
        lines, stays = cue.text.split("\n"), cue.end - cue.start
        needed = seconds_to_read(cue.text)
        problems = []
        if needed > stays + _TICK:
            characters = len("".join(cue.text.split()))
            limit = _speeds()[0 if kind == "Chinese" else 1]
            pace = characters / max(stays, 0.001)
            problems.append(
                f"has {characters} characters in {stays:.2f} s, {pace:.1f} a second; {needed:.2f} s are needed"
                f" ({limit:g} {kind} characters a second)"
            )
        if stays < SHORTEST - _TICK:
            problems.append(f"stays {stays:.2f} s; at least {SHORTEST:.2f} s are allowed")
        if stays > LONGEST + _TICK:
            problems.append(f"stays {stays:.2f} s; at most {LONGEST:g} s are allowed")
        if len(lines) > LINES:
            problems.append(f"has {len(lines)} lines; at most {LINES} are allowed")
        if any(share(line) > 1.0 for line in lines):
            problems.append("has a line that is too wide")
        if number + 1 < len(cues) and cue.end > cues[number + 1].start + _TICK:
            problems.append("is still there when the next one begins")
        found += [CaptionFault(number, cue.start, problem) for problem in problems]
    return found


@cache
def _speeds() -> tuple[float, float]:
    """Characters a second that can be read: wide ones (Chinese) and narrow ones (Latin)."""
    file = resources.files("callsheet").joinpath("data", "check.json")
    reading = json.loads(file.read_text(encoding="utf-8"))["reading"]
    return float(reading["wide"]), float(reading["narrow"])
