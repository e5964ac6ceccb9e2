"""Short effects for what is seen to happen: a camera move, a click, a step, a light.

Each is made to the length asked for and keeps its shape: a whoosh is loudest in its middle, a rise at its end, anything
struck at its beginning.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from callsheet.errors import BriefError, Fault, MediaError
from callsheet.media.loudness import RATE, Sound
from callsheet.media.sound import textures
from callsheet.media.sound.form import seed_of
from callsheet.media.sound.shaping import (
    Response,
    Wave,
    add,
    band,
    convolved,
    decay,
    dice_of,
    hall,
    noise,
    panned,
    soft_edges,
    tilted,
    wide_noise,
)

Dice = np.random.Generator

_PEAK = 0.7
_BANDS = (180.0, 320.0, 560.0, 1000.0, 1800.0, 3200.0, 5600.0, 9500.0)


def _swept(samples: int, centre: Wave, width: float, dice: Dice) -> Sound:
    """Noise around a frequency that moves: `centre` in Hz for each sample, `width` in octaves."""
    out = np.zeros((samples, 2), np.float32)
    place = np.log2(centre)
    for hertz in _BANDS:
        weight = np.exp(-(((place - np.log2(hertz)) / width) ** 2)).astype(np.float32)
        out += wide_noise(samples, band(hertz * 0.72, hertz * 1.4), dice, 0.8) * weight[:, None]
    return out


def _spaced(sound: Sound, seconds: float, share: float, dice: Dice) -> Sound:
    return sound + np.float32(share) * convolved(sound, hall(seconds, int(dice.integers(1 << 30))))


def _time(samples: int) -> Wave:
    return np.asarray(np.arange(samples, dtype=np.float32) / RATE, np.float32)


def _part(samples: int) -> Wave:
    return np.linspace(0.0, 1.0, samples, dtype=np.float32)


def _tones(samples: int, partials: list[tuple[float, float, float]], start: int = 0) -> Wave:
    """Partials (Hz, amplitude, RT60 in seconds) struck at the sample `start`."""
    out = np.zeros(samples, np.float32)
    length = samples - start
    if length <= 0:
        return out
    times = _time(length)
    for hertz, level, ring in partials:
        if hertz < 16_000.0:
            out[start:] += level * np.sin(2 * np.pi * np.float32(hertz) * times) * decay(length, ring)
    out[start:] = soft_edges(out[start:].copy(), 0.001, 0.02)
    return out


def _whoosh(samples: int, dice: Dice) -> Sound:
    part = _part(samples)
    bow = np.exp(-(((part - 0.52) / 0.2) ** 2))
    sound = _swept(samples, 260.0 + 3600.0 * bow**1.5, 1.1, dice) * (bow**1.6)[:, None]
    low = wide_noise(samples, tilted(0.8, 60.0, 300.0), dice, 0.4) * (0.5 * bow**2)[:, None]
    turn = float(dice.choice([-1.0, 1.0])) * (2 * part - 1) * 0.7
    angle = (turn + 1.0) * np.pi / 4
    sides = np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)
    return np.asarray((sound + low) * sides, np.float32)


def _rise(samples: int, dice: Dice) -> Sound:
    part = _part(samples)
    sound = _swept(samples, 250.0 * 28.0**part, 1.0, dice) * (part**2.4)[:, None]
    pitch = 110.0 * 4.0**part
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    for side in range(2):
        tone = np.sin(phase * (1.004, 0.996)[side]) + 0.4 * np.sin(2 * phase * (0.997, 1.003)[side])
        sound[:, side] += np.asarray(0.35 * tone * part**2, np.float32)
    return soft_edges(sound, 0.01, 0.015)


def _hit(samples: int, dice: Dice) -> Sound:
    times = _time(samples)
    phase = 2 * np.pi * (46.0 * times + (150.0 - 46.0) * 0.04 * (1 - np.exp(-times / 0.04)))
    boom = np.sin(phase) * decay(samples, 1.3)
    crack = noise(samples, band(300.0, 5000.0), dice) * decay(samples, 0.16)
    tail = wide_noise(samples, tilted(0.8, 80.0, 2500.0), dice) * (0.16 * decay(samples, 1.4))[:, None]
    return _spaced(panned(np.asarray(np.tanh(1.4 * boom) + 0.4 * crack, np.float32), 0.0), 1.6, 0.3, dice) + tail


def _shimmer(samples: int, dice: Dice) -> Sound:
    out = np.zeros((samples, 2), np.float32)
    scale = np.array([0, 2, 4, 7, 9, 12, 14, 16, 19, 21])
    count = max(5, round(16 * min(2.0, samples / RATE)))
    for order in range(count):
        start = round(order / count * 0.62 * samples)
        pitch = 1046.5 * 2.0 ** (float(scale[min(9, order * 10 // count)] + dice.choice([0, 12])) / 12.0)
        bell = _tones(samples, [(pitch, 1.0, 0.7), (pitch * 2.76, 0.25, 0.3)], start)
        out += panned(bell * np.float32(dice.uniform(0.3, 0.8)), float(dice.uniform(-0.8, 0.8)))
    air = wide_noise(samples, band(6000.0, 13_000.0), dice) * (0.12 * np.sin(np.pi * _part(samples)) ** 2)[:, None]
    return np.asarray(_spaced(out, 1.6, 0.5, dice) + air, np.float32)


def _click(samples: int, dice: Dice) -> Sound:
    press = _tones(samples, [(2300.0, 0.6, 0.02), (980.0, 0.5, 0.03), (4100.0, 0.3, 0.012)])
    back = _tones(samples, [(2900.0, 0.3, 0.015), (1300.0, 0.25, 0.02)], round(0.055 * RATE))
    snap = np.zeros(samples, np.float32)
    add(snap, 0.25 * noise(240, band(1500.0, 9000.0), dice) * decay(240, 0.008), 0)
    return _spaced(panned(press + back + snap, 0.0), 0.25, 0.12, dice)


def _chime(samples: int, dice: Dice) -> Sound:
    out = np.zeros((samples, 2), np.float32)
    root = 880.0 * 2.0 ** (float(dice.integers(-3, 4)) / 12.0)
    for order, steps in enumerate((0, 7, 12)):
        pitch = root * 2.0 ** (steps / 12.0)
        partials = [(pitch, 1.0, 1.6), (pitch * 2.0, 0.3, 1.0), (pitch * 3.01, 0.16, 0.6), (pitch * 5.4, 0.07, 0.25)]
        out += panned(_tones(samples, partials, round(order * 0.085 * RATE)), (-0.3, 0.3, 0.0)[order])
    return _spaced(out, 1.4, 0.35, dice)


def _footsteps(samples: int, dice: Dice) -> Sound:
    out = np.zeros((samples, 2), np.float32)
    at, side = 0.0, 1.0
    while at < samples / RATE:
        start, length = round(at * RATE), round(0.24 * RATE)
        level = float(dice.uniform(0.75, 1.0))
        step = np.zeros(length, np.float32)
        for delay, strength in ((0.0, 1.0), (0.075 + float(dice.uniform(0, 0.02)), 0.55)):
            thud = noise(length, band(70.0, 260.0), dice) * decay(length, 0.1)
            scrape = noise(length, band(900.0, 4500.0), dice) * decay(length, 0.05)
            add(step, soft_edges((thud + 0.28 * scrape) * np.float32(strength), 0.002, 0.02), round(delay * RATE))
        add(out, panned(step * np.float32(level), 0.18 * side), start)
        side, at = -side, at + 0.54 + float(dice.normal(0.0, 0.012))
    return _spaced(out, 0.4, 0.15, dice)


def _mechanical(samples: int, dice: Dice) -> Sound:
    part, times = _part(samples), _time(samples)
    speed = np.maximum(np.sin(np.pi * part), 0.0) ** 0.6
    phase = 2 * np.pi * np.cumsum(140.0 + 160.0 * speed) / RATE
    motor = sum(np.sin(order * phase) / order for order in (1, 2, 3, 5, 8))
    out = panned(np.asarray(0.25 * motor * speed, np.float32), 0.0)
    out += wide_noise(samples, band(1200.0, 4000.0), dice) * np.asarray(0.12 * speed, np.float32)[:, None]
    out *= (1.0 + 0.15 * np.sin(2 * np.pi * 23.0 * times))[:, None].astype(np.float32)
    for share in (0.02, 0.94):
        latch = _tones(samples, [(720.0, 0.7, 0.06), (1750.0, 0.4, 0.04), (3300.0, 0.2, 0.02)], round(share * samples))
        out += panned(latch, 0.1)
    return _spaced(out, 0.5, 0.12, dice)


def _glitch(samples: int, dice: Dice) -> Sound:
    out = np.zeros((samples, 2), np.float32)
    at = 0
    while at < samples:
        length = round(float(dice.choice([0.02, 0.03, 0.045, 0.06, 0.09])) * RATE)
        kind, times = int(dice.integers(4)), _time(length)
        hertz = float(np.exp(dice.uniform(np.log(180.0), np.log(3500.0))))
        if kind == 0:
            piece = np.tanh(4 * np.sin(2 * np.pi * hertz * times)) * 0.4
        elif kind == 1:
            held = np.repeat(dice.choice([-1.0, 1.0], length // 24 + 1), 24)[:length] * 0.14
            piece = held
        elif kind == 2:
            piece = np.sin(2 * np.pi * hertz * times * (1 + 3 * times / times[-1])) * 0.5
        else:
            piece = np.zeros(length)
        for repeat in range(int(dice.integers(1, 4))):
            bit = soft_edges(np.asarray(piece, np.float32).copy(), 0.001, 0.002)
            add(out, panned(bit, float(dice.uniform(-0.8, 0.8))), at + repeat * length)
        at += length * int(dice.integers(1, 4))
    return _spaced(out, 0.4, 0.1, dice)


def _page(samples: int, dice: Dice) -> Sound:
    part = _part(samples)
    flick = np.exp(-(((part - 0.3) / 0.16) ** 2)) + 0.7 * np.exp(-(((part - 0.72) / 0.06) ** 2))
    rough = 0.4 + 0.6 * np.abs(noise(samples, band(30.0, 90.0), dice))
    return np.asarray(
        _swept(samples, 1800.0 + 4200.0 * part, 1.2, dice) * (flick * rough)[:, None].astype(np.float32), np.float32
    )


def _water(samples: int, dice: Dice) -> Sound:
    splash = _swept(samples, 700.0 + 3500.0 * decay(samples, 0.5), 1.3, dice) * (decay(samples, 0.7) * 0.5)[:, None]
    bubbles = textures.drops(samples, dice, rate=26.0, low=420.0, high=1700.0, size=0.06)
    return _spaced(splash + bubbles * (0.3 + 0.7 * decay(samples, 1.5))[:, None], 0.9, 0.25, dice)


def _shutter(samples: int, dice: Dice) -> Sound:
    out = np.zeros(samples, np.float32)
    snap: Response = band(1200.0, 7000.0)
    for start, level in ((0.0, 1.0), (0.06, 0.7), (0.075, 0.4)):
        add(out, np.float32(0.5 * level) * noise(1200, snap, dice) * decay(1200, 0.018), round(start * RATE))
    body = _tones(samples, [(420.0, 0.5, 0.05), (1150.0, 0.35, 0.03)])
    return _spaced(panned(out + body, 0.0), 0.3, 0.12, dice)


def _pop(samples: int, dice: Dice) -> Sound:
    times = _time(samples)
    phase = 2 * np.pi * (420.0 * times + 26.0 * (1 - np.exp(-times / 0.018)))
    return _spaced(panned(np.asarray(np.sin(phase), np.float32) * decay(samples, 0.11), 0.0), 0.4, 0.12, dice)


_KINDS: dict[str, Callable[[int, Dice], Sound]] = {
    "whoosh": _whoosh,
    "rise": _rise,
    "hit": _hit,
    "shimmer": _shimmer,
    "click": _click,
    "chime": _chime,
    "footsteps": _footsteps,
    "mechanical": _mechanical,
    "glitch": _glitch,
    "page": _page,
    "water": _water,
    "shutter": _shutter,
    "pop": _pop,
}


def kinds() -> list[str]:
    """The effects there are."""
    return sorted(_KINDS)


def effect(kind: str, seconds: float, seed: int) -> Sound:
    """An effect: float32 (round(seconds * 48000), 2), peak 0.7, silent at its first and last sample, the same for the
    same arguments. Raises BriefError for an unknown kind, MediaError for a length not between 0.05 and 60 s.
    """
    if kind not in _KINDS:
        raise BriefError([Fault("effect", repr(kind), f"effects are {', '.join(kinds())}")])
    if not 0.05 <= seconds <= 60.0:
        raise MediaError(f"an effect lasts 0.05 to 60 s, not {seconds:g} s")
    samples = round(seconds * RATE)
    sound = _KINDS[kind](samples, dice_of(seed_of("effect", kind, seed)))
    sound = soft_edges(np.asarray(sound, np.float32), 0.0005, min(0.08, seconds / 4))
    return sound * np.float32(_PEAK / max(1e-6, float(np.abs(sound).max())))
