"""The pinhole camera and the hits of its rays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from callsheet.studio.picture.spec import F32, vec
from callsheet.studio.picture.trace.solids import Solid

FAR = np.float32(1e6)


@dataclass(frozen=True)
class Eye:
    """A camera at `at` looking at `to`; `fov` is the vertical angle of the frame in radians.

    `frame` is the frame's size in pixels; the raster is `width` x `height` pixels whose corner lies at `offset` from
    the frame's corner: a plate with margins has a negative offset, a window round a subject a positive one.
    """

    at: tuple[float, float, float]
    to: tuple[float, float, float]
    fov: float
    frame: tuple[float, float]
    width: int
    height: int
    offset: tuple[float, float] = (0.0, 0.0)

    @classmethod
    def plate(
        cls,
        at: tuple[float, float, float],
        to: tuple[float, float, float],
        fov: float,
        size: tuple[int, int],
        margin: float,
    ) -> Eye:
        """The whole frame of `size` pixels and a margin (share of the size) on every side."""
        w, h = size
        mx, my = round(w * margin), round(h * margin)
        return cls(at, to, fov, (w, h), w + 2 * mx, h + 2 * my, (-mx, -my))

    def window(self, x0: float, y0: float, x1: float, y1: float, zoom: float) -> Eye:
        """The part of the frame between two points (frame heights from the centre, y down), `zoom` times finer."""
        w, h = self.frame[0] * zoom, self.frame[1] * zoom
        ox, oy = math.floor(w / 2 + x0 * h), math.floor(h / 2 + y0 * h)
        wide, high = max(4, math.ceil((x1 - x0) * h) + 1), max(4, math.ceil((y1 - y0) * h) + 1)
        return Eye(self.at, self.to, self.fov, (w, h), wide, high, (ox, oy))

    def bounds(self, points: F32) -> tuple[float, float, float, float]:
        """The box x0, y0, x1, y1 of world points in frame heights from the frame's centre, y down."""
        x, y, _ = self.project(points)
        cx, cy = self.centre
        h = self.frame[1]
        return float(x.min() - cx) / h, float(y.min() - cy) / h, float(x.max() - cx) / h, float(y.max() - cy) / h

    def basis(self) -> tuple[F32, F32, F32]:
        forward = np.array(self.to, np.float64) - np.array(self.at, np.float64)
        forward /= np.linalg.norm(forward)
        right = np.cross((0.0, 1.0, 0.0), forward)
        right /= np.linalg.norm(right)
        up = np.cross(forward, right)
        return right.astype(np.float32), up.astype(np.float32), forward.astype(np.float32)

    @property
    def scale(self) -> float:
        """Pixels for one unit of tangent."""
        return self.frame[1] / (2 * math.tan(self.fov / 2))

    @property
    def centre(self) -> tuple[float, float]:
        return self.frame[0] / 2 - self.offset[0], self.frame[1] / 2 - self.offset[1]

    def project(self, points: F32) -> tuple[F32, F32, F32]:
        """Pixel x, y and depth along the axis of world points (n, 3)."""
        right, up, forward = self.basis()
        rel = points - vec(self.at)
        depth = np.maximum(rel @ forward, np.float32(1e-4))
        cx, cy = self.centre
        return (
            np.asarray(cx + rel @ right / depth * self.scale, np.float32),
            np.asarray(cy - rel @ up / depth * self.scale, np.float32),
            np.asarray(depth, np.float32),
        )

    def rays(self, px: F32, py: F32) -> tuple[F32, F32, F32]:
        """Unit directions through pixel positions (pixel centres are at .5)."""
        right, up, forward = self.basis()
        cx, cy = self.centre
        a = (px - np.float32(cx)) * np.float32(1 / self.scale)
        b = (np.float32(cy) - py) * np.float32(1 / self.scale)
        norm = 1 / np.sqrt(1 + a * a + b * b)
        return (
            np.asarray((forward[0] + a * right[0] + b * up[0]) * norm, np.float32),
            np.asarray((forward[1] + a * right[1] + b * up[1]) * norm, np.float32),
            np.asarray((forward[2] + a * right[2] + b * up[2]) * norm, np.float32),
        )


