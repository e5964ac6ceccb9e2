"""Lights, soft shadows by one marched ray, and occlusion of the ambient light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from callsheet.studio.picture.spec import F32, Rgb, vec
from callsheet.studio.picture.trace.rays import into, span
from callsheet.studio.picture.trace.solids import Solid

Vec = tuple[float, float, float]


@dataclass(frozen=True)
class Light:
    """A lamp at `at` (or, as a sun, far away in that direction) of linear RGB `color`; `size` is its radius in metres.

    `reach` is the distance of half brightness (0: a sun, no falloff). `size` of a sun is relative to a distance of 1.
    """

    at: Vec
    color: Rgb
    size: float = 0.3
    reach: float = 0.0
    shadow: bool = True
    wrap: float = 0.15

    def toward(self, p: F32) -> tuple[F32, F32]:
        """Unit directions (3, n) and distances from points (3, n)."""
        if self.reach <= 0:
            d = np.array(self.at, np.float32)
            d /= np.linalg.norm(d)
            return np.repeat(d[:, None], p.shape[1], 1), np.full(p.shape[1], 30.0, np.float32)
        rel = vec(self.at)[:, None] - p
        far = np.sqrt(rel[0] * rel[0] + rel[1] * rel[1] + rel[2] * rel[2])
        return np.asarray(rel / far, np.float32), np.asarray(far, np.float32)

    def strength(self, far: F32) -> F32 | np.float32:
        if self.reach <= 0:
            return np.float32(1.0)
        q = far * np.float32(1 / self.reach)
        return np.asarray(1 / (1 + q * q), np.float32)


@dataclass(frozen=True)
class Panel:
    """A bright rectangle seen in reflections: toward `at`, half sizes as tangents, linear RGB `color`."""

    at: Vec
    wide: float
    high: float
    color: Rgb
    soft: float = 0.12


@dataclass(frozen=True)
class Air:
    """Light from all around (linear RGB): from above, from the side, from below; and what glossy things mirror."""

    top: Rgb = (0.5, 0.55, 0.6)
    side: Rgb = (0.35, 0.35, 0.36)
    floor: Rgb = (0.2, 0.18, 0.16)
    panels: tuple[Panel, ...] = ()
    fog: Rgb = (0.5, 0.5, 0.5)
    fog_depth: float = 0.0
    # Between these distances surfaces fade into the backdrop (a photographer's sweep); (0, 0): they don't.
    sweep: tuple[float, float] = (0.0, 0.0)
    occlusion: float = 0.85
    lights: tuple[Light, ...] = field(default=())


def shadow(solids: Sequence[Solid], p: F32, n: F32, light: Light) -> F32:
    """How much of the light is seen from points (3, n): 1 all, 0 none, penumbra by the light's size."""
    d, far = light.toward(p)
    lit = np.ones(p.shape[1], np.float32)
    facing = (d[0] * n[0] + d[1] * n[1] + d[2] * n[2]) > -0.2
    spread = light.size if light.reach <= 0 else light.size / float(np.median(far) + 1e-6)
    sharp = np.float32(1 / max(spread, 0.01))
    lift = np.float32(0.006)
    start = p + n * lift
    for solid in solids:
        if not solid.casts:
            continue
        pad = min(0.3, 0.35 * light.size + 0.02)
        half = (solid.half[0] + pad, solid.half[1] + pad, solid.half[2] + pad)
        ids = np.flatnonzero(facing & (lit > 0.01))
        if ids.size == 0:
            break
        o = into(solid, start[0][ids], start[1][ids], start[2][ids], place=True)
        v = into(solid, d[0][ids], d[1][ids], d[2][ids], place=False)
        t0, t1 = span(half, o, v)
        t1 = np.minimum(t1, far[ids])
        good = (t1 > t0) & (t1 > 0.01)
        if not good.any():
            continue
        ids, t, end = ids[good], np.maximum(t0[good], np.float32(0.012)), t1[good]
        ox, oy, oz = (w[good] for w in o)
        vx, vy, vz = (w[good] for w in v)
        seen = np.ones(ids.size, np.float32)
        longest = np.maximum((end - t) * np.float32(1 / 7), np.float32(0.01))
        for _ in range(10):
            h = solid.sdf(ox + vx * t, oy + vy * t, oz + vz * t)
            np.minimum(seen, sharp * h / t, out=seen)
            t = t + np.minimum(np.maximum(h, np.float32(0.008)), longest)
            past = t > end
            np.copyto(t, end, where=past)
        seen = np.clip(seen, -1, 1)
        seen = np.float32(0.25) * (1 + seen) * (1 + seen) * (2 - seen)
        lit[ids] = np.minimum(lit[ids], seen)
    return lit


def occlusion(solids: Sequence[Solid], p: F32, n: F32, reach: float = 0.32) -> F32:
    """Openness of the surroundings at points (3, n): 1 open, 0 a deep corner."""
    steps = (reach * 0.12, reach * 0.4, reach)
    weights = (0.3, 0.35, 0.35)
    nearest = [np.full(p.shape[1], h, np.float32) for h in steps]
    for solid in solids:
        if not solid.casts:
            continue
        o = into(solid, p[0], p[1], p[2], place=True)
        edge = reach * 2
        inside = (
            (np.abs(o[0]) < solid.half[0] + edge)
            & (np.abs(o[1]) < solid.half[1] + edge)
            & (np.abs(o[2]) < solid.half[2] + edge)
        )
        ids = np.flatnonzero(inside)
        if ids.size == 0:
            continue
        m = into(solid, n[0][ids], n[1][ids], n[2][ids], place=False)
        q = [w[ids] for w in o]
        for number, h in enumerate(steps):
            k = np.float32(h)
            d = solid.sdf(q[0] + m[0] * k, q[1] + m[1] * k, q[2] + m[2] * k)
            nearest[number][ids] = np.minimum(nearest[number][ids], d)
    total = np.zeros(p.shape[1], np.float32)
    for h, w, d in zip(steps, weights, nearest, strict=True):
        total += np.float32(w) * (1 - np.clip(d * np.float32(1 / h), 0, 1))
    return np.asarray(1 - total, np.float32)
