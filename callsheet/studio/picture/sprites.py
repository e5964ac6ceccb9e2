"""From solids to sprites: the picture of a product or figure that is laid over the plate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from callsheet.studio.picture.canvas import blurred
from callsheet.studio.picture.film import to_bgrx
from callsheet.studio.picture.layers import Layer, Place, Spun, Still, Turned
from callsheet.studio.picture.look import Look
from callsheet.studio.picture.objects.model import Model
from callsheet.studio.picture.spec import F32, U8, vec
from callsheet.studio.picture.trace.light import Air
from callsheet.studio.picture.trace.rays import Eye
from callsheet.studio.picture.trace.shade import Picture, shoot
from callsheet.studio.picture.trace.solids import Solid, moved


@dataclass(frozen=True)
class Stand:
    """Where a product stands: world position of its foot, heading (radians), scale."""

    at: tuple[float, float, float]
    yaw: float = 0.0
    scale: float = 1.0

    def put(self, model: Model, extra: float = 0.0) -> list[Solid]:
        return moved(model.solids, self.at, yaw=self.yaw + extra, scale=self.scale)


def window(eye: Eye, solids: Sequence[Solid], zoom: float, pad: float = 0.012) -> Eye:
    """The part of the frame that holds the solids, cut to a little more than the frame."""
    points = np.concatenate([solid.corners() for solid in solids])
    x0, y0, x1, y1 = eye.bounds(points)
    half = eye.frame[0] / eye.frame[1] / 2 * 1.25
    x0, x1 = max(x0 - pad, -half), min(x1 + pad, half)
    y0, y1 = max(y0 - pad, -0.62), min(y1 + pad, 0.62)
    return eye.window(min(x0, half - 0.02), min(y0, 0.6), max(x1, x0 + 0.02), max(y1, y0 + 0.02), zoom)


def placed(eye: Eye, d: float) -> Place:
    """The place of a window's raster in the frame."""
    h = eye.frame[1]
    return Place((eye.offset[0] - eye.frame[0] / 2) / h, (eye.offset[1] - h / 2) / h, h, d)


