"""When each sentence of a course is said: pauses and cards are stretched until the whole has its length. Pure.

Speech is never hurried or slowed: only what is silent gives way, between limits in which a class stays natural.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Silence:
    """Seconds in which nobody speaks: as few and as many as are natural, and what is usual."""

    least: float
    usual: float
    most: float


# Ours, by ear: a pause of a lecture is from a breath to what lets a picture be looked at.
OPENING = Silence(2.0, 3.5, 6.0)
CHAPTER = Silence(1.6, 2.6, 5.0)
SENTENCE = Silence(0.3, 0.45, 1.4)
PARAGRAPH = Silence(0.5, 0.9, 2.4)
LAST = Silence(0.6, 1.0, 3.0)
"""After the last sentence of a chapter."""
ENDING = Silence(2.5, 4.0, 8.0)


class NotFitting(ValueError):
    """The speech can't fill the time. `shortest` and `longest` are what could be made of it, in seconds."""

    def __init__(self, shortest: float, longest: float) -> None:
        super().__init__(f"a work of {shortest:.0f} s to {longest:.0f} s could be made of it")
        self.shortest, self.longest = shortest, longest


@dataclass(frozen=True)
class Spoken:
    """When a sentence is said, and until when the pause after it lasts; in seconds."""

    start: float
    end: float
    until: float


@dataclass(frozen=True)
class Times:
    """`chapters` are (beginning of its card, end of it); the first chapter begins with the opening at 0."""

    opening: float
    chapters: tuple[tuple[float, float], ...]
    spoken: tuple[tuple[Spoken, ...], ...]
    ending: float


def silences(closing: Sequence[Sequence[bool]]) -> list[Silence]:
    """Every silence of a course, in order. `closing` says of each chapter's sentences which end a paragraph."""
    found = [OPENING]
    for sentences in closing:
        after = [PARAGRAPH if ends else SENTENCE for ends in sentences[:-1]]
        found += [CHAPTER, *after, LAST]
    return [*found, ENDING]


def stretched(spoken: float, between: Sequence[Silence], seconds: float) -> list[float]:
    """The length of each silence, so that with `spoken` seconds of speech the whole has `seconds`.

    All give way in the same part of their room. Raises `NotFitting`.
    """
    usual = sum(silence.usual for silence in between)
    least, most = sum(silence.least for silence in between), sum(silence.most for silence in between)
    spare = seconds - spoken - usual
    if not least <= seconds - spoken <= most:
        raise NotFitting(spoken + least, spoken + most)
    if spare >= 0:
        part = spare / (most - usual)
        return [silence.usual + part * (silence.most - silence.usual) for silence in between]
    part = -spare / (usual - least)
    return [silence.usual - part * (silence.usual - silence.least) for silence in between]


def times(said: Sequence[Sequence[float]], closing: Sequence[Sequence[bool]], seconds: float) -> Times:
    """When everything is. `said` has the seconds of each sentence of each chapter. Raises `NotFitting`."""
    quiet = iter(stretched(sum(map(sum, said)), silences(closing), seconds))
    opening = at = next(quiet)
    chapters, spoken = [], []
    for lengths in said:
        card = at
        at += next(quiet)
        chapters.append((card, at))
        found = []
        for length in lengths:
            start, end = at, at + length
            at = end + next(quiet)
            found.append(Spoken(start, end, at))
        spoken.append(tuple(found))
    return Times(opening, tuple(chapters), tuple(spoken), at)
