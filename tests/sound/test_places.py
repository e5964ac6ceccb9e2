"""Ambience and effects, measured: places differ from each other, nothing loops, every effect keeps its shape."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from callsheet.errors import BriefError, MediaError
from callsheet.media import loudness
from callsheet.media.loudness import RATE, Sound
from callsheet.media.sound import ambience, effects

PLACES, EFFECTS = ambience.kinds(), effects.kinds()
WANTED_PLACES = ["room", "studio", "city", "rain", "wind", "sea", "forest", "crowd", "space", "kitchen", "classroom"]
WANTED_EFFECTS = [
    "whoosh",
    "rise",
    "hit",
    "shimmer",
    "click",
    "chime",
    "footsteps",
    "mechanical",
    "glitch",
    "page",
    "water",
]
EDGES = (40.0, 150.0, 400.0, 1000.0, 2500.0, 6000.0, 16_000.0)


@cache
def place(kind: str) -> Sound:
    return ambience.ambience(kind, 6.0, 3)


def colour(sound: Sound) -> NDArray[np.float64]:
    """Level of six bands in dB beside the whole, and how much each of three of them flickers."""
    spectrum = np.fft.rfft(sound.mean(axis=1))
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    out = []
    for low, high in pairwise(EDGES):
        part = np.fft.irfft(np.where((hertz >= low) & (hertz < high), spectrum, 0), len(sound))
        steps = np.sqrt(np.square(part[: len(part) // 2400 * 2400]).reshape(-1, 2400).mean(axis=1))
        out += [20 * np.log10(steps.mean() / sound.std() + 1e-4), 20 * steps.std() / (steps.mean() + 1e-9)]
    return np.array(out)


@pytest.mark.parametrize("kind", PLACES)
def test_a_place_is_stereo_steady_and_without_a_loop(kind: str) -> None:
    sound = place(kind)
    assert sound.shape == (6 * RATE, 2) and sound.dtype == np.float32
    assert np.isfinite(sound).all() and 0.001 < np.abs(sound).max() <= 0.5
    assert not sound[0].any() and np.abs(sound[-1]).max() < 1e-4
    assert abs(float(sound.mean())) < 2e-4
    assert -0.2 < float(np.corrcoef(sound[:, 0], sound[:, 1])[0, 1]) < 0.9
    bright = np.diff(sound[:, 0])  # a motor's hum may repeat itself; what is above it may not
    assert abs(float(np.corrcoef(bright[: 3 * RATE - 1], bright[3 * RATE :])[0, 1])) < 0.3
    level = loudness.momentary(sound)
    assert level.max() - np.median(level) < 12.0


def test_places_differ() -> None:
    colours = np.array([colour(place(kind)) for kind in PLACES])
    apart = np.sqrt(np.square(colours[:, None] - colours[None]).sum(axis=2)) + 1e3 * np.eye(len(PLACES))
    nearest = {(PLACES[at], PLACES[int(row.argmin())]): float(row.min()) for at, row in enumerate(apart)}
    assert min(nearest.values()) > 4.0, nearest
    assert set(WANTED_PLACES) <= set(PLACES)


def test_a_room_is_quiet_and_a_street_is_not() -> None:
    level = {kind: loudness.integrated(place(kind)) for kind in ("studio", "room", "classroom", "city", "rain")}
    assert level["studio"] < level["room"] < level["classroom"] - 5 < level["city"] - 10
    assert -52 < level["room"] < -46


@pytest.mark.parametrize("kind", ["rain", "forest", "cafe"])
def test_a_place_is_the_same_for_the_same_seed_only(kind: str) -> None:
    once = ambience.ambience(kind, 2.0, 9)
    assert ambience.ambience(kind, 2.0, 9).tobytes() == once.tobytes()
    assert abs(float(np.corrcoef(once[:, 0], ambience.ambience(kind, 2.0, 10)[:, 0])[0, 1])) < 0.3


@settings(max_examples=8, deadline=None)
@given(
    seconds=st.floats(0.1, 4.0), kind=st.sampled_from(["room", "studio", "river", "fire"]), seed=st.integers(0, 2**63)
)
def test_a_place_has_the_length_asked_for(seconds: float, kind: str, seed: int) -> None:
    sound = ambience.ambience(kind, seconds, seed)
    assert len(sound) == round(seconds * RATE)
    assert np.isfinite(sound).all() and sound.any()


@settings(max_examples=30, deadline=None)
@given(seconds=st.floats(0.05, 3.0), kind=st.sampled_from(EFFECTS), seed=st.integers(0, 2**63))
def test_an_effect_has_the_length_asked_for_and_soft_ends(seconds: float, kind: str, seed: int) -> None:
    sound = effects.effect(kind, seconds, seed)
    assert sound.shape == (round(seconds * RATE), 2) and sound.dtype == np.float32
    assert np.isfinite(sound).all()
    assert float(np.abs(sound).max()) == pytest.approx(0.7, abs=0.01)
    assert not sound[0].any() and np.abs(sound[-1]).max() < 0.01


@pytest.mark.parametrize(
    ("kind", "earliest", "latest"),
    [
        ("whoosh", 0.3, 0.7),
        ("rise", 0.8, 1.0),
        ("hit", 0.0, 0.1),
        ("click", 0.0, 0.08),
        ("chime", 0.0, 0.3),
        ("shutter", 0.0, 0.1),
        ("pop", 0.0, 0.1),
        ("water", 0.0, 0.35),
    ],
)
def test_an_effect_is_loudest_where_it_should_be(kind: str, earliest: float, latest: float) -> None:
    sound = effects.effect(kind, 1.5, 5)
    steps = np.square(sound).mean(axis=1).reshape(-1, 480).mean(axis=1)
    assert earliest <= float(steps.argmax()) / len(steps) <= latest


def test_footsteps_come_in_steps_and_effects_differ() -> None:
    steps = np.square(effects.effect("footsteps", 3.0, 5)).mean(axis=1).reshape(-1, 480).mean(axis=1)
    loud = steps > 0.1 * steps.max()
    starts = np.flatnonzero(loud & ~np.concatenate([[False], loud[:-1]]))
    gaps = np.diff([start for at, start in enumerate(starts) if at == 0 or start - starts[at - 1] > 25])
    assert 3 <= len(gaps) + 1 <= 7 and 45 < gaps.mean() < 65
    colours = np.array([colour(effects.effect(kind, 1.0, 5)) for kind in EFFECTS])
    apart = np.sqrt(np.square(colours[:, None] - colours[None]).sum(axis=2)) + 1e3 * np.eye(len(EFFECTS))
    assert apart.min() > 4.0
    assert set(WANTED_EFFECTS) <= set(EFFECTS)


def test_an_effect_is_the_same_for_the_same_seed_only() -> None:
    once = effects.effect("glitch", 0.5, 1)
    assert effects.effect("glitch", 0.5, 1).tobytes() == once.tobytes()
    assert effects.effect("glitch", 0.5, 2).tobytes() != once.tobytes()


def test_unknown_places_and_effects_name_the_known_ones() -> None:
    with pytest.raises(BriefError, match="places are cafe, city"):
        ambience.ambience("moon", 1.0, 1)
    with pytest.raises(BriefError, match="effects are chime, click"):
        effects.effect("boing", 1.0, 1)
    with pytest.raises(MediaError):
        ambience.ambience("room", 0.0, 1)
    with pytest.raises(MediaError):
        effects.effect("hit", 61.0, 1)
