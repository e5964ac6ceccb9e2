"""Speakers and headphones."""

from __future__ import annotations

import math

import numpy as np

from callsheet.studio.picture.objects.model import Builder, Make, Model
from callsheet.studio.picture.spec import F32, Rgb
from callsheet.studio.picture.trace.shade import linear
from callsheet.studio.picture.trace.solids import Material, Solid, brick, limbs_solid, torus, turned


def mesh_skin(rows: int, columns: int, seam: bool = True) -> F32:
    """Gains of a knitted speaker cloth: rows x columns stitches round the body, one seam at the back quarter."""
    cell = 8
    height, width = 1024, min(4096, columns * cell)
    y = np.arange(height, dtype=np.float32)[:, None] * np.float32(rows / height)
    x = np.arange(width, dtype=np.float32)[None, :] * np.float32(columns / width)
    x = x + np.where(np.floor(y) % 2 == 0, np.float32(0), np.float32(0.5))
    dx = np.abs(x - np.floor(x) - np.float32(0.5)) * 2
    dy = np.abs(y - np.floor(y) - np.float32(0.5)) * 2
    hole = np.clip(1.25 - np.hypot(dx * 1.15, dy * 1.15), 0, 1)
    gain = np.float32(0.62) + np.float32(0.95) * (1 - hole) ** 1.5
    gain = np.clip(gain, 0.45, 1.5)
    if seam:
        for place in (0.16, 0.66):
            at = int(width * place)
            gain[:, at - 4 : at + 4] *= 0.55
            gain[:, at + 4 : at + 7] *= 1.2
    gain[:18], gain[-30:] = 0.8, 0.8
    out = np.repeat(gain[..., None], 3, 2).astype(np.float32)
    return np.asarray(out / out.mean(), np.float32)


def speaker(make: Make) -> Model:
    """A smart speaker: a cloth cylinder, a glossy top, a ring of light round its edge, a small foot."""
    radius, high = 0.058, 0.168
    glow = make.glow or make.accent
    lit = linear(glow)
    shine: Rgb = (float(lit[0]) * 2.6, float(lit[1]) * 2.6, float(lit[2]) * 2.6)
    body = turned(
        (0, 0.006, 0),
        [
            (0, 0),
            (radius - 0.006, 0),
            (radius - 0.001, 0.004),
            (radius, 0.012),
            (radius, high - 0.028),
            (0, high - 0.028),
        ],
        Material(make.body, rough=0.86, sheen=0.8, spec=0.03),
        tag="skin",
    )
    collar = turned(
        (0, high - 0.024, 0),
        [(0, 0), (radius - 0.0015, 0), (radius - 0.0015, 0.004), (0, 0.004)],
        Material((0.02, 0.02, 0.022), rough=0.4),
    )
    ring = turned(
        (0, high - 0.0195, 0),
        [
            (0, 0),
            (radius - 0.001, 0),
            (radius - 0.0006, 0.001),
            (radius - 0.0014, 0.0038),
            (radius - 0.004, 0.0048),
            (0, 0.0048),
        ],
        Material((0.9, 0.95, 1.0), rough=0.4, emit=shine),
        tag="ring",
    )
    dark: Rgb = (make.body[0] * 0.6, make.body[1] * 0.6, make.body[2] * 0.6)
    cap = turned(
        (0, high - 0.0162, 0),
        [
            (0, 0),
            (radius - 0.003, 0),
            (radius - 0.003, 0.004),
            (radius - 0.008, 0.0062),
            (radius - 0.014, 0.0058),
            (0, 0.0045),
        ],
        Material(dark, rough=0.16, spec=0.06),
    )
    foot = turned((0, 0, 0), [(0, 0), (radius - 0.01, 0), (radius - 0.008, 0.008), (0, 0.008)], Material((0.02,) * 3))
    buttons: list[Solid] = []
    for angle in (0.0, 0.5, 1.0, 1.5):
        a = angle * math.pi
        buttons.append(
            turned(
                (0.026 * math.cos(a), high - 0.0119, 0.026 * math.sin(a)),
                [(0, 0), (0.005, 0), (0.0045, 0.0012), (0, 0.0012)],
                Material((0.32, 0.33, 0.35), rough=0.35),
            )
        )
    columns = round(2 * math.pi * radius / 0.0021)
    return Model(
        (body, collar, ring, cap, foot, *buttons),
        high,
        radius * 2,
        round=True,
        skin=mesh_skin(round((high - 0.028) / 0.0019), columns),
        ring=True,
        shine=shine,
    )


