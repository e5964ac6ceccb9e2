"""Pitches, modes and chords. Pitches are MIDI numbers (60 = middle C); a step counts notes of a mode from its root."""

from __future__ import annotations

from collections.abc import Sequence

MODES: dict[str, tuple[int, ...]] = {
    "ionian": (0, 2, 4, 5, 7, 9, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "aeolian": (0, 2, 3, 5, 7, 8, 10),
    "harmonic_minor": (0, 2, 3, 5, 7, 8, 11),
}


def hertz(pitch: float) -> float:
    """Frequency of a pitch in equal temperament, A4 = 440 Hz."""
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))


def step_pitch(root: int, mode: str, step: int) -> int:
    """The pitch `step` scale steps above `root` (below, if negative)."""
    octave, within = divmod(step, 7)
    return root + 12 * octave + MODES[mode][within]


def chord_steps(degree: int, size: int) -> list[int]:
    """A chord on a degree (1 to 7) as scale steps: thirds stacked, `size` notes (3 = triad, 4 = with its seventh)."""
    return [degree - 1 + 2 * at for at in range(size)]


def chord_classes(root: int, mode: str, degree: int, size: int) -> list[int]:
    """The same chord as pitch classes 0 to 11."""
    return [step_pitch(root, mode, step) % 12 for step in chord_steps(degree, size)]


def voice(classes: Sequence[int], previous: Sequence[int] | None, low: int, high: int) -> list[int]:
    """Pitches for a chord between `low` and `high`, in close position: the inversion that moves least from `previous`,
    or the one nearest the middle for the first."""
    choices = []
    for bottom in classes:
        for start in range(low, high + 1):
            if start % 12 != bottom:
                continue
            pitches = [start]
            for other in sorted((each - bottom) % 12 for each in set(classes) if each != bottom):
                pitches.append(start + other)
            if pitches[-1] <= high:
                choices.append(pitches)
    if not choices:
        return [low + (each - low) % 12 for each in sorted(set(classes))]
    middle = (low + high) / 2

    def movement(pitches: list[int]) -> tuple[float, int]:
        centre = abs(sum(pitches) / len(pitches) - middle)
        if not previous:
            return centre, pitches[0]
        moved = sum(min(abs(pitch - before) for before in previous) for pitch in pitches)
        return moved + 0.25 * centre, pitches[0]

    return min(choices, key=movement)


def nearest(pitch: float, classes: Sequence[int], low: int, high: int) -> int:
    """The pitch of one of the classes nearest to `pitch`, within `low` and `high`."""
    inside = [each for each in range(low, high + 1) if each % 12 in classes]
    return min(inside or [round(pitch)], key=lambda each: (abs(each - pitch), each))