def product_layers(
    model: Model,
    stand: Stand,
    eye: Eye,
    air: Air,
    look: Look,
    *,
    zoom: float,
    surroundings: Sequence[Solid] = (),
    seconds: float = 5.0,
    swing: float = 0.0,
    hidden: F32 | None = None,
    reflect: float = 0.0,
    table: float = 0.0,
    rate: float = 0.42,
    focus: float = 1.0,
) -> list[Layer]:
    """Everything that is painted for a product: its mirror image, itself, the halo of its lights."""
    solids = stand.put(model)
    win = window(eye, solids if swing <= 0 else _sweep(model, stand, swing), zoom)
    place = placed(win, focus)
    around = [*solids, *surroundings]
    if model.round:
        body, picture = _spun(model, solids, win, air, look, place, around, rate, hidden)
        layers: list[Layer] = [body]
        sprite, glow = body.image, picture.glow
    else:
        turns = _turned(model, stand, win, air, look, place, surroundings, seconds, swing, hidden)
        layers = [turns]
        sprite, glow = turns.views[len(turns.views) // 2], np.zeros((win.height, win.width, 3), np.float32)
        if turns.screens is not None:
            shown = turns.screens[len(turns.screens) // 2]
            glow = shown[..., 2::-1].astype(np.float32) * np.float32(0.6 / 255)
    if reflect > 0:
        layers.insert(0, _mirror(sprite, win, stand, place, reflect, table))
    if float(glow.max()) > 0.05:
        layers.append(halo(glow, place, strength=0.5 if model.ring else 0.22, screen=model.screen))
    return layers


def _sweep(model: Model, stand: Stand, swing: float) -> list[Solid]:
    return [s for k in (-swing / 2, 0.0, swing / 2) for s in stand.put(model, k)]


def _spun(
    model: Model,
    solids: list[Solid],
    win: Eye,
    air: Air,
    look: Look,
    place: Place,
    around: list[Solid],
    rate: float,
    hidden: F32 | None,
) -> tuple[Spun, Picture]:
    picture = shoot(solids, win, air, blockers=around, coarse=2)
    cover = picture.cover if hidden is None else picture.cover * _fit(hidden, picture.cover.shape)
    ring = np.isin(picture.which, [i for i, s in enumerate(solids) if s.tag == "ring"]) if model.ring else None
    # A ring keeps a dim base; its full light is added while it runs.
    base = picture.rgb + picture.glow * (np.float32(0.25) if model.ring else np.float32(1))
    image = look.sprite(base, cover, win.frame[1])
    skin_ids = [i for i, s in enumerate(solids) if s.tag == "skin"]
    theta, rise, box = _skin_maps(win, solids, picture, skin_ids, model)
    skin = model.skin if model.skin is not None else np.ones((4, 64, 3), np.float32)
    pixels = np.full((*skin.shape[:2], 4), 128, np.uint8)
    pixels[..., :3] = np.clip(skin[..., ::-1] * 128, 0, 255)
    pixels = np.concatenate([pixels, pixels[:, :2]], 1)
    on = np.isin(picture.which, skin_ids)
    x0, y0, x1, y1 = box
    rise = np.where(on[y0:y1, x0:x1], rise, np.float32(-10))
    pixels, rise = _levels(pixels, rise, theta, picture, skin_ids, box)
    spun = Spun(image, place, pixels, theta, rise.astype(np.float32), rate, box)
    if ring is not None and ring.any():
        spun.glow, spun.phase, spun.glow_at = _ring(win, solids, picture, look, ring, cover)
    return spun, picture


def _levels(
    pixels: U8, rise: F32, theta: F32, picture: Picture, ids: list[int], box: tuple[int, int, int, int]
) -> tuple[U8, F32]:
    """The skin at several softnesses, one above the other, and rows into it: where the skin turns away from the eye, or
    is small in the picture, its stitches are finer than pixels and must be smooth (no moire)."""
    x0, y0, x1, y1 = box
    on = np.isin(picture.which[y0:y1, x0:x1], ids)
    while pixels.shape[0] > 2.5 * (y1 - y0) and pixels.shape[0] > 64:
        pixels = cv2.resize(pixels, (pixels.shape[1], pixels.shape[0] // 2), interpolation=cv2.INTER_AREA)
        rise = np.where(rise < -5, rise, rise / 2)
    rows, width = pixels.shape[:2]
    step_x = np.abs(np.diff(theta, axis=1, append=theta[:, -1:]))
    step_x = np.minimum(step_x, np.abs(width - 2 - step_x))
    step_y = np.abs(np.diff(rise, axis=0, append=rise[-1:]))
    level_y = float(np.median(step_y[on])) if on.any() else 1.0
    step = cv2.blur(np.where(on, step_x, np.float32(0)), (3, 3)) / np.maximum(
        cv2.blur(on.astype(np.float32), (3, 3)), 0.01
    )
    level = np.clip(np.log2(np.maximum(step, 1.0) * 1.2).round(), 0, 5).astype(np.float32)
    level[~on] = 0
    sheets = [np.full((2, width, 4), 128, np.uint8)]
    gap = 2
    usual = float(level[on].min()) + 1 if on.any() else 0.0
    for number in range(int(level.max()) + 1):
        sx = (
            max(0.3, 0.42 * 2**number)
            if number
            else max(0.3, 0.3 * float(np.clip(step[on].min() if on.any() else 1, 1, 9)))
        )
        sy = max(0.3, 0.42 * level_y, 3.0 * (number - usual))
        sheet = cv2.GaussianBlur(pixels, (0, 0), sigmaX=sx, sigmaY=sy, borderType=cv2.BORDER_REPLICATE)
        sheets += [sheet, sheet[-1:], np.full((gap - 1, width, 4), 128, np.uint8)]
    rise = np.where(rise < -5, np.float32(0), rise + 2 + level * np.float32(rows + gap))
    return np.concatenate(sheets, 0), rise.astype(np.float32)


def _skin_maps(
    win: Eye, solids: list[Solid], picture: Picture, ids: list[int], model: Model
) -> tuple[F32, F32, tuple[int, int, int, int]]:
    """Skin coordinates of the pixels, and the box that they fill."""
    on = np.isin(picture.which, ids)
    ys, xs = np.flatnonzero(on.any(1)), np.flatnonzero(on.any(0))
    if ys.size == 0:
        return np.zeros((1, 1), np.float32), np.zeros((1, 1), np.float32), (0, 0, 1, 1)
    x0, y0, x1, y1 = int(xs[0]), int(ys[0]), int(xs[-1]) + 1, int(ys[-1]) + 1
    py, px = np.mgrid[y0:y1, x0:x1].astype(np.float32) + np.float32(0.5)
    solid = solids[ids[0]]
    pos = positions(win, px.ravel(), py.ravel(), picture.depth[y0:y1, x0:x1].ravel())
    rel = pos - vec(solid.at)[:, None]
    angle = np.arctan2(rel[2], rel[0]) / np.float32(2 * math.pi) % 1.0
    skin = model.skin if model.skin is not None else np.ones((4, 64, 3), np.float32)
    theta = angle * np.float32(skin.shape[1])
    rise = (rel[1] / np.float32(2 * solid.half[1]) + np.float32(0.5)) * np.float32(skin.shape[0] - 1)
    shape = (y1 - y0, x1 - x0)
    return theta.reshape(shape).astype(np.float32), rise.reshape(shape).astype(np.float32), (x0, y0, x1, y1)


def positions(eye: Eye, px: F32, py: F32, depth: F32) -> F32:
    """World points (3, n) of pixels at depths along the axis."""
    dx, dy, dz = eye.rays(px, py)
    forward = eye.basis()[2]
    t = depth / (dx * forward[0] + dy * forward[1] + dz * forward[2])
    t = np.minimum(t, np.float32(1e4))
    return np.stack([dx * t + np.float32(eye.at[0]), dy * t + np.float32(eye.at[1]), dz * t + np.float32(eye.at[2])])


def _ring(
    win: Eye, solids: list[Solid], picture: Picture, look: Look, ring: np.ndarray, cover: F32
) -> tuple[U8, U8, tuple[int, int]]:
    ys, xs = np.flatnonzero(ring.any(1)), np.flatnonzero(ring.any(0))
    x0, y0, x1, y1 = max(0, int(xs[0]) - 2), max(0, int(ys[0]) - 2), int(xs[-1]) + 3, int(ys[-1]) + 3
    py, px = np.mgrid[y0:y1, x0:x1].astype(np.float32) + np.float32(0.5)
    height, width = ring.shape
    y1, x1 = min(y1, height), min(x1, width)
    py, px = np.mgrid[y0:y1, x0:x1].astype(np.float32) + np.float32(0.5)
    number = next(i for i, s in enumerate(solids) if s.tag == "ring")
    at = solids[number].at
    pos = positions(win, px.ravel(), py.ravel(), picture.depth[y0:y1, x0:x1].ravel())
    angle = np.arctan2(pos[2] - np.float32(at[2]), pos[0] - np.float32(at[0])) / np.float32(2 * math.pi) % 1.0
    phase = np.asarray(angle.reshape(y1 - y0, x1 - x0) * 255, np.uint8)
    light = look.light(picture.glow[y0:y1, x0:x1]) * cover[y0:y1, x0:x1, None]
    out = to_bgrx(light)
    out[..., 3] = 0
    return out, phase, (x0, y0)


def _turned(
    model: Model,
    stand: Stand,
    win: Eye,
    air: Air,
    look: Look,
    place: Place,
    surroundings: Sequence[Solid],
    seconds: float,
    swing: float,
    hidden: F32 | None,
) -> Turned:
    count = 1 if swing < 0.02 else max(2, math.ceil(swing / 0.2) + 1)
    angles = [0.0] if count == 1 else [swing * (i / (count - 1) - 0.5) for i in range(count)]
    views, flows, screens = [], [], []
    for angle in angles:
        solids = stand.put(model, angle)
        picture = shoot(solids, win, air, blockers=[*solids, *surroundings], coarse=3)
        cover = picture.cover if hidden is None else picture.cover * _fit(hidden, picture.cover.shape)
        if model.screen and count > 1:
            off = look.sprite(picture.rgb, cover, win.frame[1])
            on = look.sprite(picture.rgb + picture.glow, cover, win.frame[1])
            views.append(off)
            extra = cv2.subtract(on, off)
            extra[..., 3] = 0
            screens.append(extra)
        else:
            views.append(look.sprite(picture.rgb + picture.glow, cover, win.frame[1]))
        flows.append(_flow(win, picture, stand.at))
    return Turned(views, flows, angles, place, np.array([angles[0], angles[-1]], np.float32), seconds, screens or None)


def _flow(win: Eye, picture: Picture, axis: tuple[float, float, float]) -> F32:
    """Pixels of travel for one radian of turning about the vertical through `axis`, on a coarse raster."""
    step = 4
    h, w = picture.which.shape
    ys, xs = np.arange(step // 2, h, step), np.arange(step // 2, w, step)
    on = picture.which[np.ix_(ys, xs)] >= 0
    py, px = np.meshgrid(ys.astype(np.float32) + 0.5, xs.astype(np.float32) + 0.5, indexing="ij")
    depth = np.where(on, picture.depth[np.ix_(ys, xs)], np.float32(1))
    pos = positions(win, px.ravel(), py.ravel(), depth.ravel().astype(np.float32))
    e = np.float32(0.01)
    rx, rz = pos[0] - np.float32(axis[0]), pos[2] - np.float32(axis[2])
    moved_to = pos.copy()
    moved_to[0] += e * rz
    moved_to[2] -= e * rx
    x1, y1, _ = win.project(moved_to.T)
    flow = np.stack([(x1 - px.ravel()) / e, (y1 - py.ravel()) / e], -1).reshape(*on.shape, 2)
    weight = on.astype(np.float32)
    flow = flow * weight[..., None]
    for sigma in (1.5, 4.0, 12.0):
        soft = cv2.GaussianBlur(np.dstack([flow * weight[..., None], weight]), (0, 0), sigma)
        filled = soft[..., :2] / np.maximum(soft[..., 2:], 1e-4)
        empty = weight < 0.5
        usable = soft[..., 2] > 1e-3
        spot = empty & usable
        flow[spot] = filled[spot]
        weight = np.where(spot, np.float32(1), weight)
    return np.asarray(flow, np.float32)


def _fit(mask: F32, shape: tuple[int, ...]) -> F32:
    if mask.shape == shape:
        return mask
    return np.asarray(cv2.resize(mask, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR), np.float32)


def _mirror(sprite: U8, win: Eye, stand: Stand, place: Place, strength: float, table: float) -> Still:
    """The object's image in a glossy table: upside down from its foot, softer and fainter the further down."""
    foot = vec([stand.at])
    _, y, _ = win.project(foot)
    row = int(np.clip(round(float(y[0])), 4, sprite.shape[0]))
    flipped = cv2.flip(sprite[:row], 0)
    # Seen from above the mirrored body is foreshortened a little less than the body itself.
    h, w = flipped.shape[:2]
    flipped = cv2.resize(flipped, (w, max(2, round(h * 0.92))), interpolation=cv2.INTER_AREA)
    h = flipped.shape[0]
    soft = cv2.GaussianBlur(flipped, (0, 0), sigmaX=max(0.6, h / 220), sigmaY=max(0.6, h / 90))
    far = cv2.GaussianBlur(flipped, (0, 0), sigmaX=max(0.8, h / 70), sigmaY=max(0.8, h / 34))
    ramp = np.linspace(0, 1, h, dtype=np.float32)[:, None, None]
    fade = np.float32(strength) * (1 - ramp) ** 1.7
    mixed = soft * (1 - ramp) + far * ramp
    if table > 0:
        py, px = np.mgrid[row : row + h, 0:w].astype(np.float32) + np.float32(0.5)
        dx, dy, dz = win.rays(px.ravel(), py.ravel())
        t = (np.float32(stand.at[1]) - np.float32(win.at[1])) / np.minimum(dy, np.float32(-1e-3))
        out = np.hypot(dx * t + np.float32(win.at[0] - stand.at[0]), dz * t + np.float32(win.at[2] - stand.at[2]))
        fade = fade * np.clip((np.float32(table) - out) / np.float32(table * 0.03), 0, 1).reshape(h, w, 1)
    image = np.clip(mixed * fade, 0, 255).astype(np.uint8)
    return Still(image, Place(place.x, place.y + row / place.ppu, place.ppu, place.d))


def halo(glow: F32, place: Place, *, strength: float, screen: bool) -> Still:
    """The soft light round a lamp or a screen, added over everything."""
    h, w = glow.shape[:2]
    pad = int(max(h, w) * 0.35)
    small = cv2.resize(
        np.pad(glow, ((pad, pad), (pad, pad), (0, 0))), None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA
    )
    size = max(h, w) / 4
    spread = blurred(small, size * 0.015) * 0.5 + blurred(small, size * 0.05) * 0.6 + blurred(small, size * 0.14) * 0.7
    light = np.clip(1 - np.exp(-spread * np.float32(strength)), 0, 1) ** np.float32(0.75)
    edge = np.minimum.outer(
        np.minimum(np.arange(small.shape[0]), np.arange(small.shape[0])[::-1]),
        np.minimum(np.arange(small.shape[1]), np.arange(small.shape[1])[::-1]),
    ) / max(1, pad // 4)
    light *= np.clip(edge, 0, 1)[..., None]
    image = to_bgrx(light * np.float32(0.7))
    image[..., 3] = 0
    pulse = (0.12, 0.2) if screen else (0.25, 0.38)
    return Still(
        image, Place(place.x - pad / place.ppu, place.y - pad / place.ppu, place.ppu / 4, place.d), True, pulse
    )
