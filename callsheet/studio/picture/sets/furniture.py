"""Furniture and fittings that several rooms share; every function gives solids about the origin, standing on y = 0."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from callsheet.studio.picture.noise import grain_at
from callsheet.studio.picture.objects.screens import WHEEL, linear_image, wallpaper
from callsheet.studio.picture.spec import F32, Rgb, stream
from callsheet.studio.picture.trace.shade import linear
from callsheet.studio.picture.trace.solids import (
    Material,
    Paint,
    Solid,
    brick,
    cushion,
    ellipsoid,
    limbs_solid,
    turned,
)

Vec = tuple[float, float, float]


def planks(color: Rgb, wide: float = 0.14, long: float = 1.6, *, gloss: float = 0.35) -> Material:
    """A floor of boards along z, with their grain."""
    base = linear(color)

    def paint(x: F32, y: F32, z: F32, ny: F32) -> F32:
        row = np.floor(x / np.float32(wide))
        along = z / np.float32(long) + np.mod(row * np.float32(0.37), 1)
        number = row * 7.1 + np.floor(along) * 3.3
        tone = np.mod(np.sin(number) * np.float32(43.7), 1)
        grain = grain_at(11, x * np.float32(7), z + row, 1.4, 4, 8)
        joint = np.minimum(
            np.abs(np.mod(x / np.float32(wide), 1) - 0.5), np.abs(np.mod(along, 1) - 0.5) * np.float32(long / wide)
        )
        gap = np.clip((np.float32(0.5) - joint) * np.float32(40), 0, 1)
        shade = (np.float32(0.72) + tone * np.float32(0.36) + (grain - 0.5) * np.float32(0.5)) * (
            np.float32(0.5) + np.float32(0.5) * gap
        )
        return np.asarray(base * shade[:, None], np.float32)

    return Material(color, rough=gloss, spec=0.04, paint=paint)


def wood(color: Rgb, scale: float = 0.8, *, rough: float = 0.4) -> Material:
    """Wood with its grain along x."""
    base = linear(color)

    def paint(x: F32, y: F32, z: F32, ny: F32) -> F32:
        grain = grain_at(12, x, (z + y * 0.7) * np.float32(6), scale, 4, 6)
        return np.asarray(base * (np.float32(0.75) + np.float32(0.5) * grain)[:, None], np.float32)

    return Material(color, rough=rough, spec=0.04, paint=paint)


def plaster(color: Rgb) -> Material:
    """A wall with the faint unevenness of paint."""
    base = linear(color)

    def paint(x: F32, y: F32, z: F32, ny: F32) -> F32:
        g = grain_at(13, x + z, y, 2.6, 4, 3)
        return np.asarray(base * (np.float32(0.95) + np.float32(0.1) * g)[:, None], np.float32)

    return Material(color, rough=0.95, paint=paint)


def weave(a: Rgb, b: Rgb, *, pattern: str = "lines") -> Paint:
    """A carpet of two colours."""
    ca, cb = linear(a), linear(b)

    def paint(x: F32, y: F32, z: F32, ny: F32) -> F32:
        if pattern == "lines":
            near = np.minimum(np.abs(np.mod(x * np.float32(5), 1) - 0.5), np.abs(np.mod(z * np.float32(5), 1) - 0.5))
            mix = np.clip((np.float32(0.06) - near) * 24 + 0.5, 0, 1)
        else:
            near = np.abs(np.mod(np.abs(x) * np.float32(3) + np.abs(z) * np.float32(3), 1) - 0.5)
            mix = np.clip((np.float32(0.18) - near) * 24 + 0.5, 0, 1)
        pile = grain_at(14, x, z, 0.35, 4, 16)
        out = ca * (1 - mix[:, None]) + cb * mix[:, None]
        return np.asarray(out * (np.float32(0.72) + np.float32(0.55) * pile)[:, None], np.float32)

    return paint


def cloth(color: Rgb) -> Material:
    return Material(color, rough=0.95, sheen=0.6, bump=0.07, bump_scale=0.4)


def tint(color: Rgb, k: float) -> Rgb:
    return (min(1.0, color[0] * k), min(1.0, color[1] * k), min(1.0, color[2] * k))


def pillow(at: Vec, half: Vec, color: Rgb, turn: Vec = (0.0, 0.0, 0.0), puff: float = 0.06) -> Solid:
    sdf = cushion(half[0], half[1], half[2], min(half) * 0.7, puff)
    return Solid(sdf, (half[0] + puff, half[1] + puff, half[2] + puff), cloth(color), at, turn)


def sofa(color: Rgb, accent: Rgb, wide: float = 2.1) -> list[Solid]:
    """A three-seat sofa facing -z."""
    m = cloth(color)
    w = wide / 2
    feet = Material((0.3, 0.2, 0.12), rough=0.4)
    out = [
        brick((0, 0.22, 0.02), (w - 0.05, 0.12, 0.42), m, 0.05),
        brick((0, 0.52, 0.37), (w - 0.08, 0.32, 0.12), m, 0.1),
        brick((-w + 0.06, 0.36, 0.02), (0.11, 0.24, 0.44), m, 0.09),
        brick((w - 0.06, 0.36, 0.02), (0.11, 0.24, 0.44), m, 0.09),
    ]
    third = (w - 0.19) / 1.5
    for i in (-1, 0, 1):
        out.append(pillow((i * third, 0.42, -0.05), (third / 2 - 0.008, 0.085, 0.36), tint(color, 1.06), puff=0.045))
        out.append(
            pillow((i * third, 0.66, 0.25), (third / 2 - 0.01, 0.2, 0.085), tint(color, 1.04), (0.0, 0.18, 0.0), 0.05)
        )
    out.append(pillow((-w + 0.34, 0.64, 0.1), (0.2, 0.2, 0.065), accent, (0.3, 0.35, 0.25), 0.07))
    out.append(pillow((w - 0.36, 0.63, 0.1), (0.19, 0.19, 0.065), tint(color, 0.55), (-0.35, 0.35, -0.2), 0.07))
    for x in (-w + 0.12, w - 0.12):
        out.append(brick((x, 0.05, -0.3), (0.025, 0.05, 0.025), feet, 0.008))
    return out


def table(half: Vec, color: Rgb, *, round_top: bool = False, leg: float = 0.022) -> list[Solid]:
    """A table of this half width, height and half depth."""
    m = wood(color)
    hx, high, hz = half
    legs = Material(tint(color, 0.7), rough=0.45)
    if round_top:
        top = turned(
            (0, high - 0.035, 0), [(0, 0), (hx - 0.01, 0), (hx, 0.012), (hx, 0.026), (hx - 0.008, 0.035), (0, 0.035)], m
        )
        out = [top]
        for k in range(3):
            a = k * 2.094 + 0.5
            out.append(
                limbs_solid(
                    [
                        (
                            (hx * 0.75 * math.cos(a), 0.02, hx * 0.75 * math.sin(a)),
                            (hx * 0.45 * math.cos(a), high - 0.03, hx * 0.45 * math.sin(a)),
                            leg * 0.8,
                            leg,
                        )
                    ],
                    legs,
                )
            )
        return out
    out = [brick((0, high - 0.02, 0), (hx, 0.02, hz), m, 0.01)]
    for sx in (-1, 1):
        for sz in (-1, 1):
            out.append(
                brick(
                    (sx * (hx - 0.05), (high - 0.04) / 2, sz * (hz - 0.05)), (leg, (high - 0.04) / 2, leg), legs, 0.006
                )
            )
    return out


def plant(seed: int, high: float = 1.2, pot: Rgb = (0.86, 0.82, 0.76)) -> list[Solid]:
    """A potted plant with broad leaves."""
    rng = stream("plant", seed)
    green = Material((0.2, 0.38, 0.2), rough=0.5, sheen=0.2)
    light = Material((0.3, 0.48, 0.24), rough=0.5, sheen=0.2)
    out = [turned((0, 0, 0), [(0, 0), (0.12, 0), (0.17, 0.3), (0.155, 0.31), (0, 0.29)], Material(pot, rough=0.6))]
    for i in range(13):
        angle = i * 2.4 + float(rng.random())
        reach = 0.14 + 0.22 * float(rng.random())
        top = 0.5 + (high - 0.55) * float(rng.random())
        c, s = math.cos(angle), math.sin(angle)
        mid = (reach * c, top, reach * s)
        bow = (mid[0] * 0.45, top * 0.72, mid[2] * 0.45)
        stem = [((0.02 * c, 0.28, 0.02 * s), bow, 0.009, 0.008), (bow, mid, 0.008, 0.006)]
        color = (green, light)[i % 2]
        out.append(limbs_solid(stem, color, blend=0.005))
        long, wide = 0.15 + 0.06 * float(rng.random()), 0.055 + 0.02 * float(rng.random())
        droop = -0.35 - 0.3 * float(rng.random())
        way = long * 0.8
        place = (mid[0] + c * way, top + math.sin(droop) * way + 0.02, mid[2] + s * way)
        half = (long, 0.012, wide)
        out.append(Solid(ellipsoid(*half), half, color, place, (-angle, 0.35 * math.sin(i), droop)))
    return out


def floor_lamp(glow: Rgb, high: float = 1.55) -> list[Solid]:
    m = Material((0.12, 0.12, 0.13), rough=0.35)
    shade = Material((0.96, 0.9, 0.8), rough=0.95, emit=glow)
    return [
        turned((0, 0, 0), [(0, 0), (0.14, 0), (0.14, 0.018), (0.012, 0.03), (0.011, high - 0.2), (0, high - 0.2)], m),
        turned((0, high - 0.26, 0), [(0, 0), (0.19, 0), (0.14, 0.27), (0, 0.27)], shade, tag="lamp"),
    ]


def table_lamp(glow: Rgb) -> list[Solid]:
    m = Material((0.78, 0.72, 0.64), rough=0.4)
    shade = Material((0.96, 0.9, 0.8), rough=0.95, emit=glow)
    return [
        turned(
            (0, 0, 0), [(0, 0), (0.055, 0), (0.085, 0.07), (0.05, 0.15), (0.015, 0.19), (0.012, 0.24), (0, 0.24)], m
        ),
        turned((0, 0.21, 0), [(0, 0), (0.14, 0), (0.1, 0.17), (0, 0.17)], shade, tag="lamp"),
    ]


def painting(half: tuple[float, float], seed: int, a: Rgb, b: Rgb) -> list[Solid]:
    """A framed abstract on a wall that faces -z."""
    art = wallpaper(160, 220, seed, (0.93, 0.9, 0.84), a, b)
    image = np.concatenate([linear_image(art), np.ones((220, 160, 1), np.float32)], -1)
    from callsheet.studio.picture.objects.model import decal

    hx, hy = half
    return [
        brick((0, 0, 0), (hx + 0.03, hy + 0.03, 0.018), Material((0.16, 0.12, 0.09), rough=0.4), 0.006),
        brick(
            (0, 0, -0.012),
            (hx, hy, 0.01),
            Material(
                rough=0.8,
                paint=decal((0.93, 0.91, 0.87), image, (-hx * 0.82, -hy * 0.85, hx * 0.82, hy * 0.85), front=0.0),
            ),
            0.002,
        ),
    ]


def books(count: int, seed: int, *, lying: bool = True) -> list[Solid]:
    """A pile, or a row, of books."""
    rng = stream("books", seed)
    out = []
    y = x = 0.0
    for _ in range(count):
        base = WHEEL[int(rng.integers(0, 8))]
        k = 0.35 + 0.4 * float(rng.random())
        color: Rgb = (base[0] * k + 0.1, base[1] * k + 0.1, base[2] * k + 0.1)
        thick, tall = 0.012 + 0.012 * float(rng.random()), 0.1 + 0.03 * float(rng.random())
        if lying:
            out.append(
                brick(
                    (0, y + thick, 0),
                    (tall, thick, 0.075),
                    Material(color, rough=0.6),
                    0.003,
                    (float(rng.random()) * 0.5 - 0.25, 0, 0),
                )
            )
            y += 2 * thick
        else:
            out.append(brick((x + thick, tall, 0), (thick, tall, 0.08), Material(color, rough=0.6), 0.003))
            x += 2 * thick + 0.001
    return out


def window(width: float, high: float, light: Rgb, view: Paint) -> list[Solid]:
    """A window in a wall that faces -z: bright view, frame, sill; about its centre."""
    frame = Material((0.93, 0.92, 0.9), rough=0.5)
    del light
    out = [
        Solid(
            brick((0, 0, 0), (width / 2, high / 2, 0.01), frame).sdf,
            (width / 2, high / 2, 0.01),
            Material((0.02,) * 3, rough=0.9, glow=view),
            casts=False,
            tag="view",
        )
    ]
    for x in (-width / 2, 0.0, width / 2):
        out.append(brick((x, 0, -0.03), (0.022 if x == 0 else 0.035, high / 2 + 0.03, 0.035), frame, 0.008))
    for y in (-high / 2, high / 2):
        out.append(brick((0, y, -0.03), (width / 2 + 0.03, 0.035, 0.035), frame, 0.008))
    out.append(brick((0, -high / 2 - 0.04, -0.08), (width / 2 + 0.1, 0.02, 0.1), frame, 0.01))
    return out


def curtain(high: float, wide: float, color: Rgb) -> Solid:
    """A hanging curtain with folds, facing -z, its top at y = high."""

    def sdf(x: F32, y: F32, z: F32) -> F32:
        fold = (
            np.sin(x * np.float32(42) + np.sin(y * np.float32(1.7)) * np.float32(0.9))
            * np.float32(0.032)
            * (np.float32(1.15) - y * np.float32(0.35 / high))
        )
        d = np.abs(z - fold) - np.float32(0.012)
        return np.asarray(
            np.maximum(d, np.maximum(np.abs(x) - np.float32(wide / 2), np.abs(y) - np.float32(high / 2)))
            * np.float32(0.6),
            np.float32,
        )

    return Solid(sdf, (wide / 2, high / 2, 0.075), cloth(color), (0, high / 2, 0), tag="curtain")


def group(*parts: Sequence[Solid]) -> list[Solid]:
    return [solid for part in parts for solid in part]
