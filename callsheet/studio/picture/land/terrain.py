"""Terrain seen by slices of distance: heights of every column at growing distances, the nearest that covers wins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from callsheet.studio.picture.land.sky import Sky
from callsheet.studio.picture.noise import grain_at, tile
from callsheet.studio.picture.spec import F32, vec
from callsheet.studio.picture.trace.rays import Eye

Height = Callable[[F32, F32], F32]
# Position x, z, height, upward part of the normal, noise 0..1 -> linear albedo (n, 3).
Ground = Callable[[F32, F32, F32, F32, F32], F32]


@dataclass
class Land:
    """A landscape's picture: linear RGB and depth (1e5 for the sky), rows top down; `water` is 1 on water."""

    rgb: F32
    depth: F32
    water: F32


def survey(
    eye: Eye,
    height: Height,
    ground: Ground,
    sky: Sky,
    *,
    near: float = 1.5,
    far: float = 2600.0,
    slices: int = 330,
    sea: float | None = None,
    sun_shadow: bool = True,
    haze: float = 900.0,
) -> Land:
    """A height field under a sky; `sea` is the height of a water surface; `haze`: metres to 63 % haze."""
    w, h = eye.width, eye.height
    right, _, forward = eye.basis()
    cx, cy = eye.centre
    z = np.geomspace(near, far, slices).astype(np.float32)
    columns = ((np.arange(w, dtype=np.float32) + np.float32(0.5)) - np.float32(cx)) / np.float32(eye.scale)
    # The camera looks level enough for columns to stay columns: pitch is kept as a shift of the horizon.
    pitch = forward[1] / np.float32(np.hypot(forward[0], forward[2]))
    fx, fz = forward[0] / np.hypot(forward[0], forward[2]), forward[2] / np.hypot(forward[0], forward[2])
    px = np.float32(eye.at[0]) + z[:, None] * (fx + columns[None, :] * right[0])
    pz = np.float32(eye.at[2]) + z[:, None] * (fz + columns[None, :] * right[2])
    flat_x, flat_z = px.ravel(), pz.ravel()
    tall = height(flat_x, flat_z)
    land_tall = tall.reshape(slices, w)
    shown = land_tall if sea is None else np.maximum(land_tall, np.float32(sea))
    rise = (shown - np.float32(eye.at[1])) / z[:, None] - pitch
    crest = np.maximum.accumulate(rise, axis=0)
    rows = (np.float32(cy) - (np.arange(h, dtype=np.float32) + np.float32(0.5))) / np.float32(eye.scale)
    index = _first_seen(crest, rows)
    steps = np.arange(slices, dtype=np.float32)
    half = slice(0, w, 2)
    color = _lit(
        px[:, half].ravel(),
        pz[:, half].ravel(),
        land_tall[:, half].ravel(),
        np.repeat(z, len(range(0, w, 2))),
        height,
        ground,
        sky,
        (slices, len(range(0, w, 2))),
        sun_shadow=sun_shadow,
    )
    open_sky = index > slices
    at = np.minimum(index, slices - 1)
    gx = np.ascontiguousarray(np.broadcast_to(np.arange(w, dtype=np.float32)[None, :], (h, w)))
    rgb = cv2.remap(color, gx * np.float32(0.5), at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    depth = np.interp(at, steps, z).astype(np.float32)
    # A texture of the picture's own fineness: rock and turf never look like plastic, near or far.
    along = (columns * np.float32(3.1))[None, :] + np.zeros((h, 1), np.float32)
    down = (rows * np.float32(3.1))[:, None] + np.log(depth) * np.float32(0.35)
    detail = grain_at(23, along.ravel(), down.ravel().astype(np.float32), 1.3, 5, 8).reshape(h, w)
    rgb = rgb * (np.float32(0.8) + np.float32(0.4) * detail)[..., None]
    py, pxs = np.mgrid[0:h, 0:w].astype(np.float32) + np.float32(0.5)
    dirs = eye.rays(pxs.ravel(), py.ravel())
    water = np.zeros((h, w), np.float32)
    if sea is not None:
        below = cv2.remap((land_tall < sea).astype(np.float32), gx, at, cv2.INTER_LINEAR)
        water = np.where(open_sky, 0, below).astype(np.float32)
        ids = np.flatnonzero(water.ravel() > 0)
        if ids.size:
            picked = (dirs[0][ids], dirs[1][ids], dirs[2][ids])
            k = water.ravel()[ids, None]
            flat = rgb.reshape(-1, 3)
            flat[ids] = flat[ids] * (1 - k) + _water(eye, picked, sky, sea) * k
    n = 1 / np.sqrt(1 + columns * columns)
    level = sky(
        np.asarray((fx + columns * right[0]) * n, np.float32),
        np.full(w, 0.03, np.float32),
        np.asarray((fz + columns * right[2]) * n, np.float32),
    )
    veil = (1 - np.exp(-depth * np.float32(sky.haze) / np.float32(haze)))[..., None]
    rgb = rgb * (1 - veil) + level[None] * np.float32(0.92) * veil
    _paint_sky(rgb, open_sky, sky, dirs)
    return Land(np.asarray(rgb, np.float32), np.where(open_sky, np.float32(1e5), depth), water)


def _paint_sky(rgb: F32, open_sky: F32, sky: Sky, dirs: tuple[F32, F32, F32]) -> None:
    """The sky above the land, its border softened by less than a pixel."""
    top = np.flatnonzero(open_sky.any(1))
    if top.size == 0:
        return
    h, w = open_sky.shape
    part = slice(0, min(h, int(top[-1]) + 2) * w)
    above = sky(*(d[part] for d in dirs)).reshape(-1, w, 3)
    soft = cv2.GaussianBlur(open_sky.astype(np.float32), (0, 0), 0.7)[: above.shape[0], :, None]
    rgb[: above.shape[0]] = rgb[: above.shape[0]] * (1 - soft) + above * soft


def _first_seen(crest: F32, rows: F32) -> F32:
    """For every pixel the (fractional) slice that is seen there, 1e6 for the sky; `crest` rises along axis 0."""
    slices, w = crest.shape
    steps = np.arange(slices, dtype=np.float32)
    index = np.empty((rows.size, w), np.float32)
    for column in range(w):
        c = crest[:, column]
        at = np.searchsorted(c, rows)
        i = np.clip(at, 1, slices - 1)
        gap = np.maximum(c[i] - c[i - 1], 1e-9)
        index[:, column] = np.where(
            at >= slices, np.float32(1e6), steps[i - 1] + np.clip((rows - c[i - 1]) / gap, 0, 1)
        )
    return index


def _lit(
    x: F32,
    z: F32,
    tall: F32,
    far: F32,
    height: Height,
    ground: Ground,
    sky: Sky,
    shape: tuple[int, int],
    *,
    sun_shadow: bool,
) -> F32:
    """Colours of the terrain samples under sun and sky."""
    e = np.maximum(far * np.float32(0.004), np.float32(0.05))
    hx = (height(x + e, z) - tall) / e
    hz = (height(x, z + e) - tall) / e
    n = 1 / np.sqrt(1 + hx * hx + hz * hz)
    s = vec(sky.sun)
    facing = np.clip((-hx * s[0] + s[1] - hz * s[2]) * n, 0, 1)
    if sun_shadow:
        seen = np.ones_like(tall)
        for k in range(1, 6):
            d = far * np.float32(0.012) * np.float32(2.0**k)
            over = height(x + s[0] * d, z + s[2] * d) - (tall + s[1] * d)
            seen = np.minimum(seen, np.clip(0.75 - over / (d * np.float32(0.1) + np.float32(0.02)), 0, 1))
        facing = facing * seen
    noise = grain_at(22, x, z, 60.0, 3, 4)
    albedo = ground(x, z, tall, n, noise)
    light = vec(sky.direct) * facing[:, None] + vec(sky.ambient) * (0.35 + 0.65 * n[:, None])
    return np.asarray((albedo * light).reshape(*shape, 3), np.float32)


def _water(eye: Eye, dirs: tuple[F32, F32, F32], sky: Sky, sea: float) -> F32:
    """A water surface: the sky mirrored by waves, the deep colour seen from above, the sun's path of sparks."""
    x, y, z = dirs
    t = np.minimum((np.float32(sea) - np.float32(eye.at[1])) / np.minimum(y, np.float32(-1e-4)), np.float32(4000))
    wx, wz = x * t + np.float32(eye.at[0]), z * t + np.float32(eye.at[2])
    calm = np.clip(18 / np.maximum(t, 1), 0.035, 1)
    a = grain_at(31, wx, wz * np.float32(1.8), 34.0, 5, 4) - np.float32(0.5)
    b = grain_at(32, wx * np.float32(0.8), wz * np.float32(2.2), 9.0, 5, 4) - np.float32(0.5)
    nx, nz = (a + b * 0.8) * 0.55 * np.sqrt(calm), (b - a * 0.6) * 0.6 * np.sqrt(calm)
    ny = 1 / np.sqrt(1 + nx * nx + nz * nz)
    nx, nz = nx * ny, nz * ny
    dot = x * nx + y * ny + z * nz
    rx, ry, rz = x - 2 * dot * nx, np.abs(y - 2 * dot * ny) + np.float32(0.01), z - 2 * dot * nz
    norm = 1 / np.sqrt(rx * rx + ry * ry + rz * rz)
    plain = Sky(**{**sky.__dict__, "disc": 0.0, "stars": 0.0, "cover": sky.cover * 0.5})
    mirror = plain(rx * norm, ry * norm, rz * norm)
    fresnel = (0.03 + 0.97 * (1 - np.clip(-dot, 0, 1)) ** 5)[:, None]
    deep = vec(sky.ambient) * vec((0.14, 0.5, 0.62)) + vec(sky.direct) * vec((0.006, 0.03, 0.036))
    out = deep * (1 - fresnel) + mirror * fresnel * 0.95
    s = (rx * np.float32(sky.sun[0]) + ry * np.float32(sky.sun[1]) + rz * np.float32(sky.sun[2])) * norm
    out = out + (np.clip(s, 0, 1) ** 220 * 2.2)[:, None] * vec(sky.direct)
    foam = np.clip((a + b) * 3.2 - 1.15, 0, 1) * np.clip(1 - t / 60, 0, 1) * 0.4
    return np.asarray(out + foam[:, None] * (vec(sky.ambient) + vec(sky.direct) * 0.25), np.float32)


def ridged(seed: int, x: F32, z: F32, scale: float, octaves: int = 5) -> F32:
    """Sharp-crested noise 0..1."""
    total = np.zeros_like(x)
    weight, norm = np.float32(1.0), 0.0
    sheet = tile(seed % 90 + 300, 512, 1, 16)
    from callsheet.studio.picture.noise import lookup

    carry = np.ones_like(x)
    for k in range(octaves):
        u = x * np.float32(512 / scale * 2**k / 16 * 2) + np.float32(37 * k)
        v = z * np.float32(512 / scale * 2**k / 16 * 2) + np.float32(91 * k)
        n = 1 - np.abs(lookup(sheet, u, v, wrap=True) * 2 - 1)
        n = n * n
        total += n * weight * carry
        carry = np.clip(n * 1.6, 0, 1)
        norm += float(weight)
        weight = np.float32(weight * 0.5)
    return np.asarray(total / norm, np.float32)


def smooth_noise(seed: int, x: F32, z: F32, scale: float, octaves: int = 4) -> F32:
    """Rolling noise 0..1 with features of about a quarter of `scale`."""
    return grain_at(seed % 90 + 210, x, z, scale, octaves, 4)
