"""What a seam between two parts of a clip looks and sounds like, in numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from callsheet.media.loudness import RATE, Sound
from callsheet.studio.picture.spec import U8

FROZEN = 0.02
"""Mean difference of two frames, in steps of 255, under which the second one is a repeat of the first."""


@dataclass(frozen=True)
class Seam:
    """`jump`: the frame difference across the seam over the median of those within `reach` frames on both sides.

    1 is a seam that can't be told from its neighbours. `frozen` counts repeated frames of the whole clip, `light` is
    the change of mean brightness across the seam over the largest of the neighbouring changes.
    """

    jump: float
    frozen: int
    light: float


def differences(frames: Iterable[U8], height: int = 180) -> tuple[list[float], list[float]]:
    """Mean absolute difference of each frame from the one before it, and the mean brightness of each, at `height`."""
    steps, lights, last = [], [], None
    for frame in frames:
        scale = height / frame.shape[0]
        small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.float32)
        lights.append(float(small.mean()))
        if last is not None:
            steps.append(float(np.abs(small - last).mean()))
        last = small
    return steps, lights


def picture_seam(frames: Iterable[U8], at: int, reach: int = 12) -> Seam:
    """The seam before frame `at`."""
    steps, lights = differences(frames)
    cross = steps[at - 1]
    around = steps[max(0, at - 1 - reach) : at - 1] + steps[at : at + reach]
    changes = np.abs(np.diff(lights))
    near = np.concatenate([changes[max(0, at - 1 - reach) : at - 1], changes[at : at + reach]])
    return Seam(
        jump=cross / max(1e-6, float(np.median(around))),
        frozen=sum(step < FROZEN for step in steps),
        light=float(changes[at - 1] / max(0.05, float(near.max()))),
    )


def sound_seam(sound: Sound, at: float, reach: float = 0.5) -> tuple[float, float]:
    """Around `at` seconds: the quietest 50 ms over the median of them within `reach` (a gap is near 0), and the largest
    step between two samples there over the largest elsewhere within reach (a click is far above 1)."""
    middle, span = round(at * RATE), round(reach * RATE)
    part = sound[max(0, middle - span) : middle + span].mean(axis=1).astype(np.float64)
    block = RATE // 20
    levels = np.sqrt(np.array([np.mean(part[i : i + block] ** 2) for i in range(0, len(part) - block, block // 2)]))
    centre = min(middle, span)
    near = [n for n in range(len(levels)) if abs(n * block // 2 + block // 2 - centre) < 2 * block]
    steps = np.abs(np.diff(part))
    close = slice(max(0, centre - 240), centre + 240)
    others = np.concatenate([steps[: close.start], steps[close.stop :]])
    click = float(steps[close].max() / max(1e-9, others.max()))
    return float(min(levels[n] for n in near) / max(1e-9, np.median(levels))), click
