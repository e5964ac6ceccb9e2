"""The sound of places, in stereo, without a loop: each second is made anew from the seed.

A place comes at its own loudness: a room is nearly silent, a street is not.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from callsheet.errors import BriefError, Fault, MediaError
from callsheet.media import loudness
from callsheet.media.loudness import RATE, Sound, ratio
from callsheet.media.sound import textures
from callsheet.media.sound.form import seed_of
from callsheet.media.sound.shaping import Wave, band, dice_of, panned, soft_edges, tilted, wander, wide_noise

Dice = np.random.Generator

_EDGE = 0.06
_PEAK = 0.5
_CUPS = (1.0, 2.63, 4.9, 7.1)


def _blend(*parts: tuple[float, Sound]) -> Sound:
    """Ingredients together: each is given with the level in LU that its loudest 400 ms shall have beside the others."""
    out = np.zeros_like(parts[0][1])
    for level, sound in parts:
        loudest = float(loudness.momentary(sound).max())
        if loudest > loudness.SILENCE_LUFS:
            out += sound * np.float32(ratio(level - 20.0 - loudest))
    return out


def _swayed(sound: Sound, curve: Wave) -> Sound:
    return np.asarray(sound * curve[:, None], np.float32)


def _air(samples: int, dice: Dice, power: float = 0.7, high: float = 2500.0) -> Sound:
    """The floor of every indoor place: air, ventilation far away."""
    return wide_noise(samples, tilted(power, 80.0, high), dice, 0.6)


def _room(samples: int, dice: Dice) -> Sound:
    air = _swayed(_air(samples, dice, 0.9, 1800.0), 0.85 + 0.15 * wander(samples, 5.0, dice))
    return _blend((0, air), (-10, textures.dull(textures.passing(samples, dice, rate=0.05), 400.0)))


def _studio(samples: int, dice: Dice) -> Sound:
    return _blend((0, _air(samples, dice, 0.9, 1500.0)), (-12, wide_noise(samples, band(3000.0, 9000.0), dice)))


def _office(samples: int, dice: Dice) -> Sound:
    keys = textures.drops(samples, dice, rate=6.0, low=900.0, high=2400.0, size=0.014)
    busy = (wander(samples, 1.6, dice) > 0.4).astype(np.float32)
    soft = np.asarray(np.convolve(busy, np.ones(2400) / 2400, mode="same"), np.float32)
    talk = textures.dull(textures.murmur(samples, dice, people=2), 1500.0)
    return _blend((-7, _air(samples, dice)), (-1, _swayed(keys, soft)), (-5, talk))


def _classroom(samples: int, dice: Dice) -> Sound:
    rustle = _swayed(wide_noise(samples, band(2000.0, 7000.0), dice), wander(samples, 0.25, dice) ** 6)
    chairs = textures.clinks(samples, dice, rate=0.2, ratios=(1.0, 1.7, 2.4), low=240.0, high=420.0)
    talk = textures.murmur(samples, dice, people=4)
    return _blend((-7, _air(samples, dice)), (-6, rustle), (-3, talk), (-4, chairs))


def _kitchen(samples: int, dice: Dice) -> Sound:
    fridge = panned(textures.hum(samples, dice, pitch=50.0, overtones=8), 0.3)
    sizzle = _swayed(wide_noise(samples, band(3000.0, 10_000.0), dice), 0.3 + 0.7 * wander(samples, 0.05, dice))
    pops = textures.drops(samples, dice, rate=14.0, low=2500.0, high=7000.0, size=0.008)
    cups = textures.clinks(samples, dice, rate=0.35, ratios=_CUPS, low=1700.0, high=3200.0)
    return _blend((-10, _air(samples, dice)), (-11, fridge), (-6, sizzle), (-7, pops), (0, cups))


def _cafe(samples: int, dice: Dice) -> Sound:
    cups = textures.clinks(samples, dice, rate=0.7, ratios=_CUPS, low=1900.0, high=3600.0)
    return _blend((-12, _air(samples, dice)), (0, textures.murmur(samples, dice, people=8)), (-2, cups))


def _crowd(samples: int, dice: Dice) -> Sound:
    wash = textures.breathing(samples, 250.0, 1800.0, dice, period=1.5, depth=0.5)
    return _blend((-7, wash), (0, textures.murmur(samples, dice, people=14, seconds=1.8)))


def _city(samples: int, dice: Dice) -> Sound:
    rumble = _swayed(wide_noise(samples, tilted(0.8, 55.0, 700.0), dice, 0.7), 0.6 + 0.4 * wander(samples, 4.0, dice))
    wash = textures.breathing(samples, 400.0, 2200.0, dice, period=2.8, depth=0.6)
    steps = textures.murmur(samples, dice, people=2)
    return _blend((-7, rumble), (-8, wash), (0, textures.passing(samples, dice, rate=0.3)), (-11, steps))


def _rain(samples: int, dice: Dice) -> Sound:
    sheet = textures.breathing(samples, 900.0, 11_000.0, dice, period=2.5, depth=0.4)
    ground = wide_noise(samples, tilted(0.7, 90.0, 1200.0), dice, 0.8)
    near = textures.drops(samples, dice, rate=55.0, low=700.0, high=5500.0, size=0.02)
    return _blend((0, sheet), (-7, ground), (-2, near))


def _wind(samples: int, dice: Dice) -> Sound:
    return textures.wind(samples, dice, gusts=0.9)


def _sea(samples: int, dice: Dice) -> Sound:
    return _blend((0, textures.waves(samples, dice)), (-16, textures.wind(samples, dice, gusts=0.5)))


def _river(samples: int, dice: Dice) -> Sound:
    flow = textures.breathing(samples, 350.0, 4500.0, dice, period=0.35, depth=0.45)
    bubbles = textures.drops(samples, dice, rate=38.0, low=450.0, high=1900.0, size=0.045)
    return _blend((-4, flow), (0, bubbles))


def _forest(samples: int, dice: Dice) -> Sound:
    breeze = textures.wind(samples, dice, gusts=0.6)
    return _blend((-9, breeze), (-5, textures.leaves(samples, dice)), (0, textures.birds(samples, dice, rate=0.45)))


def _meadow(samples: int, dice: Dice) -> Sound:
    insects = wide_noise(samples, band(4800.0, 7200.0, 3.0), dice)
    insects = _swayed(insects, 0.5 + 0.5 * wander(samples, 0.08, dice))
    breeze = textures.wind(samples, dice, gusts=0.5)
    return _blend((-8, breeze), (-12, insects), (-1, textures.birds(samples, dice, rate=0.35)))


def _night(samples: int, dice: Dice) -> Sound:
    return _blend((-7, textures.wind(samples, dice, gusts=0.3)), (0, textures.crickets(samples, dice)))


def _fire(samples: int, dice: Dice) -> Sound:
    body = _swayed(wide_noise(samples, tilted(0.8, 70.0, 900.0), dice, 0.5), 0.4 + 0.6 * wander(samples, 0.3, dice))
    crackle = textures.drops(samples, dice, rate=16.0, low=1200.0, high=6500.0, size=0.006)
    return _blend((0, body), (-4, crackle))


def _space(samples: int, dice: Dice) -> Sound:
    times = np.arange(samples) / RATE
    drone, air = np.zeros((samples, 2), np.float32), np.zeros((samples, 2), np.float32)
    for pitch in (55.0, 82.5, 110.0, 164.8):
        for side in range(2):
            beat = pitch * (1 + (0.002, -0.002)[side]) + float(dice.uniform(-0.2, 0.2))
            swell = 0.2 + 0.8 * wander(samples, 4.5, dice)
            drone[:, side] += np.sin(2 * np.pi * beat * times) * swell * (55.0 / pitch) ** 0.4
    for centre in (900.0, 1500.0, 2600.0):
        thin = wide_noise(samples, band(centre * 0.96, centre * 1.04, 4.0), dice)
        air += _swayed(thin, wander(samples, 3.0, dice) ** 3)
    return _blend((0, drone), (-8, air), (-9, wide_noise(samples, tilted(0.9, 50.0, 400.0), dice)))


def _factory(samples: int, dice: Dice) -> Sound:
    motor = panned(textures.hum(samples, dice, pitch=49.0, overtones=14), -0.2)
    beat = np.maximum(0.0, np.sin(2 * np.pi * 1.1 * np.arange(samples) / RATE)) ** 8
    press = _swayed(wide_noise(samples, band(300.0, 2500.0), dice), np.asarray(beat, np.float32))
    tools = textures.clinks(samples, dice, rate=0.8, ratios=(1.0, 1.52, 2.7, 4.1), low=700.0, high=1500.0)
    return _blend((-9, _air(samples, dice)), (-8, motor), (-2, press), (-2, tools))


_PLACES: dict[str, tuple[float, Callable[[int, Dice], Sound]]] = {
    "room": (-50.0, _room),
    "studio": (-55.0, _studio),
    "office": (-40.0, _office),
    "classroom": (-40.0, _classroom),
    "kitchen": (-36.0, _kitchen),
    "cafe": (-32.0, _cafe),
    "crowd": (-30.0, _crowd),
    "city": (-30.0, _city),
    "rain": (-29.0, _rain),
    "wind": (-32.0, _wind),
    "sea": (-29.0, _sea),
    "river": (-31.0, _river),
    "forest": (-35.0, _forest),
    "meadow": (-37.0, _meadow),
    "night": (-39.0, _night),
    "fire": (-33.0, _fire),
    "space": (-34.0, _space),
    "factory": (-30.0, _factory),
}
"""Each place with its loudness in LUFS, in the proportions of published sound levels of such places (a quiet room about
30 dB(A), an office 45 to 50, a busy street 70), the span narrowed to what a small loudspeaker can show."""


def kinds() -> list[str]:
    """The places there are."""
    return sorted(_PLACES)


def ambience(kind: str, seconds: float, seed: int) -> Sound:
    """The sound of a place: float32 (round(seconds * 48000), 2), the same for the same arguments, with 60 ms of fade at
    both ends. Raises BriefError for an unknown place, MediaError for a length that is not between 0.1 s and an hour.
    """
    if kind not in _PLACES:
        raise BriefError([Fault("ambience", repr(kind), f"places are {', '.join(kinds())}")])
    if not 0.1 <= seconds <= 3600.0:
        raise MediaError(f"an ambience lasts 0.1 s to an hour, not {seconds:g} s")
    level, make = _PLACES[kind]
    samples = round(seconds * RATE)
    # A place is made for two seconds at least, so that a short piece of it is at the same level.
    sound = make(max(samples, 2 * RATE), dice_of(seed_of("ambience", kind, seed)))
    own = loudness.integrated(sound)
    gain = min(ratio(level - own), _PEAK / float(np.abs(sound).max()))
    return soft_edges(np.ascontiguousarray(sound[:samples] * np.float32(gain)), _EDGE, _EDGE)
