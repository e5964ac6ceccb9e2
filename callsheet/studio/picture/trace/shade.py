"""From hits to a picture: materials under lights, mirrored panels, shadows computed coarsely and spread with care."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from callsheet.studio.picture.noise import grain_at
from callsheet.studio.picture.spec import F32, Rgb, vec
from callsheet.studio.picture.trace.light import Air, Panel, occlusion, shadow
from callsheet.studio.picture.trace.rays import FAR, Eye, Hits, cast, near_plane_distance
from callsheet.studio.picture.trace.solids import Material, Solid

Backdrop = Callable[[F32, F32, F32], F32]


@dataclass
class Picture:
    """Linear RGB (H, W, 3), depth along the axis (H, W; FAR: nothing), solid's number (H, W), coverage 0..1 (H, W).

    `glow` holds the part that shines by itself, so that it can pulse.
    """

    rgb: F32
    depth: F32
    which: NDArray[np.int16]
    cover: F32
    glow: F32


def linear(color: Rgb) -> F32:
    """sRGB 0..1 to linear light."""
    c = np.asarray(color, np.float32)
    return np.asarray(np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4), np.float32)


def shoot(
    solids: Sequence[Solid],
    eye: Eye,
    air: Air,
    *,
    blockers: Sequence[Solid] | None = None,
    backdrop: Backdrop | None = None,
    coarse: int = 3,
    wanted: int | None = None,
    samples: int = 4,
) -> Picture:
    """The picture of `solids`; `blockers` (default: the same) throw shadows without being seen.

    `wanted`: only so many of the first solids are painted and covered, the others just stand in front of them.

    `coarse`: light visibility is computed once for coarse x coarse pixels. Edges are sampled `samples` (2 or 4) times.
    """
    w, h = eye.width, eye.height
    blockers = solids if blockers is None else blockers
    py, px = np.mgrid[0:h, 0:w].astype(np.float32)
    px, py = (px + 0.5).ravel(), (py + 0.5).ravel()
    hits = cast(solids, eye, px, py, grid=True)
    count = len(solids) if wanted is None else wanted
    met = hits.which.copy()
    if wanted is not None:
        hits.which[hits.which >= wanted] = -2
    seen = _visibility(blockers, eye, air, hits, px, py, coarse)
    rgb = np.zeros((h * w, 3), np.float32)
    glow = np.zeros((h * w, 3), np.float32)
    found = np.flatnonzero(hits.which >= 0)
    order = found[np.argsort(hits.which[found], kind="stable")]
    bounds = np.searchsorted(hits.which[order], np.arange(count + 1))
    for number, solid in enumerate(solids[:count]):
        ids = order[bounds[number] : bounds[number + 1]]
        if ids.size:
            rgb[ids], glow[ids] = _surface(
                solid, eye, air, hits, ids, px[ids], py[ids], [s[ids] for s in seen], backdrop
            )
    if backdrop is not None:
        miss = np.flatnonzero(hits.which < 0)
        if miss.size:
            rgb[miss] = backdrop(*eye.rays(px[miss], py[miss]))
    depth = hits.t.copy()
    depth[found] = near_plane_distance(eye, hits.t[found], px[found], py[found])
    picture = Picture(
        rgb.reshape(h, w, 3),
        depth.reshape(h, w),
        hits.which.reshape(h, w),
        (hits.which >= 0).astype(np.float32).reshape(h, w),
        glow.reshape(h, w, 3),
    )
    _soften(solids, eye, hits, met, picture, count, see_through=backdrop is None, samples=samples)
    return picture


def _visibility(blockers: Sequence[Solid], eye: Eye, air: Air, hits: Hits, px: F32, py: F32, coarse: int) -> list[F32]:
    """Openness, then the visibility of each light, for every pixel: joint upsampling of a coarse raster."""
    w, h = eye.width, eye.height
    ys, xs = np.arange(coarse // 2, h, coarse), np.arange(coarse // 2, w, coarse)
    ids = (ys[:, None] * w + xs[None, :]).ravel()
    ok = hits.which[ids] >= 0
    good = ids[ok]
    dx, dy, dz = eye.rays(px[good], py[good])
    t = hits.t[good]
    p = np.stack([dx * t + np.float32(eye.at[0]), dy * t + np.float32(eye.at[1]), dz * t + np.float32(eye.at[2])])
    n = hits.normal[:, good]
    maps = [occlusion(blockers, p, n)]
    maps += [shadow(blockers, p, n, light) if light.shadow else np.ones(good.size, np.float32) for light in air.lights]
    planes = []
    for values in maps:
        plane = np.ones(ids.size, np.float32)
        plane[ok] = values
        planes.append(plane)
    if coarse == 1:
        return planes
    stack = np.stack(planes, -1).reshape(ys.size, xs.size, -1)
    kind = hits.which[ids].reshape(ys.size, xs.size)
    depth = np.minimum(hits.t[ids], 1e4).reshape(ys.size, xs.size)
    up = hits.normal[:, ids].reshape(3, ys.size, xs.size)
    gx = np.clip((np.arange(w) - coarse // 2) / coarse, 0, xs.size - 1.001)
    gy = np.clip((np.arange(h) - coarse // 2) / coarse, 0, ys.size - 1.001)
    fx, fy = np.meshgrid(gx.astype(np.float32), gy.astype(np.float32))
    flat = cv2.remap(stack, fx, fy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).reshape(h * w, -1)
    # Where the four coarse neighbours lie on one smooth surface plain interpolation will do.
    close = np.minimum(depth, 1e3)
    rough = (cv2.dilate(kind, np.ones((3, 3))) != cv2.erode(kind, np.ones((3, 3)))).astype(np.uint8)
    rough |= (cv2.dilate(close, np.ones((2, 2))) > 1.12 * cv2.erode(close, np.ones((2, 2)))).astype(np.uint8)
    rough |= (np.abs(cv2.blur(up.transpose(1, 2, 0), (3, 3)) - up.transpose(1, 2, 0)).sum(-1) > 0.25).astype(np.uint8)
    zone = cv2.resize(cv2.dilate(rough, np.ones((3, 3))), (w, h), interpolation=cv2.INTER_NEAREST).ravel() > 0
    spots = np.flatnonzero(zone & (hits.which >= 0))
    if spots.size:
        flat[spots] = _joint(hits, spots, w, coarse, stack, kind, depth, up)
    return [np.ascontiguousarray(flat[:, i]) for i in range(flat.shape[1])]


def _joint(
    hits: Hits, spots: NDArray[np.int64], w: int, coarse: int, stack: F32, kind: NDArray[np.int16], depth: F32, up: F32
) -> F32:
    """Values of the coarse raster at the pixels `spots`, taken from neighbours on the same surface."""
    rows, cols = kind.shape
    gx = np.clip((spots % w - coarse // 2) / coarse, 0, cols - 1.001)
    gy = np.clip((spots // w - coarse // 2) / coarse, 0, rows - 1.001)
    x0, y0 = gx.astype(np.int64), gy.astype(np.int64)
    fx, fy = (gx - x0).astype(np.float32), (gy - y0).astype(np.float32)
    flat_kind, flat_depth, flat_up = kind.ravel(), depth.ravel(), up.reshape(3, -1)
    flat_stack = stack.reshape(-1, stack.shape[2])
    own_kind, own_t, own_n = hits.which[spots], np.minimum(hits.t[spots], 1e4), hits.normal[:, spots]
    total = np.zeros((spots.size, stack.shape[2]), np.float32)
    weight = np.zeros(spots.size, np.float32)
    for oy in (0, 1):
        for ox in (0, 1):
            pick = np.minimum(y0 + oy, rows - 1) * cols + np.minimum(x0 + ox, cols - 1)
            wt = (fy if oy else 1 - fy) * (fx if ox else 1 - fx) + np.float32(0.02)
            n = flat_up[:, pick]
            facing = own_n[0] * n[0] + own_n[1] * n[1] + own_n[2] * n[2]
            gap = np.abs(flat_depth[pick] - own_t) * np.float32(12) / own_t
            wt = wt * np.where(flat_kind[pick] == own_kind, np.float32(1), np.float32(0.002))
            wt = wt * np.exp(-gap) * np.maximum(facing, 0.01) ** 4 + np.float32(1e-9)
            total += flat_stack[pick] * wt[:, None]
            weight += wt
    return np.asarray(total / weight[:, None], np.float32)


def _surface(
    solid: Solid,
    eye: Eye,
    air: Air,
    hits: Hits,
    ids: NDArray[np.int64],
    px: F32,
    py: F32,
    seen: list[F32],
    backdrop: Backdrop | None,
) -> tuple[F32, F32]:
    """Linear RGB and the glow of the pixels `ids`, all on one solid."""
    m: Material = solid.material
    vx, vy, vz = eye.rays(px, py)
    n = hits.normal[:, ids]
    local = hits.local[:, ids]
    if m.bump:
        n = _bumped(n, local, m)
    albedo = (
        m.paint(local[0], local[1], local[2], hits.local_ny[ids])
        if m.paint
        else np.broadcast_to(linear(m.color), (ids.size, 3))
    )
    t = hits.t[ids]
    p = np.stack([vx * t + np.float32(eye.at[0]), vy * t + np.float32(eye.at[1]), vz * t + np.float32(eye.at[2])])
    nv = np.clip(-(n[0] * vx + n[1] * vy + n[2] * vz), 0.0, 1.0)
    open_ = np.float32(1 - air.occlusion) + np.float32(air.occlusion) * seen[0]
    up = n[1] * np.float32(0.5) + np.float32(0.5)
    top, side, low = (np.asarray(c, np.float32) for c in (air.top, air.side, air.floor))
    mix_up = np.clip(up * 2 - 1, 0, 1)[:, None]
    mix_down = np.clip(1 - up * 2, 0, 1)[:, None]
    diffuse = (side * (1 - mix_up - mix_down) + top * mix_up + low * mix_down) * open_[:, None]
    rx, ry, rz = (vx + 2 * nv * n[0], vy + 2 * nv * n[1], vz + 2 * nv * n[2])
    shine = np.zeros((ids.size, 3), np.float32)
    power = np.float32(2 / max(m.rough**2, 0.004) ** 1.0)
    for light, lit in zip(air.lights, seen[1:], strict=True):
        d, far = light.toward(p)
        ndl = d[0] * n[0] + d[1] * n[1] + d[2] * n[2]
        wrap = np.float32(light.wrap)
        level = np.clip((ndl + wrap) / (1 + wrap), 0, 1) * lit * light.strength(far)
        color = np.asarray(light.color, np.float32)
        diffuse = diffuse + level[:, None] * color
        if m.rough < 0.75:
            rdl = np.clip(d[0] * rx + d[1] * ry + d[2] * rz, 0, 1)
            peak = np.exp((rdl - 1) * power) * (power * np.float32(0.06) + np.float32(0.3)) * lit * light.strength(far)
            shine += np.minimum(peak, 6)[:, None] * color
    if m.rough < 0.9:
        shine += mirrored(air, m.rough, rx, ry, rz) * np.clip(open_ * 1.3, 0, 1)[:, None]
    else:
        shine += side * open_[:, None] * 0.5
    grazing = (1 - nv) ** 5 * np.float32(1 - m.rough * 0.85)
    f0 = np.float32(m.spec) * (1 - m.metal) + albedo * np.float32(m.metal)
    fresnel = f0 + (1 - f0) * grazing[:, None]
    out = albedo * diffuse * np.float32(1 - m.metal) + fresnel * shine
    if m.sheen:
        out = out + albedo * (np.float32(m.sheen) * (1 - nv) ** 3 * open_)[:, None] * side * 3
    glow = (
        m.glow(local[0], local[1], local[2], hits.local_ny[ids])
        if m.glow
        else np.broadcast_to(vec(m.emit), (ids.size, 3))
    )
    if air.fog_depth > 0:
        veil = (1 - np.exp(-t / np.float32(air.fog_depth)))[:, None]
        out = out * (1 - veil) + np.asarray(air.fog, np.float32) * veil
    if backdrop is not None and air.sweep[1] > 0:
        near, beyond = air.sweep
        v = np.clip((t - np.float32(near)) / np.float32(beyond - near), 0, 1)
        v = (v * v * (3 - 2 * v))[:, None]
        out = out * (1 - v) + backdrop(vx, vy, vz) * v
    return np.asarray(out, np.float32), np.asarray(glow, np.float32)


def mirrored(air: Air, rough: float, x: F32, y: F32, z: F32) -> F32:
    """Light arriving from directions, blurred by roughness: the sky's gradient and the panels."""
    up = np.clip(y * np.float32(0.5) + np.float32(0.5), 0, 1)[:, None]
    top, side, low = (np.asarray(c, np.float32) for c in (air.top, air.side, air.floor))
    out = np.where(up > 0.5, side + (top - side) * (up * 2 - 1), low + (side - low) * (up * 2))
    for panel in air.panels:
        out = out + panel_light(panel, rough, x, y, z)[:, None] * np.asarray(panel.color, np.float32)
    return np.asarray(out, np.float32)


