"""Phones, laptops, watches, tablets, cameras."""

from __future__ import annotations

import math

import numpy as np

from callsheet.studio.picture.noise import lookup
from callsheet.studio.picture.objects.model import Builder, Make, Model
from callsheet.studio.picture.objects.screens import laptop_screen, lit, phone_screen, watch_face
from callsheet.studio.picture.spec import F32
from callsheet.studio.picture.trace.solids import (
    Material,
    Paint,
    Solid,
    brick,
    extrude,
    lathe,
    limbs_solid,
    moved,
    turned,
)


def screen_glow(image: F32, half: tuple[float, float], front: float, corner: float) -> Paint:
    """Light of a picture on the face z < front, |x|, |y| inside the half sizes with rounded corners; else dark."""
    rows, cols = image.shape[:2]
    hx, hy = half

    def glow(x: F32, y: F32, z: F32, ny: F32) -> F32:
        u = (x / np.float32(2 * hx) + np.float32(0.5)) * (cols - 1)
        v = (np.float32(0.5) - y / np.float32(2 * hy)) * (rows - 1)
        qx = np.maximum(np.abs(x) - np.float32(hx - corner), 0)
        qy = np.maximum(np.abs(y) - np.float32(hy - corner), 0)
        inside = np.clip((corner - np.sqrt(qx * qx + qy * qy)) * np.float32(4000), 0, 1) * (z < front)
        return np.asarray(lookup(image, u, v)[:, :3] * inside[:, None], np.float32)

    return glow


def phone(make: Make) -> Model:
    """A smartphone standing upright, its screen lit, in a low cradle."""
    hx, hy, hz = 0.0362, 0.0752, 0.0041
    frame = Material(make.body, rough=0.22, metal=0.85)
    outline = _round_rect(hx, hy, 0.0125)
    sdf, half = extrude(outline, hz, 0.0022)
    slab = Solid(sdf, half, frame, (0, hy + 0.004, 0))
    face_sdf, face_half = extrude(_round_rect(hx - 0.0013, hy - 0.0013, 0.0115), 0.0006, 0.0003)
    glass = Material(
        (0.012, 0.012, 0.014),
        rough=0.05,
        spec=0.05,
        glow=screen_glow(lit(phone_screen(make.seed, make.accent), 0.44), (hx - 0.0028, hy - 0.0028), 0.0, 0.0095),
    )
    face = Solid(face_sdf, face_half, glass, (0, hy + 0.004, -hz - 0.0001), tag="screen")
    lenses: list[Solid] = []
    for dx, dy in ((0.017, 0.05), (0.017, 0.03)):
        ring = turned(
            (0, 0, 0),
            [(0, 0), (0.009, 0), (0.009, 0.003), (0.0075, 0.0035), (0, 0.0035)],
            Material((0.03,) * 3, rough=0.1),
        )
        lenses.append(Solid(ring.sdf, ring.half, ring.material, (dx, hy + dy, hz + 0.0015), (0.0, math.pi / 2, 0.0)))
    button = brick((hx + 0.0003, hy + 0.03, 0), (0.0007, 0.0075, 0.0014), frame, 0.0006)
    foot = turned(
        (0, 0, 0),
        [(0, 0), (0.024, 0), (0.024, 0.0045), (0.021, 0.0065), (0, 0.0065)],
        Material((0.75, 0.75, 0.77), rough=0.2, metal=1.0),
    )
    return Model((slab, face, *lenses, button, foot), 2 * hy + 0.004, 2 * hx, swing=1.0, face=-0.32, screen=True)


def _round_rect(hx: float, hy: float, r: float) -> list[tuple[float, float]]:
    points = []
    for cx, cy, start in (
        (hx - r, hy - r, 0.0),
        (-hx + r, hy - r, 0.5),
        (-hx + r, -hy + r, 1.0),
        (hx - r, -hy + r, 1.5),
    ):
        for i in range(9):
            a = (start + i / 16) * math.pi
            points.append((cx + r * math.cos(a), cy + r * math.sin(a)))
    return points


