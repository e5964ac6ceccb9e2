"""From linear light to display values."""

from __future__ import annotations

import numpy as np

from callsheet.studio.picture.spec import F32, U8


def develop(rgb: F32, exposure: float = 1.0) -> F32:
    """Linear RGB (…, 3) to display RGB: a filmic shoulder (Hable 2010's idea in Narkowicz's 2015 fit), then sRGB."""
    x = np.maximum(rgb * np.float32(exposure * 0.8), 0)
    y = (x * (np.float32(2.51) * x + np.float32(0.03))) / (
        x * (np.float32(2.43) * x + np.float32(0.59)) + np.float32(0.14)
    )
    y = np.clip(y, 0, 1)
    return np.asarray(np.where(y <= 0.0031308, y * 12.92, 1.055 * y ** np.float32(1 / 2.4) - 0.055), np.float32)


def to_bgrx(display: F32, cover: F32 | None = None) -> U8:
    """Display RGB 0..1 (H, W, 3) to BGRA uint8, premultiplied by `cover` (default: opaque)."""
    h, w = display.shape[:2]
    out = np.empty((h, w, 4), np.uint8)
    alpha = np.ones((h, w), np.float32) if cover is None else cover
    for channel in range(3):
        out[..., channel] = np.clip(display[..., 2 - channel] * alpha * 255 + 0.5, 0, 255)
    out[..., 3] = np.clip(alpha * 255 + 0.5, 0, 255)
    return out
