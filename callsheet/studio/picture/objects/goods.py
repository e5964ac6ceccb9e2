"""Lamps, globes, books, boxes, shoes and other goods."""

from __future__ import annotations

import math

import cv2
import numpy as np

from callsheet.studio.picture.noise import lookup, tile
from callsheet.studio.picture.objects.model import Builder, Make, Model, decal
from callsheet.studio.picture.objects.screens import WHEEL, linear_image, wallpaper
from callsheet.studio.picture.spec import F32, Rgb, vec
from callsheet.studio.picture.trace.shade import linear
from callsheet.studio.picture.trace.solids import Material, Solid, brick, ellipsoid, extrude, limbs_solid, torus, turned


def lamp(make: Make) -> Model:
    """A table lamp with a glowing shade."""
    stem = Material(make.body, rough=0.25, metal=0.7)
    warm = linear(make.glow or (1.0, 0.82, 0.58))
    shade: Rgb = (float(warm[0]) * 1.5, float(warm[1]) * 1.5, float(warm[2]) * 1.5)

    def glow(x: F32, y: F32, z: F32, ny: F32) -> F32:
        level = 1.15 - np.abs(y) * 5.0 - np.clip(np.abs(ny) - 0.6, 0, 1)
        return np.asarray(np.clip(level, 0.15, 1.2)[:, None] * vec(shade), np.float32)

    return Model(
        (
            turned(
                (0, 0, 0),
                [(0, 0), (0.07, 0), (0.07, 0.008), (0.02, 0.02), (0.009, 0.04), (0.009, 0.25), (0, 0.25)],
                stem,
            ),
            turned(
                (0, 0.215, 0),
                [(0, 0), (0.125, 0), (0.085, 0.15), (0.082, 0.15), (0, 0.15)],
                Material((0.95, 0.9, 0.8), rough=0.95, glow=glow),
                tag="shade",
            ),
        ),
        0.37,
        0.25,
        swing=0.6,
    )


def globe(make: Make) -> Model:
    """A globe with continents on a tilted axis."""
    land_noise = tile(make.seed % 31 + 400, 512, 5, 4)
    sea, land = linear((0.16, 0.4, 0.68)), linear((0.5, 0.62, 0.36))
    sand = linear((0.84, 0.74, 0.52))

    def paint(x: F32, y: F32, z: F32, ny: F32) -> F32:
        lon = np.arctan2(z, x) * np.float32(512 / (2 * math.pi))
        lat = np.arcsin(np.clip(y / np.float32(0.1), -1, 1)) * np.float32(256 / math.pi) + 128
        h = lookup(land_noise, lon, lat, wrap=True)
        a = np.clip((h - 0.52) * 40, 0, 1)[:, None]
        b = np.clip((h - 0.64) * 14, 0, 1)[:, None]
        grid = ((np.abs((lon * 12 / 512) % 1 - 0.5) > 0.485) | (np.abs((lat * 12 / 512) % 1 - 0.5) > 0.48))[:, None]
        out = sea * (1 - a) + (land * (1 - b) + sand * b) * a
        return np.asarray(out * np.where(grid, np.float32(1.25), np.float32(1)), np.float32)

    brass = Material((0.85, 0.66, 0.36), rough=0.22, metal=1.0)
    ball = Solid(
        ellipsoid(0.1, 0.1, 0.1), (0.1, 0.1, 0.1), Material(rough=0.25, paint=paint), (0, 0.165, 0), (0.0, 0.0, -0.41)
    )
    arc = Solid(torus(0.108, 0.0045, axis="z"), (0.114, 0.114, 0.006), brass, (0, 0.165, 0))
    foot = turned(
        (0, 0, 0), [(0, 0), (0.062, 0), (0.062, 0.008), (0.02, 0.02), (0.008, 0.035), (0.008, 0.06), (0, 0.06)], brass
    )
    return Model((ball, arc, foot), 0.278, 0.23, swing=1.0)


