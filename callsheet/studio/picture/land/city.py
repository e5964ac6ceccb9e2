"""A city: an avenue between towers, lit windows at night, wet asphalt in rain, traffic that moves."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from callsheet.studio.picture.camera import Move, Pose
from callsheet.studio.picture.canvas import Canvas
from callsheet.studio.picture.land.sky import Sky, sky
from callsheet.studio.picture.layers import Layer
from callsheet.studio.picture.look import Look
from callsheet.studio.picture.noise import grain_at
from callsheet.studio.picture.people import figure, joints_at
from callsheet.studio.picture.spec import F32, U8, Rgb, SceneOrder, SceneSpec, stream, vec
from callsheet.studio.picture.stage import MARGIN, Production, make_plate, plate_size, sprite_zoom
from callsheet.studio.picture.trace.light import Air, Light
from callsheet.studio.picture.trace.rays import Eye
from callsheet.studio.picture.trace.shade import depth_blur, linear, shoot
from callsheet.studio.picture.trace.solids import Material, Paint, Solid, brick, moved
from callsheet.studio.picture.weather import rain, snowfall

Vec = tuple[float, float, float]
NEON: tuple[Rgb, ...] = ((1.0, 0.2, 0.6), (0.1, 0.75, 1.0), (0.6, 0.25, 1.0), (1.0, 0.55, 0.12), (0.2, 1.0, 0.7))


def city(order: SceneOrder, spec: SceneSpec, look: Look) -> Production:
    """The avenue as a production; people and products stand on it."""
    seed = order.world_seed
    night = spec.time == "night"
    s = sky(spec.time, spec.weather, seed)
    neon = (
        spec.style in ("cyberpunk", "glitch_art", "trendy", "tech")
        or "neon" in order.prompt.lower()
        or "霓虹" in order.prompt
    )
    look = replace(look, exposure=1.35 if night else 1.0)
    size = plate_size(order)
    at, to, fov = (0.6, 3.4 if not spec.people else 1.6, -2.0), (0.0, 6.2 if not spec.people else 2.6, 30.0), 0.8
    eye = Eye.plate(at, to, fov, size, MARGIN)
    solids = _street(seed, s, night=night, neon=neon, wet=spec.weather == "rain")
    from callsheet.studio.picture.land.outdoors import air_of

    air = replace(air_of(s), fog=s.horizon, fog_depth=260.0 / max(s.haze, 0.3), occlusion=0.7)
    if night:
        air = replace(air, fog=(0.05, 0.05, 0.1) if not neon else (0.12, 0.05, 0.16))
    made: list[Layer] = []
    people: list[Solid] = []
    if spec.people:
        z = {"close_up": 2.6, "medium_shot": 4.0}.get(spec.shot, 5.5)
        # As far from the middle, as a share of the frame's width, in a tall frame as in a wide one.
        middle = at[0] + (to[0] - at[0]) * (z - at[2]) / (to[2] - at[2])
        place: Vec = (middle - (middle + 0.9) * min(1.0, order.aspect / 1.78), 0.0, z)
        fig = figure(
            "walk" if spec.action in ("walk", "show", "use") and spec.product is None else "hold",
            seed,
            role=spec.people[0],
            design=spec.design,
            holding="phone" if spec.product is not None else "",
        )
        people = moved(list(fig.solids), place, yaw=0.5)
    picture = shoot(solids, eye, air, blockers=[*solids, *people], backdrop=s, coarse=4, samples=2)
    rgb = picture.rgb + picture.glow
    rgb = _reflections(rgb, picture.depth, eye, wet=spec.weather == "rain" or neon, night=night)
    depth = np.minimum(picture.depth, np.float32(1e5))
    focus = 14.0
    if people:
        from callsheet.studio.picture.actors import puppet

        focus = place[2] + 2
        rgb = depth_blur(rgb, depth, focus, eye.frame[1] * 0.01 * focus, eye.frame[1] * 0.01)
        full = Eye.plate(at, to, fov, (order.width, order.height), 0)
        joints = joints_at(fig.joints, place, 0.5)
        lit = _street_light(air, NEON[seed % 5] if neon else (1.0, 0.8, 0.5)) if night else replace(air, fog_depth=0.0)
        if order.performer is not None:
            from callsheet.studio.picture.performer import performer

            made.append(performer(order, spec, look, full, lit, place))
        person = puppet(people, joints, full, lit, look, sprite_zoom(order), people, [], 1.0, order.seed, lively=1.3)
        person.walk, person.hop = (-0.008, 0.004), (0.005, 1.7)
        if order.performer is None:
            made.append(person)
    plate = make_plate(order, look, rgb, depth, focus, size, order.seed)
    sky_mask = (picture.which < 0).astype(np.float32)
    plate.enliven(None, sky_mask if sky_mask.any() else None)
    layers: list[Layer] = [plate, _traffic(order, eye, focus, night=night), *made]
    if spec.weather == "rain":
        layers.append(rain(order))
    elif spec.weather == "snow":
        layers.append(snowfall(order))
    return Production(layers, Move(spec.move, order.seconds, order.seed, 1.1))


def _street_light(air: Air, hue: Rgb) -> Air:
    color = (hue[0] * 1.2, hue[1] * 1.2, hue[2] * 1.2)
    lamp = Light((-2.5, 3.2, 3.0), color, size=0.5, reach=3.0, shadow=False, wrap=0.3)
    return replace(air, fog_depth=0.0, lights=(*air.lights, lamp))


def _facade(seed: int, wall: Rgb, *, night: bool, floor: float, bay: float) -> tuple[Paint, Paint]:
    """Albedo and glow of a house front: a grid of windows, some of them lit."""
    base, glass = linear(wall), linear((0.16, 0.2, 0.25))

    def cells(x: F32, y: F32, z: F32) -> tuple[F32, F32, F32]:
        u, v = (x + z) / np.float32(bay), y / np.float32(floor)
        fu, fv = np.abs(u - np.floor(u) - 0.5), np.abs(v - np.floor(v) - 0.5)
        pane = np.clip((0.36 - fu) * 14, 0, 1) * np.clip((0.33 - fv) * 14, 0, 1)
        key = np.floor(u) * 12.9898 + np.floor(v) * 78.233 + seed * 3.7
        dice = np.abs(np.sin(key) * 43758.5) % 1
        return pane.astype(np.float32), dice.astype(np.float32), v.astype(np.float32)

    def paint(x: F32, y: F32, z: F32, ny: F32) -> F32:
        pane, dice, _ = cells(x, y, z)
        k = (pane * (ny < 0.5))[:, None]
        g = grain_at(171, x + z, y, 14.0, 4, 4)[:, None]
        return np.asarray(base * (0.75 + 0.5 * g) * (1 - k) + glass * (0.5 + dice[:, None]) * k, np.float32)

    def glow(x: F32, y: F32, z: F32, ny: F32) -> F32:
        pane, dice, _ = cells(x, y, z)
        on = (dice > (0.55 if night else 0.97)) & (ny < 0.5)
        warm = np.where((dice * 37 % 1 > 0.3)[:, None], vec((1.5, 0.95, 0.45)), vec((0.7, 0.95, 1.3)))
        return np.asarray(
            warm * (pane * on * (0.35 + 1.2 * (dice * 13 % 1)) * (1.0 if night else 0.4))[:, None], np.float32
        )

    return paint, glow


def _street(seed: int, s: Sky, *, night: bool, neon: bool, wet: bool) -> list[Solid]:
    rng = stream("city", seed)
    out: list[Solid] = []
    asphalt = linear((0.2, 0.2, 0.22))

    def road(x: F32, y: F32, z: F32, ny: F32) -> F32:
        zz = z + 200
        g = grain_at(172, x, zz, 3.0, 5, 6)[:, None]
        out_ = asphalt * (0.6 + 0.7 * g)
        dash = ((np.abs(np.abs(x) - 0.0) < 0.09) & (np.mod(zz, 5) < 2.6)) | (np.abs(np.abs(x) - 3.7) < 0.07)
        walk = (np.abs(x) > 5.6)[:, None]
        slab = ((np.mod(x, 1.2) < 0.05) | (np.mod(zz, 1.2) < 0.05))[:, None]
        out_ = np.where(walk, linear((0.42, 0.41, 0.4)) * (0.7 + 0.5 * g) * np.where(slab, 0.7, 1.0), out_)
        return np.asarray(np.where(dash[:, None], np.float32(0.5), out_), np.float32)

    out.append(
        brick(
            (0, -0.5, 200), (80, 0.5, 220), Material(rough=0.25 if wet or neon else 0.7, paint=road), 0.0, casts=False
        )
    )
    walls: tuple[Rgb, ...] = (
        (0.5, 0.46, 0.42),
        (0.36, 0.38, 0.42),
        (0.58, 0.54, 0.48),
        (0.3, 0.32, 0.36),
        (0.5, 0.36, 0.3),
        (0.44, 0.47, 0.5),
    )
    if night:
        walls = tuple((c[0] * 0.6, c[1] * 0.6, c[2] * 0.65) for c in walls)
    z = 4.0
    while z < 190:
        for side in (-1, 1):
            wide, deep = float(rng.uniform(6, 10)), float(rng.uniform(7, 13))
            tall = float(rng.uniform(12, 34)) * (1 + (z > 40) * float(rng.uniform(0, 1.2)))
            paint, glow = _facade(
                int(rng.integers(0, 999)),
                walls[int(rng.integers(0, 6))],
                night=night,
                floor=float(rng.uniform(2.8, 3.6)),
                bay=float(rng.uniform(1.7, 3.2)),
            )
            x = side * (8.2 + wide / 2 + float(rng.uniform(0, 1.5)))
            out.append(
                brick(
                    (x, tall / 2, z + deep / 2),
                    (wide / 2, tall / 2, deep / 2),
                    Material(rough=0.5, paint=paint, glow=glow),
                    0.05,
                    casts=z < 60,
                )
            )
            if (neon or night) and 9 < z < 70:
                _signs(out, rng, x - side * wide / 2, z, deep, side, neon=neon)
        z += float(rng.uniform(9, 14))
    for k in range(7):
        paint, glow = _facade(int(rng.integers(0, 999)), walls[k % 6], night=night, floor=3.4, bay=2.6)
        tall = float(rng.uniform(60, 130))
        out.append(
            brick(
                (float(rng.uniform(-34, 34)) + (k - 3) * 9, tall / 2, 210 + 18 * (k % 3)),
                (9, tall / 2, 8),
                Material(rough=0.4, paint=paint, glow=glow),
                0.1,
                casts=False,
            )
        )
    steel = Material((0.1, 0.1, 0.11), rough=0.5)
    lamp: Rgb = (4.0, 2.7, 1.3) if night else (0.3, 0.28, 0.25)
    for k in range(7):
        for side in (-1, 1):
            zz = 7 + k * 14.0
            out.append(brick((side * 6.1, 2.6, zz), (0.06, 2.6, 0.06), steel, 0.02, casts=k < 3))
            out.append(brick((side * 5.5, 5.2, zz), (0.6, 0.05, 0.05), steel, 0.02, casts=False))
            out.append(
                brick(
                    (side * 5.05, 5.13, zz), (0.24, 0.05, 0.1), Material((0.9, 0.9, 0.9), emit=lamp), 0.03, casts=False
                )
            )
    del s
    return out


def _signs(
    out: list[Solid], rng: np.random.Generator, x: float, z: float, deep: float, side: int, *, neon: bool
) -> None:
    """Shop windows and hanging signs of light, as shapes without letters."""
    hue = NEON[int(rng.integers(0, 5))] if neon else ((1.0, 0.75, 0.4), (0.6, 0.8, 1.0))[int(rng.integers(0, 2))]
    k = 1.6 if neon else 0.9
    emit: Rgb = (hue[0] * k, hue[1] * k, hue[2] * k)
    out.append(
        brick(
            (x - side * 0.06, 1.7, z + deep / 2),
            (0.05, 1.1, deep * 0.36),
            Material((0.1, 0.1, 0.1), emit=(emit[0] * 0.5, emit[1] * 0.5, emit[2] * 0.5)),
            0.02,
            casts=False,
        )
    )
    if neon or rng.random() < 0.5:
        y, tall = float(rng.uniform(4.5, 9)), float(rng.uniform(0.9, 2.4))
        out.append(
            brick(
                (x - side * 0.7, y, z + float(rng.uniform(0.5, deep - 0.5))),
                (0.5, tall, 0.1),
                Material((0.05, 0.05, 0.06), emit=emit),
                0.06,
                casts=False,
            )
        )
        other = NEON[int(rng.integers(0, 5))]
        if neon:
            out.append(
                brick(
                    (x - side * 0.05, y + tall + 1.2, z + deep / 2),
                    (0.06, 0.09, deep * 0.42),
                    Material(emit=(other[0] * 3, other[1] * 3, other[2] * 3)),
                    0.04,
                    casts=False,
                )
            )


def _reflections(rgb: F32, depth: F32, eye: Eye, *, wet: bool, night: bool) -> F32:
    """A street that mirrors what stands above it: each column turned over at the horizon, drawn out and dimmed."""
    if not (wet or night):
        return rgb
    h, w = rgb.shape[:2]
    _, up, forward = eye.basis()
    horizon = eye.centre[1] + float(forward[1] / max(float(np.hypot(forward[0], forward[2])), 1e-6)) * eye.scale
    del up
    row = int(np.clip(horizon, 10, h - 10))
    ys = np.arange(row, h)
    src = np.clip(row - (ys - row) * 1.05, 0, h - 1).astype(np.int64)
    mirrored = rgb[src]
    mirrored = cv2.blur(mirrored, (3, max(3, int(h * 0.05) | 1)))
    y, x = np.mgrid[row:h, 0:w].astype(np.float32)
    wobble = grain_at(173, (x / h).ravel(), (y / h * 3).ravel(), 0.5, 4, 6).reshape(x.shape)
    mask = cv2.resize((depth[row:] < 180).astype(np.float32), (w, h - row))
    k = (0.55 if wet else 0.16) * np.clip((wobble - 0.25) * 2.2, 0, 1) * mask
    ground = np.clip((y - row) / (h * 0.05), 0, 1) * np.clip((2.0 * row - y) / (h * 0.16), 0, 1)
    inside = np.clip(1.25 - np.abs(x - w / 2 - (0)) / np.maximum((y - row) * 2.3 + w * 0.03, 1) * 0.9, 0, 1)
    out = rgb.copy()
    out[row:] += mirrored * (k * ground * inside)[..., None]
    return out


@dataclass
class Traffic:
    """Lights of cars that come and go along the lanes; `cars`: lane x, start z, speed (m/s), kind 0 coming 1 going."""

    cars: F32
    eye: Eye
    focus: float
    dots: tuple[U8, U8]
    night: bool

    def draw(self, canvas: Canvas, pose: Pose, t: float) -> None:
        for lane, start, speed, kind in self.cars:
            z = (start + speed * t - 14) % 130 + 14
            points = vec([[lane - 0.65, 0.65, z], [lane + 0.65, 0.65, z]])
            x, y, depth = self.eye.project(points)
            cx, cy = self.eye.centre
            for k in range(2):
                d = self.focus / float(depth[k])
                scale, ox, oy = pose.place(min(d, 1.3))
                px = canvas.width / 2 + ((float(x[k]) - cx) / self.eye.frame[1] - ox) * scale * canvas.height
                py = canvas.height / 2 + ((float(y[k]) - cy) / self.eye.frame[1] - oy) * scale * canvas.height
                self._dot(canvas, self.dots[int(kind)], px, py, 0.5 / float(depth[k]) * canvas.height * 2.2)

    def _dot(self, canvas: Canvas, dot: U8, x: float, y: float, size: float) -> None:
        k = max(size, 3.0) / dot.shape[0]
        r = dot.shape[0] * k / 2
        box = canvas.clip(x - r, y - r, x + r, y + r)
        if box is None:
            return
        m = np.array([[1 / k, 0, (box[0] + 0.5 - x + r) / k - 0.5], [0, 1 / k, (box[1] + 0.5 - y + r) / k - 0.5]])
        patch = cv2.warpAffine(
            dot, m, (box[2] - box[0], box[3] - box[1]), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        )
        canvas.add(patch, box[0], box[1])


def _traffic(order: SceneOrder, eye: Eye, focus: float, *, night: bool) -> Traffic:
    rng = stream("traffic", order.seed)
    cars = []
    for k in range(12):
        kind = k % 2
        lane = -1.9 if kind == 0 else 1.9
        cars.append(
            (lane, float(rng.uniform(14, 144)), (-9.0 if kind == 0 else 8.0) * float(rng.uniform(0.8, 1.2)), kind)
        )
    y, x = np.mgrid[0:65, 0:65].astype(np.float32)
    r = np.hypot(x - 32, y - 32) / 32
    shape = np.clip(np.exp(-((r / 0.16) ** 2)) + 0.3 * np.exp(-r * 5) * np.clip(1 - r, 0, 1), 0, 1)
    gain = 1.0 if night else 0.45
    dots = []
    for color in ((1.0, 0.96, 0.85), (1.0, 0.12, 0.08)):
        dot = np.zeros((65, 65, 4), np.uint8)
        for c in range(3):
            dot[..., c] = np.clip(shape * color[2 - c] * 255 * gain, 0, 255)
        dots.append(dot)
    return Traffic(vec(cars), eye, focus, (dots[0], dots[1]), night)
