"""A lake valley at sunset, out of focus: what stands behind the bottle and is mirrored in its steel."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from imaging.geometry import Floats, fractal_noise, mix, sample, smoothstep, vec

WIDTH, HEIGHT = 4096, 2048
SUN = (-0.20, 0.115)
"""Longitude and latitude of the sun, radians."""


@dataclass
class Valley:
    """The landscape as a panorama: longitude across, latitude down, linear RGB."""

    seed: int
    defocus: int = 8
    """Radius of the lens's disc of confusion in panorama pixels (1 px = 0.09 degrees)."""
    _image: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        latitude, longitude = np.mgrid[0.5 * np.pi : -0.5 * np.pi : HEIGHT * 1j, -np.pi : np.pi : WIDTH * 1j]
        lat, lon = latitude.astype(np.float32).ravel(), longitude.astype(np.float32).ravel()
        noise = fractal_noise(1024, self.seed)
        above = np.abs(lat)
        mirrored = self._hills(above * 1.02, lon, self._sky(above, lon, noise), noise)
        image = self._hills(lat, lon, self._sky(lat, lon, noise), noise)
        ripple = 0.92 + 0.08 * sample(noise, lon * 0.12, lat * 6.0)
        water = mix(mirrored * ripple * vec(0.72, 0.76, 0.84), vec(0.03, 0.055, 0.08), smoothstep(0.0, -0.55, lat))
        image = np.where(lat < 0, water, image)
        picture = np.ascontiguousarray(image.T.reshape(HEIGHT, WIDTH, 3).astype(np.float32))
        self._glints(picture)
        size = 2 * self.defocus + 1
        y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
        disc = np.clip((1.06 - np.hypot(x, y)) * self.defocus * 0.7, 0, 1)
        picture = np.asarray(cv2.filter2D(picture, -1, (disc / disc.sum()).astype(np.float32)), np.float32)
        self._image = np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.2), np.float32)

    def _glints(self, picture: Floats) -> None:
        """Sun on the ripples: points that the lens turns into discs."""
        random = np.random.Generator(np.random.Philox(self.seed))
        for _ in range(190):
            below = random.exponential(0.055) + 0.006
            lon = SUN[0] + random.normal(0.0, 0.05 + 0.9 * below)
            row = int((0.5 + below / np.pi) * HEIGHT)
            column = int((lon / (2 * np.pi) + 0.5) * WIDTH)
            power = float(random.uniform(20.0, 120.0))
            picture[row : row + 2, column : column + 2] += (
                np.array([power, 0.62 * power, 0.32 * power], np.float32) * 0.5
            )

    def _sky(self, lat: Floats, lon: Floats, noise: Floats) -> Floats:
        up = np.clip(lat / 1.2, 0, 1)
        low, middle, high = vec(1.25, 0.72, 0.42), vec(0.70, 0.62, 0.66), vec(0.16, 0.29, 0.52)
        sky = mix(mix(low, middle, smoothstep(0.0, 0.20, up)), high, smoothstep(0.10, 0.60, up))
        gap = np.hypot(lon - SUN[0], lat - SUN[1])
        sky = sky + vec(9.0, 5.6, 2.6) * np.exp(-((gap / 0.035) ** 2))
        sky = sky + vec(1.5, 0.85, 0.36) * np.exp(-gap / 0.14) + vec(0.55, 0.27, 0.10) * np.exp(-gap / 0.5)
        cloud = smoothstep(0.2, 1.6, sample(noise, lon * 0.16, lat * 0.62 + 0.3)) * smoothstep(0.06, 0.2, lat)
        return np.asarray(mix(sky, sky * 0.62 + vec(0.50, 0.25, 0.20), 0.7 * cloud), np.float32)

    def _hills(self, lat: Floats, lon: Floats, image: Floats, noise: Floats) -> Floats:
        """Five ridges, the far ones pale with haze, the near one a dark shore with trees."""
        haze = vec(0.62, 0.46, 0.44)
        for layer in range(5):
            base, height = 0.105 - 0.021 * layer, 0.036 - 0.004 * layer
            course = np.full_like(lon, 0.07 + 0.19 * layer)
            ridge = base + height * sample(noise, lon * (0.22 + 0.07 * layer) + 0.21 * layer, course)
            if layer == 4:
                ridge = ridge + 0.006 * sample(noise, lon * 9.0, course)
            ridge = np.maximum(ridge, 0.006)
            forest = vec(0.030, 0.050, 0.055) * (1.0 + 0.25 * sample(noise, lon * 1.3, lat * 3.0))
            depth = np.clip(0.10 + 0.21 * layer + 1.6 * (ridge - lat) * (layer < 4) - 0.1, 0, 0.96)
            tone = mix(haze, forest, np.asarray(depth, np.float32))
            image = mix(image, tone, smoothstep(-0.0012, 0.0012, ridge - lat))
        return image

    def seen(self, direction: Floats) -> Floats:
        lon = np.arctan2(direction[0], direction[2])
        lat = np.arcsin(np.clip(direction[1], -1, 1))
        return sample(self._image, lon / (2 * np.pi) + 0.5, 0.5 - lat / np.pi)
