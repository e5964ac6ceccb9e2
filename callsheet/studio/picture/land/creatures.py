"""Animals and ships as figures, butterflies and birds as small moving drawings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from callsheet.studio.picture.camera import Pose
from callsheet.studio.picture.canvas import Canvas
from callsheet.studio.picture.noise import grain_at
from callsheet.studio.picture.people import Figure
from callsheet.studio.picture.spec import F32, U8, Rgb, SceneOrder, stream, vec
from callsheet.studio.picture.trace.shade import linear
from callsheet.studio.picture.trace.solids import Limb, Material, Paint, Solid, brick, extrude, limbs_solid


def _fur(base: Rgb, stripe: Rgb) -> Paint:
    a, b = linear(base), linear(stripe)

    def paint(x: F32, y: F32, z: F32, ny: F32) -> F32:
        n = grain_at(51, x * 2, y + z, 0.5, 3, 4)
        band = (
            np.clip(np.sin((x + z * 0.6) * np.float32(62) + n * 5) * 2.2 - 0.7, 0, 1)[:, None]
            * np.clip(0.4 + ny, 0, 1)[:, None]
        )
        tuft = grain_at(52, x, y + z, 0.06, 3, 8)[:, None]
        return np.asarray((a * (1 - band * 0.75) + b * band * 0.75) * (0.8 + 0.4 * tuft), np.float32)

    return paint


def cat(color: Rgb = (0.95, 0.5, 0.16), *, dog: bool = False) -> Figure:
    """A cat in a playful trot, side on, its head toward +x and up; about 0.35 m high."""
    dark: Rgb = (color[0] * 0.62, color[1] * 0.5, color[2] * 0.45)
    fur = Material(color, rough=0.95, sheen=0.7, paint=_fur(color, dark if not dog else color))
    white = Material((0.96, 0.93, 0.88), rough=0.95, sheen=0.5)
    pink, black = Material((0.85, 0.5, 0.48), rough=0.4), Material((0.05, 0.06, 0.04), rough=0.1, spec=0.08)
    body: list[Limb] = [
        ((-0.17, 0.22, 0), (-0.02, 0.225, 0), 0.082, 0.074),
        ((-0.02, 0.225, 0), (0.13, 0.24, 0), 0.074, 0.08),
        ((0.13, 0.25, 0), (0.19, 0.31, -0.005), 0.066, 0.056),
    ]
    legs: list[Limb] = []
    for x, z, swing in ((0.13, -0.04, 0.09), (0.1, 0.04, -0.05), (-0.16, -0.042, -0.08), (-0.18, 0.042, 0.07)):
        knee = (x + swing * 0.35 + (0.02 if x > 0 else -0.03), 0.12, z)
        legs += [((x, 0.2, z), knee, 0.043, 0.028), (knee, (x + swing, 0.028, z), 0.027, 0.022)]
    paws: list[Solid] = [
        limbs_solid([((x + s + 0.004, 0.022, z), (x + s + 0.026, 0.019, z), 0.025, 0.021)], white, tag="legs")
        for x, z, s in ((0.13, -0.04, 0.09), (0.1, 0.04, -0.05), (-0.16, -0.042, -0.08), (-0.18, 0.042, 0.07))
    ]
    head: list[Limb] = [
        ((0.235, 0.37, -0.012), (0.235, 0.37, -0.012), 0.074, 0.074),
        ((0.262, 0.345, -0.05), (0.262, 0.345, -0.05), 0.042, 0.042),
        ((0.205, 0.355, -0.04), (0.265, 0.36, 0.02), 0.052, 0.05),
    ]
    ears: list[Limb] = []
    for x, z in ((0.2, -0.03), (0.262, 0.02)):
        ears.append(
            ((x, 0.415, z), (x - 0.004, 0.475 if not dog else 0.4, z + 0.004), 0.027, 0.004 if not dog else 0.02)
        )
    tail: list[Limb] = []
    points = [(-0.235, 0.25, 0.0), (-0.3, 0.3, 0.01), (-0.33, 0.38, 0.015), (-0.32, 0.46, 0.02), (-0.285, 0.505, 0.02)]
    for a, b in pairwise(points):
        tail.append((a, b, 0.022, 0.02))
    solids = [
        limbs_solid(body, fur, blend=0.06, tag="body"),
        limbs_solid(legs, fur, blend=0.02, tag="legs"),
        *paws,
        limbs_solid(head, fur, blend=0.03, tag="head"),
        limbs_solid(ears, fur, blend=0.015, tag="head"),
        limbs_solid(
            [
                ((0.268, 0.338, -0.068), (0.28, 0.34, -0.06), 0.027, 0.026),
                ((0.18, 0.27, -0.045), (0.2, 0.31, -0.05), 0.03, 0.032),
            ],
            white,
            tag="head",
        ),
        limbs_solid([((0.279, 0.357, -0.089), (0.283, 0.357, -0.087), 0.008, 0.008)], pink, tag="head"),
        limbs_solid(
            [
                ((0.232, 0.386, -0.082), (0.232, 0.386, -0.082), 0.0135, 0.0135),
                ((0.29, 0.386, -0.05), (0.29, 0.386, -0.05), 0.0125, 0.0125),
            ],
            black,
            blend=0.001,
            tag="head",
        ),
        limbs_solid(tail, fur, blend=0.006, tag="tail"),
    ]
    joints = {"head": (0.18, 0.31, 0.0), "tail": (-0.235, 0.25, 0.0), "body": (0.0, 0.22, 0.0)}
    return Figure(tuple(solids), joints, 0.5)


def sailboat(color: Rgb) -> Figure:
    """A sailing boat side on, about 9 m long."""
    hull_sdf, hull_half = extrude(
        [(-4.3, 0.55), (-4.0, -0.35), (-2.6, -0.62), (2.4, -0.62), (3.6, -0.25), (4.8, 0.75), (0, 0.5)], 1.1, 0.35
    )
    main_sdf, main_half = extrude([(-3.0, -4.2), (-0.1, -4.2), (-0.1, 4.4), (-0.5, 4.2), (-2.0, 0.0)], 0.05, 0.03)
    jib_sdf, jib_half = extrude([(-1.9, -3.4), (2.0, -3.4), (-1.75, 3.4)], 0.05, 0.03)
    cloth = Material((0.95, 0.93, 0.88), rough=0.9, sheen=0.4)
    wood = Material((0.42, 0.26, 0.16), rough=0.5)
    solids = (
        Solid(hull_sdf, hull_half, Material(color, rough=0.3), (0, 0.35, 0), tag="body"),
        brick((0.2, 0.95, 0), (1.2, 0.28, 0.6), Material((0.92, 0.91, 0.88), rough=0.4), 0.15, tag="body"),
        limbs_solid([((0.1, 0.6, 0), (0.1, 10.6, 0), 0.09, 0.05)], wood, tag="body"),
        limbs_solid([((0.1, 1.6, 0), (-3.1, 1.7, 0), 0.06, 0.05)], wood, tag="body"),
        Solid(main_sdf, main_half, cloth, (0.0, 6.1, 0), (0.12, 0, 0), tag="body"),
        Solid(jib_sdf, jib_half, cloth, (2.25, 5.1, -0.05), (-0.12, 0, 0), tag="body"),
    )
    return Figure(solids, {"body": (0.0, 0.0, 0.0)}, 10.8)


def tent(*, night: bool) -> Figure:
    """A ridge tent of cloth, its door open to -z and lamplight inside, a fire of logs beside it."""
    roof, half = extrude([(-1.25, -0.8), (1.25, -0.8), (0.06, 0.8), (-0.06, 0.8)], 1.3, 0.03)
    door, door_half = extrude([(-0.5, -0.7), (0.5, -0.7), (0.0, 0.55)], 0.03, 0.01)
    k = 0.62 if night else 0.2
    cloth = Material(
        (0.86, 0.42, 0.14), rough=0.9, sheen=0.4, emit=(0.28 * k, 0.1 * k, 0.02 * k) if night else (0, 0, 0)
    )
    inside = Material((0.3, 0.2, 0.12), rough=0.9, emit=(0.9 * k, 0.55 * k, 0.2 * k))
    logs: list[Limb] = [
        ((-2.3 + 0.3 * a, 0.04, -1.3), (-1.75 - 0.3 * a, 0.12, -1.2 + 0.2 * b), 0.05, 0.045)
        for a, b in ((0, 1), (1, -1), (0.5, 0))
    ]
    flames: list[Limb] = [
        ((-2.02, 0.1, -1.25), (-2.0, 0.5, -1.25), 0.1, 0.012),
        ((-1.93, 0.1, -1.22), (-1.88, 0.34, -1.24), 0.07, 0.01),
        ((-2.1, 0.1, -1.25), (-2.15, 0.3, -1.26), 0.07, 0.01),
    ]
    solids = (
        Solid(roof, half, cloth, (0, 0.8, 0), tag="body"),
        Solid(door, door_half, inside, (0, 0.72, -1.3), tag="body"),
        limbs_solid(logs, Material((0.2, 0.13, 0.08), rough=0.9), tag="body"),
        limbs_solid(flames, Material((0.4, 0.2, 0.1), emit=(2.2, 0.8, 0.14)), blend=0.06, tag="body"),
    )
    return Figure(solids, {"body": (0.0, 0.0, 0.0)}, 1.6)


@dataclass
class Butterflies:
    """Butterflies on their errands about a place; `points`: x, y, size (frame heights), phase, d."""

    points: F32
    wings: list[U8]

    def draw(self, canvas: Canvas, pose: Pose, t: float) -> None:
        for number, (x, y, size, phase, d) in enumerate(self.points):
            px = x + 0.11 * math.sin(t * 0.9 + phase) + 0.03 * math.sin(t * 2.9 + phase * 2) + 0.02 * t
            py = y + 0.07 * math.sin(t * 1.3 + phase * 1.4) + 0.018 * math.sin(t * 7.5 + phase)
            scale, ox, oy = pose.place(float(d))
            cx = canvas.width / 2 + (px - ox) * scale * canvas.height
            cy = canvas.height / 2 + (py - oy) * scale * canvas.height
            wing = self.wings[number % len(self.wings)]
            open_ = 0.2 + 0.8 * abs(math.cos(t * 8.5 + phase))
            lean = 0.35 * math.sin(t * 1.1 + phase)
            k = float(size) * canvas.height * scale / wing.shape[0]
            for side in (-1, 1):
                self._wing(canvas, wing, cx, cy, k, side * open_ * (1.0 if side > 0 else 0.8), lean)

    @staticmethod
    def _wing(canvas: Canvas, wing: U8, cx: float, cy: float, k: float, across: float, lean: float) -> None:
        h, w = wing.shape[:2]
        c, s = math.cos(lean), math.sin(lean)
        m = np.array([[across * k * c, -k * s], [across * k * s, k * c]])
        corners = np.array([[0, -h * 0.6], [w, -h * 0.6], [0, h * 0.4], [w, h * 0.4]]) @ m.T
        x0, y0 = corners[:, 0].min() + cx - 1, corners[:, 1].min() + cy - 1
        x1, y1 = corners[:, 0].max() + cx + 1, corners[:, 1].max() + cy + 1
        box = canvas.clip(float(x0), float(y0), float(x1), float(y1))
        if box is None:
            return
        shift = np.array([cx - box[0], cy - box[1]]) - m @ np.array([0.0, h * 0.6])
        matrix = np.concatenate([m, shift[:, None]], 1)
        patch = cv2.warpAffine(wing, matrix, (box[2] - box[0], box[3] - box[1]), flags=cv2.INTER_AREA)
        canvas.over(patch, box[0], box[1])


def _wing_picture(color: Rgb, edge: Rgb) -> U8:
    """A right wing pair, its root at the left edge, premultiplied BGRA 96x96."""
    big: U8 = np.zeros((384, 384, 4), np.uint8)

    def fill(points: list[tuple[int, int]], c: Rgb) -> None:
        cv2.fillPoly(big, [np.array(points, np.int32)], (int(c[2] * 255), int(c[1] * 255), int(c[0] * 255), 255))

    upper = [(0, 220), (60, 100), (180, 20), (320, 10), (360, 60), (330, 150), (220, 220), (80, 240)]
    lower = [(0, 225), (90, 240), (230, 235), (290, 290), (250, 350), (150, 375), (60, 310)]
    fill(upper, edge)
    fill(lower, edge)
    fill([(10, 215), (75, 115), (185, 50), (300, 40), (325, 75), (295, 140), (200, 200), (80, 225)], color)
    fill(
        [(14, 240), (95, 252), (215, 250), (258, 292), (228, 332), (150, 350), (72, 298)],
        (color[0], color[1] * 0.85, color[2] * 0.8),
    )
    for at, r in (((270, 75), 14), ((300, 110), 10), ((215, 300), 16)):
        cv2.circle(big, at, r, (235, 245, 255, 255), -1)
    cv2.ellipse(big, (4, 215), (12, 95), 0, 0, 360, (22, 20, 26, 255), -1)
    big = cv2.GaussianBlur(big, (0, 0), 2)
    return np.asarray(cv2.resize(big, (96, 96), interpolation=cv2.INTER_AREA), np.uint8)


def butterflies(order: SceneOrder, count: int, at: tuple[float, float]) -> Butterflies:
    rng = stream("butterflies", order.seed)
    colors: list[tuple[Rgb, Rgb]] = [
        ((0.25, 0.5, 0.95), (0.08, 0.1, 0.25)),
        ((0.98, 0.75, 0.2), (0.3, 0.15, 0.05)),
        ((0.9, 0.35, 0.6), (0.25, 0.06, 0.15)),
        ((0.95, 0.95, 0.98), (0.3, 0.3, 0.38)),
    ]
    rows = []
    for k in range(count):
        x, y = at[0] + float(rng.uniform(0.12, 0.62)), at[1] + float(rng.uniform(-0.26, 0.06))
        rows.append((x, y, float(rng.uniform(0.035, 0.07)), float(rng.uniform(0, 6.28)), 0.85 + 0.1 * k))
    return Butterflies(vec(rows), [_wing_picture(*c) for c in colors])


@dataclass
class Birds:
    """A flock far away; `points`: x, y, size, phase."""

    points: F32
    color: tuple[int, int, int]
    speed: float

    def draw(self, canvas: Canvas, pose: Pose, t: float) -> None:
        _, ox, oy = pose.place(0.06)
        half = canvas.width / canvas.height / 2 + 0.15
        for x, y, size, phase in self.points:
            px = (x + self.speed * t - ox + half) % (2 * half) - half
            py = y + 0.008 * math.sin(t * 0.8 + phase) - oy
            flap = math.sin(t * 6.5 + phase)
            cx, cy, s = (
                canvas.width / 2 + px * canvas.height,
                canvas.height / 2 + py * canvas.height,
                float(size) * canvas.height,
            )
            up = s * (0.25 + 0.42 * flap)
            wing = np.array(
                [
                    (cx - s, cy - up),
                    (cx - s * 0.45, cy - up * 0.8 - s * 0.12),
                    (cx, cy),
                    (cx + s * 0.45, cy - up * 0.8 - s * 0.12),
                    (cx + s, cy - up),
                    (cx + s * 0.42, cy - up * 0.55 + s * 0.02),
                    (cx + s * 0.1, cy + s * 0.12),
                    (cx - s * 0.1, cy + s * 0.12),
                    (cx - s * 0.42, cy - up * 0.55 + s * 0.02),
                ]
            )
            cv2.fillPoly(canvas.pixels, [np.round(wing * 16).astype(np.int32)], (*self.color, 255), cv2.LINE_AA, 4)


def birds(order: SceneOrder, time: str, count: int = 7) -> Birds:
    rng = stream("birds", order.seed)
    half = order.aspect / 2
    lead = (float(rng.uniform(-0.5, 0.1)) * half, float(rng.uniform(-0.36, -0.2)))
    rows = []
    for k in range(count):
        row = (k + 1) // 2
        side = 1 if k % 2 else -1
        rows.append(
            (
                lead[0] - row * 0.045 + float(rng.uniform(-0.01, 0.01)),
                lead[1] + side * row * 0.02 + float(rng.uniform(-0.006, 0.006)),
                float(rng.uniform(0.011, 0.017)),
                float(rng.uniform(0, 6.28)),
            )
        )
    shade = {"day": (70, 60, 55), "sunrise": (60, 48, 62), "sunset": (40, 26, 46), "night": (40, 30, 24)}[time]
    return Birds(vec(rows), shade, 0.035)
