"""The shell of a room and what every interior gives to the stage."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from callsheet.studio.picture.noise import grain_at
from callsheet.studio.picture.people import Figure
from callsheet.studio.picture.sets.furniture import curtain, plaster, window
from callsheet.studio.picture.spec import F32, Rgb, SceneSpec, vec
from callsheet.studio.picture.trace.light import Air, Light, Panel
from callsheet.studio.picture.trace.shade import linear
from callsheet.studio.picture.trace.solids import Material, Paint, Solid, brick, moved

Vec = tuple[float, float, float]


@dataclass
class Cast:
    """Somebody in the set, a person or a pet: the figure, where, heading."""

    figure: Figure
    at: Vec
    yaw: float


@dataclass
class Room:
    """An interior ready to be shot. `stand` is where a product stands, `perch` where a pet does; `eye` is for 16:9, see
    `framed`."""

    solids: list[Solid]
    air: Air
    stand: Vec
    yaw: float
    scale: float
    eye_at: Vec
    eye_to: Vec
    fov: float
    focus: Vec
    people: list[Cast] = field(default_factory=list)
    exposure: float = 1.0
    beam: tuple[float, float, float] | None = None
    dust: float = 0.6
    curtains: list[Solid] = field(default_factory=list)
    perch: Vec | None = None


@dataclass(frozen=True)
class Daylight:
    """Colours of a time of day inside: linear RGB of window light, sky light, lamps; the view's two colours."""

    sun: Rgb
    fill: Rgb
    lamp: Rgb
    high: Rgb
    low: Rgb
    view: float


def daylight(time: str) -> Daylight:
    if time == "night":
        return Daylight(
            (0.2, 0.27, 0.46), (0.14, 0.15, 0.21), (3.4, 2.1, 1.05), (0.02, 0.035, 0.1), (0.05, 0.06, 0.14), 0.5
        )
    if time == "sunset":
        return Daylight((3.0, 1.55, 0.72), (0.3, 0.24, 0.24), (1.6, 1.0, 0.5), (0.85, 0.5, 0.42), (1.5, 0.72, 0.3), 1.5)
    if time == "sunrise":
        return Daylight(
            (2.7, 1.75, 1.1), (0.34, 0.31, 0.33), (0.9, 0.58, 0.3), (0.75, 0.72, 0.85), (1.5, 1.0, 0.72), 1.6
        )
    return Daylight((2.5, 2.35, 2.1), (0.42, 0.44, 0.47), (0.7, 0.5, 0.28), (0.95, 1.1, 1.35), (1.2, 1.2, 1.15), 1.7)


def outside(day: Daylight, seed: int) -> Paint:
    """What is seen through a window: sky over soft green or distant lights, out of focus."""
    high, low = vec(day.high), vec(day.low)

    def view(x: F32, y: F32, z: F32, ny: F32) -> F32:
        k = np.clip(y * np.float32(0.6) + np.float32(0.5), 0, 1)[:, None]
        sky = low * (1 - k) + high * k
        g = grain_at(seed % 40 + 60, x, y, 2.2, 3, 3)
        tree = np.clip((g - 0.42 - y * 0.5) * 6, 0, 1)[:, None]
        green = vec((0.16, 0.26, 0.1)) * (0.25 + low * 0.6)
        out = sky * (1 - tree * 0.8) + green * tree * 0.8
        if day.view < 1:
            spots = (
                np.clip((grain_at(seed % 40 + 61, x, y, 0.9, 1, 12) - 0.86) * 16, 0, 1)[:, None] * (y < 0.1)[:, None]
            )
            out = out + spots * vec((1.6, 1.0, 0.5))
        return np.asarray(out * np.float32(day.view), np.float32)

    return view


