"""The score of a piece: which notes and drum strokes sound when. Nothing here makes a sound yet.

Chords follow each other with little movement; the melody is a motif that is repeated, moved, varied and closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from callsheet.media.sound import theory
from callsheet.media.sound.form import Form, form_of, seed_of
from callsheet.media.sound.melody import Melody
from callsheet.media.sound.moods import Drum, Mood, Part

_FULL = 0.8
"""The intensity from which on a part plays its fuller pattern."""
_STROKES = {"x": 0.95, "o": 0.6}


@dataclass(frozen=True)
class Note:
    """A pitch (MIDI) from `at` for `length` seconds, velocity 0 to 1."""

    at: float
    length: float
    pitch: int
    velocity: float


@dataclass(frozen=True)
class Stroke:
    """A drum stroke."""

    at: float
    velocity: float


@dataclass(frozen=True)
class Score:
    """Notes for each part and strokes for each drum, with the seconds at which a riser swells (start, end)."""

    form: Form
    notes: dict[str, list[Note]]
    strokes: dict[str, list[Stroke]]
    risers: list[tuple[float, float]]


class Writer:
    """Writes one score; every choice comes from the seed."""

    def __init__(self, mood: Mood, seconds: float, seed: int) -> None:
        self.mood = mood
        self.form = form_of(mood, seconds, seed)
        self.dice = np.random.Generator(np.random.Philox(seed_of("score", mood.name, seed)))
        self.root = int(self.dice.choice(mood.roots))
        pool = list(mood.progressions)
        first = int(self.dice.integers(len(pool)))
        self.progressions = [pool[first], pool[(first + 1) % len(pool)]]
        self.patterns = {name: int(self.dice.integers(8)) for name in [*mood.parts, *mood.drums]}

    def write(self) -> Score:
        chords = self._chords()
        notes = {name: self._part(name, part, chords) for name, part in self.mood.parts.items()}
        strokes = {name: self._drum(name, drum) for name, drum in self.mood.drums.items()}
        self._accents(strokes)
        risers = []
        if self.mood.riser:
            for bar in self.form.sections[1:]:
                if self.form.intensity[bar] >= 0.75 > self.form.intensity[bar - 1] or bar == self.form.sections[-1]:
                    risers.append((max(0.0, (bar - 1) * self.form.bar), bar * self.form.bar))
        return Score(self.form, notes, strokes, risers)

    def _chords(self) -> list[int]:
        """The degree of each bar; the last bar leads home, to the first degree of the final chord."""
        bars = len(self.form.intensity)
        degrees: list[int] = []
        for bar in range(bars):
            section = sum(1 for start in self.form.sections if 0 < start <= bar)
            progression = self.progressions[1 if section % 4 == 3 else 0]
            degrees.append(progression[bar % len(progression)])
        if bars > 1:
            degrees[-1] = 7 if self.mood.mode in {"aeolian", "dorian"} else 5
        return degrees

    def _classes(self, degree: int) -> list[int]:
        return theory.chord_classes(self.root, self.mood.mode, degree, self.mood.chord)

    def _home(self) -> list[int]:
        return theory.chord_classes(self.root, self.mood.mode, 1, 3)

    def _bar_beats(self, bar: int) -> int:
        return min(4, self.form.beats - 4 * bar)

    def _time(self, bar: int, step: float) -> float:
        """When a sixteenth of a bar is played; with swing the second and fourth of each four are late."""
        late = self.mood.swing * 0.5 if round(step) % 2 == 1 else 0.0
        return (bar * 16 + step + late) * self.form.beat / 4.0

    def _touch(self, stroke: str, bar: int, step: int) -> float:
        accent = 0.06 if step % 4 == 0 else 0.0
        rise = 0.75 + 0.25 * self.form.intensity[bar]
        return float(np.clip((_STROKES[stroke] + accent) * rise + self.dice.normal(0.0, 0.03), 0.2, 1.0))

    def _pattern(self, name: str, part: Part | Drum, bar: int) -> str:
        options = part.full if part.full and self.form.intensity[bar] >= _FULL else part.steps
        if not options:
            return "." * 16
        section = sum(1 for start in self.form.sections if start <= bar)
        return options[(self.patterns[name] + section) % len(options)]

    def _onsets(self, pattern: str, bar: int) -> list[tuple[int, str]]:
        return [(at, mark) for at, mark in enumerate(pattern[: 4 * self._bar_beats(bar)]) if mark != "."]

    def _part(self, name: str, part: Part, chords: Sequence[int]) -> list[Note]:
        if part.kind == "lead":
            return self._lead(part, chords)
        out: list[Note] = []
        previous: list[int] | None = None
        for bar, degree in enumerate(chords):
            voiced = theory.voice(self._classes(degree), previous, part.low, part.high)
            previous = voiced
            if self.form.intensity[bar] < part.enters and len(chords) > 2:
                continue
            if part.kind == "pad":
                length = self._bar_beats(bar) * self.form.beat
                level = 0.6 + 0.35 * self.form.intensity[bar]
                out += [Note(self._time(bar, 0), length + 0.15, pitch, level) for pitch in voiced]
                continue
            onsets = self._onsets(self._pattern(name, part, bar), bar)
            for index, (step, mark) in enumerate(onsets):
                following = onsets[index + 1][0] if index + 1 < len(onsets) else 4 * self._bar_beats(bar)
                at, touch = self._time(bar, step), self._touch(mark, bar, step)
                length = (following - step) * self.form.beat / 4.0
                if part.kind == "bass":
                    out.append(Note(at, length * 0.95, self._bass(part, degree, index, len(onsets)), touch))
                elif part.kind == "block":
                    for order, pitch in enumerate(voiced):
                        late = part.strum * order
                        out.append(Note(at + late, length, pitch, touch * (0.85 if order else 1.0)))
                else:
                    count = part.order[(index + bar) % len(part.order)]
                    octave, within = divmod(count, len(voiced))
                    pitch = voiced[within] + 12 * octave
                    out.append(Note(at, max(length, self.form.beat * 0.9), min(pitch, part.high + 5), touch))
        return out + self._ending(part, previous)

    def _bass(self, part: Part, degree: int, index: int, count: int) -> int:
        classes = self._classes(degree)
        deep = theory.nearest(part.low + 4, [classes[0]], part.low, part.high)
        if part.fifths and index % 2 == 1:
            return theory.nearest(deep + 5, [classes[2]], part.low, part.high)
        if not part.fifths and count > 3 and index == count - 1 and deep + 12 <= part.high + 4:
            return deep + 12
        return deep

    def _ending(self, part: Part, previous: list[int] | None) -> list[Note]:
        """The last chord: home, on the beat, ringing to the end."""
        ring = self.form.seconds - self.form.final
        home = self._home()
        if part.kind == "bass":
            return [Note(self.form.final, ring, theory.nearest(part.low + 5, [home[0]], part.low, part.high), 0.95)]
        pitches = theory.voice(home, previous, part.low, part.high)
        if part.kind == "arp":
            return [Note(self.form.final, ring, pitches[0], 0.7)]
        strum = max(part.strum, 0.012 if part.kind == "block" else 0.0)
        return [Note(self.form.final + strum * at, ring, pitch, 0.9) for at, pitch in enumerate(pitches)]

    def _lead(self, part: Part, chords: Sequence[int]) -> list[Note]:
        melody = Melody(self.mood, part, self.root, self.dice)
        out: list[Note] = []
        bars = len(chords)
        playing = [bar for bar in range(bars) if self.form.intensity[bar] >= part.enters or bars <= 2]
        for index, bar in enumerate(playing):
            leads_home = bar == bars - 1 or (index + 1 < len(playing) and playing[index + 1] != bar + 1)
            steps = 4 * self._bar_beats(bar)
            for at, length, pitch, strength in melody.bar(chords[bar], index, self.form.intensity[bar], leads_home):
                if at >= steps:
                    continue
                start = self._time(bar, at) + float(self.dice.uniform(0.0, 0.008))
                touch = (0.7 + 0.25 * self.form.intensity[bar]) * strength
                out.append(Note(start, length * self.form.beat / 4.0, pitch, min(1.0, touch)))
        home = self._home()
        last = theory.nearest(out[-1].pitch if out else part.low + 9, [home[0]], part.low, part.high)
        return [*out, Note(self.form.final, self.form.seconds - self.form.final, last, 0.9)]

    def _drum(self, name: str, drum: Drum) -> list[Stroke]:
        out: list[Stroke] = []
        for bar, intensity in enumerate(self.form.intensity):
            if intensity < drum.enters or not drum.steps:
                continue
            for step, mark in self._onsets(self._pattern(name, drum, bar), bar):
                early = 0.0 if name == "kick" else float(self.dice.normal(0.0, 0.002))
                out.append(Stroke(max(0.0, self._time(bar, step) + early), self._touch(mark, bar, step)))
        return out

    def _accents(self, strokes: dict[str, list[Stroke]]) -> None:
        """Fills before a new section, a crash or a deep stroke when it begins, and the stroke under the last chord."""
        fill = next((name for name in ("tom", "snare", "taiko", "wood", "rim") if name in strokes), None)
        crash = next((name for name in ("crash", "boom") if name in strokes), None)
        bars = len(self.form.intensity)
        for bar in [*self.form.sections[1:], bars]:
            before = bar - 1
            whole = self._bar_beats(before) == 4
            if fill and whole and bars > 2 and self.form.intensity[before] >= 0.45:
                # The fill takes the place of what the drum had in the last beat.
                start = self._time(before, 12)
                strokes[fill] = [
                    stroke for stroke in strokes[fill] if not start - 0.02 <= stroke.at < self._time(bar, 0)
                ]
                pattern = ("xoxx", "x.xx", "xxox")[int(self.dice.integers(3))]
                for step, mark in enumerate(pattern):
                    if mark != ".":
                        level = _STROKES[mark] * (0.6 + 0.1 * step)
                        strokes[fill].append(Stroke(self._time(before, 12 + step), level))
            if crash and bar < bars and self.form.intensity[bar] >= 0.6:
                strokes[crash].append(Stroke(self._time(bar, 0), 0.8))
        for name in ("kick", "taiko", "boom", "crash", "snap"):
            if name in strokes:
                strokes[name].append(Stroke(self.form.final, 0.9))


def score_of(mood: Mood, seconds: float, seed: int) -> Score:
    """Write the score of a piece. Raises MediaError for a length that can't be filled."""
    return Writer(mood, seconds, seed).write()
