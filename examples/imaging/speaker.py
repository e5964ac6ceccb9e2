"""The smart speaker: a black woven cylinder, a glossy collar and a ring of light round its top."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imaging.geometry import Floats, basis, dot, mix, ring, rounded_cylinder, smoothstep, unit, vec
from imaging.studio import Camera, Light, RingLight, Surface, aim

RADIUS = 0.86
COLLAR = 1.50
TOP = 1.80
LED_RADIUS = 0.745
LED_HEIGHT = 1.793
LED_TUBE = 0.021
THREADS = 260


def weave(u: Floats, v: Floats) -> Floats:
    """Height 0..1 of a plain weave; u and v count threads."""
    lu, lv = u - np.floor(u) - 0.5, v - np.floor(v) - 0.5
    warp_above = (np.floor(u) + np.floor(v)) % 2 < 0.5
    across, along = np.where(warp_above, lu, lv), np.where(warp_above, lv, lu)
    return np.asarray(np.sqrt(1.0 - 3.3 * across * across) * (0.55 + 0.45 * np.cos(np.pi * along)), np.float32)


def thread_tone(u: Floats, v: Floats) -> Floats:
    """0..1, one shade for each stretch of thread: the melange of the cloth."""
    column, row = np.floor(u), np.floor(v)
    run = np.floor(row / 2 + np.sin(column * 12.9898) * 17.0)
    dice = np.sin(column * 127.1 + run * 311.7) * 437.58547
    return np.asarray(dice - np.floor(dice), np.float32)


def led_colour(p: Floats) -> Floats:
    """Linear RGB of the light ring: aqua at the front, blue and violet round the sides."""
    around = 0.5 + 0.5 * np.cos(np.arctan2(p[0], -p[2]) - 0.5)
    aqua, violet = vec(0.05, 0.80, 1.0), vec(0.42, 0.16, 1.0)
    return mix(violet, aqua, np.asarray(around, np.float32))


def ring_light(podium: float, strength: float) -> RingLight:
    """The light ring as a lamp on its surroundings: the mean of its colours."""
    return RingLight(LED_RADIUS, podium + LED_HEIGHT, LED_TUBE, vec(0.22, 0.50, 1.0) * strength)


@dataclass
class SpeakerSet:
    """One photograph of the speaker. `podium` is the height of a round stone podium, 0 for the studio floor."""

    camera: Camera
    lights: tuple[Light, ...]
    wall: tuple[Floats, Floats]
    """Linear RGB of the backdrop: darkest, and where the lamp behind the product brightens it."""
    halo: tuple[float, float, float] = (0.0, 0.0, 0.8)
    """Where the backdrop is brightest, in image units, and how far that reaches."""
    floor_tone: Floats = None  # type: ignore[assignment]
    floor_gloss: float = 0.25
    led: float = 4.0
    podium: float = 0.0
    exposure: float = 1.0

    def __post_init__(self) -> None:
        reach = 1.75 if self.podium else RADIUS + 0.1
        self.low = vec(-reach, -0.01, -reach)
        self.high = vec(reach, self.podium + TOP + 0.1, reach)

    def _parts(self, p: Floats) -> list[Floats]:
        radial, y = np.hypot(p[0], p[2]), p[1] - self.podium
        foot = rounded_cylinder(radial, y, RADIUS - 0.07, 0.0, 0.12, 0.02)
        cloth = rounded_cylinder(radial, y, RADIUS, 0.055, COLLAR - 0.006, 0.05)
        collar = rounded_cylinder(radial, y, RADIUS, COLLAR + 0.012, TOP, 0.095)
        core = rounded_cylinder(radial, y, RADIUS - 0.045, 0.06, TOP - 0.1, 0.02)
        groove = ring(radial, y, LED_RADIUS, LED_HEIGHT, LED_TUBE * 1.5)
        dish = np.sqrt(radial**2 + (y - TOP - 5.98) ** 2) - 6.0
        collar = np.maximum(np.maximum(collar, -groove), np.where(radial < LED_RADIUS, -dish, -1.0))
        light = ring(radial, y, LED_RADIUS, LED_HEIGHT, LED_TUBE)
        parts = [foot, cloth, collar, core, light]
        if self.podium:
            parts.append(rounded_cylinder(radial, p[1], 1.7, -0.2, self.podium, 0.03))
        return parts

    def distance(self, p: Floats) -> Floats:
        return np.asarray(np.minimum.reduce(self._parts(p)), np.float32)

    def surface(self, p: Floats, normal: Floats) -> Surface:
        kind = np.argmin(np.stack(self._parts(p)), axis=0)
        count = p.shape[1]
        albedo = np.full((3, count), 0.012, np.float32)
        rough = np.full(count, 0.12, np.float32)
        emission = np.zeros((3, count), np.float32)
        sheen = np.zeros(count, np.float32)
        normal = self._cloth(p, normal, kind == 1, albedo, rough, sheen)
        albedo[:, (kind == 0) | (kind == 3)] = 0.006
        rough[(kind == 0) | (kind == 3)] = 0.6
        light = kind == 4
        emission[:, light] = self.led * led_colour(p[:, light])
        normal = self._marks(p, normal, albedo, kind == 2)
        if self.podium:
            stone = kind == 5
            albedo[:, stone] = vec(0.46, 0.40, 0.34)
            rough[stone] = 0.62
        return Surface(normal, albedo, rough, np.full((3, count), 0.045, np.float32), emission,
                       np.ones(count, np.float32), sheen)  # fmt: skip

    def _cloth(
        self, p: Floats, normal: Floats, where: np.ndarray, albedo: Floats, rough: Floats, sheen: Floats
    ) -> Floats:
        if not where.any():
            return normal
        at, n = p[:, where], normal[:, where]
        pitch = 2 * np.pi * RADIUS / THREADS
        u = np.arctan2(at[0], at[2]) / (2 * np.pi) * THREADS
        v = (at[1] - self.podium) / pitch
        height = weave(u, v)
        step = np.float32(0.06)
        tangent, upward = basis(n)
        slope_u = (weave(u + step, v) - height) / step
        slope_v = (weave(u, v + step) - height) / step
        bend = 0.34 * np.clip(tangent * slope_u + upward * slope_v, -2.2, 2.2)
        tone = 0.026 + 0.016 * thread_tone(u, v)
        albedo[:, where] = vec(0.96, 0.98, 1.05) * (tone * (0.18 + 0.82 * height**1.4))
        rough[where] = 0.85
        sheen[where] = 0.75
        bumped = normal.copy()
        bumped[:, where] = unit(n - bend)
        return bumped

    def _marks(self, p: Floats, normal: Floats, albedo: Floats, where: np.ndarray) -> Floats:
        """Touch marks pressed into the top: a dot in the middle, plus and minus, and one bar."""
        top = where & (normal[1] > 0.9)
        if not top.any():
            return normal
        x, z = p[0, top], p[2, top]
        dot_ = np.hypot(x, z) - 0.035
        circle = np.abs(np.hypot(x, z) - 0.12) - 0.006
        minus = np.maximum(np.abs(x + 0.36) - 0.065, np.abs(z) - 0.011)
        plus = np.minimum(
            np.maximum(np.abs(x - 0.36) - 0.065, np.abs(z) - 0.011),
            np.maximum(np.abs(x - 0.36) - 0.011, np.abs(z) - 0.065),
        )
        mark = smoothstep(0.004, -0.004, np.minimum(np.minimum(dot_, circle), np.minimum(minus, plus)))
        albedo[:, top] = mix(albedo[:, top], 0.30, mark)
        return normal

    def floor(self, p: Floats) -> Surface | None:
        count = p.shape[1]
        up = np.broadcast_to(vec(0, 1, 0), (3, count)).astype(np.float32)
        return Surface(
            up, np.broadcast_to(self.floor_tone, (3, count)).astype(np.float32),
            np.full(count, self.floor_gloss, np.float32), np.full((3, count), 0.05, np.float32),
            np.zeros((3, count), np.float32), np.ones(count, np.float32), np.zeros(count, np.float32),
        )  # fmt: skip

    def floor_fade(self, p: Floats) -> Floats:
        away = p - self.camera.eye
        depth = dot(away, unit((self.camera.target - self.camera.eye) * vec(1, 0, 1)))
        return smoothstep(7.4, 15.0, depth)

    def backdrop(self, direction: Floats, x: Floats, y: Floats) -> Floats:
        hx, hy, reach = self.halo
        near = np.exp(-(((x - hx) * 1.15) ** 2 + (y - hy) ** 2) / (reach * reach))
        return mix(self.wall[0], self.wall[1], np.asarray(near, np.float32))

    def surroundings(self, direction: Floats) -> Floats:
        lift = smoothstep(-0.3, 0.9, direction[1])
        return np.asarray(mix(self.wall[1] * 0.55, self.wall[0] * 0.35, lift), np.float32)


def front() -> SpeakerSet:
    """The whole product, a little from above, on a cool grey seamless."""
    return SpeakerSet(
        Camera(vec(-0.5, 2.75, -6.6), vec(0, 0.92, 0), 25.0, 0.02, 6.6),
        (
            aim((-4.0, 3.4, -2.6), (2.0, 3.4), (9.0, 9.1, 9.4)),
            aim((4.3, 2.7, 1.8), (1.3, 4.2), (28.0, 29.0, 31.0)),
            aim((-4.2, 2.6, 2.9), (1.1, 4.0), (18.0, 18.6, 20.0)),
            aim((0.1, 5.0, 2.4), (4.2, 2.0), (6.5, 6.7, 7.1)),
            ring_light(0.0, 2.0),
        ),
        (vec(0.075, 0.085, 0.105), vec(0.50, 0.55, 0.62)),
        (0.05, 0.10, 0.80),
        vec(0.30, 0.32, 0.35),
        0.24,
        3.0,
    )


def side() -> SpeakerSet:
    """On a stone podium in warm light, turned and seen from higher up."""
    return SpeakerSet(
        Camera(vec(3.4, 3.15, -6.2), vec(0.0, 0.96, 0), 27.0, 0.02, 7.2),
        (
            aim((5.0, 4.0, -1.2), (2.2, 2.8), (14.0, 12.6, 10.8)),
            aim((-3.6, 2.2, -0.8), (1.0, 4.0), (16.0, 16.3, 17.5)),
            aim((1.6, 2.4, 3.8), (0.9, 3.6), (13.0, 12.5, 12.0)),
            aim((-1.4, 5.0, 2.4), (3.6, 2.0), (6.0, 5.8, 5.5)),
            ring_light(0.34, 1.6),
        ),
        (vec(0.20, 0.155, 0.12), vec(0.74, 0.60, 0.48)),
        (-0.15, 0.15, 0.95),
        vec(0.50, 0.41, 0.33),
        0.5,
        2.8,
        podium=0.34,
    )


def detail() -> SpeakerSet:
    """The light ring and the cloth from close by, with a shallow depth of field."""
    eye = vec(-1.55, 2.95, -3.15)
    focus = vec(-0.34, 1.74, -0.70)
    return SpeakerSet(
        Camera(eye, vec(-0.02, 1.60, -0.30), 23.0, 0.05, float(np.linalg.norm(eye - focus))),
        (
            aim((-3.6, 3.0, 0.6), (1.2, 3.0), (12.0, 12.8, 14.5)),
            aim((3.2, 2.6, -1.4), (1.2, 2.6), (9.0, 9.0, 10.0)),
            aim((0.4, 4.2, 2.8), (4.0, 1.6), (4.2, 4.4, 5.0), to=(0.0, 1.8, 0.0)),
            aim((-2.6, 2.0, -4.4), (2.4, 1.6), (8.0, 8.2, 9.0)),
            ring_light(0.0, 2.6),
        ),
        (vec(0.012, 0.014, 0.022), vec(0.080, 0.098, 0.135)),
        (0.30, 0.7, 0.9),
        vec(0.03, 0.03, 0.035),
        0.3,
        3.2,
        exposure=1.1,
    )
