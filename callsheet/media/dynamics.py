"""Gain over time: how a level is followed, how music makes way for a voice, and how peaks are held under a ceiling.

Curves are ratios at a control rate, one value for each `STEP` samples, and are spread to samples in straight lines. A
curve is made once and applied to every stem alike, so that stems still add up to the mix. They are the only thing that
grows with the length of a work, so they are float32: 4 kB for a second.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from callsheet.media.loudness import RATE, Curve, Sound, ratio

if TYPE_CHECKING:
    from callsheet.media.tape import Track

Gain = NDArray[np.float32]

STEP = 48
"""One control value a millisecond."""
_PER_SECOND = RATE // STEP

_PIECE = 1 << 18
"""Samples that are looked at a time: a multiple of both steps is taken."""
_VALUES = 1 << 15
"""Control values that are walked through at a time: as Python numbers each takes 32 bytes."""

LOOK_STEP = 32
"""The limiter's control step: 0.67 ms, shorter than one period of 1 kHz, the range of the ear's finest timing."""
_LOOK_AHEAD = 8
_LIMIT_RELEASE = 0.12


def follow(target: Gain, attack: float, release: float, per_second: float = _PER_SECOND) -> Gain:
    """`target` through a one-pole filter with two time constants in seconds.

    `attack` counts where it falls, `release` where it rises. It starts settled.
    """
    down = 1.0 - float(np.exp(-1.0 / (attack * per_second)))
    up = 1.0 - float(np.exp(-1.0 / (release * per_second)))
    out = np.empty_like(target)
    level = float(target[0]) if len(target) else 0.0
    for start in range(0, len(target), _VALUES):
        for at, wanted in enumerate(target[start : start + _VALUES].tolist(), start):
            level += (wanted - level) * (down if wanted < level else up)
            out[at] = level
    return out


def spread(curve: Curve | Gain, samples: int, step: int = STEP) -> Gain:
    """The curve at every sample: straight lines between the middles of the steps."""
    out = np.empty(samples, np.float32)
    for start in range(0, samples, _PIECE):
        stop = min(start + _PIECE, samples)
        out[start:stop] = spread_between(curve, start, stop, step)
    return out


def spread_between(curve: Curve | Gain, start: int, stop: int, step: int = STEP) -> Gain:
    """`spread` for the samples from `start` to `stop` alone."""
    first = min(max(0, start // step - 1), len(curve) - 1)
    near = curve[first : stop // step + 2]
    if (
        len(near) and near.min() == near.max()
    ):  # most of a limiter's curve; the straight lines take half of a mix's time
        return np.full(stop - start, near[0], np.float32)
    middles = (np.arange(first, first + len(near)) + 0.5) * step
    return np.asarray(np.interp(np.arange(start, stop), middles, near), np.float32)


def levels(sound: Sound | Track, window: float = 0.02) -> Gain:
    """Level in dBFS (RMS of the louder channel) over a sliding `window` of seconds, one value for each step."""
    samples = len(sound)
    steps = np.empty(-(-samples // STEP), np.float32)
    piece = _PIECE // STEP * STEP
    for start in range(0, samples, piece):
        read = sound[start : start + piece]
        power = np.zeros(-(-len(read) // STEP) * STEP, np.float32)
        np.maximum(np.square(read[:, 0]), np.square(read[:, 1]), out=power[: len(read)])
        means = power.reshape(-1, STEP).mean(axis=1, dtype=np.float64)
        steps[start // STEP : start // STEP + len(means)] = means
    width = max(1, round(window * _PER_SECOND))
    smooth = np.convolve(steps, np.full(width, 1.0 / width, np.float32), mode="same")[: len(steps)]
    np.maximum(smooth, np.float32(1e-12), out=smooth)
    np.log10(smooth, out=smooth)
    smooth *= np.float32(10.0)
    return smooth


def compression(sound: Sound | Track, threshold_db: float, slope: float) -> Gain:
    """The gain, a value for each step, that evens out a voice: what is over `threshold_db` (dBFS, RMS of 20 ms) keeps
    only 1/`slope` of its excess.

    Attack 5 ms, release 90 ms: slower than a pitch period, quicker than a syllable.
    """
    over = levels(sound)
    over -= np.float32(threshold_db)
    np.maximum(over, np.float32(0.0), out=over)
    over *= np.float32(1.0 / slope - 1.0)
    return _ratios(follow(over, 0.005, 0.09))


def _ratios(decibels: Gain) -> Gain:
    """Decibels as ratios, in place."""
    decibels *= np.float32(np.log(10.0) / 20.0)
    return np.exp(decibels, out=decibels)


def speaking(voice: Sound | Track, floor_db: float, *, before: float, after: float, bridge: float) -> Gain:
    """1 where the voice speaks and 0 elsewhere, one value for each step.

    It counts as speaking above `floor_db` (dBFS), from `before` seconds ahead of a word until `after` seconds behind
    it; pauses shorter than `bridge` seconds are spoken through, so that music doesn't surge between two sentences.
    """
    loud = levels(voice) > floor_db
    lead, tail = round(before * _PER_SECOND), round(max(after, bridge) * _PER_SECOND)
    active = np.zeros(len(loud), bool)
    turns = np.flatnonzero(loud[1:] != loud[:-1]) + 1
    bounds = [0, *turns.tolist(), len(loud)]
    for first, last in pairwise(bounds):
        if first < last and loud[first]:
            active[max(0, first - lead) : last + tail] = True
    # `tail` bridged the pauses; give back what it added behind the last word of each stretch.
    extra = tail - round(after * _PER_SECOND)
    if extra > 0:
        ends = np.flatnonzero(active & ~np.append(active[1:], False))
        for end in ends:
            if end + 1 < len(active):
                active[max(0, end - extra + 1) : end + 1] = False
    return active.astype(np.float32)


def duck(active: Gain, depth_db: float, *, attack: float = 0.08, release: float = 0.4) -> Gain:
    """A gain curve: 1 where nobody speaks, `depth_db` decibels lower where somebody does (`active`)."""
    return _ratios(follow(active * np.float32(-depth_db), attack, release))


def step_sample_peaks(sound: Sound | Track) -> Gain:
    """The highest sample (a ratio) of each `LOOK_STEP` samples, both channels together."""
    peaks = np.empty(-(-len(sound) // LOOK_STEP), np.float32)
    for start in range(0, len(sound), _PIECE):
        read = sound[start : start + _PIECE]
        padded = np.zeros(-(-len(read) // LOOK_STEP) * LOOK_STEP, np.float32)
        np.maximum(np.abs(read[:, 0]), np.abs(read[:, 1]), out=padded[: len(read)])
        highest = padded.reshape(-1, LOOK_STEP).max(axis=1)
        peaks[start // LOOK_STEP : start // LOOK_STEP + len(highest)] = highest
    return peaks


def limiter(peaks: Curve | Gain, ceiling_dbtp: float, gain: float = 1.0) -> Gain:
    """The gain for each `LOOK_STEP` samples that keeps `peaks` (ratios, one for each step), times `gain`, under the
    ceiling.

    It begins to fall 5 ms before a peak, in a smooth curve, and recovers with a time constant of 120 ms. It never
    exceeds what a step needs: the lowest value within reach of the smoothing window is taken before smoothing.
    """
    needed = np.maximum(peaks, 1e-12 / gain, dtype=np.float32, casting="same_kind")
    np.divide(np.float32(ratio(ceiling_dbtp) / gain), needed, out=needed)
    np.minimum(needed, np.float32(1.0), out=needed)
    if not len(needed) or float(needed.min()) >= 1.0:
        return np.ones(len(needed), np.float32)
    recover = 1.0 - float(np.exp(-LOOK_STEP / (_LIMIT_RELEASE * RATE)))
    level = 1.0
    for start in range(0, len(needed), _VALUES):
        for at, most in enumerate(needed[start : start + _VALUES].tolist(), start):
            level = min(most, level + (1.0 - level) * recover)
            needed[at] = level  # from here on it is what is held
    return _smoothed(needed)


def _smoothed(held: Gain) -> Gain:
    """The lowest value within reach, then a smooth mean over less than that reach: it never exceeds what is held."""
    reach = _LOOK_AHEAD + 1
    kernel = np.hanning(2 * _LOOK_AHEAD + 3)[1:-1]
    kernel /= kernel.sum()
    out = np.empty_like(held)
    edge = reach + _LOOK_AHEAD
    for start in range(0, len(held), _VALUES):
        stop = min(len(held), start + _VALUES)
        low, high = max(0, start - edge), min(len(held), stop + edge)
        # Before the beginning and after the end nothing is held; the mean there is of the last value.
        padded = np.pad(held[low:high], reach, constant_values=1.0)
        lowest = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).min(axis=1)
        smooth = np.convolve(np.pad(lowest, _LOOK_AHEAD, mode="edge"), kernel, mode="valid")
        out[start:stop] = smooth[start - low : stop - low]
    return out
