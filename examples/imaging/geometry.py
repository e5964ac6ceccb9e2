"""Vectors, distance fields and textures. Points and directions are float32 arrays of shape (3, n), y is up."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


def vec(x: float, y: float, z: float) -> Floats:
    """One vector as a (3, 1) array that broadcasts over rays."""
    return np.array([[x], [y], [z]], np.float32)


def dot(a: Floats, b: Floats) -> Floats:
    return np.asarray(a[0] * b[0] + a[1] * b[1] + a[2] * b[2], np.float32)


def cross(a: Floats, b: Floats) -> Floats:
    return np.stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def unit(a: Floats) -> Floats:
    return np.asarray(a / np.sqrt(np.maximum(dot(a, a), 1e-20)), np.float32)


def mix(a: Floats | float, b: Floats | float, amount: Floats) -> Floats:
    return np.asarray(a + (b - a) * amount, np.float32)


def smoothstep(low: float, high: float, value: Floats) -> Floats:
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), np.float32)


def rounded_cylinder(radial: Floats, y: Floats, radius: float, bottom: float, top: float, rounding: float) -> Floats:
    """Distance to an upright cylinder with rounded edges; `radial` is the distance from its axis."""
    qx = radial - (radius - rounding)
    qy = np.abs(y - 0.5 * (bottom + top)) - (0.5 * (top - bottom) - rounding)
    outside = np.sqrt(np.maximum(qx, 0.0) ** 2 + np.maximum(qy, 0.0) ** 2)
    return np.asarray(outside + np.minimum(np.maximum(qx, qy), 0.0) - rounding, np.float32)


def ring(radial: Floats, y: Floats, radius: float, height: float, tube: float) -> Floats:
    """Distance to a horizontal torus round the y axis."""
    return np.asarray(np.hypot(radial - radius, y - height) - tube, np.float32)


def smooth_union(a: Floats, b: Floats, width: float) -> Floats:
    """Union whose seam is blended over `width` (polynomial smooth minimum)."""
    h = np.maximum(width - np.abs(a - b), 0.0) / width
    return np.asarray(np.minimum(a, b) - h * h * width * 0.25, np.float32)


def basis(normal: Floats) -> tuple[Floats, Floats]:
    """Two unit tangents for every normal."""
    helper = np.where(np.abs(normal[1]) < 0.99, vec(0, 1, 0), vec(1, 0, 0)).astype(np.float32)
    tangent = unit(cross(helper, normal))
    return tangent, cross(normal, tangent)


def fractal_noise(size: int, seed: int, *, base: int = 4, octaves: int = 7, gain: float = 0.5) -> Floats:
    """A tileable (size, size) fractal value-noise texture, mean 0 and standard deviation 1."""
    random = np.random.Generator(np.random.Philox(seed))
    total = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        cells = base << octave
        if cells > size:
            break
        grid = random.standard_normal((cells, cells)).astype(np.float32)
        pad = np.pad(grid, 4, mode="wrap")
        scale = size // cells
        big = cv2.resize(pad, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        total += gain**octave * big[4 * scale : 4 * scale + size, 4 * scale : 4 * scale + size]
    return np.asarray((total - total.mean()) / total.std(), np.float32)


def sample(texture: Floats, u: Floats, v: Floats) -> Floats:
    """Bilinear look-up with wrap-around; u and v count whole textures. Gives (n,) or (3, n) as the texture has."""
    height, width = texture.shape[:2]
    columns = 4096
    count = u.size
    rows = -(-count // columns)
    x = np.zeros(rows * columns, np.float32)
    y = np.zeros(rows * columns, np.float32)
    x[:count] = (u - np.floor(u)) * width
    y[:count] = (v - np.floor(v)) * height
    out = cv2.remap(
        texture, x.reshape(rows, columns), y.reshape(rows, columns), cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP
    )
    if texture.ndim == 3:
        return np.ascontiguousarray(out.reshape(-1, 3)[:count].T)
    return np.asarray(out.reshape(-1)[:count], np.float32)
