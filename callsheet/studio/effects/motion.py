"""How a clip moves near one of its ends: the camera's way, what moves beside it, and where it comes back to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np

from callsheet.studio.picture.spec import F32, U8

SMALL = 144
"""Lines of the pictures that motion is measured on."""
CUT = 22.0
"""Mean difference of two frames, of 255, that is a cut when it is also five times the usual one."""


@dataclass
class Shot:
    """The frames of one shot, small and grey, from `first` (a number of the clip) on; `light` is their mean BGR.

    `steps` (n - 1, 3, 3) bring each frame onto the next one, in small pixels.
    """

    first: int
    greys: list[U8]
    light: list[F32]
    steps: list[F32]
    scale: float

    @property
    def count(self) -> int:
        return len(self.greys)

    def onto(self, end: int) -> list[F32]:
        """For each frame the matrix that brings it onto frame `end` of the shot."""
        out: list[F32] = [np.eye(3, dtype=np.float32)] * self.count
        for number in range(end - 1, -1, -1):
            out[number] = out[number + 1] @ self.steps[number]
        for number in range(end + 1, self.count):
            out[number] = out[number - 1] @ np.linalg.inv(self.steps[number - 1])
        return [np.asarray(m, np.float32) for m in out]


def watch(frames: Iterable[U8], first: int, *, last_shot: bool) -> Shot:
    """The last shot of `frames`, or the first one. Frames are numbered from `first`."""
    greys: list[U8] = []
    light: list[F32] = []
    changes: list[float] = []
    scale = 1.0
    for number, frame in enumerate(frames, first):
        scale = SMALL / frame.shape[0]
        small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
        if greys:
            change = float(cv2.absdiff(grey, greys[-1]).mean())
            usual = float(np.median(changes[-24:])) if changes else change
            if change > CUT and change > 5 * max(usual, 0.5):
                if not last_shot:
                    break
                greys, light, changes, first = [], [], [], number
            else:
                changes.append(change)
        greys.append(grey)
        light.append(small.reshape(-1, 3).mean(0).astype(np.float32))
    steps = [_camera_step(a, b) for a, b in pairwise(greys)]
    return Shot(first, greys, light, steps, scale)


def _camera_step(a: U8, b: U8) -> F32:
    """The similarity that brings most of `a` onto `b`: what the camera did between two frames."""
    points = cv2.goodFeaturesToTrack(a, 160, 0.01, 6)
    if points is None or len(points) < 12:
        return np.eye(3, dtype=np.float32)
    moved, found, _ = cv2.calcOpticalFlowPyrLK(a, b, points, None, winSize=(15, 15), maxLevel=3)  # type: ignore[call-overload]
    good = found.ravel() == 1
    if good.sum() < 10:
        return np.eye(3, dtype=np.float32)
    cv2.setRNGSeed(1)
    matrix, inliers = cv2.estimateAffinePartial2D(
        points[good], moved[good], method=cv2.RANSAC, ransacReprojThreshold=0.6, maxIters=400
    )
    if matrix is None or inliers is None or inliers.sum() < 0.25 * good.sum():
        return np.eye(3, dtype=np.float32)
    return np.vstack([matrix, [0, 0, 1]]).astype(np.float32)


def velocity(shot: Shot, end: int, reach: int = 8) -> F32:
    """The camera's speed at the first (`end` 0) or last frame: log of scale, angle, x, y for one frame.

    x and y are small pixels at the centre of the picture; the median over `reach` steps.
    """
    steps = shot.steps[:reach] if end == 0 else shot.steps[-reach:]
    if not steps:
        return np.zeros(4, np.float32)
    h, w = shot.greys[0].shape
    centre = np.array([w / 2, h / 2, 1], np.float32)
    rows = []
    for m in steps:
        moved = m @ centre - centre
        rows.append([0.5 * np.log(max(1e-6, m[0, 0] ** 2 + m[1, 0] ** 2)), np.arctan2(m[1, 0], m[0, 0]), *moved[:2]])
    return np.median(np.array(rows, np.float32), axis=0).astype(np.float32)


def flow(a: U8, b: U8, *, smooth: float = 2.0) -> F32:
    """Where the places of `a` are in `b`: (h, w, 2) pixels."""
    engine: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    found = np.asarray(engine.calc(a, b, None), np.float32)
    return np.asarray(cv2.GaussianBlur(found, (0, 0), smooth), np.float32)


def residual(shot: Shot, end: int) -> F32:
    """What moves at an end beside the camera: (h, w, 2) small pixels for one frame, robust against single frames."""
    last = shot.count - 1
    pairs = (
        [(n, n + 2) for n in range(min(4, last - 1))]
        if end == 0
        else [(n - 2, n) for n in range(last, max(1, last - 4), -1)]
    )
    h, w = shot.greys[0].shape
    if not pairs:
        return np.zeros((h, w, 2), np.float32)
    found = []
    for a, b in pairs:
        brought = shot.steps[b - 1] @ shot.steps[a]
        still = cv2.warpAffine(
            shot.greys[a], brought[:2], (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        found.append(flow(np.asarray(still, np.uint8), shot.greys[b]) / 2)
    return np.median(np.stack(found), axis=0).astype(np.float32)


def liveliness(shot: Shot) -> float:
    """How much moves beside the camera, in small pixels a frame: the mean of the livelier tenth of the picture."""
    if shot.count < 6:
        return 0.0
    h, w = shot.greys[0].shape
    found = []
    for a in np.linspace(0, shot.count - 3, 5).astype(int):
        brought = shot.steps[a + 1] @ shot.steps[a]
        still = cv2.warpAffine(
            shot.greys[a], brought[:2], (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        speed = np.hypot(*np.moveaxis(flow(np.asarray(still, np.uint8), shot.greys[a + 2]) / 2, -1, 0))
        inner = speed[h // 10 : -h // 10, w // 10 : -w // 10]
        found.append(float(np.sort(inner.ravel())[-inner.size // 10 :].mean()))
    return float(np.median(found))


def return_point(shot: Shot, end: int, least: int) -> int | None:
    """The frame from which the shot can be played again after its last one (`end` -1), or up to which before its first
    (`end` 0): as like that end as can be, in place and in motion, at least `least` frames from it. None: there is none.
    """
    last = shot.count - 1
    target = last if end else 0
    beside = last - 1 if end else 1
    if last < least + 2:
        return None
    onto = shot.onto(target)
    h, w = shot.greys[0].shape
    full = np.full((h, w), 255, np.uint8)
    best: tuple[float, int] | None = None
    want = [shot.greys[target], shot.greys[beside]]
    numbers = range(1, last - least) if end else range(least + 1, last)
    for number in numbers:
        covered = cv2.warpAffine(full, onto[number][:2], (w, h)) > 250
        if covered.mean() < 0.75:
            continue
        cost = 0.0
        for at, grey in zip((number, number - 1 if end else number + 1), want, strict=True):
            seen = cv2.warpAffine(shot.greys[at], onto[at][:2], (w, h), borderMode=cv2.BORDER_REPLICATE)
            cost += float(cv2.absdiff(np.asarray(seen, np.uint8), grey)[covered].mean())
        # The longer the way back, the less it is seen that something comes again.
        cost = (cost + 0.5) * (2.2 - 1.2 * abs(target - number) / last)
        if best is None or cost < best[0]:
            best = (cost, number)
    return None if best is None else best[1]
