"""The frame while it is painted, and the few full-frame operations that a frame can afford."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from callsheet.studio.picture.spec import F32, U8


@dataclass
class Canvas:
    """A BGRX uint8 raster; positions are frame heights from the centre, y down."""

    pixels: U8

    @classmethod
    def blank(cls, width: int, height: int) -> Canvas:
        return cls(np.zeros((height, width, 4), np.uint8))

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    def clip(self, x0: float, y0: float, x1: float, y1: float) -> tuple[int, int, int, int] | None:
        """Whole pixels of a box (pixels), cut to the frame; None outside."""
        a, b = max(0, int(np.floor(x0))), max(0, int(np.floor(y0)))
        c, d = min(self.width, int(np.ceil(x1))), min(self.height, int(np.ceil(y1)))
        return (a, b, c, d) if a < c and b < d else None

    def over(self, patch: U8, x: int, y: int) -> None:
        """A premultiplied BGRA patch laid over the pixels from x, y; it must lie inside."""
        h, w = patch.shape[:2]
        roi = self.pixels[y : y + h, x : x + w]
        alpha = cv2.extractChannel(patch, 3)
        keep = cv2.bitwise_not(cv2.merge((alpha, alpha, alpha, alpha)))
        under = cv2.multiply(roi, keep, scale=1 / 255)
        cv2.add(under, patch, dst=roi)

    def add(self, patch: U8, x: int, y: int) -> None:
        """Light added."""
        h, w = patch.shape[:2]
        roi = self.pixels[y : y + h, x : x + w]
        cv2.add(roi, patch, dst=roi)


def blurred(image: F32, sigma: float) -> F32:
    """A Gaussian blur whose cost does not grow with sigma: done on a smaller raster."""
    factor = max(1, int(sigma / 3))
    if factor == 1:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), max(sigma, 0.3)), np.float32)
    h, w = image.shape[:2]
    small = cv2.resize(image, (max(2, w // factor), max(2, h // factor)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / factor)
    return np.asarray(cv2.resize(small, (w, h), interpolation=cv2.INTER_LINEAR), np.float32)


def disc(size: int, soft: float) -> F32:
    """A round spot, 0..1, edge softened over `soft` of the radius."""
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    r = np.hypot(x - (size - 1) / 2, y - (size - 1) / 2) / (size / 2)
    return np.asarray(np.clip((1 - r) / max(soft, 1e-3), 0, 1), np.float32)
