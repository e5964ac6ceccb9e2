"""The photographer's studio: a table or plinth, softboxes, a lit backdrop, bokeh."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from callsheet.studio.picture.noise import grain_at
from callsheet.studio.picture.objects.model import Model
from callsheet.studio.picture.spec import F32, Rgb, stream, vec
from callsheet.studio.picture.trace.light import Air, Light, Panel
from callsheet.studio.picture.trace.shade import linear
from callsheet.studio.picture.trace.solids import Material, Paint, Solid, brick, turned


@dataclass(frozen=True)
class Studio:
    """A ready studio: solids without the product, its air, what is seen behind, the gloss of the table."""

    solids: tuple[Solid, ...]
    air: Air
    wall: Paint
    reflect: float
    radius: float


def studio(model: Model, kind: str, tint: Rgb, accent: Rgb, seed: int, distance: float) -> Studio:
    """`kind`: white (bright, minimal), dark (low key, rim light), warm, color. Sizes follow the product.

    `distance` is the camera's, metres: behind the product the table fades into the backdrop.
    """
    size = max(model.high, model.wide * 0.8)
    rng = stream("studio", seed)
    t = linear(tint)
    a = linear(accent)
    table: Rgb
    if kind == "white":
        base, glow, table = vec((0.62, 0.63, 0.65)), vec((0.98, 0.985, 1.0)), (0.93, 0.93, 0.94)
        reflect, key, fill = 0.28, 1.5, 0.75
    elif kind == "dark":
        base = t * 0.012 + vec((0.010, 0.0105, 0.0115))
        glow = t * 0.10 + a * 0.02 + vec((0.135, 0.14, 0.15))
        table, reflect, key, fill = (0.17, 0.172, 0.178), 0.34, 2.6, 0.5
    else:
        grey = np.float32(t.mean()) * 0.35 + np.float32(0.25)
        t = t * 0.5 + grey * 0.5
        base = t * 0.34
        glow = t * 0.95 + np.float32(0.08)
        table, reflect, key, fill = (0.5 + 0.32 * tint[0], 0.5 + 0.32 * tint[1], 0.5 + 0.32 * tint[2]), 0.22, 1.55, 0.5
    plinth_top = 0.0
    radius = max(model.wide * 0.95, size * 0.42)
    plinth_high = size * 0.16
    solids: list[Solid] = [
        turned(
            (0, plinth_top - plinth_high, 0),
            [
                (0, 0),
                (radius, 0),
                (radius, plinth_high - size * 0.012),
                (radius - size * 0.012, plinth_high),
                (0, plinth_high),
            ],
            Material(table, rough=0.22, spec=0.05),
        ),
    ]
    if rng.random() < 0.5:
        solids.append(
            turned(
                (0, plinth_top - plinth_high * 1.9, size * 0.1),
                [
                    (0, 0),
                    (radius * 1.55, 0),
                    (radius * 1.55, plinth_high * 0.9 - size * 0.01),
                    (radius * 1.55 - size * 0.01, plinth_high * 0.9),
                    (0, plinth_high * 0.9),
                ],
                Material(table, rough=0.3, spec=0.05),
            )
        )
        floor_y = plinth_top - plinth_high * 1.9
    else:
        floor_y = plinth_top - plinth_high
    # A sweep: the floor is bent up into the wall by fading both to the same backdrop.
    solids.append(
        brick((0, floor_y - 0.5, size * 6), (size * 26, 0.5, size * 14), Material(table, rough=0.35, spec=0.045), 0.0)
    )
    halo_y = 0.08

    def wall(x: F32, y: F32, z: F32, ny: F32) -> F32:
        r = np.sqrt((x * 0.75) ** 2 + ((y - np.float32(halo_y)) * 1.05) ** 2)
        level = np.exp(-((r / np.float32(0.34)) ** 2))[:, None]
        streak = np.exp(-(((x * 0.6 + y * 0.8 - 0.35) / np.float32(0.16)) ** 2))[:, None]
        cloud = grain_at(seed % 50 + 20, x, y, 1.7, 3, 2)[:, None]
        out = base + (glow - base) * (level * 0.85 + streak * 0.10) * (0.85 + 0.3 * cloud)
        return np.asarray(out, np.float32)

    cool: Rgb = (0.94, 0.97, 1.0)
    warm: Rgb = (1.0, 0.93, 0.84)
    s = size
    lights: tuple[Light, ...] = (
        Light((-2.2 * s, 2.6 * s, -1.9 * s), _times(cool, key), size=0.9 * s, reach=3.4 * s),
        Light((2.6 * s, 1.5 * s, 1.0 * s), _times(warm, key * 0.55), size=0.5 * s, reach=2.6 * s),
    )
    if model.shine is not None:
        ring: Rgb = (model.shine[0] * 0.06, model.shine[1] * 0.06, model.shine[2] * 0.06)
        lights = (*lights, Light((0, model.high * 0.98, 0), ring, size=0.2 * s, reach=0.5 * s, shadow=False, wrap=0.5))
    level = 3.2 if kind != "white" else 1.9
    panels = (
        Panel((-1.0, 0.55, -0.55), 0.55, 0.75, _times(cool, level), 0.16),
        Panel((1.0, 0.25, 0.22), 0.13, 0.95, _times(warm, level * 1.25), 0.07),
        Panel((-0.75, 0.15, 0.9), 0.1, 0.8, _times(cool, level * 0.9), 0.07),
        Panel((0.0, 1.0, -0.1), 0.6, 0.45, _times(cool, level * 0.55), 0.25),
    )
    side = base * 1.3 + glow * 0.25
    air = Air(
        top=_as(vec(cool) * fill * 1.1 + glow * 0.12),
        side=_as(side * 0.5 + np.float32(0.09) * fill),
        floor=_as(linear(table) * (fill * 0.45 + 0.08)),
        panels=panels,
        sweep=(distance * 1.08, distance * 1.9),
        lights=lights,
        occlusion=0.9,
    )
    return Studio(tuple(solids), air, wall, reflect, radius - size * 0.02)


def _times(color: Rgb, k: float) -> Rgb:
    return (color[0] * k, color[1] * k, color[2] * k)


def _as(v: F32) -> Rgb:
    return (float(v[0]), float(v[1]), float(v[2]))


def bokeh(rgb: F32, seed: int, accent: Rgb, amount: float) -> F32:
    """Soft discs of light, out of focus, in the outer parts of the picture."""
    h, w = rgb.shape[:2]
    rng = stream("bokeh", seed)
    out = rgb.copy()
    tint = linear(accent)
    for _ in range(int(16 * amount)):
        r = float(rng.uniform(0.025, 0.075)) * h
        side = -1 if rng.random() < 0.5 else 1
        x = w / 2 + side * float(rng.uniform(0.16, 0.52)) * w
        y = h * float(rng.uniform(0.04, 0.52))
        x0, y0, x1, y1 = (
            int(max(0, x - r - 2)),
            int(max(0, y - r - 2)),
            int(min(w, x + r + 3)),
            int(min(h, y + r + 3)),
        )
        if x0 >= x1 or y0 >= y1:
            continue
        yy, xx = np.mgrid[y0:y1, x0:x1].astype(np.float32)
        d = np.hypot(xx - x, yy - y) / r
        shape = np.clip((1 - d) * r / 2.5, 0, 1) * (0.65 + 0.5 * d**3)
        warm = float(rng.random())
        color = vec((1.0, 0.72, 0.42)) * warm + tint * (1 - warm) + 0.05
        out[y0:y1, x0:x1] += shape[..., None] * color * np.float32(rng.uniform(0.03, 0.13) * amount)
    return out


def studio_eye(
    model: Model, aspect: float, *, wide: bool
) -> tuple[tuple[float, float, float], tuple[float, float, float], float]:
    """Camera place, aim and field of view that frame the product well at any aspect."""
    fov = math.radians(24)
    share = 0.36 if wide else 0.54
    high = model.high / share
    across = model.wide * (1.15 if model.round else 1.2) / (0.36 if wide else (0.56 if aspect > 1 else 0.7)) / aspect
    view = max(high, across)
    distance = view / (2 * math.tan(fov / 2))
    pitch = math.radians(11)
    aim = (0.0, model.high * 0.47 - view * 0.012, 0.0)
    at = (0.0, aim[1] + distance * math.sin(pitch), -distance * math.cos(pitch))
    return at, aim, fov
