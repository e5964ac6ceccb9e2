"""Pictures with known truth: what the subject is, pixel by pixel."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]


def backdrop(height: int, width: int, colour: tuple[int, int, int] = (186, 190, 194)) -> NDArray[np.float32]:
    """A studio seamless: brighter in the middle, with a floor and a little sensor noise."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    light = 1.06 - 0.14 * (x * x + y * y) + 0.05 * np.tanh((y - 0.35) * 6)
    noise = np.random.Generator(np.random.Philox(1)).normal(0.0, 1.2, (height, width, 1))
    return np.asarray(np.array(colour) * light[..., None] + noise, np.float32)


def _supersampled(height: int, width: int, draw: object) -> NDArray[np.float32]:
    big = np.zeros((height * 4, width * 4), np.uint8)
    assert callable(draw)
    draw(big)
    return np.asarray(cv2.resize(big, (width, height), interpolation=cv2.INTER_AREA), np.float32) / 255.0


def can(height: int = 360, width: int = 480, shade: float = 0.5) -> tuple[U8, U8]:
    """A blue can on a seamless with a soft shadow, and its true matte."""
    cx, top, bottom, half = width * 2, height, int(height * 3.4), int(width * 0.42)

    def draw(big: U8) -> None:
        cv2.rectangle(big, (cx - half, top), (cx + half, bottom), 255, -1)
        for y in (top, bottom):
            cv2.ellipse(big, (cx, y), (half, half // 4), 0, 0, 360, 255, -1)

    matte = _supersampled(height, width, draw)
    image = backdrop(height, width)
    shadow = np.zeros((height, width), np.float32)
    cv2.ellipse(shadow, (cx // 4 + 12, bottom // 4 + 2), (half // 3, half // 14), 0, 0, 360, 1.0, -1)
    image *= 1.0 - shade * cv2.GaussianBlur(shadow, (0, 0), height * 0.02)[..., None]
    x = (np.arange(width) - cx / 4) / (half / 4)
    lit = 0.45 + 0.6 * np.exp(-(((x + 0.45) / 0.25) ** 2))
    colour = np.zeros((height, width, 3), np.float32) + np.array((150, 84, 40)) * lit[:, None]
    cv2.rectangle(colour, (width // 2 - 20, height // 2), (width // 2 + 12, height // 2 + 40), (60, 190, 235), -1)
    image += (colour - image) * matte[..., None]
    return np.clip(image, 0, 255).astype(np.uint8), (matte * 255).astype(np.uint8)


def gadget(height: int = 360, width: int = 480) -> tuple[U8, U8]:
    """A dark box with a lens, off centre, on a warm seamless, and its true matte."""

    def draw(big: U8) -> None:
        points = np.array([[0.5, 1.3], [1.9, 1.1], [2.1, 3.0], [0.6, 3.2]]) * (width, height)
        cv2.fillPoly(big, [points.astype(np.int32)], 255)

    matte = _supersampled(height, width, draw)
    image = backdrop(height, width, (150, 176, 200))
    colour = np.zeros((height, width, 3), np.float32) + np.array((44, 40, 52), np.float32)
    cv2.circle(colour, (int(width * 0.32), int(height * 0.52)), height // 9, (120, 90, 70), -1)
    cv2.circle(colour, (int(width * 0.24), int(height * 0.36)), height // 40, (60, 250, 120), -1)
    image += (colour - image) * matte[..., None]
    return np.clip(image, 0, 255).astype(np.uint8), (matte * 255).astype(np.uint8)


def busy(height: int = 360, width: int = 480) -> U8:
    """A street-like picture full of hard edges: nothing can be cut out of it."""
    random = np.random.Generator(np.random.Philox(4))
    image = random.integers(60, 200, (height, width, 3), dtype=np.uint8)
    image = np.asarray(cv2.GaussianBlur(image, (0, 0), 2.0), np.uint8)
    for _ in range(140):
        x, y = int(random.integers(0, width)), int(random.integers(0, height))
        w, h = int(random.integers(8, width // 5)), int(random.integers(8, height // 3))
        colour = tuple(int(part) for part in random.integers(10, 250, 3))
        cv2.rectangle(image, (x, y), (x + w, y + h), colour, -1 if random.random() < 0.7 else 2)
    return image
