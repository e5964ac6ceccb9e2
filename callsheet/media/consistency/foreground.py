"""Which pixels belong to somebody or something in front of the place.

Without a trained detector: colours that the picture's edges do not have (the background prior of Wei, Wen, Zhu and Sun,
"Geodesic Saliency Using Background Priors", ECCV 2012), that stand together in a narrow part of the frame (the
distribution cue of Perazzi, Krahenbuhl, Pritch and Hornung, "Saliency Filters", CVPR 2012), near its middle.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

CLUSTERS = 24
"""Colours into which a frame is divided for the distribution cue."""
BORDER_COLOURS = 5
PLAIN_DISTANCE = 45.0
"""Distance in Lab (CIE 1976 delta E) from every border colour at which a pixel counts as in front."""
NARROW = 0.17
"""Standard deviation of a colour's horizontal place, in frame widths, at which its weight has fallen to 0.6."""


def lab_of(frame: Any) -> Any:
    """CIE Lab, float32, of a BGR uint8 frame: L 0..100."""
    return cv2.cvtColor(frame.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)


def colours_of(pixels: Any, number: int) -> tuple[Any, Any]:
    """`number` mean colours of (n, 3) pixels and each pixel's: k-means from the seeds that lie furthest apart."""
    centres = np.empty((number, pixels.shape[1]), np.float32)
    centres[0] = pixels.mean(0)
    gap = ((pixels - centres[0]) ** 2).sum(1)
    for i in range(1, number):
        centres[i] = pixels[int(gap.argmax())]
        gap = np.minimum(gap, ((pixels - centres[i]) ** 2).sum(1))
    for _ in range(6):
        own = nearest(pixels, centres)
        count = np.bincount(own, minlength=number)
        for axis in range(pixels.shape[1]):
            total = np.bincount(own, pixels[:, axis], minlength=number)
            centres[:, axis] = np.where(count > 0, total / np.maximum(count, 1), centres[:, axis])
    return centres, nearest(pixels, centres)


def nearest(pixels: Any, centres: Any) -> Any:
    """Index of the nearest centre of each pixel."""
    far = (centres**2).sum(1)[None] - 2 * pixels @ centres.T
    return far.argmin(1)


def foreground(lab: Any) -> Any:
    """Weight 0..1 (H, W) float32 of each pixel of a Lab frame."""
    height, width = lab.shape[:2]
    soft = cv2.GaussianBlur(lab, (0, 0), 1.5)
    edge = max(4, height // 30)
    distance = np.full((height, width), 1e9, np.float32)
    for strip in (soft[: height * 9 // 10, :edge], soft[: height * 9 // 10, -edge:], soft[:edge]):
        pixels = np.ascontiguousarray(strip.reshape(-1, 3)[::3])
        centres, own = colours_of(pixels, BORDER_COLOURS)
        shares = np.bincount(own, minlength=BORDER_COLOURS) / len(own)
        for colour in centres[shares > 0.04]:
            distance = np.minimum(distance, np.linalg.norm(soft - colour, axis=2))
    in_front = np.clip(distance / PLAIN_DISTANCE, 0, 1)
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
    central = np.exp(-(((x - 0.5) / 0.45) ** 2) - ((y - 0.55) / 0.6) ** 2)
    return (in_front * central * _narrow(soft, x)).astype(np.float32)


def _narrow(soft: Any, x: Any) -> Any:
    """How much of each pixel's colour stands close together across the frame."""
    small = soft[::2, ::2].reshape(-1, 3)
    centres, own = colours_of(np.ascontiguousarray(small), CLUSTERS)
    place = x[::2, ::2].ravel()
    count = np.maximum(np.bincount(own, minlength=CLUSTERS), 1)
    mean = np.bincount(own, place, minlength=CLUSTERS) / count
    spread = np.sqrt(np.bincount(own, (place - mean[own]) ** 2, minlength=CLUSTERS) / count)
    weight = np.exp(-0.5 * (spread / NARROW) ** 2)
    return weight[nearest(soft.reshape(-1, 3), centres)].reshape(soft.shape[:2])
