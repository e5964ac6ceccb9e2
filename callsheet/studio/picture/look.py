"""The look of a clip: how linear light becomes display values in a style. All of it is baked before the first frame."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from callsheet.studio.picture.canvas import blurred
from callsheet.studio.picture.film import develop, to_bgrx
from callsheet.studio.picture.spec import F32, U8
from callsheet.studio.picture.styles import Style
from callsheet.studio.picture.treat import treated


@dataclass(frozen=True)
class Look:
    """A style at an exposure."""

    style: Style
    exposure: float = 1.0

    def light(self, rgb: F32) -> F32:
        """Linear RGB to graded display RGB."""
        return self.style.grade(develop(rgb, self.exposure * self.style.exposure))

    def sprite(self, rgb: F32, cover: F32, scale: float) -> U8:
        """A layer; `scale` is its pixels for one frame height."""
        return treated(to_bgrx(self.light(rgb), cover), self.style.treat, self.style.amount, scale)

    def plate(self, rgb: F32, scale: float) -> U8:
        """The background, with the bloom of its own lights."""
        rgb = bloomed(rgb, self.style.bloom, scale)
        return treated(to_bgrx(self.light(rgb)), self.style.treat, self.style.amount, scale)

    def enlarged(self, image: U8, factor: float) -> U8:
        """A plate brought nearer to the frame's size with smooth edges, so that the painting of frames need not be."""
        if factor <= 1.05:
            return image
        size = (round(image.shape[1] * factor), round(image.shape[0] * factor))
        soft = cv2.GaussianBlur(image, (0, 0), 0.45)
        return np.asarray(cv2.resize(soft, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def bloomed(rgb: F32, amount: float, scale: float) -> F32:
    """Light that spills from bright places in the lens."""
    if amount <= 0:
        return rgb
    h, w = rgb.shape[:2]
    small = cv2.resize(np.minimum(rgb, 14), (max(2, w // 4), max(2, h // 4)), interpolation=cv2.INTER_AREA)
    bright = np.maximum(small - np.float32(0.85), 0)
    if float(bright.max()) <= 0:
        return rgb
    spread = (
        blurred(bright, scale * 0.006) * 0.5
        + blurred(bright, scale * 0.02) * 0.35
        + blurred(bright, scale * 0.05) * 0.25
    )
    return np.asarray(rgb + cv2.resize(spread, (w, h), interpolation=cv2.INTER_LINEAR) * np.float32(amount), np.float32)