def panel_light(panel: Panel, rough: float, x: F32, y: F32, z: F32) -> F32:
    """0..1: how much of a panel is mirrored into directions; keeps its energy as it blurs."""
    d = np.array(panel.at, np.float64)
    d /= np.linalg.norm(d)
    helper = (0.0, 1.0, 0.0) if abs(d[1]) < 0.95 else (0.0, 0.0, 1.0)
    u = np.cross(helper, d)
    u /= np.linalg.norm(u)
    v = np.cross(d, u)
    ahead = x * np.float32(d[0]) + y * np.float32(d[1]) + z * np.float32(d[2])
    inv = 1 / np.maximum(ahead, np.float32(0.05))
    a = np.abs(x * np.float32(u[0]) + y * np.float32(u[1]) + z * np.float32(u[2])) * inv
    b = np.abs(x * np.float32(v[0]) + y * np.float32(v[1]) + z * np.float32(v[2])) * inv
    soft = np.float32(panel.soft + rough * 0.9)
    ea = np.clip((np.float32(panel.wide) - a) / soft + np.float32(0.5), 0, 1)
    eb = np.clip((np.float32(panel.high) - b) / soft + np.float32(0.5), 0, 1)
    ea, eb = ea * ea * (3 - 2 * ea), eb * eb * (3 - 2 * eb)
    return np.asarray(ea * eb * (ahead > 0.05), np.float32)


