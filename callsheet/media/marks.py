"""Where a logo or watermark stands, and how large."""

from __future__ import annotations

from callsheet.timeline import Mark

SAFE = (0.05, 0.05, 0.05, 0.05)
"""Shares of the sides (left, top, right, bottom) that stay free: the title-safe area of SMPTE ST 2046-1 is 90 %."""


def mark_place(
    mark: Mark,
    shape: float,
    width: int,
    height: int,
    margins: tuple[float, float, float, float] = SAFE,
) -> tuple[int, int, int, int]:
    """Left, top, width and height in pixels of a mark on a picture of `width` x `height`.

    `shape` is the image's width over its height. Its longer side is the mark's `size` of the picture's shorter side,
    less only where `margins`, shares of the sides (left, top, right, bottom) that stay free, leave no room for it.
    """
    left, top = round(margins[0] * width), round(margins[1] * height)
    right, bottom = width - round(margins[2] * width), height - round(margins[3] * height)
    longer = mark.size * min(width, height)
    wide, high = (longer, longer / shape) if shape >= 1 else (longer * shape, longer)
    scale = min(1.0, (right - left) / wide, (bottom - top) / high)
    wide, high = max(2, round(wide * scale)), max(2, round(high * scale))
    x = left if mark.corner.endswith("left") else right - wide
    y = top if mark.corner.startswith("top") else bottom - high
    return x, y, wide, high
