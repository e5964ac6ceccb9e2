"""What is asked of an animation, and the given picture in one known form."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from callsheet.errors import MediaError

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
Intensity = Literal["low", "medium", "high"]

SMALLEST_SIDE = 8
"""Pixels. A picture below this has nothing to animate."""
LARGEST_RATIO = 20.0
"""Long side to short side. Beyond it no frame can show the picture."""
LARGEST_SIDE = 4096
"""Pixels of an ordered frame: 4K with room for its portrait form."""
LONGEST_SECONDS = 60.0


@dataclass(frozen=True)
class AnimateOrder:
    """One picture to animate.

    `image` is a decoded picture: uint8 or uint16, (h, w), (h, w, 1), (h, w, 3) BGR or (h, w, 4) BGRA.
    `prompt` is Chinese or English. `width` x `height` is the frame, `fps` frames a second. `motion` scales every
    amplitude, `preserve_style` keeps the palette, `loop` makes the last frame flow into the first."""

    image: NDArray[np.uint8] | NDArray[np.uint16]
    prompt: str
    seconds: float
    width: int
    height: int
    fps: int = 30
    motion: Intensity = "medium"
    preserve_style: bool = True
    loop: bool = False
    seed: int = 0

    @property
    def count(self) -> int:
        """Frames of the animation, at least one."""
        return max(1, round(self.seconds * self.fps))


def as_u8(part: object) -> U8:
    """A picture as OpenCV gives it, as what it is known to be."""
    return np.asarray(part, np.uint8)


def as_f32(part: object) -> F32:
    """The same for float32 fields."""
    return np.asarray(part, np.float32)


def check(order: AnimateOrder) -> None:
    """Raise MediaError, in one line, for what can't be rendered."""
    if not (math.isfinite(order.seconds) and 0 < order.seconds <= LONGEST_SECONDS):
        raise MediaError(f"an animation takes more than 0 and at most {LONGEST_SECONDS:g} s, not {order.seconds}")
    if order.fps < 1 or order.fps > 120:
        raise MediaError(f"an animation has 1 to 120 frames a second, not {order.fps}")
    if not (16 <= order.width <= LARGEST_SIDE and 16 <= order.height <= LARGEST_SIDE):
        raise MediaError(f"a frame is 16 to {LARGEST_SIDE} pixels a side, not {order.width}x{order.height}")
    if order.motion not in get_args(Intensity):
        raise MediaError(f"motion is low, medium or high, not {order.motion!r}")


def normalise(image: NDArray[np.uint8] | NDArray[np.uint16]) -> tuple[U8, U8 | None]:
    """The picture as BGR (h, w, 3) uint8, and its transparency (h, w) when it has any that matters."""
    import cv2

    if not isinstance(image, np.ndarray) or image.ndim not in (2, 3) or not image.size:
        raise MediaError("the image is not a picture of pixels")
    if image.dtype == np.uint16:
        pixels = (image >> 8).astype(np.uint8)
    elif image.dtype == np.uint8:
        pixels = np.asarray(image, np.uint8)
    else:
        raise MediaError(f"the image has pixels of type {image.dtype}, not 8 or 16 bit")
    height, width = pixels.shape[:2]
    if min(height, width) < SMALLEST_SIDE:
        raise MediaError(f"the image is {width}x{height} pixels; each side needs {SMALLEST_SIDE} or more")
    if max(height, width) > LARGEST_RATIO * min(height, width):
        raise MediaError(
            f"the image is {width}x{height} pixels; a side may be {LARGEST_RATIO:g} times the other at most"
        )
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    if channels == 1:
        return np.asarray(cv2.cvtColor(pixels.reshape(height, width), cv2.COLOR_GRAY2BGR), np.uint8), None
    if channels == 3:
        return np.ascontiguousarray(pixels), None
    if channels != 4:
        raise MediaError(f"the image has {channels} channels, not 1, 3 or 4")
    alpha = np.ascontiguousarray(pixels[..., 3])
    colour = np.ascontiguousarray(pixels[..., :3])
    # A few soft pixels are no cut-out; a wholly transparent picture shows nothing.
    clear = float(np.mean(alpha < 128))
    if clear > 0.995:
        raise MediaError("the image is wholly transparent")
    return colour, alpha if clear > 0.01 else None