def _bumped(n: F32, local: F32, m: Material) -> F32:
    """Normals shaken by noise, for cloth, plaster and stone."""
    a = local[0] + local[2] * np.float32(0.61)
    b = local[1] + local[2] * np.float32(0.37)
    e = m.bump_scale / 96
    base = grain_at(5, a, b, m.bump_scale)
    gx = (grain_at(5, a + np.float32(e), b, m.bump_scale) - base) * np.float32(m.bump * 6)
    gy = (grain_at(5, a, b + np.float32(e), m.bump_scale) - base) * np.float32(m.bump * 6)
    out = n + np.stack([gx, gy, gx * np.float32(0.5) - gy * np.float32(0.5)])
    norm = 1 / np.sqrt(out[0] * out[0] + out[1] * out[1] + out[2] * out[2])
    return np.asarray(out * norm, np.float32)


def _soften(
    solids: Sequence[Solid],
    eye: Eye,
    hits: Hits,
    met: NDArray[np.int16],
    picture: Picture,
    count: int,
    *,
    see_through: bool,
    samples: int,
) -> None:
    """Some rays through the pixels on edges; each takes the colour of the neighbour that lies on the same surface."""
    w, h = eye.width, eye.height
    kind = picture.which
    inv = 1 / np.minimum(picture.depth, 1e5)
    edge = np.zeros((h, w), np.bool_)
    for axis in (0, 1):
        differs = np.diff(kind, axis=axis) != 0
        a, b = (inv[1:], inv[:-1]) if axis == 0 else (inv[:, 1:], inv[:, :-1])
        differs |= np.abs(a - b) > np.maximum(a, b) * 0.03
        if axis == 0:
            edge[1:] |= differs
            edge[:-1] |= differs
        else:
            edge[:, 1:] |= differs
            edge[:, :-1] |= differs
    ids = np.flatnonzero(edge)
    if ids.size == 0:
        return
    row, col = ids // w, ids % w
    flat, glow = picture.rgb.reshape(-1, 3), picture.glow.reshape(-1, 3)
    rgb_sum, glow_sum = np.zeros((ids.size, 3), np.float32), np.zeros((ids.size, 3), np.float32)
    cover, total = np.zeros(ids.size, np.float32), np.zeros(ids.size, np.float32)
    spots = ((0.125, 0.375), (0.375, -0.125), (-0.125, -0.375), (-0.375, 0.125))
    nearby = [np.clip(row + dy, 0, h - 1) * w + np.clip(col + dx, 0, w - 1) for dy in (0, -1, 1) for dx in (0, -1, 1)]
    around = np.stack([met[near] for near in nearby], -1)
    for ox, oy in spots if samples == 4 else ((0.22, 0.28), (-0.22, -0.28)):
        sub = cast(
            solids,
            eye,
            (col + 0.5 + ox).astype(np.float32),
            (row + 0.5 + oy).astype(np.float32),
            grid=False,
            around=around,
        )
        sub.which[sub.which >= count] = -2
        best = ids.copy()
        score = np.full(ids.size, np.inf, np.float32)
        for place, near in enumerate(nearby):
            other = hits.which[near] != sub.which
            gap = np.abs(hits.t[near] - sub.t) / np.minimum(sub.t, 1e5) + other * np.float32(50)
            gap = gap + np.float32(0.0005 * (place > 0))
            better = gap < score
            score[better], best[better] = gap[better], near[better]
        # Weighted by what the film shows: a lamp's edge would stay jagged if light itself were averaged.
        weight = 1 / (1 + flat[best].max(1) + glow[best].max(1) * 1.5)
        if see_through:
            # Nothing is painted where nothing was hit: the coverage says so, the colour is the thing's own.
            weight = weight * (sub.which >= 0) + np.float32(1e-6)
        rgb_sum += flat[best] * weight[:, None]
        glow_sum += glow[best] * weight[:, None]
        total += weight
        cover += (sub.which >= 0) * np.float32(1 / samples)
    flat[ids] = rgb_sum / total[:, None]
    glow[ids] = glow_sum / total[:, None]
    picture.cover.reshape(-1)[ids] = cover


