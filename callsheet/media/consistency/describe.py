"""What is kept of one shot: a few small arrays, from which all distances to other shots are worked out.

Sources of the parts: mean and spread in Lab as colour characteristics, Reinhard, Ashikhmin, Gooch and Shirley, "Color
Transfer between Images", IEEE CG&A 2001; the light's colour from edges, van de Weijer, Gevers and Gijsenij, "Edge-Based
Color Constancy", IEEE TIP 2007; key points, Lowe, "Distinctive Image Features from Scale-Invariant Keypoints", IJCV
2004 (SIFT), normalised as Arandjelovic and Zisserman, CVPR 2012 (RootSIFT).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from callsheet.media.consistency.foreground import foreground, lab_of
from callsheet.media.consistency.sampling import Sample

BINS = (9, 17, 17)
"""Bins of L 0..100 and of a and b -64..64: about 12, 8 and 8 units each."""
KEY_POINTS = 500
THIRDS = ((0.0, 0.25), (0.25, 0.75), (0.75, 1.0))
"""Shadows, middle tones and lights, as shares of a frame's pixels ordered by lightness."""


@dataclass(frozen=True)
class Points:
    """Key points of the place in one frame: `places` (n, 2), RootSIFT `descriptors` (n, 128), `lab` (n, 3) there."""

    places: Any
    descriptors: Any
    lab: Any


@dataclass(frozen=True)
class Shot:
    """Measures of one shot. `lab` are pixels (n, 3) of all its frames, `front` and `behind` their weights (n,)."""

    lab: Any
    front: Any
    tones: Any
    grade: Any
    light: Any
    lightness: Any
    points: tuple[Points, ...]

    @property
    def behind(self) -> Any:
        return 1 - np.minimum(1, self.front * 2.5)


def describe(sample: Sample) -> Shot:
    """The measures of a shot's frames. `sample` holds at least one."""
    labs = [lab_of(frame) for frame in sample.frames]
    fronts = [foreground(lab) for lab in labs]
    step = 2
    lab = np.concatenate([x[::step, ::step].reshape(-1, 3) for x in labs])
    front = np.concatenate([x[::step, ::step].ravel() for x in fronts])
    return Shot(
        lab=lab,
        front=front,
        tones=np.mean([_tones(x) for x in labs], 0),
        grade=np.mean([_grade(x) for x in labs], 0),
        light=np.mean([_light(f, x) for f, x in zip(sample.frames, labs, strict=True)], 0),
        lightness=np.mean([np.quantile(x[..., 0], np.linspace(0.01, 0.99, 50)) for x in labs], 0),
        points=tuple(_points(labs[i], fronts[i]) for i in _spread(len(labs), 2)),
    )


def _spread(number: int, wanted: int) -> list[int]:
    return sorted({round(i) for i in np.linspace(0, number - 1, min(wanted, number))})


def palette(lab: Any, weight: Any) -> Any:
    """How much of the frame each colour has (flat, BINS): weights are shared among neighbouring bins."""
    span = np.array(BINS, np.float32) - 1
    at = np.clip(lab / np.array([100, 128, 128], np.float32) + np.array([0, 0.5, 0.5], np.float32), 0, 1) * span
    index = np.round(at).astype(np.int64)
    flat = (index[:, 0] * BINS[1] + index[:, 1]) * BINS[2] + index[:, 2]
    counts = np.bincount(flat, weight, minlength=int(np.prod(BINS))).reshape(BINS) / max(len(lab), 1)
    for axis in range(3):
        padded = np.moveaxis(np.pad(counts, [(1, 1) if a == axis else (0, 0) for a in range(3)]), axis, 0)
        counts = np.moveaxis(0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:], 0, axis)
    return counts.ravel()


def _tones(lab: Any) -> Any:
    """Mean a and b of shadows, middle tones and lights: 6 numbers."""
    order = np.argsort(lab[..., 0], axis=None, kind="stable")
    chroma = lab[..., 1:].reshape(-1, 2)[order]
    return np.concatenate([chroma[int(a * len(order)) : int(b * len(order))].mean(0) for a, b in THIRDS])


def _grade(lab: Any) -> Any:
    """Black point, white point, contrast (spread of L), mean chroma and spread of chroma, as logarithms but the first
    two: 5 numbers.
    """
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    low, high = np.quantile(lab[..., 0], [0.02, 0.98])
    return np.array([low, high, *(np.log(v + 1.0) for v in (lab[..., 0].std(), chroma.mean(), chroma.std()))])


def _light(frame: Any, lab: Any) -> Any:
    """Log ratios red/green and blue/green of the light by grey edges, its direction (x, y; length is how directed it
    is), and the mean lightness: 5 numbers.
    """
    soft = cv2.GaussianBlur(frame.astype(np.float32) / 255, (0, 0), 2.0)
    edge = np.hypot(cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1))
    power = (edge.reshape(-1, 3) ** 5).mean(0) ** 0.2 + 1e-4
    coarse = cv2.GaussianBlur(cv2.resize(lab[..., 0], (32, 18), interpolation=cv2.INTER_AREA), (0, 0), 2.0)
    way = np.array([np.diff(coarse, axis=1).mean() * 32, np.diff(coarse, axis=0).mean() * 18])
    return np.array([np.log(power[2] / power[1]), np.log(power[0] / power[1]), *way / 50, lab[..., 0].mean()])


def _points(lab: Any, front: Any) -> Points:
    grey = np.clip(lab[..., 0] * 2.55, 0, 255).astype(np.uint8)
    sift = cv2.SIFT_create(nfeatures=KEY_POINTS, contrastThreshold=0.02)  # type: ignore[attr-defined]
    found, descriptors = sift.detectAndCompute(grey, (front < 0.3).astype(np.uint8) * 255)
    if descriptors is None or not len(found):
        return Points(*(np.zeros((0, n), np.float32) for n in (2, 128, 3)))
    root = np.sqrt(descriptors / np.maximum(descriptors.sum(1, keepdims=True), 1e-6)).astype(np.float32)
    places = np.array([p.pt for p in found], np.float32)
    soft = cv2.GaussianBlur(lab, (0, 0), 2.0)
    x = np.clip(places.round().astype(int), 0, [lab.shape[1] - 1, lab.shape[0] - 1])
    return Points(places, root, soft[x[:, 1], x[:, 0]])
