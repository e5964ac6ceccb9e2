"""Loudness and true peak of a sound, as ITU-R BS.1770-4 defines them.

A sound is float32 of shape (samples, 2) at 48 000 Hz, full scale +-1. Levels are LUFS (integrated: gated at -70 LUFS
and again at 10 LU under the mean of what passed) and dBTP (peak after four times oversampling).

The two K-weighting filters are applied by their frequency response over blocks with 0.33 s of history: the impulse
response has fallen under -140 dB by then, and numpy has no recursive filter of its own. So a track that is longer than
memory is measured as it is read, with the same result.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from callsheet.media.tape import Track

Sound = NDArray[np.float32]
Curve = NDArray[np.float64]

RATE = 48_000
SILENCE_LUFS = -70.0
"""BS.1770's absolute gate: what is quieter counts as silence, and is reported as this number."""

# ITU-R BS.1770-4, tables 1 and 2: the coefficients of both stages at 48 kHz, (b0, b1, b2), (1, a1, a2).
_SHELF = (1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)
_HIGH_PASS = (1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)

STEP = RATE // 10
"""Gating blocks of 400 ms overlap by 75 %: one starts every 100 ms."""
_BODY = 24 * STEP
_FFT = 2**17
_HISTORY = _FFT - _BODY


def db(ratio: float) -> float:
    """A ratio of amplitudes in decibels; -200 for nothing at all."""
    return 20.0 * float(np.log10(max(ratio, 1e-10)))


def ratio(decibels: float) -> float:
    """Decibels as a ratio of amplitudes."""
    return float(10.0 ** (decibels / 20.0))


@cache
def _k_response() -> NDArray[np.complex64]:
    z = np.exp(-2j * np.pi * np.arange(_FFT // 2 + 1) / _FFT)
    out = np.ones_like(z)
    for b, a in (_SHELF, _HIGH_PASS):
        out *= (b[0] + b[1] * z + b[2] * z * z) / (a[0] + a[1] * z + a[2] * z * z)
    return np.asarray(out, np.complex64)


def step_powers(sound: Sound | Track) -> Curve:
    """Mean square of the K-weighted sound, both channels added, for each whole 100 ms.

    A sound shorter than one gating block gives one value, the mean over its own length.
    """
    samples = len(sound)
    powers = np.zeros(-(-samples // STEP))
    response = _k_response()
    for start in range(0, samples, _BODY):
        low = max(0, start - _HISTORY)
        read = sound[low : start + _BODY]
        first = start // STEP
        count = min(24, len(powers) - first)
        alike = _one_channel(read)
        for channel in range(1 if alike else 2):
            piece = read[:, channel]
            if not piece.any():
                continue
            window = np.zeros(_FFT, np.float32)
            offset = _HISTORY - (start - low)
            window[offset : offset + len(piece)] = piece
            weighted = np.fft.irfft(np.fft.rfft(window) * response, _FFT)[_HISTORY:]
            weighted[max(0, samples - start) :] = 0.0
            energy = np.square(weighted, dtype=np.float64).reshape(24, STEP).sum(axis=1)
            powers[first : first + count] += energy[:count] / STEP * (2 if alike else 1)
    if samples < 4 * STEP:
        return np.array([powers.sum() * STEP / max(samples, 1)])
    return powers[: samples // STEP]


def _one_channel(sound: Sound) -> bool:
    """Whether both channels are the same, as a voice's are: then one is measured for both."""
    return bool(np.array_equal(sound[:, 0], sound[:, 1]))


def _lufs(power: float) -> float:
    return max(SILENCE_LUFS, -0.691 + 10.0 * float(np.log10(max(power, 1e-20))))


def _blocks(powers: Curve) -> Curve:
    """Gating blocks of four steps."""
    if len(powers) < 4:
        return powers
    total = np.concatenate([[0.0], np.cumsum(powers)])
    return np.asarray((total[4:] - total[:-4]) / 4.0, np.float64)


def integrated_of(powers: Curve) -> float:
    """Integrated loudness in LUFS from `step_powers`; `SILENCE_LUFS` when no block passes the absolute gate."""
    blocks = _blocks(powers)
    gate = 10.0 ** ((SILENCE_LUFS + 0.691) / 10.0)
    loud = blocks[blocks > gate]
    if not len(loud):
        return SILENCE_LUFS
    loud = loud[loud > 0.1 * loud.mean()]
    return _lufs(float(loud.mean()))


def integrated(sound: Sound | Track) -> float:
    """Integrated (gated) loudness in LUFS; `SILENCE_LUFS` for silence."""
    return integrated_of(step_powers(sound))


def momentary(sound: Sound | Track) -> Curve:
    """Momentary loudness in LUFS: 400 ms windows, one every 100 ms."""
    return np.array([_lufs(float(power)) for power in _blocks(step_powers(sound))])


@cache
def _interpolator() -> NDArray[np.complex64]:
    """The frequency responses of four phases of 12 taps: a Kaiser-windowed sinc, flat to 20 kHz. BS.1770-4 annex 2 asks
    for this order."""
    taps = np.arange(48) - 23.5
    phases = (np.sinc(taps / 4.0) * np.kaiser(48, 5.0)).reshape(12, 4).T
    phases = phases / phases.sum(axis=1, keepdims=True)
    # Turned round so that the filter's middle lies on the sample: the result is not delayed.
    return np.asarray(np.fft.rfft(np.roll(np.pad(phases, ((0, 0), (0, _PEAK_FFT - 12))), -6, axis=1)), np.complex64)


_PEAK_FFT = 2**15
_PEAK_EDGE = 64
_PEAK_BODY = _PEAK_FFT - 2 * _PEAK_EDGE


def step_peaks(sound: Sound | Track, step: int) -> Sound:
    """True peak (a ratio, 1 = full scale) of each `step` samples, both channels together: the sample peak or any of the
    four interpolated phases, whichever is higher. `step` divides 32 640."""
    if _PEAK_BODY % step:
        raise ValueError(f"{step} does not divide {_PEAK_BODY}")
    samples = len(sound)
    count = -(-samples // step)
    peaks = np.zeros(-(-samples // _PEAK_BODY) * _PEAK_BODY // step, np.float32)
    window = np.empty(_PEAK_FFT, np.float32)
    for start in range(0, samples, _PEAK_BODY):
        low, high = max(0, start - _PEAK_EDGE), min(samples, start + _PEAK_BODY + _PEAK_EDGE)
        offset = low - (start - _PEAK_EDGE)
        first = start // step
        block = peaks[first : first + _PEAK_BODY // step]
        read = sound[low:high]
        for channel in range(1 if _one_channel(read) else 2):
            window[:] = 0.0
            window[offset : offset + high - low] = read[:, channel]
            highest = np.abs(window[_PEAK_EDGE:-_PEAK_EDGE])
            if not highest.any():
                continue
            spectrum = np.fft.rfft(window)
            for response in _interpolator():
                between = np.fft.irfft(spectrum * response, _PEAK_FFT)[_PEAK_EDGE:-_PEAK_EDGE]
                np.maximum(highest, np.abs(between), out=highest)
            np.maximum(block, highest.reshape(-1, step).max(axis=1), out=block)
    return peaks[:count]


def true_peak(sound: Sound | Track) -> float:
    """True peak in dBTP; -200 for silence."""
    peaks = step_peaks(sound, 480)
    return db(float(peaks.max())) if len(peaks) else db(0.0)
