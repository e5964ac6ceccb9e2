"""Skies: colours by time and weather, clouds in perspective, sun, moon and stars. Directions in, linear light out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from callsheet.studio.picture.noise import grain_at
from callsheet.studio.picture.spec import F32, Rgb, vec


@dataclass(frozen=True)
class Sky:
    """Linear colours; `sun` is a unit direction; `direct` the light of the sun (or moon) on the ground."""

    zenith: Rgb
    middle: Rgb
    horizon: Rgb
    glow: Rgb
    direct: Rgb
    ambient: Rgb
    sun: tuple[float, float, float]
    disc: float
    stars: float
    cover: float
    cloud: Rgb
    shade: Rgb
    haze: float
    seed: int

    def __call__(self, x: F32, y: F32, z: F32) -> F32:
        up = np.clip(y, -0.05, 1)
        k = np.clip(up / 0.5, 0, 1)[:, None] ** 0.6
        low = np.clip(1 - up / 0.18, 0, 1)[:, None] ** 2
        out = vec(self.middle) * (1 - k) + vec(self.zenith) * k
        out = out * (1 - low) + vec(self.horizon) * low
        s = x * np.float32(self.sun[0]) + y * np.float32(self.sun[1]) + z * np.float32(self.sun[2])
        near = np.clip(s, 0, 1)
        glow = (near**6 * 0.35 + near**40 * 0.6 + near**300 * 1.2)[:, None]
        out = out + vec(self.glow) * glow
        if self.stars > 0:
            a, b = np.arctan2(x, z), y
            field = grain_at(77, a, b, 0.42, 1, 128)
            star = np.clip((field - 0.992) * 90, 0, 1) ** 2 * grain_at(79, a, b, 0.9, 2, 8) * 1.6 * np.clip(y * 5, 0, 1)
            way = np.exp(-(((y - 0.35 - a * 0.35) / 0.16) ** 2)) * (0.4 + grain_at(78, a, b, 1.4))
            out = out + (star * np.float32(self.stars))[:, None] * vec((1, 0.97, 0.92))
            out = out + (way * np.float32(0.05 * self.stars))[:, None] * vec((0.7, 0.75, 1.0))
        if self.disc > 0:
            edge = math.cos(0.022 if self.stars == 0 else 0.03)
            spot = np.clip((s - edge) / (1 - edge) * 6, 0, 1)[:, None]
            out = out + spot * vec(self.glow) * np.float32(self.disc)
        if self.cover > 0:
            out = self._clouds(out, x, y, z, near)
        return np.asarray(out, np.float32)

    def _clouds(self, out: F32, x: F32, y: F32, z: F32, near: F32) -> F32:
        high = 1 / np.maximum(y + np.float32(0.09), np.float32(0.03))
        cx, cz = x * high, z * high * np.float32(0.8)
        base = grain_at(self.seed % 60 + 130, cx, cz, 9.0, 6, 3)
        lit = grain_at(self.seed % 60 + 130, cx + np.float32(self.sun[0] * 0.16), cz + np.float32(0.1), 9.0, 6, 3)
        edge = np.float32(0.68 - self.cover * 0.36)
        thick = np.clip((base - edge) / np.float32(0.22), 0, 1)
        thick = thick * thick * (3 - 2 * thick) * np.clip((y - 0.015) * 14, 0, 1)
        light = np.clip((base - lit) * 5 + 0.62 - (base - edge) * 0.8, 0, 1)[:, None]
        color = vec(self.shade) * (1 - light) + vec(self.cloud) * light
        color = color + vec(self.glow) * (near**8 * 0.35)[:, None]
        a = (thick * np.float32(0.92))[:, None]
        return np.asarray(out * (1 - a) + color * a, np.float32)


def sky(time: str, weather: str, seed: int, *, space: bool = False) -> Sky:
    """The sky of a time and weather; the sun stands where it is good for the picture."""
    side = -1 if seed % 2 else 1
    if space:
        return Sky(
            (0.002, 0.003, 0.009),
            (0.004, 0.004, 0.014),
            (0.006, 0.006, 0.02),
            (0, 0, 0),
            (2.6, 2.5, 2.3),
            (0.01, 0.012, 0.02),
            _unit(side * 0.8, 0.5, -0.4),
            0,
            1.2,
            0,
            (0, 0, 0),
            (0, 0, 0),
            0.0,
            seed,
        )
    if time == "night":
        made = Sky(
            (0.006, 0.012, 0.035),
            (0.018, 0.03, 0.075),
            (0.05, 0.07, 0.13),
            (0.55, 0.62, 0.8),
            (0.16, 0.2, 0.32),
            (0.03, 0.042, 0.085),
            _unit(side * 0.34, 0.32, 0.88),
            1.2,
            0.9,
            0.25,
            (0.1, 0.12, 0.19),
            (0.018, 0.024, 0.05),
            0.5,
            seed,
        )
    elif time == "sunrise":
        made = Sky(
            (0.16, 0.3, 0.62),
            (0.52, 0.52, 0.66),
            (1.35, 0.78, 0.48),
            (2.3, 1.2, 0.55),
            (2.7, 1.55, 0.85),
            (0.3, 0.32, 0.44),
            _unit(side * 0.32, 0.1, 0.94),
            3.0,
            0,
            0.45,
            (1.5, 0.95, 0.72),
            (0.42, 0.34, 0.44),
            0.8,
            seed,
        )
    elif time == "sunset":
        made = Sky(
            (0.09, 0.12, 0.34),
            (0.55, 0.26, 0.32),
            (1.5, 0.6, 0.22),
            (2.6, 0.95, 0.3),
            (2.8, 1.25, 0.5),
            (0.26, 0.2, 0.28),
            _unit(side * 0.28, 0.085, 0.95),
            3.0,
            0,
            0.5,
            (1.7, 0.75, 0.42),
            (0.3, 0.16, 0.24),
            0.7,
            seed,
        )
    else:
        made = Sky(
            (0.1, 0.26, 0.66),
            (0.28, 0.5, 0.86),
            (0.74, 0.86, 0.98),
            (0.9, 0.85, 0.7),
            (2.3, 2.15, 1.85),
            (0.34, 0.42, 0.54),
            _unit(side * 0.62, 0.55, 0.42),
            0.0,
            0,
            0.5,
            (1.45, 1.42, 1.38),
            (0.52, 0.58, 0.68),
            0.8,
            seed,
        )
    if weather in ("rain", "fog", "snow"):
        return _overcast(made, weather, time)
    return made


def _overcast(s: Sky, weather: str, time: str) -> Sky:
    """Clouds over everything: less colour, less sun, more haze."""
    k = {"rain": 0.62, "fog": 0.3, "snow": 0.5}[weather]
    dim = {"rain": 0.6, "fog": 1.1, "snow": 1.0}[weather]
    keep = 0.55 if time in ("sunrise", "sunset") else (0.35 if weather != "rain" else 0.25)

    def grey(c: Rgb, level: float) -> Rgb:
        m = (c[0] + c[1] + c[2]) / 3
        return tuple((v * (1 - k) + m * k) * level for v in c)  # type: ignore[return-value]

    return Sky(
        grey(s.zenith, dim * 1.4),
        grey(s.middle, dim),
        grey(s.horizon, dim * 0.92),
        grey(s.glow, keep),
        grey(s.direct, keep * 0.8),
        grey(s.ambient, 1.25),
        s.sun,
        s.disc * (0.3 if weather == "snow" else 0.0),
        0.0 if weather != "snow" else s.stars * 0.5,
        0.85 if weather == "rain" else 0.6,
        grey(s.cloud, dim * 0.8),
        grey(s.shade, dim * 0.9),
        s.haze * {"rain": 1.7, "fog": 3.2, "snow": 1.5}[weather],
        s.seed,
    )


def _unit(x: float, y: float, z: float) -> tuple[float, float, float]:
    n = math.sqrt(x * x + y * y + z * z)
    return (x / n, y / n, z / n)
