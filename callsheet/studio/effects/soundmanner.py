"""The sound in a style's manner: bands, a room, an old record, a faulty machine."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from callsheet.media.loudness import RATE, Sound
from callsheet.media.sound.shaping import convolved, hall
from callsheet.studio.effects.sounds import level_of
from callsheet.studio.picture.spec import stream

_BLOCK = 1 << 16


def in_manner(sound: Sound, parts: Mapping[str, float], strength: float, seed: int) -> Sound:
    """The sound with `parts` (data/studio/manners.json, `sounds`) at a strength 0..1; at 0 it is the sound itself.

    `high` and `low` are the limits of the band in Hz, the others amounts.
    """
    if strength <= 0 or not parts or not len(sound):
        return sound
    done = sound.astype(np.float32, copy=True)
    if parts.get("wow"):
        t = np.arange(len(done)) / RATE
        at = np.clip(np.arange(len(done)) + 60 * parts["wow"] * np.sin(2 * np.pi * 0.55 * t), 0, len(done) - 1)
        done = np.stack([np.interp(at, np.arange(len(done)), done[:, c]) for c in range(2)], -1).astype(np.float32)
    done = _toned(done, parts)
    if parts.get("room"):
        done = done + convolved(done, hall(1.0 + 1.6 * parts["room"], seed)) * np.float32(0.8 * parts["room"])
    if parts.get("crush"):
        done = _crushed(done, parts["crush"])
    if parts.get("stutter"):
        done = _stuttered(done, parts["stutter"], seed)
    if parts.get("crackle"):
        done = done + _crackle(len(done), seed) * np.float32(0.035 * parts["crackle"])
    # In its manner the clip is as loud as before, but for what the style says of it.
    done = done * np.float32(parts.get("gain", 1.0) * level_of(sound) / max(1e-9, level_of(done)))
    return np.asarray(sound * np.float32(1 - strength) + done * np.float32(strength), np.float32)


def _toned(sound: Sound, parts: Mapping[str, float]) -> Sound:
    """Limits of the band (second order), a shelf of 8 dB under 140 Hz (`bass`) and above 5 kHz (`shine`)."""
    hertz = np.fft.rfftfreq(2 * _BLOCK, 1 / RATE)
    shape = np.ones(len(hertz))
    if parts.get("high"):
        shape *= 1 / np.sqrt(1 + (parts["high"] / np.maximum(hertz, 1)) ** 4)
    if parts.get("low"):
        shape *= 1 / np.sqrt(1 + (hertz / parts["low"]) ** 4)
    shape *= 1 + 1.5 * parts.get("bass", 0) / (1 + (hertz / 140) ** 2)
    shape *= 1 + 1.5 * parts.get("shine", 0) / (1 + (5000 / np.maximum(hertz, 1)) ** 2)
    out = np.zeros((len(sound) + 3 * _BLOCK, 2), np.float32)
    window = np.hanning(2 * _BLOCK + 1)[:-1].astype(np.float32)[:, None]
    padded = np.concatenate([np.zeros((_BLOCK, 2), np.float32), sound, np.zeros((2 * _BLOCK, 2), np.float32)])
    for start in range(0, len(sound) + _BLOCK, _BLOCK):
        piece = padded[start : start + 2 * _BLOCK] * window
        out[start : start + 2 * _BLOCK] += np.fft.irfft(np.fft.rfft(piece, axis=0) * shape[:, None], axis=0)
    return out[_BLOCK : _BLOCK + len(sound)]


def _crushed(sound: Sound, amount: float) -> Sound:
    """Fewer steps and a lower rate."""
    step = 2 + int(10 * amount)
    held = np.repeat(sound[::step], step, axis=0)[: len(sound)]
    grid = np.float32(2 ** (7 - 3 * amount))
    peak = np.float32(max(1e-6, float(np.abs(sound).max())))
    return np.asarray(np.round(held / peak * grid) / grid * peak, np.float32)


def _stuttered(sound: Sound, amount: float, seed: int) -> Sound:
    """Short pieces that repeat."""
    dice = stream("stutter", seed)
    out = sound.copy()
    for at in np.arange(0.35, len(sound) / RATE - 0.4, 0.7):
        if float(dice.random()) < 0.75:
            start, long = (
                round((at + 0.2 * float(dice.random())) * RATE),
                round((0.03 + 0.05 * float(dice.random())) * RATE),
            )
            piece = sound[start : start + long] * np.hanning(long)[:, None].astype(np.float32) * np.float32(1.4)
            for n in range(1, 2 + int(4 * amount)):
                end = min(len(out), start + (n + 1) * long)
                out[start + n * long : end] = piece[: max(0, end - start - n * long)]
    return out


def _crackle(samples: int, seed: int) -> Sound:
    """Dust on a record: clicks, and hiss between them."""
    dice = stream("crackle", seed)
    out = (dice.standard_normal((samples, 2)) * 0.12).astype(np.float32)
    shape = np.exp(-np.arange(60) / 9).astype(np.float32)
    for at, level, side in dice.random((max(1, samples // 2400), 3)):
        start = int(at * max(1, samples - 60))
        out[start : start + 60, int(side > 0.5)] += shape[: samples - start] * np.float32((level**3) * 9)
    return out
