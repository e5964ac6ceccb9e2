"""Kinds of country: heights and grounds for mountain, desert, snow, sea, forest, meadow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from callsheet.studio.picture.land.terrain import Ground, Height, ridged, smooth_noise
from callsheet.studio.picture.spec import F32, vec
from callsheet.studio.picture.trace.shade import linear


@dataclass(frozen=True)
class Country:
    """Height field and ground, the height of water (None: dry), trees for each view, the eye's height and aim."""

    height: Height
    ground: Ground
    sea: float | None
    trees: int
    eye_high: float
    pitch: float
    haze: float
    tree_kind: str = "pine"


def _mix(a: F32, b: F32, k: F32) -> F32:
    return np.asarray(a * (1 - k[:, None]) + b * k[:, None], np.float32)


def _near_flat(x: F32, z: F32, start: float, end: float) -> F32:
    k = np.clip((np.hypot(x, z) - np.float32(start)) / np.float32(end - start), 0, 1)
    return np.asarray(k * k * (3 - 2 * k), np.float32)


def country(setting: str, seed: int, weather: str) -> Country:  # noqa: PLR0915 - a list of small functions
    """The country of a setting."""
    s = seed
    rock, pale = linear((0.46, 0.43, 0.42)), linear((0.6, 0.56, 0.52))
    grass, moss = linear((0.3, 0.36, 0.17)), linear((0.25, 0.31, 0.17))
    snow, sand = vec((0.86, 0.89, 0.94)), linear((0.86, 0.66, 0.42))
    snowy = weather == "snow"

    if setting in ("mountain", "camp"):

        def mountain(x: F32, z: F32) -> F32:
            far = _near_flat(x, z, 60, 900)
            peaks = ridged(s, x, z, 2400) ** 1.25 * 820 * far
            hills = smooth_noise(s + 1, x, z, 620, 5) * 90 * _near_flat(x, z, 10, 260) - 42 * _near_flat(x, z, 8, 120)
            bumps = (smooth_noise(s + 2, x, z, 14, 5) - 0.5) * 0.7
            return np.asarray(peaks + hills + bumps, np.float32)

        def rocky(x: F32, z: F32, h: F32, n: F32, g: F32) -> F32:
            out = _mix(
                np.broadcast_to(rock, (x.size, 3)), np.broadcast_to(pale, (x.size, 3)), np.clip(g * 2.2 - 0.6, 0, 1)
            )
            green = np.clip((n - 0.72) * 6, 0, 1) * np.clip((150 - h) / 120, 0, 1) * (0.0 if snowy else 0.95)
            out = _mix(out, grass * (0.7 + 0.6 * g[:, None]), np.asarray(green, np.float32))
            path = np.exp(-(((x - np.sin(z * 0.05) * 3.0 - 1.2) / np.float32(0.9)) ** 2)) * np.clip(
                1.2 - z / 90, 0, 0.9
            )
            dirt = linear((0.52, 0.44, 0.34)) * (0.7 + 0.6 * g[:, None])
            out = _mix(out, np.asarray(dirt, np.float32), np.asarray(path, np.float32))
            line = 20.0 if snowy else 300.0
            white = np.clip((h - line + (g - 0.5) * 220) / 90, 0, 1) * np.clip((n - 0.42) * 5, 0, 1)
            return _mix(out, np.broadcast_to(snow, (x.size, 3)), np.asarray(white, np.float32))

        return Country(mountain, rocky, None, 90 if setting == "camp" else 26, 1.7, 0.03, 2600)
    if setting == "desert":

        def dunes(x: F32, z: F32) -> F32:
            warp = smooth_noise(s, x, z, 260, 3) * 60
            wave = np.abs(((x + warp * 1.6 + z * 0.35) / 95) % 2 - 1)
            big = (1 - wave) ** 1.5 * 22 * _near_flat(x, z, 12, 130)
            long = smooth_noise(s + 1, x, z, 900, 3) * 60 * _near_flat(x, z, 120, 900)
            ripple = np.sin((x * 0.9 + z * 2.4 + warp) * 3.0) * 0.02
            return np.asarray(big + long + ripple - 1.2, np.float32)

        def sandy(x: F32, z: F32, h: F32, n: F32, g: F32) -> F32:
            return np.asarray(sand * (0.82 + 0.3 * g[:, None]), np.float32)

        return Country(dunes, sandy, None, 0, 2.6, 0.035, 2200)
    if setting == "sea":

        def coast(x: F32, z: F32) -> F32:
            side = np.clip((np.abs(x - 260) - 240) / 700, 0, 1)
            isles = ridged(s, x, z, 1700) ** 1.4 * 300 * _near_flat(x, z, 500, 1500) * (0.25 + side)
            return np.asarray(isles - 36, np.float32)

        def cliffs(x: F32, z: F32, h: F32, n: F32, g: F32) -> F32:
            out = np.broadcast_to(rock, (x.size, 3)) * (0.7 + 0.6 * g[:, None])
            return _mix(np.asarray(out, np.float32), moss, np.asarray(np.clip((n - 0.7) * 5, 0, 1) * 0.8, np.float32))

        return Country(coast, cliffs, 0.0, 0, 3.2, 0.02, 2200)
    if setting == "snow":

        def field(x: F32, z: F32) -> F32:
            roll = smooth_noise(s, x, z, 240, 4) * 22 * _near_flat(x, z, 12, 150)
            far = ridged(s + 3, x, z, 2000) * 420 * _near_flat(x, z, 500, 1400)
            soft = (smooth_noise(s + 2, x, z, 16, 3) - 0.5) * 0.5
            return np.asarray(roll + far + soft - 3 * _near_flat(x, z, 8, 60), np.float32)

        def white(x: F32, z: F32, h: F32, n: F32, g: F32) -> F32:
            return np.asarray(snow * (0.88 + 0.18 * g[:, None]), np.float32)

        return Country(field, white, None, 150, 1.5, 0.0, 900)
    if setting == "forest":

        def wood(x: F32, z: F32) -> F32:
            return np.asarray(
                smooth_noise(s, x, z, 160, 4) * 14 * _near_flat(x, z, 10, 120)
                + ridged(s, x, z, 1500) * 200 * _near_flat(x, z, 200, 900)
                + (smooth_noise(s + 2, x, z, 9, 4) - 0.5) * 0.5
                - 2.5 * _near_flat(x, z, 8, 60),
                np.float32,
            )

        def mossy(x: F32, z: F32, h: F32, n: F32, g: F32) -> F32:
            path = np.exp(-(((x - np.sin(z * 0.09) * 2.2 - 0.5) / 1.3) ** 2)) * 0.85
            out = _mix(
                np.broadcast_to(moss, (x.size, 3)) * (0.55 + 0.8 * g[:, None]),
                np.broadcast_to(grass, (x.size, 3)),
                np.asarray(g, np.float32),
            )
            out = _mix(
                np.asarray(out, np.float32),
                linear((0.5, 0.4, 0.28)) * (0.7 + 0.5 * g[:, None]),
                np.asarray(path, np.float32),
            )
            return _mix(out, np.broadcast_to(snow, (x.size, 3)), np.full(x.size, 0.85 if snowy else 0.0, np.float32))

        return Country(wood, mossy, None, 340, 1.6, 0.045, 260)

    def rolling(x: F32, z: F32) -> F32:
        return np.asarray(
            smooth_noise(s, x, z, 420, 4) * 46 * _near_flat(x, z, 10, 240)
            - 15 * _near_flat(x, z, 8, 120)
            + ridged(s, x, z, 2600) * 260 * _near_flat(x, z, 700, 1800)
            + (smooth_noise(s + 2, x, z, 10, 4) - 0.5) * 0.35,
            np.float32,
        )

    def lawn(x: F32, z: F32, h: F32, n: F32, g: F32) -> F32:
        fields = smooth_noise(s + 5, x, z, 320, 2)[:, None]
        green = linear((0.34, 0.43, 0.16)) * (1 - fields) + linear((0.5, 0.48, 0.22)) * fields
        out = green * (0.6 + 0.7 * g[:, None])
        bloom = np.clip((smooth_noise(s + 6, x, z, 1.1, 3) - 0.68) * 14, 0, 1) * np.clip(1 - np.hypot(x, z) / 60, 0, 1)
        hue = (smooth_noise(s + 7, x, z, 7, 2) > 0.5)[:, None]
        petals = np.where(hue, vec((0.85, 0.3, 0.25)), vec((0.9, 0.75, 0.25)))
        return _mix(np.asarray(out, np.float32), np.asarray(petals, np.float32), np.asarray(bloom, np.float32))

    return Country(rolling, lawn, None, 46, 1.6, 0.02, 1500, "round")
