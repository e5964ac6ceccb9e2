"""From one picture to another one of the same things: every place moves to where it is in the other."""

from __future__ import annotations

import cv2
import numpy as np

from callsheet.studio.effects import motion
from callsheet.studio.picture.spec import F32, U8


class Way:
    """The way between two pictures, measured once; it serves for all frames in which only the camera differs."""

    def __init__(self, a: U8, b: U8) -> None:
        self._scale = 216 / a.shape[0]
        first, second = (self._small(picture) for picture in (a, b))
        self._there = motion.flow(first, second, smooth=2.5)
        self._back = motion.flow(second, first, smooth=2.5)

    def _small(self, picture: U8) -> U8:
        small = cv2.resize(picture, None, fx=self._scale, fy=self._scale, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)

    def bent(self, a: U8, b: U8, u: float) -> tuple[U8, U8]:
        """Both pictures with everything at a share `u` of the way from `a` to `b`."""
        return self._moved(a, self._there, u), self._moved(b, self._back, 1 - u)

    def _moved(self, picture: U8, way: F32, share: float) -> U8:
        if share <= 0.001:
            return picture
        h, w = way.shape[:2]
        y, x = np.mgrid[0:h, 0:w].astype(np.float32)
        part = way * np.float32(share)
        # Where a place comes from is found by going back twice: the way is known at its start, not at its end.
        at = part
        for _ in range(3):
            at = _looked(part, x - at[..., 0], y - at[..., 1])
        size = (picture.shape[1], picture.shape[0])
        field = np.stack([(x + 0.5 - at[..., 0]) / w * size[0], (y + 0.5 - at[..., 1]) / h * size[1]], -1)
        big = cv2.resize(field.astype(np.float32), size, interpolation=cv2.INTER_LINEAR) - np.float32(0.5)
        return np.asarray(
            cv2.remap(picture, big[..., 0], big[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101), np.uint8
        )


def _looked(field: F32, x: F32, y: F32) -> F32:
    return np.asarray(cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
