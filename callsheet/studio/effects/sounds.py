"""The sound of changed clips: a place that goes on without a gap, weather that comes in, a manner."""

from __future__ import annotations

import numpy as np

from callsheet.media.loudness import RATE, Sound
from callsheet.studio.picture.spec import F32, stream

EDGE = round(0.1 * RATE)
"""Samples at a clip's end that are given up: places fade out there, and encoders leave a silence."""
CROSSING = round(0.4 * RATE)
_GRAIN = RATE


def level_of(sound: Sound) -> float:
    """The root of the mean square, 0 for nothing."""
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))) if len(sound) else 0.0


def texture(sound: Sound, samples: int, *parts: object) -> Sound:
    """A sound of the same place: pieces of a second, from anywhere in `sound`, that flow into each other."""
    dice = stream("texture", *parts)
    grain = min(_GRAIN, max(2, len(sound) // 3 // 2 * 2))
    step = grain // 2
    window = np.sqrt(np.hanning(grain + 1)[:grain]).astype(np.float32)[:, None]
    out = np.zeros((samples + 2 * grain, 2), np.float32)
    for start in range(0, samples + grain, step):
        at = int(dice.integers(0, max(1, len(sound) - grain)))
        out[start : start + grain] += sound[at : at + grain] * window
    made = out[step : step + samples]
    # One loud moment must not come again and again: what is above the usual level is held down.
    return np.asarray(made * np.float32(min(2.0, level_of(sound) / max(1e-9, level_of(made)))), np.float32)


def continued(sound: Sound, more: Sound, *, after: bool) -> Sound:
    """`sound` with `more` after or before it, exactly as long as both, crossing where they meet without a dip.

    `more` must be `CROSSING + EDGE` samples longer than what is to be added.
    """
    if not after:
        return np.ascontiguousarray(continued(sound[::-1], more[::-1], after=True)[::-1])
    added = len(more) - CROSSING - EDGE
    whole = np.zeros((len(sound) + added, 2), np.float32)
    crossing = min(CROSSING, max(1, len(sound) - EDGE))
    begin = max(0, len(sound) - EDGE - crossing)
    u = (np.arange(crossing, dtype=np.float32) + 0.5)[:, None] / crossing * np.float32(np.pi / 2)
    whole[:begin] = sound[:begin]
    # Two sounds that don't know of each other keep their power by sine and cosine.
    whole[begin : begin + crossing] = sound[begin : begin + crossing] * np.cos(u) + more[:crossing] * np.sin(u)
    rest = len(whole) - begin - crossing
    whole[begin + crossing :] = more[crossing : crossing + rest]
    return whole


def matched(more: Sound, beside: Sound, most: float = 4.0) -> Sound:
    """`more` at the level of what it stands beside, at most `most` times louder or softer."""
    wanted, own = level_of(beside), level_of(more)
    if own < 1e-7:
        return more
    return np.asarray(more * np.float32(np.clip(wanted / own, 1 / most, most)), np.float32)


def evened(sound: Sound, most: float = 12.0) -> Sound:
    """`sound` without its swells: held at its own level over each 0.4 s, raised at most `most` times."""
    window = round(0.4 * RATE)
    power = np.square(sound, dtype=np.float64).mean(axis=1)
    total = np.concatenate([np.zeros(1), np.cumsum(power)])
    at = np.arange(len(sound))
    first, last = np.maximum(at - window // 2, 0), np.minimum(at + window // 2, len(sound))
    local = np.sqrt((total[last] - total[first]) / np.maximum(last - first, 1))
    gain = np.minimum(level_of(sound) / np.maximum(local, 1e-9), most)
    return np.asarray(sound * gain[:, None].astype(np.float32), np.float32)


def leading(more: Sound, near: float, far: float, *, after: bool) -> Sound:
    """`more` at the level `near` where it meets what it goes on from, and within 1.5 s at `far`."""
    own = level_of(more)
    if own < 1e-7:
        return more
    share = eased(len(more), 0.3, 1.5)
    return np.asarray(more * (near + (far - near) * (share if after else share[::-1])) / np.float32(own), np.float32)


def eased(samples: int, start: float, end: float) -> F32:
    """A curve (samples, 1) from 0 to 1 between two moments in seconds, flat outside them."""
    t = np.arange(samples, dtype=np.float32) / np.float32(RATE)
    u = np.clip((t - start) / max(1e-3, end - start), 0, 1)
    return np.asarray((u * u * (3 - 2 * u))[:, None], np.float32)


def safe(sound: Sound) -> Sound:
    """The sound under full scale: turned down as a whole where a peak would clip."""
    peak = float(np.abs(sound).max()) if len(sound) else 0.0
    return sound if peak <= 0.97 else np.asarray(sound * np.float32(0.97 / peak), np.float32)


def at_level(sound: Sound, level: float) -> Sound:
    """The sound with this root of its mean square."""
    own = level_of(sound)
    return sound if own < 1e-7 else np.asarray(sound * np.float32(level / own), np.float32)


def add_thunder(into: Sound, at: float, seed: int, seconds: float = 2.6) -> None:
    """A roll of thunder from `at` seconds on: low noise that swells and breaks."""
    dice = stream("thunder", seed, round(at * 1000))
    samples = round(seconds * RATE)
    spectrum = np.fft.rfft(dice.standard_normal((samples, 2)), axis=0)
    hertz = np.fft.rfftfreq(samples, 1 / RATE)[:, None]
    low = np.fft.irfft(spectrum / (1 + (hertz / 95) ** 2) * (hertz > 25), samples, axis=0)
    t = np.arange(samples) / RATE
    rumble = (1 - np.exp(-t / 0.05)) * np.exp(-t / 0.8) * (1 + 0.5 * np.sin(2 * np.pi * 3.1 * t + dice.random() * 6))
    roll = low * rumble[:, None]
    start = round(at * RATE)
    end = min(len(into), start + samples)
    if start < end:
        into[start:end] += (roll / np.abs(roll).max() * 0.4)[: end - start].astype(np.float32)
