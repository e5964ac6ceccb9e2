"""Motes of dust in the light: soft points that rise slowly, sway and twinkle, and return after one period."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

import cv2
import numpy as np

from callsheet.studio.animate.order import F32, U8


@dataclass(frozen=True)
class Dust:
    """Positions in 0..1 of the frame, radii as a share of its height; arrays of one value for each mote."""

    x: F32
    y: F32
    radius: F32
    light: F32
    phase: F32
    cycles: F32
    near: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    tint: tuple[float, float, float]


def scatter(seed: int, amount: float, seconds: float, image: U8) -> Dust:
    """Motes for a picture, in a pale tint of its brightest colour. The same seed gives the same motes."""
    digest = hashlib.sha256(f"dust {seed}".encode()).digest()
    random = np.random.Generator(np.random.Philox(int.from_bytes(digest[:8], "big")))
    count = round(26 + 44 * amount)
    small = cv2.resize(image, (48, 48), interpolation=cv2.INTER_AREA).reshape(-1, 3).astype(np.float32)
    bright = small[np.argsort(small.sum(1))[-200:]].mean(0)
    tint = 255.0 * (0.55 + 0.45 * bright / max(float(bright.max()), 1.0))
    near = random.random(count) < 0.25
    radius = np.where(near, random.uniform(0.006, 0.014, count), random.uniform(0.0012, 0.0032, count))
    # A mote crosses the frame a whole number of times in a period (0 or 1), or it would jump at the seam.
    rising = (random.random(count) < min(0.9, seconds / 8.0)).astype(np.float32)
    light = np.where(near, random.uniform(0.05, 0.13, count), random.uniform(0.25, 0.75, count)) * min(
        1.0, 0.55 + 0.45 * amount
    )
    return Dust(
        random.random(count).astype(np.float32), random.random(count).astype(np.float32), radius.astype(np.float32),
        light.astype(np.float32), random.random(count).astype(np.float32), rising, near,
        (float(tint[0]), float(tint[1]), float(tint[2])),
    )  # fmt: skip


def sprinkle(frame: U8, dust: Dust, u: float) -> None:
    """Add the motes of moment u (period 1) to a frame, in place, sub-pixel smooth."""
    height, width = frame.shape[:2]
    half = (max(1, width // 2), max(1, height // 2))
    layers = (np.zeros((half[1], half[0]), np.uint8), np.zeros((half[1], half[0]), np.uint8))
    turn = 2.0 * math.pi * (u + dust.phase)
    y = (dust.y - dust.cycles * u + 0.018 * np.cos(turn)) % 1.0
    x = dust.x + 0.022 * np.sin(turn)
    # Fade at the upper and lower edge hides the return from top to bottom.
    edge = np.clip(np.minimum(y, 1.0 - y) / 0.08, 0.0, 1.0)
    light = dust.light * (0.55 + 0.45 * np.sin(2.0 * turn + 9.0 * dust.phase)) * edge
    for i in range(len(x)):
        radius = max(0.8, float(dust.radius[i]) * half[1])
        centre = (round(float(x[i]) * half[0] * 64), round((1.1 * float(y[i]) - 0.05) * half[1] * 64))
        cv2.circle(layers[int(dust.near[i])], centre, round(radius * 64), int(255 * light[i]), -1, cv2.LINE_AA, 6)
    unit = half[1] / 540.0
    fine = cv2.GaussianBlur(layers[0], (0, 0), max(0.5, 0.9 * unit))
    soft = cv2.GaussianBlur(layers[1], (0, 0), max(0.6, 1.8 * unit))
    both = cv2.resize(cv2.add(fine, soft), (width, height), interpolation=cv2.INTER_LINEAR)
    glow = cv2.merge([cv2.convertScaleAbs(both, alpha=tone / 255.0) for tone in dust.tint])
    cv2.add(frame, glow, dst=frame)
