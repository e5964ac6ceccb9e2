"""Where in a picture the sky is, how far things are and what is ground: guesses from colour and place, no model.

They are soft maps on a small raster, smoothed over time, so that an effect that leans on them never flickers.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from callsheet.studio.picture.spec import F32, U8

COLUMNS = 240


@dataclass(frozen=True)
class Places:
    """Maps (rows, 240) float32 0..1: `sky`, `far` (0 at the camera, 1 at the horizon and in the sky), `ground`.

    `open_air` is how sure it is that the picture is of a place with a sky.
    """

    sky: F32
    far: F32
    ground: F32
    horizon: float
    open_air: float


class Surveyor:
    """Looks at one frame after another; what it says changes slowly."""

    def __init__(self) -> None:
        self._sky: F32 | None = None
        self._crisp: F32 | None = None
        self._horizon = 0.45
        self._open = 0.0

    def look(self, frame: U8) -> Places:
        rows = max(8, round(COLUMNS * frame.shape[0] / frame.shape[1]))
        small = cv2.resize(frame, (COLUMNS, rows), interpolation=cv2.INTER_AREA)
        sky, sure = _sky(np.asarray(small, np.uint8))
        if self._sky is None:
            self._sky, self._open = sky, sure
        else:
            self._sky = np.asarray(self._sky * np.float32(0.75) + sky * np.float32(0.25), np.float32)
            self._open += 0.1 * (sure - self._open)
        y = ((np.arange(rows, dtype=np.float32) + np.float32(0.5)) / rows)[:, None]
        depth = float((self._sky > 0.5).mean(0)[self._sky.max(0) > 0.5].mean()) if (self._sky > 0.5).any() else 0.4
        horizon = float(np.clip(depth, 0.3, 0.62))
        self._horizon += 0.1 * (horizon - self._horizon)
        below = np.clip((y - self._horizon) / (1 - self._horizon), 0, 1)
        near = np.broadcast_to(below, self._sky.shape)
        row = 0.42 / (near * np.float32(1.9) + np.float32(0.42))
        # What is dark or vivid is near: the air has not washed it out.
        color = small.astype(np.float32) / 255
        crisp = np.clip(np.maximum(color.max(-1) - color.min(-1) - 0.42, 0.3 - color.max(-1)) * 3, 0, 1)
        crisp = cv2.GaussianBlur(crisp.astype(np.float32), (0, 0), 1.5)
        self._crisp = crisp if self._crisp is None else self._crisp * np.float32(0.7) + crisp * np.float32(0.3)
        far = np.maximum(row * (np.float32(0.85) - np.float32(0.4) * self._crisp), self._sky).astype(np.float32)
        ground = np.clip((near - 0.08) * 6, 0, 1) * (1 - self._sky)
        return Places(self._sky, far, ground.astype(np.float32), self._horizon, self._open)


def _step(color: F32) -> F32:
    """How much the colour changes from one place to the next: the most of any channel, down or across."""
    down, across = (np.abs(cv2.Sobel(color, cv2.CV_32F, *axis, ksize=3)).max(-1) / 4 for axis in ((0, 1), (1, 0)))
    return np.asarray(np.maximum(down, across), np.float32)


def _of_any_colour(sky: U8, smooth: F32) -> U8:
    """The sky with what goes on from it without a step: the pink, the violet and the grey beside the blue or bright."""
    rows = len(sky)
    _, labels = cv2.connectedComponents(smooth.astype(np.uint8), connectivity=4)
    for label in np.unique(labels[: max(1, rows // 20)]):
        part = labels == label
        if label and sky[part].mean() > 0.2:
            sky = np.asarray(sky | part.astype(np.uint8), np.uint8)
    return sky


def _down_to_the_first_thing(sky: U8) -> U8:
    """Birds and wires before the sky are part of its area; what lies below a ridge is none of it."""
    sky = np.asarray(cv2.morphologyEx(sky, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)), np.uint8)
    count, labels, sizes, _ = cv2.connectedComponentsWithStats(1 - sky, connectivity=8)
    floating = np.zeros(count, np.uint8)
    for number in range(1, count):
        _, top, _, height, area = sizes[number]
        floating[number] = top + height < len(sky) and area < 0.02 * sky.size
    return np.asarray(np.minimum.accumulate(sky | floating[labels], axis=0), np.uint8)


def _sky(small: U8) -> tuple[F32, float]:
    """How much each place is sky: bright or blue, smooth, and joined to the upper edge through what is sky too."""
    color = small.astype(np.float32) / 255
    b, g, r = (color[..., c] for c in range(3))
    luma = 0.114 * b + 0.587 * g + 0.299 * r
    blue = np.clip((b - np.maximum(r, g * 0.92) - 0.05) * 7, 0, 1)
    bright = np.clip((luma - 0.68) * 6, 0, 1) * np.clip(1 - (color.max(-1) - color.min(-1) - 0.12) * 5, 0, 1)
    rows = len(luma)
    luma = luma.astype(np.float32)
    # Clouds are soft, waves and rock are not; a skyline is a step.
    fine = np.abs(luma - cv2.GaussianBlur(luma, (0, 0), 1.6))
    rough = cv2.GaussianBlur(fine.astype(np.float32), (0, 0), 2.0)
    high = 1 - np.clip((np.arange(rows, dtype=np.float32)[:, None] / rows - 0.5) * 4, 0, 1)
    like = np.maximum(blue, bright * 0.9) * np.exp(-((rough / 0.018) ** 2)) * high
    mask = ((like > 0.3) & (fine < 0.03)).astype(np.uint8)
    _, labels = cv2.connectedComponents(mask, connectivity=4)
    top = np.unique(labels[: max(1, rows // 20)])
    joined: U8 = np.isin(labels, top[top > 0]).astype(np.uint8)
    step = _step(color)
    joined = _of_any_colour(joined, (step < 0.035) & (rough < 0.02) & (high > 0.2))
    joined = _down_to_the_first_thing(joined)
    # Up to the very edge of what stands before it: as far as it is as light as the sky beside it, before a step.
    for _ in range(7):
        weight = cv2.blur(joined.astype(np.float32), (9, 9))
        beside = cv2.blur(luma * joined, (9, 9)) / np.maximum(weight, 1e-3)
        more = cv2.dilate(joined, np.ones((3, 3), np.uint8)) & ((np.abs(luma - beside) < 0.09) & (step < 0.12)).astype(
            np.uint8
        )
        joined = np.asarray(joined | more, np.uint8)
    joined = _down_to_the_first_thing(joined)
    sky = cv2.GaussianBlur(joined.astype(np.float32), (0, 0), 0.9)
    share = float(sky.mean())
    hue = float((blue * sky).sum() / max(1e-3, sky.sum()))
    # A white wall is bright and smooth as well; a sky has blue in it somewhere, or is most of the upper edge.
    edge = float(sky[: max(1, len(sky) // 12)].mean())
    sure = min(1.0, share * 8) * min(1.0, hue * 3 + max(0.0, edge * 2 - 0.5))
    return np.asarray(sky, np.float32), sure
