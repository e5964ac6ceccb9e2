"""Solids as signed distance functions in their own coordinates (metres, x right, y up, z away from the viewer)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from callsheet.studio.picture.noise import lookup
from callsheet.studio.picture.spec import F32, Rgb, vec

Sdf = Callable[[F32, F32, F32], F32]
# Local position and local normal (x, y, z, ny) -> linear RGB albedo (n, 3).
Paint = Callable[[F32, F32, F32, F32], F32]


@dataclass(frozen=True)
class Material:
    """How a surface answers light. `color` is sRGB 0..1; `emit` is linear radiance; `paint` overrides the colour."""

    color: Rgb = (0.6, 0.6, 0.6)
    rough: float = 0.6
    metal: float = 0.0
    spec: float = 0.04
    emit: Rgb = (0.0, 0.0, 0.0)
    paint: Paint | None = None
    glow: Paint | None = None
    sheen: float = 0.0
    bump: float = 0.0
    bump_scale: float = 0.3


@dataclass(frozen=True)
class Solid:
    """One body: `sdf` within the box of half sizes `half` around `at`, turned by `turn` (yaw, pitch, roll)."""

    sdf: Sdf
    half: tuple[float, float, float]
    material: Material = field(default_factory=Material)
    at: tuple[float, float, float] = (0.0, 0.0, 0.0)
    turn: tuple[float, float, float] = (0.0, 0.0, 0.0)
    casts: bool = True
    seen: bool = True
    tag: str = ""
    # The least distance (metres) over which its slope can be measured: a distance field has cells.
    reach: float = 0.0

    @property
    def matrix(self) -> F32:
        """Local to world rotation: roll about z, then pitch about x, then yaw about y."""
        yaw, pitch, roll = self.turn
        cy, sy, cp, sp, cr, sr = (f(v) for v in (yaw, pitch, roll) for f in (math.cos, math.sin))
        about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
        about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
        return np.asarray(about_y @ about_x @ about_z, np.float32)

    def corners(self) -> F32:
        """The eight corners of the bounding box in the world, (8, 3)."""
        signs = np.array([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)], np.float32)
        return np.asarray((signs * vec(self.half)) @ self.matrix.T + vec(self.at), np.float32)


def moved(
    solids: Sequence[Solid], by: tuple[float, float, float], *, yaw: float = 0.0, scale: float = 1.0
) -> list[Solid]:
    """The group scaled, turned about the y axis of its origin, then moved."""
    cos, sin = math.cos(yaw), math.sin(yaw)
    out = []
    for solid in solids:
        x, y, z = (v * scale for v in solid.at)
        at = (x * cos + z * sin + by[0], y + by[1], -x * sin + z * cos + by[2])
        turn = (solid.turn[0] + yaw, solid.turn[1], solid.turn[2])
        if scale == 1.0:
            out.append(replace(solid, at=at, turn=turn))
            continue
        half = (solid.half[0] * scale, solid.half[1] * scale, solid.half[2] * scale)
        material = _scaled_material(solid.material, scale)
        sdf = _scaled(solid.sdf, scale)
        out.append(replace(solid, sdf=sdf, half=half, at=at, turn=turn, material=material, reach=solid.reach * scale))
    return out


def _scaled(sdf: Sdf, scale: float) -> Sdf:
    k = np.float32(1 / scale)
    return lambda x, y, z: sdf(x * k, y * k, z * k) * np.float32(scale)


def _scaled_material(material: Material, scale: float) -> Material:
    k = np.float32(1 / scale)

    def wrap(paint: Paint | None) -> Paint | None:
        if paint is None:
            return None
        inner = paint
        return lambda x, y, z, ny: inner(x * k, y * k, z * k, ny)

    return replace(material, paint=wrap(material.paint), glow=wrap(material.glow))


def box(hx: float, hy: float, hz: float, radius: float = 0.01) -> Sdf:
    """A box of these half sizes with rounded edges."""
    radius = min(radius, hx, hy, hz)
    bx, by, bz, r = np.float32(hx - radius), np.float32(hy - radius), np.float32(hz - radius), np.float32(radius)

    def sdf(x: F32, y: F32, z: F32) -> F32:
        qx, qy, qz = np.abs(x) - bx, np.abs(y) - by, np.abs(z) - bz
        inside = np.minimum(np.maximum(np.maximum(qx, qy), qz), 0)
        np.maximum(qx, 0, out=qx)
        np.maximum(qy, 0, out=qy)
        np.maximum(qz, 0, out=qz)
        return np.asarray(np.sqrt(qx * qx + qy * qy + qz * qz) + inside - r, np.float32)

    return sdf


def cushion(hx: float, hy: float, hz: float, radius: float, puff: float) -> Sdf:
    """A soft box whose faces bulge by `puff` in the middle."""
    base = box(hx, hy, hz, radius)
    kx, ky, kz = np.float32(1 / hx**2), np.float32(1 / hy**2), np.float32(1 / hz**2)

    def sdf(x: F32, y: F32, z: F32) -> F32:
        swell = np.maximum(1 - x * x * kx, 0) * np.maximum(1 - z * z * kz, 0) + np.maximum(1 - x * x * kx, 0) * (
            np.maximum(1 - y * y * ky, 0)
        )
        return np.asarray((base(x, y, z) - np.float32(puff) * 0.5 * swell + np.float32(puff) * 0.5) * 0.9, np.float32)

    return sdf


def ellipsoid(rx: float, ry: float, rz: float) -> Sdf:
    ix, iy, iz = np.float32(1 / rx), np.float32(1 / ry), np.float32(1 / rz)

    def sdf(x: F32, y: F32, z: F32) -> F32:
        ax, ay, az = x * ix, y * iy, z * iz
        k0 = np.sqrt(ax * ax + ay * ay + az * az)
        ax, ay, az = ax * ix, ay * iy, az * iz
        k1 = np.sqrt(ax * ax + ay * ay + az * az) + np.float32(1e-6)
        return np.asarray(k0 * (k0 - 1) / k1, np.float32)

    return sdf


def torus(ring: float, thick: float, *, axis: str = "y", squash: float = 1.0) -> Sdf:
    """A ring of radius `ring` about `axis`, tube radius `thick`, stretched along the axis by `squash`."""
    big, small, sq = np.float32(ring), np.float32(thick), np.float32(1 / squash)

    def sdf(x: F32, y: F32, z: F32) -> F32:
        a, b, c = (x, z, y) if axis == "y" else ((x, y, z) if axis == "z" else (y, z, x))
        q = np.sqrt(a * a + b * b) - big
        c = c * sq
        return np.asarray((np.sqrt(q * q + c * c) - small) * np.float32(min(1.0, squash)), np.float32)

    return sdf


@lru_cache(maxsize=256)
def _field(
    outline: tuple[tuple[float, float], ...], cells: int, half: tuple[float, float], *, twice: bool = False
) -> tuple[F32, float]:
    """Signed distance to a polygon on a grid over [-half, half]^2, metres; and the cell size."""
    polygon = np.array(outline, np.float64)
    cell = 2 * max(half) / cells
    width, height = (int(2 * h / cell) + 9 for h in half)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    x, y = (x - 4) * cell - half[0], (y - 4) * cell - half[1]
    far = np.full(x.shape, np.inf)
    inside = np.zeros(x.shape, np.bool_)
    for a, b in zip(polygon, np.roll(polygon, -1, 0), strict=True):
        edge = b - a
        length = float(edge @ edge)
        if length < 1e-14:
            continue
        h = np.clip(((x - a[0]) * edge[0] + (y - a[1]) * edge[1]) / length, 0, 1)
        far = np.minimum(far, (x - a[0] - h * edge[0]) ** 2 + (y - a[1] - h * edge[1]) ** 2)
        crosses = (a[1] > y) != (b[1] > y)
        if edge[1] != 0:
            inside ^= crosses & (x < a[0] + (y - a[1]) * edge[0] / edge[1])
    signed = np.where(inside, -np.sqrt(far), np.sqrt(far)).astype(np.float32)
    if twice:
        signed = np.minimum(signed, signed[:, ::-1])
    return np.asarray(cv2.GaussianBlur(signed, (0, 0), 1.0), np.float32), cell


def _points(polygon: NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in polygon)


def _beyond(got: F32, over_x: F32, over_y: F32) -> F32:
    """Grid distances completed outside of the grid, where the lookup repeats its edge."""
    qx, qy = np.maximum(over_x, 0), np.maximum(over_y, 0)
    away = qx * qx + qy * qy
    up = np.maximum(got, 0)
    return np.asarray((np.sqrt(up * up + away) + np.minimum(got, 0)) * np.float32(0.96), np.float32)


def lathe(
    profile: Sequence[tuple[float, float]], cells: int = 300, *, hollow: bool = False
) -> tuple[Sdf, tuple[float, float, float]]:
    """The profile (radius, height) turned about the y axis; gives the distance function and the half sizes.

    Heights are centred by the caller: they should span -h..h. The profile closes along the axis by itself,
    unless it is `hollow`: a closed loop away from the axis.
    """
    right = np.array(profile, np.float64)
    polygon = right if hollow else np.concatenate([right, (right * [-1, 1])[::-1]])
    radius, high = float(right[:, 0].max()), float(np.abs(right[:, 1]).max())
    grid, cell = _field(_points(polygon), cells, (radius, high), twice=hollow)
    inv = np.float32(1 / cell)

    def sdf(x: F32, y: F32, z: F32) -> F32:
        r = np.sqrt(x * x + z * z)
        got = lookup(grid, (r + np.float32(radius)) * inv + 4, (y + np.float32(high)) * inv + 4)
        return _beyond(got, r - np.float32(radius), np.abs(y) - np.float32(high))

    return sdf, (radius, high, radius)


def extrude(
    outline: Sequence[tuple[float, float]], depth: float, radius: float = 0.01, cells: int = 300
) -> tuple[Sdf, tuple[float, float, float]]:
    """The outline in x, y pulled to half thickness `depth` along z with rounded edges."""
    polygon = np.array(outline, np.float64)
    half = (float(np.abs(polygon[:, 0]).max()), float(np.abs(polygon[:, 1]).max()))
    grid, cell = _field(_points(polygon), cells, half)
    inv, rad, dep = np.float32(1 / cell), np.float32(radius), np.float32(depth - radius)

    def sdf(x: F32, y: F32, z: F32) -> F32:
        a = lookup(grid, (x + np.float32(half[0])) * inv + 4, (y + np.float32(half[1])) * inv + 4)
        a = _beyond(a, np.abs(x) - np.float32(half[0]), np.abs(y) - np.float32(half[1])) + rad
        b = np.abs(z) - dep
        edge = np.minimum(np.maximum(a, b), 0)
        a, b = np.maximum(a, 0), np.maximum(b, 0)
        return np.asarray((np.sqrt(a * a + b * b) + edge - rad) * np.float32(0.95), np.float32)

    return sdf, (*half, depth)


Limb = tuple[tuple[float, float, float], tuple[float, float, float], float, float]


def limbs(parts: Sequence[Limb], blend: float = 0.03) -> Sdf:
    """Cones with round ends (from, to, radius, radius) melted together over `blend` metres."""
    k = np.float32(max(blend, 1e-4))

    def sdf(x: F32, y: F32, z: F32) -> F32:
        out: F32 | None = None
        for part in parts:
            d = limb_distance(part, x, y, z)
            if out is None:
                out = d
            else:
                h = np.maximum(k - np.abs(out - d), 0) / k
                out = np.minimum(out, d) - h * h * k * np.float32(0.25)
        return np.asarray(out, np.float32)

    return sdf


def melted(sdfs: Sequence[tuple[Sdf, tuple[float, float, float]]], blend: float) -> Sdf:
    """Several shapes, each at its own place, melted together over `blend` metres."""
    k = np.float32(blend)

    def sdf(x: F32, y: F32, z: F32) -> F32:
        out: F32 | None = None
        for shape, at in sdfs:
            d = shape(x - np.float32(at[0]), y - np.float32(at[1]), z - np.float32(at[2]))
            if out is None:
                out = d
                continue
            h = np.maximum(k - np.abs(out - d), 0) / k
            out = np.minimum(out, d) - h * h * k * np.float32(0.25)
        return np.asarray(out, np.float32)

    return sdf


def limb_distance(part: Limb, x: F32, y: F32, z: F32) -> F32:
    """Distance to one round-ended cone."""
    a, b, ra, rb = part
    bx, by, bz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    px, py, pz = x - np.float32(a[0]), y - np.float32(a[1]), z - np.float32(a[2])
    length = bx * bx + by * by + bz * bz
    if length < 1e-9:
        px *= px
        py *= py
        pz *= pz
        px += py
        px += pz
        return np.asarray(np.sqrt(px, out=px) - np.float32(max(ra, rb)), np.float32)
    h = px * np.float32(bx / length)
    h += py * np.float32(by / length)
    h += pz * np.float32(bz / length)
    np.maximum(h, 0, out=h)
    np.minimum(h, 1, out=h)
    px -= h * np.float32(bx)
    py -= h * np.float32(by)
    pz -= h * np.float32(bz)
    px *= px
    py *= py
    pz *= pz
    px += py
    px += pz
    np.sqrt(px, out=px)
    px -= np.float32(ra)
    if ra != rb:
        px -= h * np.float32(rb - ra)
    return px


def limbs_solid(parts: Sequence[Limb], material: Material, *, blend: float = 0.03, tag: str = "") -> Solid:
    """A solid of limbs; its box is measured from the parts."""
    low = np.min([[min(a[i], b[i]) - max(ra, rb) for i in range(3)] for a, b, ra, rb in parts], axis=0)
    high = np.max([[max(a[i], b[i]) + max(ra, rb) for i in range(3)] for a, b, ra, rb in parts], axis=0)
    mid = tuple(float(v) for v in (low + high) / 2)
    shifted = [
        (
            (a[0] - mid[0], a[1] - mid[1], a[2] - mid[2]),
            (b[0] - mid[0], b[1] - mid[1], b[2] - mid[2]),
            ra,
            rb,
        )
        for a, b, ra, rb in parts
    ]
    half = tuple(float(v) for v in (high - low) / 2 + blend * 0.2)
    return Solid(limbs(shifted, blend), (half[0], half[1], half[2]), material, at=(mid[0], mid[1], mid[2]), tag=tag)


def brick(
    at: tuple[float, float, float],
    half: tuple[float, float, float],
    material: Material,
    radius: float = 0.01,
    turn: tuple[float, float, float] = (0.0, 0.0, 0.0),
    *,
    casts: bool = True,
    tag: str = "",
) -> Solid:
    """A rounded box as a solid."""
    return Solid(box(*half, radius), half, material, at, turn, casts=casts, tag=tag)


def turned(
    at: tuple[float, float, float], profile: Sequence[tuple[float, float]], material: Material, *, tag: str = ""
) -> Solid:
    """A lathe solid standing at `at`: heights of the profile count from there upwards."""
    top = max(y for _, y in profile)
    low = min(y for _, y in profile)
    mid = (top + low) / 2
    sdf, half = lathe([(r, y - mid) for r, y in profile])
    return Solid(sdf, half, material, (at[0], at[1] + mid, at[2]), tag=tag, reach=2 * max(half) / 300 * 1.1)
