"""Air that is alive: dust in the light, beams, rain, snow, fireflies. Small patches and small rasters only."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from callsheet.studio.picture.camera import Pose
from callsheet.studio.picture.canvas import Canvas, disc
from callsheet.studio.picture.spec import F32, U8, Rgb, SceneOrder, SceneSpec, stream, vec
from callsheet.studio.picture.trace.rays import Eye


@dataclass
class Specks:
    """Soft points that drift: columns of `points` are x, y (frame heights), depth 0.4..2.5, phase, size."""

    points: F32
    sprites: list[U8]
    fall: tuple[float, float]
    sway: float
    twinkle: float
    half: float

    def draw(self, canvas: Canvas, pose: Pose, t: float) -> None:
        for x, y, depth, phase, size in self.points:
            d = float(depth)
            sx = x + self.fall[0] * t * d + self.sway * math.sin(t * 0.9 + phase) * d
            sy = y + self.fall[1] * t * d + self.sway * 0.7 * math.cos(t * 0.7 + phase * 1.7) * d
            scale, ox, oy = pose.place(d)
            sx, sy = (sx - ox) * scale, (sy - oy) * scale
            # Wrapped into the frame and a rim round it.
            wide = self.half * 2 + 0.2
            sx = (sx + wide / 2) % wide - wide / 2
            sy = (sy + 0.6) % 1.2 - 0.6
            number = int(np.clip(size, 0, len(self.sprites) - 1))
            level = 1.0
            if self.twinkle:
                level = 0.35 + 0.65 * (0.5 + 0.5 * math.sin(t * self.twinkle + phase * 3))
            _spot(
                canvas,
                self.sprites[number],
                sx * canvas.height + canvas.width / 2,
                sy * canvas.height + canvas.height / 2,
                level,
            )


def _spot(canvas: Canvas, sprite: U8, x: float, y: float, level: float) -> None:
    h, w = sprite.shape[:2]
    x0, y0 = math.floor(x - w / 2), math.floor(y - h / 2)
    if x0 < 0 or y0 < 0 or x0 + w > canvas.width or y0 + h > canvas.height:
        return
    fx, fy = x - w / 2 - x0, y - h / 2 - y0
    moved = cv2.warpAffine(sprite, np.array([[1, 0, fx], [0, 1, fy]], np.float64), (w, h), flags=cv2.INTER_LINEAR)
    if level < 0.99:
        moved = cv2.convertScaleAbs(moved, alpha=level)
    canvas.add(moved, x0, y0)


def _dots(height: int, color: Rgb, sizes: tuple[float, ...], power: tuple[float, ...], soft: float) -> list[U8]:
    out = []
    for size, level in zip(sizes, power, strict=True):
        px = max(3, round(size * height) | 1) + 2
        shape = disc(px, soft)
        dot = np.zeros((px, px, 4), np.uint8)
        for c in range(3):
            dot[..., c] = np.clip(shape * color[2 - c] * level * 255, 0, 255)
        out.append(dot)
    return out


def dust(order: SceneOrder, amount: float, color: Rgb) -> Specks:
    """Motes that float in the light."""
    rng = stream("dust", order.seed)
    count = int(34 * amount)
    half = order.aspect / 2
    points = np.stack(
        [
            rng.uniform(-half, half, count),
            rng.uniform(-0.5, 0.5, count),
            rng.uniform(0.5, 1.9, count),
            rng.uniform(0, 6.28, count),
            rng.integers(0, 4, count),
        ],
        -1,
    ).astype(np.float32)
    sprites = _dots(order.height, color, (0.005, 0.007, 0.011, 0.018), (0.22, 0.18, 0.14, 0.08), 1.0)
    return Specks(points, sprites, (0.004, 0.0035), 0.012, 1.3, half)


def snowfall(order: SceneOrder, heavy: float = 1.0) -> Specks:
    rng = stream("snow", order.seed)
    count = int(210 * heavy)
    half = order.aspect / 2
    depth = rng.uniform(0.45, 2.3, count) ** 1.0
    points = np.stack(
        [
            rng.uniform(-half, half, count),
            rng.uniform(-0.6, 0.6, count),
            depth,
            rng.uniform(0, 6.28, count),
            np.clip((depth - 0.45) * 2.2, 0, 3),
        ],
        -1,
    ).astype(np.float32)
    sprites = _dots(order.height, (0.95, 0.97, 1.0), (0.0045, 0.0065, 0.010, 0.018), (0.75, 0.7, 0.55, 0.32), 0.85)
    return Specks(points, sprites, (0.025, 0.1), 0.02, 0.0, half)


def fireflies(order: SceneOrder) -> Specks:
    rng = stream("fireflies", order.seed)
    count = 30
    half = order.aspect / 2
    points = np.stack(
        [
            rng.uniform(-half, half, count),
            rng.uniform(-0.1, 0.5, count),
            rng.uniform(0.6, 1.6, count),
            rng.uniform(0, 6.28, count),
            rng.integers(0, 3, count),
        ],
        -1,
    ).astype(np.float32)
    return Specks(
        points,
        _dots(order.height, (0.9, 1.0, 0.35), (0.012, 0.02, 0.03), (0.9, 0.7, 0.5), 1.0),
        (0.0, 0.0),
        0.035,
        2.4,
        half,
    )


@dataclass
class Rain:
    """Streaks on two sheets that slide at two speeds."""

    sheets: list[U8]
    speeds: list[tuple[float, float]]

    def draw(self, canvas: Canvas, pose: Pose, t: float) -> None:
        del pose
        for sheet, (vx, vy) in zip(self.sheets, self.speeds, strict=True):
            h, w = sheet.shape[:2]
            oy = int(-t * vy * canvas.height) % h
            ox = int(-t * vx * canvas.height) % w
            y = 0
            while y < canvas.height:
                top = (oy + y) % h
                tall = min(h - top, canvas.height - y)
                x = 0
                while x < canvas.width:
                    left = (ox + x) % w
                    wide = min(w - left, canvas.width - x)
                    canvas.add(sheet[top : top + tall, left : left + wide], x, y)
                    x += wide
                y += tall


def rain(order: SceneOrder, heavy: float = 1.0) -> Rain:
    rng = stream("rain", order.seed)
    sheets, speeds = [], []
    h = order.height
    for layer, (count, length, level, thick) in enumerate(((150, 0.05, 44, 1.0), (70, 0.11, 62, 1.7))):
        wide, tall = order.width, round(h * 1.25)
        sheet: U8 = np.zeros((tall, wide), np.uint8)
        for _ in range(int(count * heavy * order.aspect)):
            x, y = float(rng.uniform(0, wide)), float(rng.uniform(0, tall))
            long = length * h * float(rng.uniform(0.6, 1.2))
            for ox, oy in ((0, 0), (0, -tall), (wide, 0), (-wide, 0)):
                p = (round((x + ox) * 8), round((y + oy) * 8))
                q = (round((x + ox - long * 0.12) * 8), round((y + oy + long) * 8))
                cv2.line(sheet, p, q, level, max(1, round(thick * h / 900)), cv2.LINE_AA, 3)
        sheet = cv2.GaussianBlur(sheet, (0, 0), max(0.5, h / 1400))
        sheets.append(
            cv2.merge((sheet, (sheet * 0.96).astype(np.uint8), (sheet * 0.9).astype(np.uint8), np.zeros_like(sheet)))
        )
        speeds.append((-0.2 * (1 + layer * 0.4), 1.55 + layer * 0.75))
    return Rain(sheets, speeds)


@dataclass
class Beams:
    """Light through a window made visible: a faint fan, added from a small raster, breathing slowly."""

    image: U8

    def draw(self, canvas: Canvas, pose: Pose, t: float) -> None:
        level = 0.75 + 0.25 * math.sin(t * 0.8)
        scale, ox, oy = pose.place(0.8)
        h, w = self.image.shape[:2]
        # Placed on its own small raster; only then brought to the frame's size.
        k = scale * 1.08
        m = np.array([[k, 0, w / 2 * (1 - k) - ox * scale * h], [0, k, h / 2 * (1 - k) - oy * scale * h]])
        small = cv2.warpAffine(self.image, m, (w, h), flags=cv2.INTER_LINEAR)
        small = cv2.convertScaleAbs(small, alpha=level)
        big = cv2.resize(small, (canvas.width, canvas.height), interpolation=cv2.INTER_LINEAR)
        cv2.add(canvas.pixels, big, dst=canvas.pixels)


def beams(order: SceneOrder, eye: Eye, source: tuple[float, float, float], spec: SceneSpec) -> Beams:
    """The fan of light from a window at `source`."""
    x, y, _ = eye.project(vec([source]))
    cx, cy = eye.centre
    sx, sy = float(x[0] - cx) / eye.frame[1], float(y[0] - cy) / eye.frame[1]
    sx, sy = float(np.clip(sx, -1.2, 1.2)), float(np.clip(sy, -0.8, 0.2))
    rows = 120
    cols = round(rows * order.aspect)
    gy, gx = np.mgrid[0:rows, 0:cols].astype(np.float32)
    px, py = (gx + 0.5) / rows - order.aspect / 2 - sx, (gy + 0.5) / rows - 0.5 - sy
    angle = np.arctan2(py, px * (1 if sx < 0 else -1))
    far = np.hypot(px, py)
    ray = 0.5 + 0.28 * np.sin(angle * 17 + 1.0) + 0.22 * np.sin(angle * 31 + 2.0)
    fan = np.exp(-(((angle - 0.62) / 0.42) ** 2)) * np.clip(ray, 0, 1) * np.exp(-far * 1.25) * np.clip(far * 5, 0, 1)
    fan = cv2.GaussianBlur(fan.astype(np.float32), (0, 0), 2.0)
    warm = {"day": (1.0, 0.96, 0.88), "sunrise": (1.0, 0.8, 0.6), "sunset": (1.0, 0.66, 0.38)}.get(
        spec.time, (0.8, 0.85, 1.0)
    )
    level = 30.0 if spec.time == "day" else 46.0
    image = np.zeros((rows, cols, 4), np.uint8)
    for c in range(3):
        image[..., c] = np.clip(fan * warm[2 - c] * level, 0, 255)
    return Beams(image)