@dataclass
class Hits:
    """What the rays met, as flat lists: distance (FAR: nothing), solid's number (-1: nothing), normal, own position."""

    t: F32
    which: NDArray[np.int16]
    normal: F32
    local: F32
    local_ny: F32

    @classmethod
    def empty(cls, count: int) -> Hits:
        return cls(
            np.full(count, FAR, np.float32),
            np.full(count, -1, np.int16),
            np.zeros((3, count), np.float32),
            np.zeros((3, count), np.float32),
            np.zeros(count, np.float32),
        )


def span(half: tuple[float, float, float], o: list[F32], d: list[F32]) -> tuple[F32, F32]:
    """Entry and exit distances of local rays with the centred box; exit < entry means a miss."""
    near = np.float32(0.0)
    far = FAR
    t0: F32 | None = None
    t1: F32 | None = None
    for axis in range(3):
        safe = np.where(np.abs(d[axis]) < 1e-7, np.float32(1e-7), d[axis])
        inv = 1 / safe
        mid = -o[axis] * inv
        ext = np.abs(inv) * np.float32(half[axis])
        low, high = mid - ext, mid + ext
        t0 = low if t0 is None else np.maximum(t0, low)
        t1 = high if t1 is None else np.minimum(t1, high)
    assert t0 is not None and t1 is not None  # noqa: S101 - three axes were walked
    return np.maximum(t0, near), np.minimum(t1, far)


def into(solid: Solid, x: F32, y: F32, z: F32, *, place: bool) -> list[F32]:
    """World vectors (or positions, when `place`) in the solid's own axes."""
    m = solid.matrix
    if place:
        x, y, z = x - np.float32(solid.at[0]), y - np.float32(solid.at[1]), z - np.float32(solid.at[2])
    return [np.asarray(m[0, i] * x + m[1, i] * y + m[2, i] * z, np.float32) for i in range(3)]


def march(
    solid: Solid, o: list[F32], d: list[F32], t0: F32, t1: F32, tolerance: float
) -> tuple[F32, NDArray[np.bool_]]:
    """Sphere tracing from t0 to t1: distance for each ray and whether it hit. Rays that are settled drop out."""
    count = t0.size
    out = t0.copy()
    hit = np.zeros(count, np.bool_)
    live = np.arange(count)
    ox, oy, oz, dx, dy, dz, t, end = o[0], o[1], o[2], d[0], d[1], d[2], t0.copy(), t1
    tol = np.float32(tolerance)
    for step in range(40):
        dist = solid.sdf(ox + dx * t, oy + dy * t, oz + dz * t)
        near = tol * (t + np.float32(0.02))
        done = dist < near
        t = t + np.maximum(dist, near * np.float32(0.4))
        gone = t > end
        if step % 3 == 2 or step < 2 or step > 30:
            stop = done | gone
            if stop.any():
                ids = live[done]
                hit[ids] = True
                out[ids] = t[done]
                keep = ~stop
                if not keep.any():
                    return out, hit
                live, t, end = live[keep], t[keep], end[keep]
                ox, oy, oz, dx, dy, dz = ox[keep], oy[keep], oz[keep], dx[keep], dy[keep], dz[keep]
    close = solid.sdf(ox + dx * t, oy + dy * t, oz + dz * t) < tol * (t + np.float32(0.02)) * 2
    hit[live[close]] = True
    out[live[close]] = t[close]
    return out, hit


def slope(solid: Solid, x: F32, y: F32, z: F32, reach: float) -> list[F32]:
    """Local unit normals by four-point differences over `reach` metres."""
    e = np.float32(reach)
    a = solid.sdf(x + e, y - e, z - e)
    b = solid.sdf(x - e, y - e, z + e)
    c = solid.sdf(x - e, y + e, z - e)
    f = solid.sdf(x + e, y + e, z + e)
    nx, ny, nz = a - b - c + f, c + f - a - b, b + f - a - c
    norm = 1 / np.sqrt(np.maximum(nx * nx + ny * ny + nz * nz, np.float32(1e-20)))
    return [nx * norm, ny * norm, nz * norm]