def tablet(make: Make) -> Model:
    """A tablet in landscape, leaning back."""
    hx, hy, hz = 0.124, 0.088, 0.0032
    tilt = -0.22
    base = [
        brick((0, 0, 0), (hx, hy, hz), Material(make.body, rough=0.3, metal=0.85), 0.003),
        Solid(
            extrude(_round_rect(hx - 0.002, hy - 0.002, 0.008), 0.0006, 0.0003)[0],
            (hx, hy, 0.0006),
            Material(
                (0.012,) * 3,
                rough=0.05,
                spec=0.05,
                glow=screen_glow(lit(laptop_screen(make.seed, make.accent), 0.5), (hx - 0.008, hy - 0.008), 0.0, 0.004),
            ),
            (0, 0, -hz - 0.0002),
            tag="screen",
        ),
    ]
    return Model(tuple(_tilted(base, tilt, hy * math.cos(tilt) + 0.004)), 0.18, 0.25, swing=0.9, face=-0.3, screen=True)


def _tilted(solids: list[Solid], pitch: float, lift: float) -> list[Solid]:
    """Turned about the x axis through the origin, then lifted."""
    c, s = math.cos(pitch), math.sin(pitch)
    out = []
    for solid in solids:
        x, y, z = solid.at
        out.append(
            Solid(
                solid.sdf,
                solid.half,
                solid.material,
                (x, y * c - z * s + lift, y * s + z * c),
                (0.0, pitch, 0.0),
                tag=solid.tag,
            )
        )
    return out


def laptop(make: Make) -> Model:
    """An open laptop with a lit dashboard."""
    metal = Material(make.body, rough=0.32, metal=0.9)
    hx, deep = 0.155, 0.108
    deck = brick((0, 0.0075, -0.01), (hx, 0.006, deep), metal, 0.005)
    keys: list[Solid] = [
        brick((0, 0.0138, 0.02), (hx * 0.86, 0.0006, 0.052), Material((0.06, 0.06, 0.065), rough=0.6), 0.0005)
    ]
    for row in range(4):
        keys.append(
            brick(
                (0, 0.0146, -0.018 + row * 0.026),
                (hx * 0.84, 0.001, 0.0098),
                Material((0.12, 0.12, 0.13), rough=0.5),
                0.002,
            )
        )
    pad = brick((0, 0.0138, -0.075), (0.05, 0.0005, 0.03), Material(make.body, rough=0.2, metal=0.7), 0.0004)
    lid_h = 0.105
    lid = [
        brick((0, lid_h, 0), (hx, lid_h, 0.0032), metal, 0.003),
        brick(
            (0, lid_h, -0.0034),
            (hx - 0.004, lid_h - 0.004, 0.0006),
            Material(
                (0.012,) * 3,
                rough=0.06,
                spec=0.05,
                glow=screen_glow(
                    lit(laptop_screen(make.seed, make.accent), 0.5), (hx - 0.009, lid_h - 0.009), 0.0, 0.003
                ),
            ),
            0.0004,
            tag="screen",
        ),
    ]
    lid = [Solid(s.sdf, s.half, s.material, s.at, s.turn, tag=s.tag) for s in _tilted(lid, 0.26, 0.012)]
    lid = [Solid(s.sdf, s.half, s.material, (s.at[0], s.at[1], s.at[2] + deep - 0.012), s.turn, tag=s.tag) for s in lid]
    return Model((deck, *keys, pad, *lid), 0.215, 0.32, swing=0.7, face=-0.4, screen=True)


def watch(make: Make) -> Model:
    """A smart watch on its strap, upright round a cushion."""
    case = Material(make.body, rough=0.18, metal=0.9)
    strap_mat = Material(make.accent, rough=0.6, sheen=0.3)
    ring_sdf, ring_half = lathe(
        [(0.0285, -0.0105), (0.0335, -0.0105), (0.0345, 0.0), (0.0335, 0.0105), (0.0285, 0.0105), (0.0275, 0.0)],
        hollow=True,
    )
    band = Solid(ring_sdf, ring_half, strap_mat, (0.0, 0.0345, 0.006), (0.0, 0.0, math.pi / 2), reach=0.0003)
    body = turned(
        (0, 0, 0), [(0, 0), (0.019, 0), (0.0205, 0.002), (0.0205, 0.008), (0.0185, 0.0105), (0, 0.0105)], case
    )
    glass = turned(
        (0, 0.0102, 0),
        [(0, 0), (0.018, 0), (0.0178, 0.0006), (0.017, 0.001), (0, 0.0012)],
        Material((0.012,) * 3, rough=0.04, spec=0.05, glow=_dial(lit(watch_face(make.seed, make.accent), 1.1), 0.0168)),
    )
    pitch = -math.pi / 2 + 0.3
    parts = []
    for part in (body, glass):
        y = part.at[1]
        c, s = math.cos(pitch), math.sin(pitch)
        parts.append(
            Solid(
                part.sdf,
                part.half,
                part.material,
                (0, 0.0425 + y * c, -0.0235 + y * s),
                (0.0, pitch, 0.0),
                tag="screen",
            )
        )
    crown = brick((0.0222, 0.0445, -0.0285), (0.0022, 0.0028, 0.0028), case, 0.001)
    return Model((band, *parts, crown), 0.074, 0.05, swing=0.9, face=-0.3, screen=True)