def book(make: Make) -> Model:
    """A thick hardcover, standing a little open to the eye."""
    art = wallpaper(300, 420, make.seed, make.body, make.accent, tuple(v * 0.5 for v in make.body))  # type: ignore[arg-type]
    cv2.circle(art, (150, 180), 72, (0.96, 0.93, 0.86), -1, cv2.LINE_AA)
    cv2.circle(art, (150, 180), 50, make.accent, -1, cv2.LINE_AA)
    cv2.rectangle(art, (60, 330), (240, 338), (0.96, 0.93, 0.86), -1)
    cv2.rectangle(art, (90, 354), (210, 360), (0.96, 0.93, 0.86), -1)
    rgba = np.concatenate([linear_image(art), np.ones((420, 300, 1), np.float32)], -1)
    cover = Material(make.body, rough=0.45, paint=decal(make.body, rgba, (-0.073, -0.103, 0.073, 0.103), front=0.0))
    pages = Material((0.93, 0.9, 0.83), rough=0.9)
    return Model(
        (
            brick((0, 0.106, -0.0165), (0.075, 0.106, 0.0018), cover, 0.0015),
            brick((0, 0.106, 0.0165), (0.075, 0.106, 0.0018), cover, 0.0015),
            brick((-0.0745, 0.106, 0), (0.0018, 0.106, 0.0178), Material(make.body, rough=0.45), 0.0015),
            brick((0, 0.106, 0), (0.0705, 0.102, 0.0148), pages, 0.002),
        ),
        0.212,
        0.15,
        swing=0.8,
        face=0.55,
    )


def package(make: Make) -> Model:
    """A designed carton with a pouch of colour: a tasteful product of no particular kind."""
    art = wallpaper(320, 460, make.seed, (0.96, 0.95, 0.93), make.body, make.accent)
    art[:] = art * 0.35 + vec((0.96, 0.955, 0.945)) * 0.65
    cv2.circle(art, (160, 190), 92, make.body, -1, cv2.LINE_AA)
    cv2.ellipse(art, (160, 190), (92, 92), 0, 10, 190, make.accent, -1, cv2.LINE_AA)
    cv2.rectangle(art, (84, 330), (236, 342), tuple(v * 0.4 for v in make.body), -1)
    cv2.rectangle(art, (112, 360), (208, 368), tuple(v * 0.6 for v in make.body), -1)
    rgba = np.concatenate([linear_image(art), np.ones((460, 320, 1), np.float32)], -1)
    paper = Material(
        (0.95, 0.94, 0.92), rough=0.42, paint=decal((0.95, 0.94, 0.92), rgba, (-0.06, -0.088, 0.06, 0.088), front=-0.02)
    )
    return Model(
        (
            brick((0, 0.09, 0), (0.062, 0.09, 0.034), paper, 0.0025),
            brick((0, 0.165, 0), (0.0624, 0.016, 0.0344), Material(make.body, rough=0.4), 0.0025),
            brick((0, 0.1485, 0), (0.0626, 0.0016, 0.0346), Material((0.9, 0.74, 0.45), rough=0.2, metal=1.0), 0.001),
        ),
        0.181,
        0.125,
        swing=0.9,
        face=0.5,
    )


def shoe(make: Make) -> Model:
    """A running shoe from the side."""
    upper_line = [
        (-0.135, 0.03),
        (-0.142, 0.06),
        (-0.135, 0.1),
        (-0.12, 0.112),
        (-0.085, 0.1),
        (-0.05, 0.108),
        (-0.025, 0.1),
        (0.02, 0.075),
        (0.075, 0.055),
        (0.12, 0.046),
        (0.14, 0.03),
        (0.138, 0.02),
        (-0.13, 0.02),
    ]
    sole_line = [
        (-0.15, 0.012),
        (-0.152, 0.034),
        (-0.14, 0.042),
        (-0.05, 0.03),
        (0.05, 0.028),
        (0.13, 0.034),
        (0.15, 0.028),
        (0.148, 0.016),
        (0.12, 0.002),
        (0.0, 0.0),
        (-0.12, 0.0),
    ]
    upper_sdf, upper_half = extrude(_centred(upper_line, 0.066), 0.042, 0.03)
    sole_sdf, sole_half = extrude(_centred(sole_line, 0.021), 0.05, 0.014)
    upper = Solid(
        upper_sdf, upper_half, Material(make.body, rough=0.8, sheen=0.5, bump=0.06, bump_scale=0.05), (0, 0.066, 0)
    )
    sole = Solid(sole_sdf, sole_half, Material((0.94, 0.94, 0.93), rough=0.6), (0, 0.021, 0))
    stripe = Material(make.accent, rough=0.4)
    swoosh = limbs_solid(
        [
            ((-0.06, 0.05, -0.042), (0.0, 0.045, -0.044), 0.004, 0.008),
            ((0.0, 0.045, -0.044), (0.07, 0.06, -0.03), 0.008, 0.003),
        ],
        stripe,
        blend=0.004,
    )
    laces = [
        limbs_solid(
            [
                (
                    (0.0 + i * 0.017, 0.096 - i * 0.0095, -0.028),
                    (0.004 + i * 0.017, 0.1 - i * 0.0095, 0.028),
                    0.0032,
                    0.0032,
                )
            ],
            Material((0.95,) * 3, rough=0.8),
        )
        for i in range(4)
    ]
    collar = Solid(
        torus(0.04, 0.011, squash=1.0),
        (0.052, 0.012, 0.052),
        Material(make.accent, rough=0.9, sheen=0.4),
        (-0.09, 0.104, 0.0),
        (0, 0.0, 0.08),
    )
    return Model((upper, sole, swoosh, collar, *laces), 0.12, 0.3, swing=0.7, face=0.3)


