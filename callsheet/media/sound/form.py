"""The form of a piece: how many bars fit into its seconds, at which tempo, and how intense each bar is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from callsheet.errors import MediaError
from callsheet.media.sound.moods import Mood

_BEATS = 4
_STRETCH = 0.12
"""A tempo may leave its range by this part where no whole number of bars would fit otherwise."""


@dataclass(frozen=True)
class Form:
    """`beats` beats of `beat` seconds from the start to the last chord at `final`, which rings until `seconds`.

    `intensity` has one value from 0 to 1 for each bar; `sections` the bars at which something new begins.
    """

    seconds: float
    beat: float
    beats: int
    final: float
    intensity: tuple[float, ...]
    sections: tuple[int, ...]

    @property
    def bar(self) -> float:
        return self.beat * _BEATS


def seed_of(*parts: object) -> int:
    """A 63-bit seed from what it shall depend on, the same on every machine."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:8], "big") >> 1


def form_of(mood: Mood, seconds: float, seed: int) -> Form:
    """Fit a piece into `seconds`. Raises MediaError for less than half a second or more than an hour."""
    if not 0.5 <= seconds <= 3600.0:
        raise MediaError(f"a piece of music lasts 0.5 s to an hour, not {seconds:g} s")
    low, high = mood.tempo
    wish = low + (high - low) * (seed_of("tempo", mood.name, seed) % 1001) / 1000.0
    dryness = min(1.3, max(0.55, mood.reverb_seconds / 1.7))
    beats, beat = _fit(seconds, wish, low, high, dryness * min(2.6, 0.12 * seconds + 0.35))
    bars = -(-beats // _BEATS)
    intensity, sections = _intensity(bars)
    return Form(seconds, beat, beats, beats * beat, intensity, sections)


def _fit(seconds: float, wish: float, low: float, high: float, ideal: float) -> tuple[int, float]:
    """The number of beats and their length: a tempo in range, whole bars, a ring-out near its `ideal` seconds."""
    best: tuple[float, int, float] | None = None
    nominal = 60.0 / wish
    most = int((seconds - 0.3 * ideal) / nominal * (1 + _STRETCH)) + 1
    least = max(0, int((seconds - 1.7 * ideal) / nominal * (1 - _STRETCH)) - 1)
    for beats in range(least, most + 1):
        for ring in (ideal, 0.8 * ideal, 1.25 * ideal, 0.6 * ideal, 1.6 * ideal):
            if not beats or ring >= seconds:
                continue
            beat = (seconds - ring) / beats
            tempo = 60.0 / beat
            outside = max(low / tempo, tempo / high, 1.0) - 1.0
            uneven = 0.0 if beats % 4 == 0 else 0.15 if beats % 2 == 0 else 0.5
            cost = 30.0 * outside + uneven + 0.25 * abs(ring / ideal - 1.0) + abs(tempo / wish - 1.0)
            if outside <= _STRETCH and (best is None or cost < best[0]):
                best = (cost, beats, beat)
    if best is None:
        return 0, nominal
    return best[1], best[2]


def _intensity(bars: int) -> tuple[tuple[float, ...], tuple[int, ...]]:
    if bars <= 2:
        return (0.9,) * bars, (0,)
    intro = 1 if bars < 9 else 2 if bars < 20 else 4
    rest = bars - intro
    if rest <= 18:
        block = 2 if rest <= 8 else 4
        counts = [block] * (rest // block)
        if rest % block:
            counts.insert(0, rest % block) if counts else counts.append(rest)
        climb = [0.5 + 0.5 * at / max(1, len(counts) - 1) if len(counts) > 1 else 0.85 for at in range(len(counts))]
    else:
        cycle = [0.5, 0.65, 0.8, 1.0, 0.45, 0.75, 0.9, 1.0, 0.3]
        counts = [8] * (rest // 8) if rest >= 24 else [4] * (rest // 4)
        unit = 8 if rest >= 24 else 4
        if rest % unit:
            counts.append(rest % unit)
        climb = [cycle[at % len(cycle)] for at in range(len(counts))]
        climb[-1] = 1.0
        climb[-2] = max(climb[-2], 0.75)
    levels, sections = [0.28] * intro, [0]
    for count, level in zip(counts, climb, strict=True):
        sections.append(len(levels))
        levels += [round(level, 3)] * count
    return tuple(levels), tuple(sections)