def _dial(image: F32, radius: float) -> Paint:
    """A round picture on top of a lathe solid (its own x, z plane)."""
    size = image.shape[0] - 1

    def glow(x: F32, y: F32, z: F32, ny: F32) -> F32:
        u = (x * np.float32(0.5 / radius) + np.float32(0.5)) * size
        v = (np.float32(0.5) - z * np.float32(0.5 / radius)) * size
        inside = np.clip((np.float32(radius) - np.sqrt(x * x + z * z)) * np.float32(5000), 0, 1) * (ny > 0.3)
        return np.asarray(lookup(image, u, v)[:, :3] * inside[:, None], np.float32)

    return glow


def camera(make: Make) -> Model:
    """A photo camera with a lens."""
    dark = Material(make.body, rough=0.55, bump=0.15, bump_scale=0.01)
    body = brick((0, 0.042, 0), (0.066, 0.042, 0.022), dark, 0.01)
    top = brick((0, 0.088, 0), (0.024, 0.01, 0.018), dark, 0.007)
    trim = brick((0, 0.075, -0.0005), (0.0665, 0.008, 0.0222), Material((0.7, 0.7, 0.72), rough=0.25, metal=0.9), 0.006)
    barrel = turned(
        (0, 0, 0),
        [
            (0, 0),
            (0.033, 0),
            (0.033, 0.03),
            (0.0345, 0.031),
            (0.0345, 0.045),
            (0.028, 0.046),
            (0.024, 0.038),
            (0, 0.036),
        ],
        Material((0.03,) * 3, rough=0.35),
    )
    eye = turned(
        (0, 0, 0), [(0, 0), (0.023, 0), (0.018, 0.005), (0, 0.0075)], Material((0.05, 0.03, 0.1), rough=0.03, spec=0.12)
    )
    lens = [
        Solid(barrel.sdf, barrel.half, barrel.material, (0.004, 0.042, -0.04), (0.0, -math.pi / 2, 0.0)),
        Solid(eye.sdf, eye.half, eye.material, (0.004, 0.042, -0.055), (0.0, -math.pi / 2, 0.0)),
    ]
    knob = turned(
        (0.042, 0.083, 0), [(0, 0), (0.009, 0), (0.009, 0.008), (0, 0.008)], Material(make.accent, rough=0.3, metal=0.6)
    )
    return Model((body, top, trim, *lens, knob), 0.098, 0.135, swing=0.8, face=0.4)


def drone(make: Make) -> Model:
    """A small quadcopter."""
    shell = Material(make.body, rough=0.35)
    parts: list[Solid] = [brick((0, 0.05, 0), (0.05, 0.018, 0.07), shell, 0.016)]
    for sx in (-1, 1):
        for sz in (-1, 1):
            parts.append(
                limbs_solid([((sx * 0.03, 0.05, sz * 0.04), (sx * 0.12, 0.06, sz * 0.1), 0.009, 0.007)], shell)
            )
            parts.append(
                turned(
                    (sx * 0.12, 0.06, sz * 0.1), [(0, 0), (0.011, 0), (0.011, 0.016), (0, 0.018)], Material((0.05,) * 3)
                )
            )
            parts.append(
                brick(
                    (sx * 0.12, 0.08, sz * 0.1),
                    (0.062, 0.0012, 0.006),
                    Material((0.1,) * 3, rough=0.3),
                    0.001,
                    (0.6 * sx + sz, 0, 0),
                )
            )
    parts.append(limbs_solid([((0, 0.038, -0.07), (0, 0.036, -0.075), 0.014, 0.014)], Material((0.03,) * 3, rough=0.1)))
    parts += [limbs_solid([((s * 0.04, 0.035, 0.03), (s * 0.05, 0.004, 0.03), 0.004, 0.004)], shell) for s in (-1, 1)]
    return Model(tuple(moved(parts, (0, 0, 0))), 0.09, 0.36, swing=0.9, face=0.5)


MODELS: dict[str, Builder] = {
    "phone": phone,
    "tablet": tablet,
    "laptop": laptop,
    "watch": watch,
    "camera": camera,
    "drone": drone,
}