def _centred(points: list[tuple[float, float]], middle: float) -> list[tuple[float, float]]:
    return [(x, y - middle) for x, y in points]


def backpack(make: Make) -> Model:
    """A day pack."""
    cloth = Material(make.body, rough=0.85, sheen=0.5, bump=0.06, bump_scale=0.2)
    trim = Material(make.accent, rough=0.6)
    return Model(
        (
            brick((0, 0.2, 0), (0.135, 0.2, 0.075), cloth, 0.065),
            brick((0, 0.13, -0.085), (0.1, 0.1, 0.03), cloth, 0.028),
            brick((0, 0.215, -0.1), (0.1, 0.006, 0.016), trim, 0.004),
            brick((0, 0.33, -0.07), (0.128, 0.007, 0.014), trim, 0.004),
            Solid(torus(0.03, 0.008, axis="z"), (0.04, 0.04, 0.01), trim, (0, 0.405, 0.0)),
            brick((0, 0.26, -0.0785), (0.035, 0.012, 0.003), Material((0.9, 0.88, 0.8), rough=0.7), 0.002),
        ),
        0.43,
        0.28,
        swing=0.9,
        face=0.45,
    )


def jar(make: Make) -> Model:
    """A cosmetic jar."""
    gold = Material((0.93, 0.78, 0.55), rough=0.18, metal=1.0)
    skin = np.ones((256, 2048, 3), np.float32)
    for centre in (512, 1536):
        cv2.circle(skin, (centre, 128), 60, tuple(v * 0.8 for v in make.accent), -1, cv2.LINE_AA)
    return Model(
        (
            turned(
                (0, 0, 0),
                [(0, 0), (0.034, 0), (0.038, 0.004), (0.038, 0.036), (0.035, 0.04), (0, 0.04)],
                Material(make.body, rough=0.12, spec=0.06),
                tag="skin",
            ),
            turned((0, 0.04, 0), [(0, 0), (0.037, 0), (0.037, 0.02), (0.035, 0.023), (0, 0.023)], gold),
        ),
        0.063,
        0.078,
        round=True,
        skin=skin,
    )


def ball(make: Make) -> Model:
    """A ball with a two-coloured pattern."""
    a, b = linear(make.body), linear(make.accent)

    def paint(x: F32, y: F32, z: F32, ny: F32) -> F32:
        wave = np.sin(x * 28) * np.sin(y * 28) * np.sin(z * 28 + 1)
        return np.asarray(np.where((wave > 0)[:, None], a, b), np.float32)

    return Model(
        (Solid(ellipsoid(0.11, 0.11, 0.11), (0.11,) * 3, Material(rough=0.35, paint=paint), (0, 0.11, 0)),),
        0.22,
        0.22,
        swing=1.2,
    )


MODELS: dict[str, Builder] = {
    "lamp": lamp,
    "globe": globe,
    "book": book,
    "package": package,
    "shoe": shoe,
    "backpack": backpack,
    "jar": jar,
    "ball": ball,
}
__all__ = ["MODELS", "WHEEL"]
