"""From radiance to a photograph: noise, bloom, film curve, vignette."""

from __future__ import annotations

import cv2
import numpy as np

from imaging.geometry import Floats


def denoise(linear: Floats) -> Floats:
    """A gentle edge-keeping filter: the studio's plain areas become plain, fabric and brush lines stay."""
    coded = np.sqrt(np.clip(linear, 0.0, 1.0))
    smooth = cv2.bilateralFilter(coded, 7, 0.035, 2.2)
    smooth = cv2.bilateralFilter(smooth, 5, 0.025, 1.6)
    return np.asarray(np.where(linear > 1.0, linear, smooth**2), np.float32)


def bloom(linear: Floats, strength: float) -> Floats:
    """Light that spills over round what is brighter than white, wide and soft like a lens does it."""
    if not strength:
        return linear
    bright = np.minimum(np.maximum(linear - 1.0, 0.0), 6.0)
    height = linear.shape[0]
    small = cv2.resize(bright, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    glow = np.zeros_like(small)
    for weight, share in ((0.5, 0.006), (0.32, 0.02), (0.18, 0.06)):
        glow += weight * cv2.GaussianBlur(small, (0, 0), max(0.5, share * height / 4))
    return np.asarray(
        linear + strength * cv2.resize(glow, linear.shape[1::-1], interpolation=cv2.INTER_CUBIC), np.float32
    )


def film(linear: Floats) -> Floats:
    """Filmic curve (Narkowicz's fit of ACES, 2015), then sRGB."""
    x = np.maximum(linear, 0.0) * 0.72
    curve = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0.0, 1.0)
    return np.asarray(np.where(curve <= 0.0031308, 12.92 * curve, 1.055 * curve ** (1 / 2.4) - 0.055), np.float32)


def photograph(linear: Floats, *, glow: float = 0.5, vignette: float = 0.12) -> np.ndarray:
    """8-bit BGR (height, width, 3), dithered by a fixed pattern so that gradients do not band."""
    height, width = linear.shape[:2]
    image = bloom(denoise(linear), glow)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    image = image * (1.0 - vignette * np.clip((x * x + y * y) / 2.0, 0, 1) ** 1.5)[..., None]
    coded = film(image.astype(np.float32))
    noise = np.random.Generator(np.random.Philox(11)).random((height, width, 1), dtype=np.float32) - 0.5
    return np.clip(coded[..., ::-1] * 255.0 + noise * 1.6 + 0.5, 0, 255).astype(np.uint8)