def cast(
    solids: Sequence[Solid], eye: Eye, px: F32, py: F32, *, grid: bool, around: NDArray[np.int16] | None = None
) -> Hits:
    """First hits of the rays through the pixel positions. `grid`: the lists are the whole raster in order.

    `around` (n, k): the only solids that a ray can meet, by number (those seen close by).
    """
    hits = Hits.empty(px.size)
    origin = [np.float32(v) for v in eye.at]
    tolerance = 0.15 / eye.scale
    for number, solid in enumerate(solids):
        if not solid.seen:
            continue
        if around is not None:
            ids = np.flatnonzero((around == number).any(1))
        else:
            ids = _candidates(solid, eye, px, py, grid=grid)
        if ids.size == 0:
            continue
        rx, ry, rz = eye.rays(px[ids], py[ids])
        d = into(solid, rx, ry, rz, place=False)
        m = solid.matrix
        rel = [origin[i] - np.float32(solid.at[i]) for i in range(3)]
        start = [np.float32(m[0, i] * rel[0] + m[1, i] * rel[1] + m[2, i] * rel[2]) for i in range(3)]
        o = [np.full(ids.size, v, np.float32) for v in start]
        t0, t1 = span(solid.half, o, d)
        good = (t1 > t0) & (t0 < hits.t[ids])
        if not good.any():
            continue
        ids, t0, t1 = ids[good], t0[good], np.minimum(t1[good] + tolerance, hits.t[ids[good]])
        o, d = [v[good] for v in o], [v[good] for v in d]
        t, hit = march(solid, o, d, t0, t1, tolerance)
        hit &= t < hits.t[ids]
        if not hit.any():
            continue
        ids, t = ids[hit], t[hit]
        p = [o[i][hit] + d[i][hit] * t for i in range(3)]
        reach = max(2e-4, solid.reach, float(np.median(t)) / eye.scale * 0.6)
        n = slope(solid, p[0], p[1], p[2], reach)
        hits.t[ids] = t
        hits.which[ids] = number
        hits.local_ny[ids] = n[1]
        for i in range(3):
            hits.local[i][ids] = p[i]
            hits.normal[i][ids] = m[i, 0] * n[0] + m[i, 1] * n[1] + m[i, 2] * n[2]
    return hits


def _candidates(solid: Solid, eye: Eye, px: F32, py: F32, *, grid: bool) -> NDArray[np.int64]:
    """Numbers of the rays inside the solid's box on the screen."""
    corners = solid.corners()
    forward = eye.basis()[2]
    depth = (corners - vec(eye.at)) @ forward
    if depth.max() < 0.02:
        return np.zeros(0, np.int64)
    if depth.min() < 0.05:
        return np.arange(px.size)
    x, y, _ = eye.project(corners)
    x0, x1, y0, y1 = x.min() - 1, x.max() + 1, y.min() - 1, y.max() + 1
    if grid:
        c0, c1 = max(0, int(x0)), min(eye.width, int(x1) + 1)
        r0, r1 = max(0, int(y0)), min(eye.height, int(y1) + 1)
        if c0 >= c1 or r0 >= r1:
            return np.zeros(0, np.int64)
        rows = np.arange(r0, r1, dtype=np.int64)[:, None] * eye.width
        return (rows + np.arange(c0, c1, dtype=np.int64)[None, :]).ravel()
    return np.flatnonzero((px > x0) & (px < x1) & (py > y0) & (py < y1))


def near_plane_distance(eye: Eye, t: F32, px: F32, py: F32) -> F32:
    """Depth along the axis of hits at ray distance t."""
    right, up, forward = eye.basis()
    del right, up
    dx, dy, dz = eye.rays(px, py)
    return np.asarray(t * (dx * forward[0] + dy * forward[1] + dz * forward[2]), np.float32)
