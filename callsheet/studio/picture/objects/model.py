"""What every product model gives, and the table of the models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from callsheet.studio.picture.noise import grain_at, lookup
from callsheet.studio.picture.spec import F32, ProductSpec, Rgb
from callsheet.studio.picture.trace.shade import linear
from callsheet.studio.picture.trace.solids import Paint, Solid


@dataclass(frozen=True)
class Make:
    """Wishes for a product: sRGB colours, a seed, and `detail`: pixels for a metre in the picture (limits texture)."""

    body: Rgb
    accent: Rgb
    glow: Rgb | None
    seed: int
    detail: float = 3000.0


@dataclass(frozen=True)
class Model:
    """A product standing on y = 0 about the y axis, its front toward -z; metres.

    `round`: a body of revolution, whose skin turns; otherwise `swing` is how far it may turn about `face` (radians).
    `skin` (round only) is the relief of the skin: gains, 1.0 = unchanged, (rows, columns, 3), rows bottom up.
    `ring` says that the glow runs round the axis.
    """

    solids: tuple[Solid, ...]
    high: float
    wide: float
    round: bool = False
    swing: float = 0.55
    face: float = 0.35
    skin: F32 | None = None
    ring: bool = False
    screen: bool = False
    shine: Rgb | None = None


def striped(count: int, dark: float) -> F32:
    """A row of gains with vertical seams, to make the turning of a plain skin visible."""
    row = np.ones((4, 1024, 3), np.float32)
    for i in range(count):
        at = int((i + 0.5) * 1024 / count)
        row[:, at - 3 : at + 3] = dark
    return row


def decal(base: Rgb, image: F32, box: tuple[float, float, float, float], *, front: float) -> Paint:
    """A colour with a picture (rows top down, linear RGBA) on x0, y0, x1, y1 of the faces where z < front."""
    ground = linear(base)
    x0, y0, x1, y1 = box
    rows, cols = image.shape[:2]

    def paint(x: F32, y: F32, z: F32, ny: F32) -> F32:
        u = (x - np.float32(x0)) * np.float32((cols - 1) / (x1 - x0))
        v = (np.float32(y1) - y) * np.float32((rows - 1) / (y1 - y0))
        got = lookup(image, u, v)
        inside = ((z < front) & (u > 0) & (u < cols - 1) & (v > 0) & (v < rows - 1)).astype(np.float32)
        alpha = (got[:, 3] * inside)[:, None]
        return np.asarray(ground * (1 - alpha) + got[:, :3] * alpha, np.float32)

    return paint


def mottled(color: Rgb, amount: float, scale: float, seed: int = 3) -> Paint:
    """A colour with gentle cloudy variation."""
    base = linear(color)

    def paint(x: F32, y: F32, z: F32, ny: F32) -> F32:
        g = grain_at(seed, x + z * np.float32(0.7), y + z * np.float32(0.4), scale)
        return np.asarray(base * (1 + np.float32(amount) * (g - np.float32(0.5)) * 2)[:, None], np.float32)

    return paint


Builder = Callable[[Make], Model]


def build(spec: ProductSpec, seed: int, detail: float) -> Model:
    """The model of a product; an unknown kind is a packaged product."""
    from callsheet.studio.picture.objects import devices, goods, sound, vehicles, vessels

    table: dict[str, Builder] = {
        **devices.MODELS,
        **goods.MODELS,
        **sound.MODELS,
        **vessels.MODELS,
        **vehicles.MODELS,
    }
    make = table.get(spec.kind, goods.MODELS["package"])
    return make(Make(spec.body, spec.accent, spec.glow, seed, detail))
