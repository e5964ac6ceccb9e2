"""Gain over time: how a level is followed, how music makes way for a voice, and how peaks are held under a ceiling.

Curves are float64 ratios at a control rate, one value for each `STEP` samples, and are spread to samples in straight
lines. A curve is made once and applied to every stem alike, so that stems still add up to the mix.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callsheet.media.loudness import RATE, Curve, Sound, ratio

Gain = NDArray[np.float32]

STEP = 48
"""One control value a millisecond."""
_PER_SECOND = RATE // STEP

_PIECE = 1 << 20

LOOK_STEP = 32
"""The limiter's control step: 0.67 ms, shorter than one period of 1 kHz, the range of the ear's finest timing."""
_LOOK_AHEAD = 8
_LIMIT_RELEASE = 0.12


def follow(target: Curve, attack: float, release: float, per_second: float = _PER_SECOND) -> Curve:
    """`target` through a one-pole filter with two time constants in seconds.

    `attack` counts where it falls, `release` where it rises. It starts settled.
    """
    down = 1.0 - float(np.exp(-1.0 / (attack * per_second)))
    up = 1.0 - float(np.exp(-1.0 / (release * per_second)))
    out = np.empty_like(target)
    level = float(target[0]) if len(target) else 0.0
    for at, wanted in enumerate(target.tolist()):
        level += (wanted - level) * (down if wanted < level else up)
        out[at] = level
    return out


def spread(curve: Curve, samples: int, step: int = STEP) -> Gain:
    """The curve at every sample: straight lines between the middles of the steps."""
    middles = (np.arange(len(curve)) + 0.5) * step
    out = np.empty(samples, np.float32)
    for start in range(0, samples, _PIECE):
        stop = min(start + _PIECE, samples)
        out[start:stop] = np.interp(np.arange(start, stop), middles, curve)
    return out


def levels(sound: Sound, window: float = 0.02) -> Curve:
    """Level in dBFS (RMS of the louder channel) over a sliding `window` of seconds, one value for each step."""
    samples = len(sound)
    power = np.zeros(-(-samples // STEP) * STEP, np.float32)
    np.maximum(np.square(sound[:, 0]), np.square(sound[:, 1]), out=power[:samples])
    steps = power.reshape(-1, STEP).mean(axis=1, dtype=np.float64)
    width = max(1, round(window * _PER_SECOND))
    smooth = np.convolve(steps, np.ones(width) / width, mode="same")[: len(steps)]
    return np.asarray(10.0 * np.log10(np.maximum(smooth, 1e-12)), np.float64)


def compress(sound: Sound, threshold_db: float, slope: float) -> Sound:
    """Even out a voice: what is over `threshold_db` (dBFS, RMS of 20 ms) keeps only 1/`slope` of its excess.

    Attack 5 ms, release 90 ms: slower than a pitch period, quicker than a syllable.
    """
    if not len(sound):
        return sound
    over = np.maximum(levels(sound) - threshold_db, 0.0)
    gain = follow(-over * (1.0 - 1.0 / slope), 0.005, 0.09)
    return sound * spread(np.asarray(10.0 ** (gain / 20.0)), len(sound))[:, None]


def speaking(voice: Sound, floor_db: float, *, before: float, after: float, bridge: float) -> Curve:
    """1 where the voice speaks and 0 elsewhere, one value for each step.

    It counts as speaking above `floor_db` (dBFS), from `before` seconds ahead of a word until `after` seconds behind
    it; pauses shorter than `bridge` seconds are spoken through, so that music doesn't surge between two sentences.
    """
    loud = levels(voice) > floor_db
    lead, tail = round(before * _PER_SECOND), round(max(after, bridge) * _PER_SECOND)
    edges = np.zeros(len(loud) + 1, np.int64)
    at = np.flatnonzero(loud)
    np.add.at(edges, np.maximum(at - lead, 0), 1)
    np.add.at(edges, np.minimum(at + tail + 1, len(loud)), -1)
    active = np.cumsum(edges[:-1]) > 0
    # `tail` bridged the pauses; give back what it added behind the last word of each stretch.
    extra = tail - round(after * _PER_SECOND)
    if extra > 0:
        ends = np.flatnonzero(active & ~np.append(active[1:], False))
        for end in ends:
            if end + 1 < len(active):
                active[max(0, end - extra + 1) : end + 1] = False
    return active.astype(np.float64)


def duck(active: Curve, depth_db: float, *, attack: float = 0.08, release: float = 0.4) -> Curve:
    """A gain curve: 1 where nobody speaks, `depth_db` decibels lower where somebody does (`active`)."""
    return np.asarray(10.0 ** (follow(-depth_db * active, attack, release) / 20.0), np.float64)


def step_sample_peaks(sound: Sound) -> Curve:
    """The highest sample (a ratio) of each `LOOK_STEP` samples, both channels together."""
    padded = np.zeros(-(-len(sound) // LOOK_STEP) * LOOK_STEP, np.float32)
    np.maximum(np.abs(sound[:, 0]), np.abs(sound[:, 1]), out=padded[: len(sound)])
    return np.asarray(padded.reshape(-1, LOOK_STEP).max(axis=1), np.float64)


def limiter(peaks: Curve, ceiling_dbtp: float) -> Curve:
    """The gain for each `LOOK_STEP` samples that keeps `peaks` (ratios, one for each step) under the ceiling.

    It begins to fall 5 ms before a peak, in a smooth curve, and recovers with a time constant of 120 ms. It never
    exceeds what a step needs: the lowest value within reach of the smoothing window is taken before smoothing.
    """
    needed = np.minimum(1.0, ratio(ceiling_dbtp) / np.maximum(peaks, 1e-12))
    if not len(needed) or float(needed.min()) >= 1.0:
        return np.ones(len(needed))
    recover = 1.0 - float(np.exp(-LOOK_STEP / (_LIMIT_RELEASE * RATE)))
    held = np.empty_like(needed)
    level = 1.0
    for at, most in enumerate(needed.tolist()):
        level = min(most, level + (1.0 - level) * recover)
        held[at] = level
    reach = _LOOK_AHEAD + 1
    padded = np.pad(held, reach, constant_values=1.0)
    lowest = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).min(axis=1)
    kernel = np.hanning(2 * _LOOK_AHEAD + 3)[1:-1]
    return np.convolve(np.pad(lowest, _LOOK_AHEAD, mode="edge"), kernel / kernel.sum(), mode="valid")
