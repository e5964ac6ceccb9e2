"""Beats that are told beforehand are heard where they were told: by the onsets of the music itself."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from callsheet.media.loudness import RATE, Sound
from callsheet.media.sound.beats import BeatGrid, beats
from callsheet.media.sound.music import beats as times_of
from callsheet.media.sound.music import compose, moods

SECONDS = 16.0
HOP = 240
"""Samples: 5 ms."""


def onsets(sound: Sound) -> NDArray[np.float64]:
    """How much louder each 5 ms is than the 20 ms before, over all frequencies alike: spectral flux."""
    mono = sound.mean(axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(mono, 1024)[::HOP] * np.hanning(1024)
    level = np.log1p(200.0 * np.abs(np.fft.rfft(windows, axis=1)[:, :200]))
    rise = np.maximum(level[4:] - level[:-4], 0.0).sum(axis=1)
    return np.concatenate([np.zeros(4), rise])


def strength(flux: NDArray[np.float64], beat: float, offset: float, count: int) -> float:
    """The mean of what is within 25 ms of each time of a grid that is shifted by `offset` beats."""
    found = []
    for number in range(1, count - 1):
        # A rise shows 1024 samples wide and 4 hops late; its middle is what counts.
        at = round((number + offset) * beat * RATE / HOP)
        found.append(flux[at - 5 : at + 6].max())
    return float(np.mean(found))


@pytest.mark.parametrize("mood", ["energetic", "uplifting", "tech"])
def test_the_music_begins_something_on_its_beats(mood: str) -> None:
    grid = beats(mood, SECONDS, 7)
    flux, beat = onsets(compose(mood, SECONDS, 7)), 60.0 / grid.tempo
    on = strength(flux, beat, 0.0, len(grid.beats))
    off = max(strength(flux, beat, shift, len(grid.beats)) for shift in (0.15, 0.35, 0.65, 0.85))
    assert on > 1.3 * off


@pytest.mark.parametrize("mood", moods())
def test_the_grid_is_that_of_the_music(mood: str) -> None:
    grid = beats(mood, 31.5, 3)
    assert list(grid.beats) == times_of(mood, 31.5, 3)
    assert np.allclose(np.diff(grid.beats), 60.0 / grid.tempo)
    assert grid.bars == grid.beats[::4] and set(grid.sections) <= set(grid.bars)
    assert grid.beats[0] == 0.0 and grid.beats[-1] < 31.5


def test_the_nearest_beat_of_a_frame() -> None:
    grid = BeatGrid(120.0, (0.0, 0.5, 1.0, 1.5, 2.0), (0.0, 2.0), (0.0,))
    assert [grid.nearest_beat(frame, 30) for frame in (0, 7, 8, 15, 52, 53, 900)] == [0, 0, 15, 15, 45, 60, 60]
    assert [grid.nearest_bar(frame, 30) for frame in (29, 30, 31)] == [0, 0, 60]
    assert beats("calm", 0.5, 1).nearest_beat(12, 30) == 0
