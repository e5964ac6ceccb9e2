"""The trail bottle: brushed steel, a band of powder coat, a ribbed cap with a carrying loop."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from imaging.geometry import (
    Floats,
    basis,
    dot,
    fractal_noise,
    mix,
    rounded_cylinder,
    sample,
    smooth_union,
    smoothstep,
    unit,
    vec,
)  # fmt: skip
from imaging.landscape import Valley
from imaging.studio import Camera, Light, Surface, aim

RADIUS = 0.40
SHOULDER = 1.72
NECK_RADIUS = 0.265
NECK_TOP = 2.00
CAP_RADIUS = 0.300
CAP_BOTTOM, CAP_TOP = 1.945, 2.24
COAT_BOTTOM, COAT_TOP = 0.20, 1.56
LOOP_RADIUS, LOOP_HEIGHT = 0.205, 2.22
RIBS = 44

STEEL = vec(0.62, 0.61, 0.59)
BODY, CAP, LOOP, LID, STONE = range(5)


def _chevrons(x: Floats, y: Floats) -> Floats:
    """Distance to the mark: two mountain peaks as strokes; x, y in scene units round its centre."""
    peak = np.maximum(np.abs(x + 0.035) * 0.80 + y * 0.60 - 0.075, -y - 0.085)
    hill = np.maximum(np.abs(x - 0.105) * 0.80 + y * 0.60 - 0.025, -y - 0.085)
    strokes = np.minimum(np.abs(peak) - 0.010, np.maximum(np.abs(hill) - 0.010, 0.022 - peak))
    return np.asarray(strokes, np.float32)


@dataclass
class BottleSet:
    """One photograph of the bottle, in the studio or, with `valley`, on a rock above a lake."""

    camera: Camera
    lights: tuple[Light, ...]
    wall: tuple[Floats, Floats]
    coat: Floats
    halo: tuple[float, float, float] = (0.0, 0.0, 0.9)
    floor_tone: Floats = field(default_factory=lambda: vec(0.5, 0.5, 0.5))
    floor_gloss: float = 0.3
    valley: Valley | None = None
    turn: float = 0.0
    """Radians by which the bottle is turned about its axis."""
    exposure: float = 1.0
    fade: tuple[float, float] = (8.5, 16.0)

    def __post_init__(self) -> None:
        self._grain = fractal_noise(1024, 21, base=8, octaves=8, gain=0.75)
        self._rock = fractal_noise(1024, 5, base=4, octaves=8, gain=0.52)
        reach = 6.0 if self.valley else RADIUS + 0.05
        self.low = vec(-reach, -1.6 if self.valley else -0.01, -reach)
        self.high = vec(reach, CAP_TOP + 0.35, reach)

    def _around(self, p: Floats) -> Floats:
        return np.asarray(np.arctan2(p[0], -p[2]) - self.turn, np.float32)

    def _parts(self, p: Floats) -> list[Floats]:
        radial, y = np.hypot(p[0], p[2]), p[1]
        body = rounded_cylinder(radial, y, RADIUS, 0.0, SHOULDER, 0.055)
        dome = np.sqrt(radial**2 + ((y - SHOULDER + 0.06) * 1.5) ** 2) - RADIUS * 0.985
        body = smooth_union(body, np.maximum(dome * 0.72, SHOULDER - 0.2 - y), 0.06)
        body = smooth_union(body, rounded_cylinder(radial, y, NECK_RADIUS, 1.5, NECK_TOP, 0.01), 0.05)
        # The coat is a little thicker than the bare steel, and there is a turned groove over the foot.
        body = body + 0.006 * (
            smoothstep(COAT_TOP, COAT_TOP + 0.006, y) + smoothstep(COAT_BOTTOM, COAT_BOTTOM - 0.006, y)
        )
        cap = rounded_cylinder(radial, y, CAP_RADIUS, CAP_BOTTOM, CAP_TOP, 0.035)
        near = np.flatnonzero((cap < 0.05) & (y > CAP_BOTTOM + 0.03) & (y < CAP_TOP - 0.03))
        if near.size:
            ridge = np.cos(self._around(p[:, near]) * RIBS)
            fade = smoothstep(0.03, 0.055, np.minimum(y[near] - CAP_BOTTOM, CAP_TOP - y[near]))
            cap[near] += 0.0065 * (1.0 - np.clip(ridge * 1.6, -1, 1)) * 0.5 * fade
            cap[near] *= 0.85
        cosine, sine = np.float32(np.cos(self.turn)), np.float32(np.sin(self.turn))
        x, z = p[0] * cosine + p[2] * sine, -p[0] * sine + p[2] * cosine
        arch = np.hypot(x, np.maximum(y - LOOP_HEIGHT, -0.02) * 1.0) - LOOP_RADIUS
        loop = np.maximum(np.abs(arch) - 0.020, np.abs(z) - 0.075)
        loop = np.sqrt(np.maximum(np.abs(arch) - 0.014, 0) ** 2 + np.maximum(np.abs(z) - 0.068, 0) ** 2) - 0.014
        loop = np.maximum(loop, CAP_TOP - 0.08 - y)
        lid = rounded_cylinder(radial, y, CAP_RADIUS - 0.07, CAP_TOP - 0.1, CAP_TOP + 0.012, 0.01)
        parts = [body, cap, loop, lid]
        if self.valley:
            parts.append(self._ground(p))
        return parts

    def _height(self, p: Floats) -> Floats:
        """Height of the rock under the bottle: flat where it stands, falling off towards the lake."""
        away = np.hypot(p[0], p[2])
        rough = sample(self._rock, p[0] * 0.085 + 0.31, p[2] * 0.085 + 0.62)
        fine = sample(self._rock, p[0] * 0.31, p[2] * 0.31)
        calm = smoothstep(0.25, 1.3, away)
        slope = 0.10 * np.maximum(p[2] - 0.9, 0.0) ** 1.6 + 0.035 * np.maximum(np.abs(p[0] + 0.3) - 1.5, 0.0) ** 1.5
        return np.asarray((0.085 * rough * calm + 0.022 * fine * (0.25 + 0.75 * calm)) - slope - 0.012, np.float32)

    def _ground(self, p: Floats) -> Floats:
        return np.asarray((p[1] - self._height(p)) * 0.72, np.float32)

    def distance(self, p: Floats) -> Floats:
        return np.asarray(np.minimum.reduce(self._parts(p)), np.float32)

    def surface(self, p: Floats, normal: Floats) -> Surface:
        kind = np.argmin(np.stack(self._parts(p)), axis=0)
        count = p.shape[1]
        y, around = p[1], self._around(p)
        albedo = np.zeros((3, count), np.float32)
        rough = np.full(count, 0.34, np.float32)
        f0 = np.full((3, count), 0.04, np.float32)
        stretch = np.ones(count, np.float32)
        normal = normal.copy()

        coated = (kind == BODY) & (y > COAT_BOTTOM) & (y < COAT_TOP)
        metal = ((kind == BODY) & ~coated) | (kind == LID)
        f0[:, metal] = STEEL
        self._brush(p, around, normal, rough, f0, stretch, metal & (kind == BODY))
        rough[kind == LID] = 0.3

        self._powder(y, around, normal, albedo, rough, f0, coated)
        plastic = (kind == CAP) | (kind == LOOP)
        albedo[:, plastic] = 0.016
        rough[plastic] = 0.42
        if self.valley:
            self._stone(p, normal, albedo, rough, kind == STONE)
        return Surface(
            normal, albedo, rough, f0, np.zeros((3, count), np.float32), stretch, np.zeros(count, np.float32)
        )

    def _brush(
        self, p: Floats, around: Floats, normal: Floats, rough: Floats, f0: Floats, stretch: Floats, where: np.ndarray
    ) -> None:
        """Lathe lines: each height has its own slope, and the highlight is long across them."""
        if not where.any():
            return
        line = sample(self._grain, around[where] * 0.04, p[1, where] * 1.9)
        normal[:, where] = unit(normal[:, where] + vec(0, 1, 0) * (0.045 * line))
        f0[:, where] *= np.clip(1.0 + 0.10 * line, 0.6, 1.3)
        rough[where] = 0.26
        stretch[where] = 3.4

    def _powder(
        self, y: Floats, around: Floats, normal: Floats, albedo: Floats, rough: Floats, f0: Floats, where: np.ndarray
    ) -> None:
        """Powder coat with a fine orange-peel, and the pressed mark in bare steel."""
        if not where.any():
            return
        u, v = around[where] * RADIUS, y[where]
        tangent, upward = basis(normal[:, where])
        peel_u, peel_v = sample(self._grain, u * 0.9, v * 0.9), sample(self._grain, u * 0.9 + 0.4, v * 0.9 + 0.7)
        gap = _chevrons(u, v - 1.06)
        mark = smoothstep(0.003, -0.003, gap)
        edge = np.exp(-((gap / 0.005) ** 2)) * np.sign(gap)
        normal[:, where] = unit(normal[:, where] + tangent * (0.030 * peel_u) + upward * (0.030 * peel_v + 0.25 * edge))
        albedo[:, where] = mix(np.broadcast_to(self.coat, (3, u.size)).astype(np.float32), 0.0, mark)
        f0[:, where] = mix(np.full((3, u.size), 0.04, np.float32), STEEL, mark)
        rough[where] = mix(np.full(u.size, 0.50, np.float32), 0.34, mark)

    def _stone(self, p: Floats, normal: Floats, albedo: Floats, rough: Floats, where: np.ndarray) -> None:
        if not where.any():
            return
        x, z = p[0, where], p[2, where]
        tone = sample(self._rock, x * 0.23 + 0.5, z * 0.23) * 0.5 + sample(self._rock, x * 1.1, z * 1.1) * 0.5
        moss = smoothstep(0.5, 1.6, sample(self._rock, x * 0.16 + 0.1, z * 0.16 + 0.8) + 0.25 * tone)
        grey = vec(0.25, 0.225, 0.20) * np.clip(1.0 + 0.30 * tone, 0.3, 1.8)
        albedo[:, where] = mix(grey, vec(0.12, 0.14, 0.045) * np.clip(1 + 0.35 * tone, 0.3, 2), moss)
        fine = sample(self._grain, x * 0.7, z * 0.7)
        normal[:, where] = unit(
            normal[:, where] + np.stack([0.16 * fine, np.zeros_like(fine), 0.16 * np.roll(fine, 7)])
        )
        rough[where] = 0.8

    def floor(self, p: Floats) -> Surface | None:
        if self.valley:
            return None
        count = p.shape[1]
        wide = np.zeros((3, count), np.float32)
        return Surface(
            wide + vec(0, 1, 0), wide + self.floor_tone, np.full(count, self.floor_gloss, np.float32),
            wide + 0.045, wide, np.ones(count, np.float32), np.zeros(count, np.float32),
        )  # fmt: skip

    def floor_fade(self, p: Floats) -> Floats:
        away = p - self.camera.eye
        depth = dot(away, unit((self.camera.target - self.camera.eye) * vec(1, 0, 1)))
        return np.zeros_like(depth) if self.valley else smoothstep(*self.fade, depth)

    def backdrop(self, direction: Floats, x: Floats, y: Floats) -> Floats:
        if self.valley:
            return self.valley.seen(direction)
        hx, hy, reach = self.halo
        near = np.exp(-(((x - hx) * 1.15) ** 2 + (y - hy) ** 2) / (reach * reach))
        return mix(self.wall[0], self.wall[1], np.asarray(near, np.float32))

    def surroundings(self, direction: Floats) -> Floats:
        if self.valley:
            return self.valley.seen(direction)
        lift = smoothstep(-0.35, 0.9, direction[1])
        return np.asarray(mix(self.wall[1] * 0.6, self.wall[0] * 0.45, lift), np.float32)


def front() -> BottleSet:
    """The whole bottle on a pale seamless, the floor lit less than the wall so that the bare steel stands out."""
    return BottleSet(
        Camera(vec(0.0, 1.75, -7.6), vec(0, 1.20, 0), 21.5, 0.015, 7.5),
        (
            aim((-3.4, 3.0, -2.2), (2.2, 4.4), (6.8, 6.9, 7.0), to=(0, 1.3, 0), feather=0.9),
            aim((2.9, 2.6, -0.6), (1.0, 4.2), (8.4, 8.5, 8.8), to=(0, 1.3, 0), feather=0.9),
            aim((0.0, 5.4, 2.2), (4.6, 2.0), (5.0, 5.1, 5.2), to=(0, 1.0, 0)),
        ),
        (vec(0.40, 0.47, 0.48), vec(0.92, 0.96, 0.95)),
        vec(0.013, 0.090, 0.092),
        (0.0, 0.05, 0.85),
        vec(0.46, 0.50, 0.50),
        0.26,
        turn=-0.12,
    )


def cap() -> BottleSet:
    """Cap, loop and brushed shoulder from close by."""
    eye = vec(-1.6, 2.95, -3.0)
    focus = vec(-0.12, 2.10, -0.26)
    return BottleSet(
        Camera(eye, vec(0.0, 2.06, 0), 21.0, 0.045, float(np.linalg.norm(eye - focus))),
        (
            aim((-3.0, 3.2, -0.6), (2.4, 4.0), (4.6, 4.6, 4.7), to=(0, 2, 0), feather=0.9),
            aim((2.4, 2.4, -1.4), (1.1, 4.0), (5.6, 5.7, 5.9), to=(0, 2, 0), feather=0.9),
            aim((0.4, 5.0, 1.8), (3.4, 2.0), (5.5, 5.4, 5.3), to=(0, 2, 0)),
        ),
        (vec(0.085, 0.125, 0.13), vec(0.34, 0.44, 0.44)),
        vec(0.013, 0.090, 0.092),
        (0.35, 0.35, 0.9),
        vec(0.1, 0.13, 0.13),
        0.4,
        turn=0.45,
    )


def scene() -> BottleSet:
    """On a rock above a lake while the sun goes down."""
    valley = Valley(seed=3)
    return BottleSet(
        Camera(vec(0.75, 1.50, -6.4), vec(0.50, 1.20, 0), 26.0, 0.05, 6.4),
        (
            aim((-17.0, 7.5, 3.0), (3.2, 3.2), (330.0, 222.0, 126.0), feather=0.2),
            aim((4.0, 4.4, -5.0), (4.0, 4.0), (2.2, 2.4, 2.7)),
        ),
        (vec(0.1, 0.1, 0.1), vec(0.1, 0.1, 0.1)),
        vec(0.013, 0.090, 0.092),
        valley=valley,
        turn=-0.25,
    )