def headphones(make: Make) -> Model:
    """Over-ear headphones on a slim stand."""
    metal = Material((0.75, 0.75, 0.77), rough=0.25, metal=1.0)
    shell = Material(make.body, rough=0.3, spec=0.05)
    soft = Material(tuple(v * 0.45 + 0.03 for v in make.body), rough=0.8, sheen=0.4)  # type: ignore[arg-type]
    solids: list[Solid] = [
        turned((0, 0, 0), [(0, 0), (0.062, 0), (0.062, 0.006), (0.05, 0.01), (0, 0.01)], metal),
        turned((0, 0.008, 0), [(0, 0), (0.006, 0), (0.006, 0.215), (0, 0.215)], metal),
    ]
    band = []
    steps = 12
    for i in range(steps):
        a, b = (math.pi * (0.06 + 0.88 * k / steps) for k in (i, i + 1))
        band.append(
            (
                (0.082 * math.cos(a), 0.15 + 0.085 * math.sin(a), 0.0),
                (0.082 * math.cos(b), 0.15 + 0.085 * math.sin(b), 0.0),
                0.0085,
                0.0085,
            )
        )
    solids.append(limbs_solid(band, soft, blend=0.0004))
    for side in (-1, 1):
        arm = [((side * 0.081, 0.155, 0.0), (side * 0.086, 0.105, 0.0), 0.004, 0.004)]
        solids.append(limbs_solid(arm, metal))
        cup = turned(
            (0, 0, 0), [(0, -0.014), (0.034, -0.014), (0.04, -0.006), (0.04, 0.004), (0.03, 0.014), (0, 0.016)], shell
        )
        pad = Solid(torus(0.028, 0.011, axis="y"), (0.04, 0.012, 0.04), soft)
        accent = turned(
            (0, 0.0155, 0),
            [(0, 0), (0.012, 0), (0.012, 0.002), (0, 0.002)],
            Material(make.accent, rough=0.2, metal=0.8),
        )
        for part, out in ((cup, 0.0), (pad, -0.02), (accent, 0.018)):
            solids.append(
                Solid(
                    part.sdf,
                    part.half,
                    part.material,
                    (side * (0.087 + out), 0.085, 0.0),
                    (0.0, 0.0, -side * math.pi / 2 + side * 0.08),
                )
            )
    return Model(tuple(solids), 0.245, 0.22, swing=0.8, face=0.5)


def earbuds(make: Make) -> Model:
    """A charging case with an open lid and two buds."""
    shell = Material(make.body, rough=0.2, spec=0.06)
    case = brick((0, 0.02, 0), (0.034, 0.02, 0.018), shell, 0.015)
    lid = brick((0, 0.054, 0.026), (0.034, 0.016, 0.011), shell, 0.0105, (0.0, -0.25, 0.0))
    buds = []
    for side in (-1, 1):
        buds.append(
            limbs_solid(
                [
                    ((side * 0.016, 0.038, -0.001), (side * 0.016, 0.052, -0.001), 0.0045, 0.005),
                    ((side * 0.016, 0.053, -0.003), (side * 0.014, 0.055, -0.006), 0.0085, 0.0075),
                ],
                Material(make.accent, rough=0.18, spec=0.06),
                blend=0.004,
            )
        )
    light = brick((0, 0.026, -0.0178), (0.0016, 0.0016, 0.001), Material(emit=(1.0, 4.0, 1.4)), 0.0008)
    return Model((case, lid, *buds, light), 0.08, 0.072, swing=0.8)


MODELS: dict[str, Builder] = {"speaker": speaker, "headphones": headphones, "earbuds": earbuds}
