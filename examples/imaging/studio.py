"""What stands round the product: lights, camera, and what a scene has to tell the renderer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from imaging.geometry import Floats, cross, dot, unit, vec


@dataclass(frozen=True)
class Softbox:
    """A rectangular light. `across` and `up` are half edges; it shines to the side of across x up.

    `feather` (0..1) darkens it towards the edge as a diffuser does. Radiance is linear RGB."""

    centre: Floats
    across: Floats
    up: Floats
    radiance: Floats
    feather: float = 0.6

    @property
    def normal(self) -> Floats:
        return unit(cross(self.across, self.up))

    @property
    def area(self) -> float:
        return float(4.0 * np.sqrt(dot(self.across, self.across)[0] * dot(self.up, self.up)[0]))

    def _glow(self, a: Floats, b: Floats) -> Floats:
        edge = np.clip(1.0 - self.feather * np.maximum(np.abs(a), np.abs(b)) ** 3, 0.0, 1.0)
        return np.asarray(self.radiance * edge, np.float32)

    def point(self, u: Floats, v: Floats) -> tuple[Floats, Floats, Floats]:
        """Points for u, v in 0..1, their normals, and the radiance they send."""
        a, b = 2.0 * u - 1.0, 2.0 * v - 1.0
        return self.centre + self.across * a + self.up * b, self.normal, self._glow(a, b)

    def seen(self, origin: Floats, direction: Floats) -> tuple[Floats, Floats]:
        """(distance or inf, radiance) of rays that meet its shining side."""
        normal = self.normal
        facing = dot(direction, normal)
        distance = dot(self.centre - origin, normal) / np.where(np.abs(facing) < 1e-6, 1e-6, facing)
        local = origin + direction * distance - self.centre
        a = dot(local, self.across) / dot(self.across, self.across)
        b = dot(local, self.up) / dot(self.up, self.up)
        hit = (facing < 0) & (distance > 1e-3) & (np.abs(a) < 1) & (np.abs(b) < 1)
        return np.where(hit, distance, np.inf).astype(np.float32), np.where(hit, self._glow(a, b), 0.0).astype(
            np.float32
        )


def aim(
    at: tuple[float, float, float],
    size: tuple[float, float],
    colour: tuple[float, float, float],
    *,
    to: tuple[float, float, float] = (0.0, 1.0, 0.0),
    feather: float = 0.6,
) -> Softbox:
    """A softbox of (width, height) hung at `at` and turned to `to`."""
    centre, forward = vec(*at), unit(vec(*to) - vec(*at))
    right = unit(cross(vec(0, 1, 0), forward))
    up = cross(forward, right)
    return Softbox(centre, right * (size[0] / 2), up * (size[1] / 2), vec(*colour), feather)


@dataclass(frozen=True)
class RingLight:
    """A glowing horizontal ring as a light. Its tube is part of the scene's distance field; this only samples it."""

    radius: float
    height: float
    tube: float
    radiance: Floats

    @property
    def normal(self) -> Floats:
        return vec(0, 0, 0)

    @property
    def area(self) -> float:
        return float(2 * np.pi * self.radius * np.pi * self.tube)

    def point(self, u: Floats, v: Floats) -> tuple[Floats, Floats, Floats]:
        angle, turn = 2 * np.pi * u, np.pi * (v - 0.15)
        out = np.cos(turn)
        normal = np.stack([np.cos(angle) * out, np.sin(turn), np.sin(angle) * out])
        lift = self.tube * 1.15
        at = np.stack([np.cos(angle) * self.radius, np.full_like(u, self.height), np.sin(angle) * self.radius])
        return (
            (at + normal * lift).astype(np.float32),
            normal.astype(np.float32),
            np.broadcast_to(self.radiance, at.shape),
        )

    def seen(self, origin: Floats, direction: Floats) -> tuple[Floats, Floats]:
        count = direction.shape[1]
        return np.full(count, np.inf, np.float32), np.zeros((3, count), np.float32)


Light = Softbox | RingLight


@dataclass(frozen=True)
class Camera:
    """A thin-lens camera. `fov` is vertical, in degrees; `aperture` is the lens radius in scene units."""

    eye: Floats
    target: Floats
    fov: float
    aperture: float = 0.0
    focus: float = 1.0

    def rays(self, x: Floats, y: Floats, aspect: float, u: Floats, v: Floats) -> tuple[Floats, Floats]:
        """Origins and directions through image points x, y in -1..1 (y up) and lens points u, v in 0..1."""
        forward = unit(self.target - self.eye)
        right = unit(cross(vec(0, 1, 0), forward))
        up = cross(forward, right)
        scale = float(np.tan(np.radians(self.fov) / 2))
        along = forward + right * (x * scale * aspect) + up * (y * scale)
        if not self.aperture:
            return np.broadcast_to(self.eye, along.shape).astype(np.float32), unit(along)
        radius, angle = self.aperture * np.sqrt(u), 2 * np.pi * v
        origin = self.eye + right * (radius * np.cos(angle)) + up * (radius * np.sin(angle))
        return origin.astype(np.float32), unit(self.eye + along * self.focus - origin)


@dataclass
class Surface:
    """How the points of a hit look. Arrays over n hits; colours are linear RGB (3, n)."""

    normal: Floats
    albedo: Floats
    rough: Floats
    f0: Floats
    emission: Floats
    stretch: Floats = field(default_factory=lambda: np.ones(1, np.float32))
    """How many times longer the highlight is across the brush lines; 1 where it is not brushed."""
    sheen: Floats = field(default_factory=lambda: np.zeros(1, np.float32))
    """Grazing light that fibres throw back, 0..1."""


class Scene(Protocol):
    """What the renderer asks of a set."""

    camera: Camera
    lights: tuple[Light, ...]
    low: Floats
    high: Floats
    exposure: float

    def distance(self, p: Floats) -> Floats:
        """Signed distance (or less) to everything but the floor."""

    def surface(self, p: Floats, normal: Floats) -> Surface:
        """The look of points of the distance field."""

    def floor(self, p: Floats) -> Surface | None:
        """The look of points of the plane y = 0; None when the set has no floor."""

    def floor_fade(self, p: Floats) -> Floats:
        """0 where the floor is floor, 1 where it has become backdrop."""

    def backdrop(self, direction: Floats, x: Floats, y: Floats) -> Floats:
        """What the camera sees behind everything, at image points x, y."""

    def surroundings(self, direction: Floats) -> Floats:
        """What reflections and fill light see where they meet no light."""
