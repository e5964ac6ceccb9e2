"""The box of what a shot is about, a few times a second, without a trained detector.

Two cues: colours that the picture's edges do not have (`callsheet.media.consistency.foreground`), and, where the camera
stands still, what differs from the shot's usual picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Box = tuple[float, float, float, float]
"""Left, top, right and bottom as shares of the sides, 0 to 1."""

WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
MOVED = 18.0  # levels of 255 by which a pixel differs from the shot's usual picture before it counts as moving
MOST_MOVED = 0.4  # of the picture: when more moves, the camera does, and movement says nothing about the subject
SALIENT = 0.55  # of the highest weight: what is at least this strong belongs to the subject
BESIDE = 0.5  # of the strongest part: other parts of the subject weigh at least this much
RIM = 0.02  # of the subject's mass, at either end
NOTHING = 0.08  # a weight that is nowhere higher than this finds nothing


@dataclass(frozen=True)
class Shot:
    """From frame `first` to before frame `end`; `at` are the frames looked at, `boxes` the subject's box in each, or
    None where nothing stands out."""

    first: int
    end: int
    at: tuple[int, ...]
    boxes: tuple[Box | None, ...]


@dataclass(frozen=True)
class Seen:
    """What was found in a master of `width` x `height` pixels."""

    width: int
    height: int
    fps: float
    shots: tuple[Shot, ...]


def boxes_of(pictures: Sequence[Any]) -> list[Box | None]:
    """The subject's box in each of a shot's pictures, (height, width, 3) uint8 BGR of one size."""
    usual = np.median(np.stack(pictures[:: max(1, len(pictures) // 25)]), axis=0) if len(pictures) > 2 else None
    return _steadied([_box(picture, usual) for picture in pictures])


def _steadied(boxes: list[Box | None]) -> list[Box | None]:
    """Each side of a box as the median of it and two on either side: what stands out for a moment is no subject."""
    out: list[Box | None] = []
    for number, box in enumerate(boxes):
        reach = min(2, number, len(boxes) - 1 - number)
        near = [other for other in boxes[number - reach : number + reach + 1] if other is not None]
        if box is None or not near:
            out.append(None)
            continue
        left, top, right, bottom = (float(side) for side in np.median(np.array(near), axis=0))
        out.append((left, top, right, bottom))
    return out


def _box(picture: Any, usual: Any) -> Box | None:
    import cv2

    from callsheet.media.consistency.foreground import foreground, lab_of

    weight = foreground(lab_of(picture))
    moving = np.zeros(weight.shape, np.float32)
    if usual is not None:
        differs = np.abs(picture.astype(np.float32) - usual).max(axis=2) > MOVED
        if differs.mean() < MOST_MOVED:
            moving = differs.astype(np.float32)
    top = float(weight.max())
    if top < NOTHING and moving.mean() < 0.001:
        return None
    # A still picture of something bright beside something that moves: both are kept.
    strong = (weight >= max(SALIENT * top, NOTHING)) | (moving > 0)
    mask = cv2.morphologyEx(strong.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    count, labels = cv2.connectedComponents(mask)
    if count < 2:
        return None
    mass = np.bincount(labels.ravel(), (weight + moving).ravel(), minlength=count)[1:]
    kept = np.isin(labels, 1 + np.flatnonzero(mass >= BESIDE * mass.max()))
    # A leaf or a shadow at the rim is little of the whole: its last few hundredths don't widen the box.
    own = np.where(kept, weight + moving, 0.0)
    (left, right), (upper, lower) = _middle(own.sum(axis=0)), _middle(own.sum(axis=1))
    return (left, upper, right, lower)


def _middle(mass: Any) -> tuple[float, float]:
    """Between which shares of a side all but `RIM` of the mass at either end stands."""
    share = np.cumsum(mass) / mass.sum()
    first, last = int(np.searchsorted(share, RIM, "right")), int(np.searchsorted(share, 1 - RIM))
    return first / len(mass), (last + 1) / len(mass)
