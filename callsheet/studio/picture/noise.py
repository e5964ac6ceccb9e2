"""Periodic noise and exact lookups into small maps."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from callsheet.studio.picture.spec import F32, stream


@lru_cache(maxsize=24)
def tile(seed: int, size: int = 256, octaves: int = 5, first: int = 4, gain: float = 0.5) -> F32:
    """A tileable fBm map of size x size, mean about 0.5, range 0..1; `first` is the cells of the coarsest octave."""
    rng = stream("tile", seed, size, octaves, first)
    total = np.zeros((size, size), np.float32)
    weight, norm, cells = 1.0, 0.0, first
    for _ in range(octaves):
        if cells > size:
            break
        grid = rng.random((cells, cells), dtype=np.float32)
        pad = 3
        wrapped = np.pad(grid, pad, mode="wrap")
        scale = size / cells
        big = cv2.resize(
            wrapped, (round((cells + 2 * pad) * scale),) * 2, interpolation=cv2.INTER_CUBIC if cells > 1 else 1
        )
        off = round(pad * scale)
        total += weight * big[off : off + size, off : off + size]
        norm += weight
        weight *= gain
        cells *= 2
    total = (total / norm - 0.5) * 1.9 + 0.5
    out: F32 = np.clip(total, 0.0, 1.0).astype(np.float32)
    out.setflags(write=False)
    return out


def lookup(image: F32, x: F32, y: F32, *, wrap: bool = False) -> F32:
    """Bilinear samples of `image` at flat lists of pixel positions; outside is the nearest edge, or wraps."""
    count = x.size
    if count == 0:
        return np.zeros((0, *image.shape[2:]), np.float32)
    if wrap:
        x = np.mod(x, np.float32(image.shape[1]))
        y = np.mod(y, np.float32(image.shape[0]))
    width = min(count, 4096)
    rows = -(-count // width)
    if rows * width != count:
        x = np.concatenate([x, np.zeros(rows * width - count, np.float32)])
        y = np.concatenate([y, np.zeros(rows * width - count, np.float32)])
    mode = cv2.BORDER_WRAP if wrap else cv2.BORDER_REPLICATE
    got = cv2.remap(
        image,
        np.ascontiguousarray(x, np.float32).reshape(rows, width),
        np.ascontiguousarray(y, np.float32).reshape(rows, width),
        cv2.INTER_LINEAR,
        borderMode=mode,
    )
    flat: F32 = got.reshape(rows * width, *image.shape[2:])[:count]
    return flat


def grain_at(seed: int, x: F32, y: F32, scale: float, octaves: int = 5, first: int = 4) -> F32:
    """Noise 0..1 at metric positions; the pattern repeats every `scale` metres."""
    cloth = tile(seed, 256, octaves, first)
    return lookup(cloth, x * np.float32(256 / scale), y * np.float32(256 / scale), wrap=True)
