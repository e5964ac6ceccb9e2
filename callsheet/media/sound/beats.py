"""The beats of a piece of music, known before it is played: something to cut on. Pure and quick."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from callsheet.media.sound.form import form_of
from callsheet.media.sound.moods import mood_named

_IN_A_BAR = 4


@dataclass(frozen=True)
class BeatGrid:
    """`tempo` in beats a minute; the times in seconds of all `beats`, the last chord's included, and of those of them
    that begin `bars`. `sections` are the bars with which something new begins: the best places for a cut."""

    tempo: float
    beats: tuple[float, ...]
    bars: tuple[float, ...]
    sections: tuple[float, ...]

    def nearest_beat(self, frame: int, fps: int) -> int:
        """The frame of the beat that is nearest to `frame`; the earlier of two as near."""
        return _nearest(self.beats, frame, fps)

    def nearest_bar(self, frame: int, fps: int) -> int:
        """The frame of the nearest beginning of a bar."""
        return _nearest(self.bars, frame, fps)


def beats(mood: str, seconds: float, seed: int) -> BeatGrid:
    """The beats of what `compose` makes of the same mood, length and seed.

    A piece that is too short for a beat has one, at its start. Raises BriefError for an unknown mood and MediaError for
    less than 0.5 s or more than an hour.
    """
    form = form_of(mood_named(mood), seconds, seed)
    times = tuple(beat * form.beat for beat in range(form.beats + 1))
    sections = tuple(bar * form.bar for bar in form.sections if bar * form.bar <= form.final)
    return BeatGrid(60.0 / form.beat, times, times[::_IN_A_BAR], sections or times[:1])


def _nearest(times: tuple[float, ...], frame: int, fps: int) -> int:
    at = bisect_left(times, frame / fps)
    near = times[max(0, at - 1) : at + 1] or times[-1:]
    return min((round(time * fps) for time in near), key=lambda found: (abs(found - frame), found))
