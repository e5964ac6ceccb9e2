"""Pitched instruments. A note is (samples, 2), float32, at 48 kHz, and begins and ends without a click.

Three ways to make one:

- `Strings`: one cycle of a waveform in three bands of overtones, the higher ones dying sooner, as in anything plucked
  or struck, slightly detuned between the sides where it should be wide.
- `Bars`: a few partials with their own ratios and decays, as in bells, marimbas and electric pianos.
- `Held`: as Strings, but sustained, with vibrato, swelling in and dying away.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from callsheet.media.loudness import RATE, Sound
from callsheet.media.sound.shaping import Wave, band, decay, dice_of, noise, soft_edges
from callsheet.media.sound.theory import hertz

Phase = NDArray[np.uint32]

_BITS = 15
_SIZE = 1 << _BITS
"""Long enough to be read without interpolation: an error under -48 dB of the 40th overtone, less below it."""
_TURN = 2.0**32
_TOP = 15_000.0


@dataclass(frozen=True)
class Strings:
    """`tilt` is the fall of overtones (amplitude 1/n^tilt), `odd` the share of the even ones left (1 all, 0 none);
    `ring` the RT60 in seconds of the lowest band at middle C; `bite` the noise of the stroke."""

    tilt: float
    ring: float
    damp: float = 0.35
    odd: float = 1.0
    detune: float = 0.0
    attack: float = 0.002
    bite: float = 0.0
    top: float = 9000.0


@dataclass(frozen=True)
class Held:
    """`cut` is the frequency in Hz above which overtones fall by 12 dB an octave more; `attack` and `release` are in
    seconds, `detune` and `vibrato` in cents and semitones."""

    tilt: float
    cut: float
    attack: float
    release: float
    detune: float = 7.0
    voices: int = 3
    odd: float = 1.0
    vibrato: float = 0.0
    breath: float = 0.0


@dataclass(frozen=True)
class Bars:
    """Partials as (ratio to the pitch, amplitude, RT60 in seconds at middle C)."""

    partials: tuple[tuple[float, float, float], ...]
    attack: float = 0.001
    bite: float = 0.0
    tremolo: float = 0.0


INSTRUMENTS: dict[str, Strings | Held | Bars] = {
    "piano": Strings(tilt=1.25, ring=4.0, damp=0.3, detune=1.2, bite=0.05, top=7000.0),
    "soft_piano": Strings(tilt=1.3, ring=4.8, damp=0.35, detune=1.4, attack=0.005, bite=0.03, top=6000.0),
    "muted": Strings(tilt=1.1, ring=0.55, damp=0.3, detune=2.0, bite=0.1, top=6000.0),
    "guitar": Strings(tilt=1.0, ring=2.4, damp=0.4, detune=1.0, bite=0.1, top=7500.0),
    "ukulele": Strings(tilt=1.2, ring=0.9, damp=0.4, detune=2.0, bite=0.12, top=6000.0),
    "pizzicato": Strings(tilt=1.3, ring=0.75, damp=0.3, detune=3.0, bite=0.08, top=5000.0),
    "spiccato": Strings(tilt=1.0, ring=0.6, damp=0.6, detune=6.0, attack=0.012, bite=0.06, top=5500.0),
    "pulse": Strings(tilt=1.0, ring=0.6, damp=0.25, odd=0.3, detune=6.0, bite=0.0, top=6500.0),
    "stab": Strings(tilt=1.0, ring=0.8, damp=0.4, detune=12.0, bite=0.0, top=7000.0),
    "pizzicato_bass": Strings(tilt=1.5, ring=1.1, damp=0.35, bite=0.08, top=2200.0),
    "round_bass": Strings(tilt=1.7, ring=2.6, damp=0.25, bite=0.05, top=1800.0),
    "saw_bass": Strings(tilt=1.05, ring=1.4, damp=0.3, detune=4.0, top=2600.0),
    "sub_bass": Strings(tilt=2.0, ring=2.6, damp=0.3, odd=0.6, top=1200.0),
    "low_bass": Held(tilt=1.4, cut=500.0, attack=0.03, release=0.25, detune=5.0, voices=2),
    "strings": Held(tilt=1.0, cut=3600.0, attack=0.14, release=0.5, detune=9.0, voices=3, vibrato=0.12),
    "low_strings": Held(tilt=1.0, cut=1700.0, attack=0.12, release=0.5, detune=9.0, voices=3, vibrato=0.1),
    "warm_pad": Held(tilt=1.2, cut=1300.0, attack=0.4, release=0.9, detune=8.0, voices=3),
    "glass_pad": Held(tilt=1.5, cut=2600.0, attack=0.3, release=0.8, detune=6.0, voices=3, odd=0.2, breath=0.02),
    "saw_pad": Held(tilt=1.0, cut=1500.0, attack=0.05, release=0.3, detune=14.0, voices=3),
    "brass": Held(tilt=1.0, cut=2200.0, attack=0.05, release=0.18, detune=6.0, voices=3, vibrato=0.05),
    "horn": Held(tilt=1.3, cut=1700.0, attack=0.12, release=0.4, detune=5.0, voices=3, vibrato=0.08, breath=0.015),
    "square_lead": Held(tilt=1.05, cut=2600.0, attack=0.006, release=0.08, detune=7.0, voices=2, odd=0.15, vibrato=0.1),
    "bell": Bars(((1.0, 1.0, 2.2), (2.0, 0.35, 1.6), (3.0, 0.22, 1.0), (4.2, 0.2, 0.7), (6.8, 0.08, 0.35)), bite=0.02),
    "glass": Bars(((1.0, 1.0, 2.0), (2.76, 0.3, 1.1), (5.4, 0.14, 0.5), (0.5, 0.15, 1.6)), attack=0.004),
    "marimba": Bars(((1.0, 1.0, 0.7), (3.93, 0.35, 0.25), (9.6, 0.12, 0.09)), bite=0.08),
    "electric_piano": Bars(
        ((1.0, 1.0, 3.4), (2.0, 0.4, 2.2), (3.0, 0.2, 1.4), (5.0, 0.1, 0.8), (13.9, 0.09, 0.15)), 0.002, 0.03, 0.25
    ),
}


@lru_cache(maxsize=512)
def _cycle(tilt: float, odd: float, top: float, cut: float, first: int, last: int) -> Wave:
    """One cycle of the overtones `first` to `last`. `top` is the last overtone under the instrument's limit, `cut` the
    overtone (as a ratio) where the fall steepens."""
    last = min(last, int(top))
    spectrum = np.zeros(_SIZE // 2 + 1, np.complex64)
    dice = dice_of(first * 1000 + last)
    for order in range(first, last + 1):
        level = order**-tilt * (odd if order % 2 == 0 else 1.0)
        if cut:
            level /= 1.0 + (order / cut) ** 2
        spectrum[order] = level * np.exp(2j * np.pi * dice.random())
    return np.asarray(np.fft.irfft(spectrum, _SIZE) * (_SIZE / 2), np.float32)


@lru_cache(maxsize=1)
def _sine() -> Wave:
    return np.asarray(np.sin(2 * np.pi * np.arange(_SIZE) / _SIZE), np.float32)


def _read(cycle: Wave, phase: Phase) -> Wave:
    return np.take(cycle, (phase >> np.uint32(32 - _BITS)).astype(np.intp))


def _phase(samples: int, frequency: float, start: float) -> Phase:
    """Phases as whole numbers, 2**32 a cycle: the arithmetic wraps by itself and never drifts."""
    steps = np.arange(samples, dtype=np.uint32) * np.uint32(round(frequency / RATE * _TURN))
    return steps + np.uint32(int(start * _TURN) & 0xFFFF_FFFF)


def note(name: str, pitch: int, length: float, velocity: float, bright: float, seed: int) -> Sound:
    """A note of `length` seconds (it may ring a little longer). `bright` multiplies the reach of its overtones."""
    # Notes that hardly differ are the same note: a piece repeats itself, and each is made once.
    level = max(1, round(velocity * 6)) / 6
    return _note(name, pitch, round(length, 2), level, bright, seed) * np.float32(0.35 + 0.65 * velocity)


def forget() -> None:
    """Give back the memory of the notes made so far: a piece is finished."""
    _note.cache_clear()


@lru_cache(maxsize=96)
def _note(name: str, pitch: int, length: float, level: float, bright: float, seed: int) -> Sound:
    kind = INSTRUMENTS[name]
    dice = dice_of(seed * 131 + pitch)
    if isinstance(kind, Strings):
        return _struck(kind, hertz(pitch), length, bright * (0.55 + 0.45 * level), dice)
    if isinstance(kind, Held):
        return _held(kind, hertz(pitch), length, bright * (0.7 + 0.3 * level), dice)
    return _bar(kind, hertz(pitch), length, level, dice)


def _struck(kind: Strings, frequency: float, length: float, bright: float, dice: np.random.Generator) -> Sound:
    ring = kind.ring * (262.0 / frequency) ** 0.5
    # A string is damped when the next note takes over; what rings on is short.
    samples = round((min(length, ring) + 0.12) * RATE)
    top = float(int(max(2.0, min(_TOP, kind.top * 2.2) / frequency)))
    cut = round(max(1.0, kind.top * bright / frequency * 0.5), 1)
    bands = ((1, 2, 1.0), (3, 7, 0.55 + 0.4 * kind.damp), (8, 400, kind.damp))
    out = np.zeros((samples, 2), np.float32)
    for side in range(2):
        spread = (1, -1)[side] * kind.detune / 2400.0
        phase = _phase(samples, frequency * 2.0**spread, float(dice.random()) if kind.detune else 0.0)
        for first, last, share in bands:
            if first <= top:
                cycle = _cycle(kind.tilt, kind.odd, top, cut, first, last)
                out[:, side] += _read(cycle, phase) * decay(samples, ring * share)
    if kind.bite:
        click = noise(round(0.03 * RATE), band(800.0, 6000.0), dice) * decay(round(0.03 * RATE), 0.02)
        out[: len(click)] += kind.bite * click[:samples, None]
    out *= np.float32(0.16)
    return soft_edges(out, kind.attack, 0.1)


def _held(kind: Held, frequency: float, length: float, bright: float, dice: np.random.Generator) -> Sound:
    samples = round((length + kind.release) * RATE)
    top = float(int(max(2.0, _TOP / frequency)))
    cycle = _cycle(kind.tilt, kind.odd, top, round(max(1.0, kind.cut * bright / frequency), 1), 1, 400)
    out = np.zeros((samples, 2), np.float32)
    times = np.arange(samples, dtype=np.float32) / RATE
    for side in range(2):
        for voice in range(kind.voices):
            cents = kind.detune * ((voice + 0.5) / kind.voices * 2 - 1) + (1, -1)[side] * kind.detune * 0.2
            phase = _phase(samples, frequency * 2.0 ** (cents / 1200.0), float(dice.random()))
            if kind.vibrato:
                rate, start = float(dice.uniform(4.6, 5.6)), float(dice.random())
                swell = np.minimum(times / 0.6, 1.0)
                reach = kind.vibrato * frequency * 0.0577 / (2 * np.pi * rate) * _TURN
                sway = swell * _read(_sine(), _phase(samples, rate, start))
                phase = phase + (sway.astype(np.float64) * reach).astype(np.int64).astype(np.uint32)
            out[:, side] += _read(cycle, phase)
    if kind.breath:
        air = noise(samples, band(frequency * 2, frequency * 8), dice)
        out += kind.breath * air[:, None]
    out *= np.float32(0.16 / np.sqrt(kind.voices))
    return soft_edges(out, min(kind.attack, 0.6 * length + 0.01), min(length + kind.release, kind.release * 1.6))


def _bar(kind: Bars, frequency: float, length: float, level: float, dice: np.random.Generator) -> Sound:
    longest = max(ring for _, _, ring in kind.partials) * (262.0 / frequency) ** 0.4
    samples = round(min(longest, length + 1.2) * RATE)
    wave = np.zeros(samples, np.float32)
    for order, (times, amplitude, ring) in enumerate(kind.partials):
        if frequency * times < _TOP:
            amount = amplitude * (level**1.5 if order else 1.0)
            partial = _read(_sine(), _phase(samples, frequency * times, 0.0))
            wave += amount * partial * decay(samples, ring * (262.0 / frequency) ** 0.4)
    if kind.bite:
        click = noise(round(0.02 * RATE), band(1500.0, 7000.0), dice) * decay(round(0.02 * RATE), 0.015)
        wave[: len(click)] += kind.bite * click[:samples]
    out = np.stack([wave, wave], axis=1) * np.float32(0.16)
    if kind.tremolo:
        sway = np.sin(2 * np.pi * 5.1 * np.arange(samples) / RATE).astype(np.float32) * kind.tremolo
        out[:, 0] *= 1 + sway
        out[:, 1] *= 1 - sway
    return soft_edges(out, kind.attack, min(0.15, samples / RATE / 2))