def shell(
    spec: SceneSpec,
    seed: int,
    *,
    floor: Material,
    wall: Rgb,
    half: float = 2.9,
    back: float = 2.4,
    high: float = 2.75,
    window_side: str = "left",
    window_at: float = 0.6,
    window_size: tuple[float, float] = (1.5, 1.6),
    lamps: tuple[Light, ...] = (),
    drape: Rgb | None = (0.93, 0.91, 0.87),
    blinds: bool = False,
) -> tuple[list[Solid], Air, list[Solid]]:
    """Floor, walls, ceiling, a window with its light, curtains. Gives solids, air and the curtains apart."""
    del blinds
    day = daylight(spec.time)
    m = plaster(wall)
    white = plaster((0.93, 0.93, 0.92))
    depth = back + 4.2
    solids = [
        brick((0, -0.05, back - depth / 2), (half + 0.4, 0.05, depth / 2 + 0.2), floor, 0.0),
        brick((0, high / 2, back + 0.05), (half + 0.4, high / 2 + 0.1, 0.05), m, 0.0),
        brick((-half - 0.05, high / 2, back - depth / 2), (0.05, high / 2 + 0.1, depth / 2 + 0.2), m, 0.0, casts=False),
        brick((half + 0.05, high / 2, back - depth / 2), (0.05, high / 2 + 0.1, depth / 2 + 0.2), m, 0.0, casts=False),
        brick((0, high + 0.05, back - depth / 2), (half + 0.4, 0.05, depth / 2 + 0.2), white, 0.0, casts=False),
        brick((0, 0.05, back - 0.008), (half, 0.05, 0.012), white, 0.004),
    ]
    w, h = window_size
    pane = window(w, h, day.sun, outside(day, seed))
    sill = 1.5
    if window_side == "back":
        at: Vec = (window_at, sill, back - 0.005)
        yaw, aim = 0.0, (window_at * 0.9, 1.7, back - 0.35)
    else:
        side = -1 if window_side == "left" else 1
        at, yaw = (side * (half - 0.005), sill, window_at), side * math.pi / 2
        aim = (side * (half - 0.25), 1.85, window_at - 0.2)
    solids += moved(pane, at, yaw=yaw)
    drapes: list[Solid] = []
    if drape is not None:
        for side in (-1, 1):
            cloths = moved([curtain(2.45, 0.5, drape)], (side * (w / 2 + 0.18), 0, 0))
            cos, sin = math.cos(yaw), math.sin(yaw)
            for c in cloths:
                x, z = c.at[0], c.at[2] - 0.14
                drapes += [
                    Solid(
                        c.sdf,
                        c.half,
                        c.material,
                        (at[0] + x * cos + z * sin, c.at[1], at[2] - x * sin + z * cos),
                        (yaw, 0, 0),
                        tag="curtain",
                    )
                ]
    sun = Light(aim, tuple(v * 1.35 for v in day.sun), size=0.75, reach=2.6, wrap=0.25)  # type: ignore[arg-type]
    bounce = linear(wall)
    air = Air(
        top=tuple(day.fill[i] * 0.9 for i in range(3)),  # type: ignore[arg-type]
        side=tuple(day.fill[i] * (0.62 + 0.35 * float(bounce[i])) for i in range(3)),  # type: ignore[arg-type]
        floor=tuple(day.fill[i] * 0.55 * float(linear(floor.color)[i] + 0.25) for i in range(3)),  # type: ignore[arg-type]
        panels=(Panel((at[0], at[1] - 0.7, at[2] + 0.2), 0.3, 0.5, tuple(v * 1.2 for v in day.sun), 0.2),),  # type: ignore[arg-type]
        lights=(sun, *lamps),
        occlusion=0.92,
    )
    return solids, air, drapes


def lamp_light(at: Vec, time: str, power: float = 1.0) -> tuple[Light, Rgb]:
    """The light of a lamp at a place, and the radiance of its shade."""
    day = daylight(time)
    k = 0.75 * power
    color: Rgb = (day.lamp[0] * k, day.lamp[1] * k, day.lamp[2] * k)
    peak = 1.5 if time == "night" else 1.0
    shade: Rgb = (day.lamp[0] * peak, day.lamp[1] * peak * 0.95, day.lamp[2] * peak * 0.9)
    return Light(at, color, size=0.12, reach=0.85, shadow=False, wrap=0.4), shade
