"""Drums: a few strokes of each are synthesised for a piece and placed many times. Waves are mono, float32, peak 1."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from callsheet.media.loudness import RATE
from callsheet.media.sound.shaping import Wave, band, decay, dice_of, noise, soft_edges

PLACES = {
    "kick": 0.0,
    "snare": 0.05,
    "clap": -0.05,
    "hat": 0.3,
    "shaker": -0.35,
    "tom": -0.2,
    "crash": 0.15,
    "taiko": -0.1,
    "boom": 0.0,
    "snap": 0.2,
    "wood": -0.4,
    "rim": 0.2,
    "brush": -0.1,
    "click": 0.5,
}
"""Where each drum stands, -1 left to 1 right."""

ROOM = {"kick": 0.05, "boom": 0.4, "taiko": 0.6, "hat": 0.25, "click": 0.4, "shaker": 0.3}
"""How much of a drum goes into the reverb, 1 = as much as the mood says; 0.7 where not given."""

VARIANTS = 3
"""Strokes of one drum differ a little; they are used in turn."""


@lru_cache(maxsize=256)
def stroke(name: str, variant: int, seed: int) -> Wave:
    """One stroke."""
    dice = dice_of(seed * 977 + variant * 31 + sum(name.encode()))
    wave = _MAKERS[name](dice)
    peak = float(np.abs(wave).max())
    return soft_edges(wave / np.float32(peak), 0.0005, 0.02)


def _sweep(seconds: float, high: float, low: float, fall: float, ring: float) -> Wave:
    """A sine that falls from `high` to `low` Hz with the time constant `fall`, dying by 60 dB in `ring` seconds."""
    times = np.arange(round(seconds * RATE)) / RATE
    phase = low * times + (high - low) * fall * (1 - np.exp(-times / fall))
    return np.asarray(np.sin(2 * np.pi * phase) * np.exp(-6.9 * times / ring), np.float32)


def _burst(seconds: float, low: float, high: float, ring: float, dice: np.random.Generator) -> Wave:
    samples = round(seconds * RATE)
    return noise(samples, band(low, high, 2.5), dice) * decay(samples, ring)


def _kick(dice: np.random.Generator) -> Wave:
    out = _sweep(0.42, 165.0 + 6 * float(dice.random()), 48.0, 0.028, 0.5)
    click = _burst(0.012, 1500.0, 6000.0, 0.012, dice)
    out[: len(click)] += 0.1 * click
    return np.asarray(np.tanh(1.6 * out), np.float32)


def _snare(dice: np.random.Generator) -> Wave:
    out = 0.22 * _burst(0.3, 1200.0, 9000.0, 0.24, dice)
    body = _sweep(0.3, 260.0, 185.0, 0.02, 0.16)
    return out + 0.7 * body


def _clap(dice: np.random.Generator) -> Wave:
    out = np.zeros(round(0.32 * RATE), np.float32)
    for delay, level in ((0.0, 0.6), (0.011, 0.7), (0.021, 0.8), (0.031, 1.0)):
        at = round((delay + float(dice.uniform(0, 0.002))) * RATE)
        ring = 0.22 if delay > 0.03 else 0.018
        burst = _burst(0.28 if delay > 0.03 else 0.02, 900.0, 4200.0, ring, dice)
        out[at : at + len(burst)] += level * burst[: len(out) - at]
    return out


def _hat(dice: np.random.Generator) -> Wave:
    return _burst(0.09, 7000.0, 13_000.0, 0.07 + 0.03 * float(dice.random()), dice)


def _shaker(dice: np.random.Generator) -> Wave:
    samples = round(0.11 * RATE)
    rise = np.sin(np.linspace(0, np.pi, samples, dtype=np.float32)) ** 2
    return np.asarray(noise(samples, band(4500.0, 9500.0, 2.5), dice) * rise, np.float32)


def _brush(dice: np.random.Generator) -> Wave:
    samples = round(0.28 * RATE)
    rise = np.linspace(0, 1, samples, dtype=np.float32)
    return np.asarray(noise(samples, band(1800.0, 6500.0), dice) * rise * np.exp(-4 * rise), np.float32)


def _tom(dice: np.random.Generator) -> Wave:
    out = _sweep(0.5, 170.0, 105.0 + 12 * float(dice.random()), 0.05, 0.45)
    click = _burst(0.02, 600.0, 3500.0, 0.02, dice)
    out[: len(click)] += 0.12 * click
    return out


def _taiko(dice: np.random.Generator) -> Wave:
    out = _sweep(1.1, 110.0, 62.0 + 4 * float(dice.random()), 0.06, 1.0) + 0.35 * _sweep(1.1, 190.0, 118.0, 0.04, 0.4)
    skin = _burst(0.12, 250.0, 2200.0, 0.1, dice)
    out[: len(skin)] += 0.16 * skin
    return np.asarray(np.tanh(1.3 * out), np.float32)


def _boom(dice: np.random.Generator) -> Wave:
    out = _sweep(2.4, 85.0, 43.0, 0.12, 2.2)
    air = _burst(0.9, 90.0, 500.0, 0.8, dice)
    out[: len(air)] += 0.12 * air
    return out


def _crash(dice: np.random.Generator) -> Wave:
    out = _burst(2.2, 3500.0, 12_000.0, 2.0, dice)
    out *= 0.4 + 0.6 * decay(len(out), 0.5)
    return soft_edges(out, 0.003, 0.3)


def _snap(dice: np.random.Generator) -> Wave:
    return _burst(0.13, 1700.0, 3600.0, 0.09, dice) + 0.3 * _sweep(0.13, 2400.0, 1500.0, 0.01, 0.05)


def _wood(dice: np.random.Generator) -> Wave:
    pitch = (820.0, 1080.0)[int(dice.integers(2))]
    return _sweep(0.12, pitch * 1.15, pitch, 0.006, 0.09) + 0.3 * _sweep(0.12, pitch * 2.6, pitch * 2.5, 0.01, 0.04)


def _rim(dice: np.random.Generator) -> Wave:
    return _sweep(0.09, 1750.0, 1600.0, 0.005, 0.05) + 0.12 * _burst(0.09, 1500.0, 6000.0, 0.05, dice)


def _click(dice: np.random.Generator) -> Wave:
    pitch = float(dice.choice([2600.0, 3300.0, 4100.0]))
    return _sweep(0.04, pitch * 1.3, pitch, 0.003, 0.02)


_MAKERS = {
    "kick": _kick,
    "snare": _snare,
    "clap": _clap,
    "hat": _hat,
    "shaker": _shaker,
    "brush": _brush,
    "tom": _tom,
    "taiko": _taiko,
    "boom": _boom,
    "crash": _crash,
    "snap": _snap,
    "wood": _wood,
    "rim": _rim,
    "click": _click,
}
