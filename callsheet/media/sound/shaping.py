"""What all sounds are made of: noise with a given spectrum, envelopes, filters by frequency response, and a place."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from callsheet.media.loudness import RATE, Sound
from callsheet.media.tape import Track

Wave = NDArray[np.float32]
Hertz = NDArray[np.floating]
Response = Callable[[Hertz], NDArray[np.float64]]
"""From frequencies in Hz to a ratio of amplitudes for each."""

_BLOCK = 2**18


def dice_of(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def band(low: float, high: float, slope: float = 2.0) -> Response:
    """A band between two frequencies in Hz; `slope` in units of 6 dB an octave outside."""

    def response(hertz: Hertz) -> NDArray[np.float64]:
        safe = np.maximum(hertz, 1e-3)
        rise = 1.0 / np.sqrt(1.0 + (low / safe) ** (2 * slope)) if low > 0 else np.ones_like(safe)
        return np.asarray(rise / np.sqrt(1.0 + (safe / high) ** (2 * slope)))

    return response


def tilted(power: float, low: float = 30.0, high: float = 16_000.0) -> Response:
    """Amplitude falling as 1/f^`power` (0.5 is pink, 1 is brown) between two frequencies in Hz."""
    limits = band(low, high)

    def response(hertz: Hertz) -> NDArray[np.float64]:
        return np.asarray(limits(hertz) * (np.maximum(hertz, low) / 1000.0) ** -power)

    return response


def noise(samples: int, response: Response, dice: np.random.Generator) -> Wave:
    """Noise of that spectrum, RMS 1, without a seam or a click at any place."""
    size = 1 << max(8, int(np.ceil(np.log2(samples + 1))))
    bins = size // 2 + 1
    spectrum = dice.standard_normal(2 * bins, np.float32).view(np.complex64)
    spectrum *= response(np.fft.rfftfreq(size, 1 / RATE)).astype(np.float32)
    spectrum[0] = 0.0
    wave = np.fft.irfft(spectrum, size)[:samples]
    return np.asarray(wave / max(1e-9, float(np.sqrt(np.mean(np.square(wave))))), np.float32)


def wide_noise(samples: int, response: Response, dice: np.random.Generator, width: float = 1.0) -> Sound:
    """Stereo noise: `width` 0 is the same on both sides, 1 is independent."""
    left, right = noise(samples, response, dice), noise(samples, response, dice)
    if width < 1.0:
        middle, share = (left + right) / np.sqrt(2.0), np.sqrt(width)
        rest = np.sqrt(1.0 - width)
        left, right = share * left + rest * middle, share * right + rest * middle
    return np.asarray(np.stack([left, right], axis=1), np.float32)


def wander(samples: int, period: float, dice: np.random.Generator) -> Wave:
    """A slow random curve between 0 and 1 that turns about every `period` seconds."""
    knots = max(4, int(samples / RATE / period) + 4)
    heights = dice.random(knots)
    at = np.linspace(1.0, 1.0 + samples / RATE / period, max(2, samples // 480 + 2))
    whole = np.clip(at.astype(int), 0, knots - 2)
    part = 0.5 - 0.5 * np.cos(np.pi * (at - whole))
    curve = heights[whole] * (1 - part) + heights[whole + 1] * part
    return np.asarray(np.interp(np.arange(samples), np.linspace(0, samples, len(at)), curve), np.float32)


def decay(samples: int, seconds: float) -> Wave:
    """An exponential that has fallen by 60 dB after `seconds`."""
    return np.asarray(np.exp(np.arange(samples, dtype=np.float32) * np.float32(-6.9078 / (seconds * RATE))))


def soft_edges(wave: NDArray[np.float32], rise: float, fall: float) -> NDArray[np.float32]:
    """The wave (in place) with raised-cosine edges of `rise` and `fall` seconds; its first and last sample are 0."""
    for seconds, end in ((rise, False), (fall, True)):
        count = min(len(wave), max(1, round(seconds * RATE)))
        edge = (0.5 - 0.5 * np.cos(np.pi * np.arange(count) / count)).astype(np.float32)
        if wave.ndim == 2:
            edge = edge[:, None]
        if end:
            wave[len(wave) - count :] *= edge[::-1]
        else:
            wave[:count] *= edge
    return wave


def panned(wave: Wave, pan: float) -> Sound:
    """A mono wave placed between left (-1) and right (1), at constant power."""
    angle = (pan + 1.0) * np.pi / 4.0
    gains = np.array([np.cos(angle), np.sin(angle)], np.float32) * np.float32(np.sqrt(2.0))
    return wave[:, None] * gains


def add(into: NDArray[np.float32], sound: NDArray[np.float32], at: int) -> None:
    """Add a sound at a sample; what lies outside is left out."""
    skip = max(0, -at)
    count = min(len(sound) - skip, len(into) - at - skip)
    if count > 0:
        into[at + skip : at + skip + count] += sound[skip : skip + count]


def filtered(wave: Wave, response: Response) -> Wave:
    """A wave through a zero-phase filter given by its frequency response. For parts of a few seconds."""
    size = 1 << int(np.ceil(np.log2(len(wave) + RATE // 10)))
    spectrum = np.fft.rfft(wave, size) * response(np.fft.rfftfreq(size, 1 / RATE)).astype(np.float32)
    return np.asarray(np.fft.irfft(spectrum, size)[: len(wave)], np.float32)


def convolved(sound: Sound, impulse: Sound) -> Sound:
    """Both channels through the impulse response of a place, cut to the length of the sound; block by block."""
    return np.concatenate([sound[:0], *convolving(sound, impulse, len(sound))])


def convolving(sound: Track, impulse: Sound, samples: int) -> Iterator[Sound]:
    """As `convolved`, in pieces that follow each other, `samples` in all: after its end the sound is silent."""
    size = 1 << int(np.ceil(np.log2(min(_BLOCK, max(1, samples)) + len(impulse))))
    step = size - len(impulse)
    response = [np.fft.rfft(impulse[:, channel], size) for channel in range(2)]
    ringing = np.zeros((size, 2), np.float32)
    for start in range(0, samples, step):
        piece = sound[start : start + step]
        if piece.any():
            for channel in range(2):
                ringing[:, channel] += np.fft.irfft(np.fft.rfft(piece[:, channel], size) * response[channel], size)
        yield ringing[: min(step, samples - start)].copy()
        ringing[: size - step] = ringing[step:].copy()
        ringing[size - step :] = 0.0


def hall(seconds: float, seed: int, bright: float = 1.0) -> Sound:
    """The impulse response of a room with a reverberation time (RT60) in seconds: a few early reflections, then noise
    that loses its highs sooner, nothing under 200 Hz so that it can't muddle; energy 1 on each side."""
    dice = dice_of(seed)
    samples = round(min(seconds * 1.1, 3.4) * RATE)
    out = np.zeros((samples, 2), np.float32)
    for low, high, share in ((200.0, 700.0, 1.0), (700.0, 2500.0, 0.8), (2500.0, 9000.0, 0.45)):
        level = 1.0 if high < 1000 else 0.8 if high < 3000 else 0.4 * bright
        out += wide_noise(samples, band(low, high, 3.0), dice) * (level * decay(samples, seconds * share))[:, None]
    gap = round(0.018 * RATE)
    out[gap:] = soft_edges(out[: samples - gap].copy(), 0.01, 0.1)
    out[:gap] = 0.0
    for _ in range(7):
        at = round(float(dice.uniform(0.006, 0.05)) * RATE)
        out[at, int(dice.integers(2))] += float(dice.uniform(1.0, 2.5))
    return np.asarray(out / np.sqrt(np.sum(np.square(out), axis=0)), np.float32)
