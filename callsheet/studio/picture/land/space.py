"""Space: a planet with its air, a moon, stars and nebulae; and the flowing abstract backdrop."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from callsheet.studio.picture.camera import Move
from callsheet.studio.picture.land.sky import sky
from callsheet.studio.picture.layers import Layer
from callsheet.studio.picture.look import Look
from callsheet.studio.picture.noise import grain_at
from callsheet.studio.picture.people import figure
from callsheet.studio.picture.spec import F32, Rgb, SceneOrder, SceneSpec, stream, vec
from callsheet.studio.picture.stage import MARGIN, Production, make_plate, plate_size, sprite_zoom
from callsheet.studio.picture.trace.light import Air, Light, Panel
from callsheet.studio.picture.trace.rays import Eye
from callsheet.studio.picture.trace.shade import linear
from callsheet.studio.picture.trace.solids import Material, Solid, ellipsoid, moved
from callsheet.studio.picture.weather import dust


def space(order: SceneOrder, spec: SceneSpec, look: Look) -> Production:
    """Space, or the abstract stream of light."""
    size = plate_size(order)
    eye = Eye.plate((0, 0, 0), (0, 0, 1), 0.7, size, MARGIN)
    py, px = np.mgrid[0 : eye.height, 0 : eye.width].astype(np.float32) + np.float32(0.5)
    dirs = eye.rays(px.ravel(), py.ravel())
    if spec.setting == "abstract":
        return _abstract(order, spec, look, eye, dirs, size)
    rng = stream("space", order.world_seed)
    heavens = sky("night", "clear", order.world_seed, space=True)
    a = np.float32(linear(((0.5, 0.25, 0.6), (0.2, 0.35, 0.7), (0.7, 0.35, 0.3))[int(rng.integers(0, 3))]))
    b = np.float32(linear(((0.2, 0.45, 0.6), (0.65, 0.3, 0.5), (0.3, 0.55, 0.5))[int(rng.integers(0, 3))]))
    x, y, z = dirs
    rgb = heavens(x, np.abs(y) + 0.3, z)
    g = grain_at(141, x, y, 1.9, 6, 3)
    g2 = grain_at(142, x + g * 0.25, y - g * 0.2, 1.5, 6, 3)
    band = np.exp(-(((y + x * 0.35 - 0.08) / 0.2) ** 2))
    rgb += (np.clip(g2 - 0.42, 0, 1) * band * 0.75)[:, None] * a + (np.clip(g - 0.5, 0, 1) ** 1.3 * band * 0.9)[
        :, None
    ] * b
    side = -1.0 if order.world_seed % 2 else 1.0
    depth = np.full(x.size, 1e5, np.float32)
    _planet(rgb, depth, dirs, (side * 0.3, -0.22, 1.0), 0.36, order.world_seed, heavens.sun, big=True)
    _planet(rgb, depth, dirs, (-side * 0.42, 0.2, 1.0), 0.055, order.world_seed + 5, heavens.sun, big=False)
    shape = (eye.height, eye.width)
    plate = make_plate(order, look, rgb.reshape(*shape, 3), depth.reshape(shape), 10.0, size, order.seed)
    layers: list[Layer] = [plate]
    if spec.people:
        layers.append(_astronaut(order, look, side, heavens.sun))
    elif spec.product is not None:
        pass
    specks = dust(order, 1.2, (0.85, 0.9, 1.0))
    specks.fall = (0.006, 0.002)
    layers.append(specks)
    return Production(layers, Move(spec.move, order.seconds, order.seed, 1.2))


def _planet(
    rgb: F32,
    depth: F32,
    dirs: tuple[F32, F32, F32],
    at: tuple[float, float, float],
    radius: float,
    seed: int,
    sun: tuple[float, float, float],
    *,
    big: bool,
) -> None:
    """A lit globe with seas and clouds (or craters) and a bright rim of air, painted into the sky."""
    n = math.sqrt(at[0] ** 2 + at[1] ** 2 + at[2] ** 2)
    c = (at[0] / n, at[1] / n, at[2] / n)
    x, y, z = dirs
    along = x * c[0] + y * c[1] + z * c[2]
    sin_r = math.sin(radius)
    close = np.flatnonzero(along > math.cos(min(1.4, radius * 1.6)))
    if close.size == 0:
        return
    xs, ys, zs, d = x[close], y[close], z[close], along[close]
    disc = d * d - 1 + sin_r**2
    t = d - np.sqrt(np.maximum(disc, 0))
    nx, ny, nz = (xs * t - c[0]) / sin_r, (ys * t - c[1]) / sin_r, (zs * t - c[2]) / sin_r
    miss = np.sqrt(np.maximum(1 - d * d, 0)) / sin_r
    inside = np.clip((1 - miss) * 260 * radius, 0, 1)
    light = np.clip(nx * sun[0] + ny * sun[1] + nz * sun[2] + 0.06, 0, 1) ** 0.8
    lon, lat = np.arctan2(nx, -nz), ny
    base = grain_at(seed % 50 + 150, lon, lat, 2.4, 6, 3)
    fine = grain_at(seed % 50 + 151, lon, lat, 0.9, 6, 4)
    if big:
        land = np.clip((base * 0.7 + fine * 0.3 - 0.52) * 16, 0, 1)[:, None]
        hues: tuple[tuple[Rgb, Rgb, Rgb], ...] = (
            ((0.05, 0.2, 0.42), (0.32, 0.4, 0.2), (0.4, 0.65, 1.0)),
            ((0.36, 0.2, 0.14), (0.75, 0.5, 0.3), (1.0, 0.66, 0.4)),
            ((0.1, 0.28, 0.34), (0.5, 0.52, 0.45), (0.5, 0.85, 0.95)),
        )
        sea, soil, air = (linear(v) for v in hues[seed % 3])
        color = sea * (1 - land) + soil * (0.6 + 0.8 * fine[:, None]) * land
        swirl = grain_at(seed % 50 + 152, lon + fine * 0.12, lat * 1.8, 1.7, 6, 3)
        cloud = np.clip((swirl - 0.5) * 4.5, 0, 0.9)[:, None]
        color = color * (1 - cloud) + 0.85 * cloud
    else:
        color = vec((0.36, 0.35, 0.33)) * (0.5 + 0.9 * fine[:, None])
        air = vec((0.3, 0.3, 0.32))
    out = color * (light * 2.6)[:, None]
    rim = np.exp(-np.abs(1 - miss) * (26 if big else 60)) * np.where(miss < 1, 1.0, 0.8)
    side = np.clip((nx * sun[0] + ny * sun[1] + nz * sun[2]) * 0.8 + 0.45, 0, 1)
    out = out * (1 - 0.5 * (rim * (miss < 1))[:, None])
    a = inside[:, None]
    rgb[close] = rgb[close] * (1 - a) + out * a + (rim * side * (1.15 if big else 0.12))[:, None] * air
    depth[close] = np.where(inside > 0.5, np.float32(90), depth[close])


def _astronaut(order: SceneOrder, look: Look, side: float, sun: tuple[float, float, float]) -> Layer:
    from callsheet.studio.picture.actors import puppet

    fig = figure("hold", order.world_seed, role="astronaut")
    helmet = Solid(
        ellipsoid(0.175, 0.18, 0.175),
        (0.175, 0.18, 0.175),
        Material((0.92, 0.92, 0.94), rough=0.3),
        (0, 1.61, -0.02),
        tag="head",
    )
    visor = Solid(
        ellipsoid(0.15, 0.12, 0.13),
        (0.15, 0.12, 0.13),
        Material((0.75, 0.55, 0.25), rough=0.08, metal=1.0),
        (0, 1.61, -0.085),
        tag="head",
    )
    from callsheet.studio.picture.trace.solids import brick

    pack = brick((0, 1.22, 0.2), (0.2, 0.3, 0.11), Material((0.85, 0.86, 0.88), rough=0.5), 0.05, tag="body")
    lamp = brick((0.09, 1.3, -0.125), (0.03, 0.03, 0.012), Material(emit=(0.4, 1.6, 2.4)), 0.008, tag="body")
    place = (-side * 0.75, -1.05, 4.4)
    solids = moved([*fig.solids, helmet, visor, pack, lamp], place, yaw=side * 0.5)
    air = Air(
        top=(0.05, 0.06, 0.1),
        side=(0.05, 0.06, 0.1),
        floor=(0.09, 0.1, 0.14),
        panels=(Panel(sun, 0.3, 0.3, (6, 6, 6)), Panel((side, -0.4, 0.8), 0.8, 0.4, (0.5, 0.7, 1.0), 0.4)),
        lights=(
            Light(sun, (2.6, 2.5, 2.3), size=0.05),
            Light((side, -0.5, 0.6), (0.25, 0.34, 0.5), size=0.5, shadow=False, wrap=0.4),
        ),
    )
    eye = Eye.plate((0, 0, 0), (0, 0, 1), 0.7, (order.width, order.height), 0)
    joints = {k: (place[0] + v[0], place[1] + v[1], place[2] + v[2]) for k, v in fig.joints.items()}
    made = puppet(solids, joints, eye, air, look, sprite_zoom(order), solids, [], 1.0, order.seed, lively=1.8)
    made.walk = (0.006 * side, -0.007)
    return made


def _abstract(
    order: SceneOrder, spec: SceneSpec, look: Look, eye: Eye, dirs: tuple[F32, F32, F32], size: tuple[int, int]
) -> Production:
    """Ribbons of light over a dark deep colour, with drifting sparks."""
    x, y, _ = dirs
    rng = stream("abstract", order.world_seed)
    key, _, accent, shade = spec.palette
    a, b, c = np.float32(linear(accent)), np.float32(linear(shade)), np.float32(linear(key))
    g = grain_at(161, x, y, 1.8, 3, 3)
    rgb = b * (0.05 + 0.3 * np.clip(0.5 - y * 1.2, 0, 1))[:, None]
    depth = np.full(x.size, 30.0, np.float32)
    for k in range(6):
        phase, tilt = float(rng.uniform(0, 6.28)), float(rng.uniform(-0.35, 0.35))
        mid = 0.2 * np.sin(x * (3 + k * 0.7) + phase + g * 3) + x * tilt + (k - 2.5) * 0.055
        d = np.abs(y - mid)
        wide = 0.012 + 0.02 * (0.5 + 0.5 * np.sin(x * 4 + phase))
        line = np.exp(-((d / wide) ** 2)) + 0.22 * np.exp(-d / 0.05)
        color = a * (k % 2) + c * 0.5 * (1 - k % 2) + a * 0.3
        rgb = rgb + line[:, None] * color * (0.35 + 0.5 * float(rng.random()))
        depth = np.where(line > 0.4, np.float32(8 + k * 2), depth)
    shape = (eye.height, eye.width)
    plate = make_plate(
        order,
        replace(look, exposure=1.1),
        rgb.reshape(*shape, 3),
        depth.reshape(shape).astype(np.float32),
        10.0,
        size,
        order.seed,
    )
    plate.enliven(np.full(shape, 0.6, np.float32), None)
    specks = dust(
        order, 2.0, (float(accent[0]) * 0.5 + 0.5, float(accent[1]) * 0.5 + 0.5, float(accent[2]) * 0.5 + 0.5)
    )
    specks.fall = (0.03, -0.012)
    return Production([plate, specks], Move(spec.move, order.seconds, order.seed, 1.2))
