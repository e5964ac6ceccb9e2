"""A melody that can be remembered: one motif, stated, moved onto the next chord, varied, and closed by a long note."""

from __future__ import annotations

import numpy as np

from callsheet.media.sound import theory
from callsheet.media.sound.moods import Mood, Part

_MOVES = np.array([-3, -2, -1, 1, 2, 3])
_ODDS = np.array([0.06, 0.16, 0.28, 0.28, 0.16, 0.06])

Tone = tuple[int, int, int, float]
"""Step in the bar, length in steps, pitch, strength 0 to 1."""


class Melody:
    """The melody of one piece. `dice` decides the motif once; every bar then follows from it."""

    def __init__(self, mood: Mood, part: Part, root: int, dice: np.random.Generator) -> None:
        self.mood, self.part = mood, part
        self.root = root + 12 * ((part.low - root) // 12)
        self.low, self.high = self._step_above(part.low), self._step_above(part.high) - 1
        chosen = dice.permutation(len(part.rhythms))
        self.rhythms = [part.rhythms[at] for at in chosen]
        self.moves = [int(dice.choice(_MOVES, p=_ODDS)) for _ in range(16)]
        # A motif that only climbs or falls is no motif: its second half answers its first.
        self.moves[4:8] = [-move for move in self.moves[0:4]]
        self.turn = [int(dice.choice(_MOVES, p=_ODDS)) for _ in range(16)]
        self.last = (self.low + self.high) // 2
        self.odds = dice.random(64)

    def _step_above(self, pitch: int) -> int:
        step = 0
        while theory.step_pitch(self.root, self.mood.mode, step) < pitch:
            step += 1
        return step

    def bar(self, degree: int, index: int, intensity: float, leads_home: bool) -> list[Tone]:
        """The tones of one bar. `index` counts the bars the melody has played: statement, answer, variation, close."""
        place = index % 4
        chord = {step % 7 for step in theory.chord_steps(degree, 3)}
        phrase = index // 4
        if leads_home or place == 3:
            rhythm, moves = self.part.cadence, self.moves
        elif place == 2:
            rhythm, moves = self.rhythms[1 % len(self.rhythms)], self.turn
        else:
            rhythm, moves = self.rhythms[0], self.moves
        lift = (0, 2, 0, 3)[phrase % 4] if intensity > 0.6 else 0
        start = (self.low + self.high) // 2 - 1 + lift + (1 if place == 2 else 0)
        step = self._snap(start if place != 1 else (start + self.last) // 2, chord)
        tones: list[Tone] = []
        onsets = [at for at, mark in enumerate(rhythm) if mark != "."]
        for order, at in enumerate(onsets):
            if order:
                step += moves[(order - 1) % len(moves)]
                step = self._inside(step)
                if at % 8 == 0 or order == len(onsets) - 1:
                    step = self._snap(step, chord)
            following = onsets[order + 1] if order + 1 < len(onsets) else 16
            strength = 1.0 if at % 8 == 0 else 0.88 if at % 4 == 0 else 0.78
            tones.append((at, following - at, self._pitch(step), strength))
        # At full intensity the variation is answered a third higher at its weak places.
        if intensity >= 0.95 and place in {0, 2} and self.odds[index % 64] > 0.4:
            third = [(at, length, self._pitch(self._of(pitch) - 2), 0.55) for at, length, pitch, _ in tones]
            tones += third
        self.last = step
        return tones

    def _pitch(self, step: int) -> int:
        return theory.step_pitch(self.root, self.mood.mode, step)

    def _of(self, pitch: int) -> int:
        return next(step for step in range(-14, 42) if self._pitch(step) == pitch)

    def _inside(self, step: int) -> int:
        """Reflected at the ends of the range."""
        if step > self.high:
            step = 2 * self.high - step
        if step < self.low:
            step = 2 * self.low - step
        return min(max(step, self.low), self.high)

    def _snap(self, step: int, chord: set[int]) -> int:
        inside = [each for each in range(self.low, self.high + 1) if each % 7 in chord]
        return min(inside or [self._inside(step)], key=lambda each: (abs(each - step), each))
