"""Where two shots show the same place: key points that fit one homography, and what they look like in both.

RANSAC: Fischler and Bolles 1981, in the form of Barath, Noskova, Ivashechkin and Matas, "MAGSAC++", CVPR 2020.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np

from callsheet.media.consistency.describe import Points, Shot

ENOUGH = 14
"""Key points that fit one homography, from which on two shots are taken to show the same place."""
MANY_SHOTS = 12
"""Above this only one frame of each shot is compared with one of another, which keeps the time within bounds."""


@dataclass(frozen=True)
class Registered:
    """Two shots: how many key points fit, how many times larger things are in the second, what differs there.

    `first` and `second` (n, 3) are Lab at the points that fit.
    """

    points: int
    scale: float
    first: Any
    second: Any

    @property
    def lab(self) -> Any:
        """Second minus first."""
        return self.second - self.first

    @property
    def same_place(self) -> bool:
        return self.points >= ENOUGH


NOTHING = Registered(0, 1.0, np.zeros((0, 3), np.float32), np.zeros((0, 3), np.float32))


class Group:
    """The shots of one check, and how each is registered to each other."""

    def __init__(self, shots: Sequence[Shot]) -> None:
        self.shots = list(shots)

    def __len__(self) -> int:
        return len(self.shots)

    @cached_property
    def pairs(self) -> dict[tuple[int, int], Registered]:
        """For every a < b."""
        frames = 1 if len(self) > MANY_SHOTS else 2
        return {
            (a, b): _best(self.shots[a].points[:frames], self.shots[b].points[:frames])
            for a in range(len(self))
            for b in range(a + 1, len(self))
        }

    def between(self, a: int, b: int) -> Registered:
        """The registration of two shots in this order."""
        if a < b:
            return self.pairs[a, b]
        found = self.pairs[b, a]
        return Registered(found.points, 1 / found.scale, found.second, found.first)


def _best(ours: Sequence[Points], theirs: Sequence[Points]) -> Registered:
    best = NOTHING
    for one in ours:
        for two in theirs:
            found = _register(one, two)
            if found.points > best.points:
                best = found
    return best


def _register(one: Points, two: Points) -> Registered:
    if min(len(one.places), len(two.places)) < 8:
        return NOTHING
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(one.descriptors, two.descriptors, k=2)
    good = [p[0] for p in pairs if len(p) == 2 and p[0].distance < 0.8 * p[1].distance]
    if len(good) < 8:
        return NOTHING
    a, b = [m.queryIdx for m in good], [m.trainIdx for m in good]
    source, target = one.places[a], two.places[b]
    matrix, mask = cv2.findHomography(source, target, cv2.USAC_MAGSAC, 3.0, maxIters=2000, confidence=0.995)
    if matrix is None or mask is None:
        return NOTHING
    fits = mask.ravel().astype(bool)
    # Points that all lie on one spot, or a mirrored or folded plane, are chance.
    scale = float(np.sqrt(max(0.0, np.linalg.det(matrix[:2, :2]))))
    if fits.sum() < 4 or source[fits].std(0).min() < 6 or not 0.2 < scale < 5:
        return NOTHING
    return Registered(int(fits.sum()), scale, one.lab[a][fits], two.lab[b][fits])