def depth_blur(rgb: F32, depth: F32, focus: float, strength: float, most: float) -> F32:
    """Depth of field: `strength` pixels of blur radius for a disparity difference of 1/metre, at most `most` pixels.

    What is sharper than a blur level is kept out of it, so that a sharp subject does not bleed into the background.
    """
    coc = np.clip(np.abs(1 / np.minimum(depth, 1e5) - 1 / focus) * strength, 0, most).astype(np.float32)
    behind = depth > focus
    out = rgb.copy()
    level = 1.2
    while level < most * 1.01:
        scale = 1 if level < 2 else (2 if level < 8 else 4)
        mask = np.where(behind & (coc < level * 0.35), np.float32(0.02), np.float32(1))[..., None]
        carried = np.concatenate([np.minimum(rgb, 12) * mask, mask], -1)
        if scale > 1:
            carried = cv2.resize(carried, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_AREA)
        radius = level / scale
        size = int(radius * 2) | 1
        yy, xx = np.mgrid[-(size // 2) : size // 2 + 1, -(size // 2) : size // 2 + 1]
        if size <= 11:
            kernel = np.clip(radius + 0.5 - np.hypot(xx, yy), 0, 1).astype(np.float32)
            blurred = cv2.filter2D(carried, -1, kernel / kernel.sum())
        else:
            blurred = cv2.blur(cv2.GaussianBlur(carried, (0, 0), radius * 0.42), (size // 2 | 1,) * 2)
        if scale > 1:
            blurred = cv2.resize(blurred, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_LINEAR)
        blurred = blurred[..., :3] / np.maximum(blurred[..., 3:], 1e-4)
        amount = np.clip((coc - level * 0.5) / (level * 0.5), 0, 1)
        amount = cv2.GaussianBlur(amount, (0, 0), 1.0 + level * 0.15)[..., None]
        out = out * (1 - amount) + blurred * amount
        level *= 2.0
    return np.asarray(out, np.float32)


__all__ = ["FAR", "Backdrop", "Picture", "depth_blur", "linear", "mirrored", "panel_light", "shoot"]
