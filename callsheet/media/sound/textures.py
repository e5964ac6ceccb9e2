"""The materials of places: water, wind, insects, birds, voices too far away to understand, things that clink."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from callsheet.media.loudness import RATE, Sound
from callsheet.media.sound.shaping import (
    Wave,
    add,
    band,
    convolved,
    decay,
    filtered,
    hall,
    noise,
    panned,
    soft_edges,
    tilted,
    wander,
    wide_noise,
)

Dice = np.random.Generator


def breathing(samples: int, low: float, high: float, dice: Dice, *, period: float, depth: float) -> Sound:
    """Stereo noise between two frequencies whose level wanders by `depth` (0 to 1) about every `period` seconds."""
    out = wide_noise(samples, band(low, high), dice, 0.8)
    for side in range(2):
        out[:, side] *= 1.0 - depth * wander(samples, period, dice)
    return out


def wind(samples: int, dice: Dice, *, gusts: float) -> Sound:
    """Wind: a low rush and a hollow whistle that come and go together."""
    gust = wander(samples, 2.4, dice) ** 2 * gusts + (1 - gusts) * 0.4
    low = wide_noise(samples, tilted(0.7, 90.0, 1100.0), dice, 0.7)
    out = low * (0.12 + 1.3 * gust)[:, None]
    for centre in (420.0, 640.0, 950.0):
        tone = wide_noise(samples, band(centre * 0.9, centre * 1.1, 4.0), dice, 0.9)
        out += tone * (0.22 * gust * wander(samples, 2.0, dice) ** 2)[:, None]
    air = wide_noise(samples, band(1500.0, 6000.0), dice)
    return np.asarray(out + air * (0.16 * gust**1.5)[:, None], np.float32)


def leaves(samples: int, dice: Dice) -> Sound:
    """Foliage in the wind: highs that flutter."""
    out = wide_noise(samples, band(2200.0, 9000.0), dice)
    flutter = 0.4 + 0.6 * wander(samples, 0.12, dice)
    return np.asarray(out * (flutter * wander(samples, 2.6, dice) ** 2)[:, None], np.float32)


def drops(samples: int, dice: Dice, *, rate: float, low: float, high: float, size: float) -> Sound:
    """`rate` drops a second, each a short ring between two frequencies; most are far away, few are near."""
    out = np.zeros((samples, 2), np.float32)
    kernels = []
    for _ in range(24):
        length = round(float(dice.uniform(0.5, 1.5)) * size * RATE)
        pitch = float(np.exp(dice.uniform(np.log(low), np.log(high))))
        times = np.arange(length) / RATE
        ring = np.sin(2 * np.pi * pitch * times * (1 + 0.25 * times / times[-1])) * decay(length, size)
        kernels.append(soft_edges(np.asarray(ring, np.float32), 0.08 * size, 0.004))
    for at in np.sort(dice.integers(0, samples, round(rate * samples / RATE))):
        level = float(dice.pareto(2.2)) * 0.3 + 0.15
        kernel = kernels[int(dice.integers(24))]
        add(out, panned(kernel * np.float32(min(level, 2.0)), float(dice.uniform(-0.9, 0.9))), int(at))
    return out


def waves(samples: int, dice: Dice) -> Sound:
    """Surf: each wave swells, breaks and runs up the sand as foam, nearer to one side."""
    out = 0.35 * wide_noise(samples, tilted(0.8, 50.0, 500.0), dice, 0.6)
    at = -int(float(dice.uniform(1.0, 4.0)) * RATE)
    while at < samples:
        length = round(float(dice.uniform(6.0, 9.5)) * RATE)
        part = np.linspace(0.0, 1.0, length, dtype=np.float32)
        force = float(dice.uniform(0.6, 1.0))
        swell = np.exp(-(((part - 0.36) / 0.15) ** 2))
        crash = np.where(part < 0.4, np.exp(-(((part - 0.4) / 0.05) ** 2)), np.exp(-(part - 0.4) / 0.14))
        foam = np.where(part < 0.5, np.exp(-(((part - 0.5) / 0.1) ** 2)), np.exp(-(part - 0.5) / 0.2))
        wave = swell[:, None] * wide_noise(length, tilted(0.7, 80.0, 900.0), dice, 0.6)
        wave = wave + 0.5 * crash[:, None] * wide_noise(length, band(500.0, 4000.0), dice, 0.8)
        wave += 0.3 * foam[:, None] * wide_noise(length, band(3000.0, 10_000.0), dice)
        side = float(dice.uniform(-0.35, 0.35))
        wave = wave * panned(np.ones(1, np.float32), side) * np.float32(force)
        add(out, soft_edges(np.asarray(wave, np.float32), 0.5, 1.0), at)
        at += round(float(dice.uniform(4.2, 6.5)) * RATE)
    return out


def birds(samples: int, dice: Dice, *, rate: float) -> Sound:
    """A few birds, each with its own call that it repeats, `rate` calls a second in all, among trees."""
    out = np.zeros((samples, 2), np.float32)
    singers = [(_call(dice), float(dice.uniform(-0.9, 0.9)), float(dice.uniform(0.25, 1.0))) for _ in range(5)]
    for _ in range(max(1, round(rate * samples / RATE))):
        call, pan, near = singers[int(dice.integers(len(singers)))]
        at = int(dice.integers(0, max(1, samples - RATE // 2)))
        for repeat in range(int(dice.integers(1, 4))):
            level = np.float32(near * float(dice.uniform(0.7, 1.0)))
            add(out, panned(call * level, pan), at + repeat * (len(call) + round(0.09 * RATE)))
    return 0.55 * out + 0.7 * convolved(out, hall(1.4, int(dice.integers(1 << 30))))


def _call(dice: Dice) -> Wave:
    """One call: two to six chirps whose pitch slides, with a soft octave."""
    base = float(dice.uniform(2400.0, 4600.0))
    pieces = []
    for _ in range(int(dice.integers(2, 7))):
        length = round(float(dice.uniform(0.04, 0.14)) * RATE)
        part = np.linspace(0.0, 1.0, length)
        start, bend = base * float(dice.uniform(0.85, 1.2)), float(dice.uniform(-0.35, 0.35))
        trill = 0.03 * np.sin(2 * np.pi * float(dice.uniform(20.0, 60.0)) * np.arange(length) / RATE)
        pitch = start * (1 + bend * part**1.5 + trill)
        phase = 2 * np.pi * np.cumsum(pitch) / RATE
        chirp = (np.sin(phase) + 0.12 * np.sin(2 * phase)) * np.sin(np.pi * part) ** 1.3
        pieces += [chirp, np.zeros(round(float(dice.uniform(0.02, 0.07)) * RATE))]
    return np.asarray(0.3 * np.concatenate(pieces), np.float32)


def crickets(samples: int, dice: Dice) -> Sound:
    """Three crickets: bursts of a high tone, each with its own beat."""
    out = np.zeros((samples, 2), np.float32)
    times = np.arange(samples) / RATE
    for _ in range(3):
        pitch, beat = float(dice.uniform(3900.0, 5000.0)), float(dice.uniform(1.6, 2.6))
        pulses = np.maximum(0.0, np.sin(2 * np.pi * float(dice.uniform(24.0, 32.0)) * times)) ** 2
        bursts = np.clip(4 * np.sin(2 * np.pi * beat * times + float(dice.uniform(0, 6))) + 1.0, 0.0, 1.0)
        tone = np.sin(2 * np.pi * pitch * times) * pulses * bursts
        out += panned(np.asarray(tone, np.float32), float(dice.uniform(-0.9, 0.9))) * np.float32(dice.uniform(0.3, 1))
    return out


# First and second formants in Hz of five vowels (Peterson & Barney 1952, rounded).
_VOWELS = ((730.0, 1090.0), (530.0, 1840.0), (300.0, 2200.0), (570.0, 850.0), (350.0, 1000.0))


def murmur(samples: int, dice: Dice, *, people: int, seconds: float = 1.2) -> Sound:
    """People talking in a room, too far away to be understood: syllables of changing vowels in changing pitches."""
    out = np.zeros((samples, 2), np.float32)
    for _ in range(people):
        pitch, pan = float(dice.uniform(95.0, 230.0)), float(dice.uniform(-0.95, 0.95))
        near = float(dice.uniform(0.35, 1.0))
        line = np.zeros(samples, np.float32)
        at = -round(float(dice.uniform(0.0, 2.0)) * RATE)
        while at < samples:
            for _syllable in range(int(dice.integers(4, 14))):
                length = round(float(dice.uniform(0.1, 0.26)) * RATE)
                add(line, _syllable_of(pitch * float(dice.uniform(0.85, 1.2)), length, dice), at)
                at += round(length * float(dice.uniform(0.75, 1.0)))
            at += round(float(dice.uniform(0.3, 2.2)) * RATE)
        out += panned(line * np.float32(near), pan)
    return 0.3 * out + convolved(out, hall(seconds, int(dice.integers(1 << 30)), 0.5))


def _syllable_of(pitch: float, length: int, dice: Dice) -> Wave:
    first, second = _VOWELS[int(dice.integers(len(_VOWELS)))]
    times = np.arange(length) / RATE
    glide = pitch * (1 + float(dice.uniform(-0.12, 0.12)) * times / times[-1])
    phase = 2 * np.pi * np.cumsum(glide) / RATE
    wave = np.zeros(length)
    for order in range(1, int(2600.0 / pitch)):
        hertz = order * pitch
        level = np.exp(-(((hertz - first) / 140.0) ** 2)) + 0.5 * np.exp(-(((hertz - second) / 200.0) ** 2))
        if level > 0.03:
            wave += level * np.sin(order * phase)
    spoken = np.asarray(wave * 0.2, np.float32)
    if dice.random() < 0.35:
        start = min(length, round(0.05 * RATE))
        spoken[:start] += 0.12 * noise(start, band(2000.0, 5000.0), dice)
    return soft_edges(spoken, 0.03, 0.06)


def clinks(samples: int, dice: Dice, *, rate: float, ratios: Sequence[float], low: float, high: float) -> Sound:
    """Things that ring when they touch: cups, cutlery, tools. `rate` a second."""
    out = np.zeros((samples, 2), np.float32)
    for at in dice.integers(0, samples, max(1, round(rate * samples / RATE))):
        pitch, pan = float(dice.uniform(low, high)), float(dice.uniform(-0.8, 0.8))
        length = round(0.35 * RATE)
        times = np.arange(length) / RATE
        ring = np.zeros(length, np.float32)
        for order, times_pitch in enumerate(ratios):
            if pitch * times_pitch < 14_000.0:
                part = np.sin(2 * np.pi * pitch * times_pitch * times) * decay(length, 0.3 / (1 + 0.6 * order))
                ring += np.asarray(part * float(dice.uniform(0.3, 1.0)), np.float32)
        for again in range(int(dice.integers(1, 3))):
            level = np.float32(float(dice.uniform(0.1, 0.4)) / (1 + 2 * again))
            add(out, panned(soft_edges(ring * level, 0.0008, 0.05), pan), int(at) + again * round(0.11 * RATE))
    return 0.5 * out + 0.8 * convolved(out, hall(0.7, int(dice.integers(1 << 30))))


def hum(samples: int, dice: Dice, *, pitch: float, overtones: int) -> Wave:
    """A machine that runs: a mains-like hum with overtones that drift a little in level."""
    times = np.arange(samples) / RATE
    out = np.zeros(samples, np.float32)
    for order in range(1, overtones + 1):
        tone = np.sin(2 * np.pi * pitch * order * times + float(dice.uniform(0, 6)))
        out += np.asarray(tone * (0.7 + 0.3 * wander(samples, 4.0, dice)) / order**1.4, np.float32)
    return out


def passing(samples: int, dice: Dice, *, rate: float) -> Sound:
    """Vehicles that pass: a tyre rush that rises, crosses the picture and falls in pitch; `rate` a second."""
    out = np.zeros((samples, 2), np.float32)
    for _ in range(max(1, round(rate * samples / RATE))):
        length = round(float(dice.uniform(4.0, 8.0)) * RATE)
        part = np.linspace(-1.0, 1.0, length, dtype=np.float32)
        near = 1.0 / (1.0 + (part / float(dice.uniform(0.14, 0.3))) ** 2)
        rush = noise(length, band(250.0, 1100.0), dice) + 0.4 * noise(length, band(1000.0, 3500.0), dice) * near
        engine = hum(length, dice, pitch=float(dice.uniform(48.0, 75.0)), overtones=5)
        side = float(dice.choice([-1.0, 1.0])) * np.tanh(2.5 * part)
        angle = (side + 1.0) * np.pi / 4
        sound = (rush + 0.5 * engine) * near * np.float32(dice.uniform(0.3, 1.0))
        stereo = np.stack([sound * np.cos(angle), sound * np.sin(angle)], axis=1).astype(np.float32)
        add(out, soft_edges(stereo, 0.8, 0.8), int(dice.integers(-length // 2, max(1, samples - length // 3))))
    return out


def dull(sound: Sound, cut: float) -> Sound:
    """As heard through a wall or from afar: highs above `cut` Hz lost."""
    return np.stack([filtered(sound[:, side], band(0.0, cut, 1.5)) for side in range(2)], axis=1)
