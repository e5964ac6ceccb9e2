"""How like a character in a video is to the one of a reference image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from callsheet.errors import MediaError
from callsheet.media.consistency.foreground import colours_of, foreground, lab_of
from callsheet.media.consistency.sampling import Sample, sample

COLOURS = 6
TOLERANCE = 13.0
"""Delta E at which a colour has 0.6 of its likeness: light and grade of a scene move colours by about so much."""
SMALLEST = 0.004
"""Share of what is in front, from which on a colour counts as there."""


def likeness(reference: Any, video: Path) -> float:
    """0..1: how much of a character's colours, by their area, is found in front in a video.

    `reference` is the character cut out, HxWx4 BGRA uint8. Colours only: another person in the same clothes is as like.
    Raises `MediaError` for an empty cut-out and what can't be decoded.
    """
    return likeness_in(reference, sample(video))


def likeness_in(reference: Any, seen: Sample) -> float:
    """As `likeness`, of frames that are there already."""
    solid = reference[..., 3] > 127
    if solid.sum() < 64:
        raise MediaError("there is no character in the reference image")
    own = lab_of(reference[..., :3])[solid]
    wanted, which = colours_of(np.ascontiguousarray(own[:: max(1, len(own) // 20000)]), COLOURS)
    areas = np.bincount(which, minlength=COLOURS) / len(which)
    return round(float(np.median([_found(wanted, areas, lab_of(frame)) for frame in seen.frames])), 4)


def _found(wanted: Any, areas: Any, lab: Any) -> float:
    weight = foreground(lab).ravel()
    pixels = lab.reshape(-1, 3)
    total = 0.0
    for colour, area in zip(wanted, areas, strict=True):
        # Lightness is the light's as much as the character's: it counts for half.
        gap = np.linalg.norm((pixels - colour) * np.array([0.5, 1, 1], np.float32), axis=1)
        order = np.argsort(gap)
        reached = np.cumsum(weight[order]) >= SMALLEST * max(float(weight.sum()), 1e-6)
        nearest = float(gap[order[int(np.argmax(reached))]])
        total += float(area) * float(np.exp(-0.5 * (nearest / TOLERANCE) ** 2))
    return total
