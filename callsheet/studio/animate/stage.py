"""A picture set up for animation: subject and background apart, with everything that one frame needs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from callsheet.studio.animate.cutout import matte
from callsheet.studio.animate.dust import Dust, scatter
from callsheet.studio.animate.framing import Framing, fit
from callsheet.studio.animate.light import Glow, find_glow, places, response
from callsheet.studio.animate.motions import Moves, understand
from callsheet.studio.animate.order import F32, U8, AnimateOrder, as_f32, as_u8, check, normalise
from callsheet.studio.animate.plate import blend, extend, studio_backdrop
from callsheet.studio.animate.relief import depth_guess
from callsheet.studio.animate.search import Found, find
from callsheet.studio.animate.subject import Subject, floor, stand

GRID = 16
"""Pixels between the points at which displacements of the background are worked out."""


@dataclass(frozen=True)
class Scenery:
    """The picture taken apart."""

    plate: U8
    """BGRA of the canvas' size: the picture without its subject, or all of it when that can't be separated."""
    whole: U8
    """BGR: the picture with its subject."""
    nearness: F32
    """Depth at the grid: -1 far away, 0 as far as the subject, above 0 nearer."""
    free: F32
    """1 where the background may drift by itself, at the grid."""
    centre: tuple[float, float]
    subject: Subject | None
    place: U8
    """Where each pixel of the frame lies in the way of the light."""
    answer: U8 | None
    """How each pixel of the frame answers to the light; None where the subject itself knows."""


@dataclass(frozen=True)
class Stage:
    """All that does not change from frame to frame."""

    frame: tuple[int, int]
    framing: Framing
    moves: Moves
    scenery: Scenery
    glow: Glow | None
    dust: Dust | None


def grid(framing: Framing, frame: tuple[int, int]) -> tuple[F32, F32]:
    """Canvas coordinates of the grid points, one cell beyond the frame on every side."""
    columns, rows = -(-frame[0] // GRID) + 2, -(-frame[1] // GRID) + 2
    x = (np.arange(columns, dtype=np.float32) - 0.5) * GRID - 0.5 + framing.margin
    y = (np.arange(rows, dtype=np.float32) - 0.5) * GRID - 0.5 + framing.margin
    return np.broadcast_to(x, (rows, columns)).copy(), np.broadcast_to(y[:, None], (rows, columns)).copy()


def _grade(image: U8) -> U8:
    """A film look for those who don't ask for the picture's own: deeper contrast, warm lights, cool shadows."""
    t = np.linspace(0.0, 1.0, 256)
    curve = t + 0.20 * (t - 0.5) * (1.0 - np.abs(2.0 * t - 1.0) ** 1.5) * 1.4
    tables = [
        curve + tint * (1.0 - t) ** 2 + light * t**2 for tint, light in ((0.028, -0.030), (0.0, 0.0), (-0.012, 0.022))
    ]
    table = np.clip(np.stack(tables, -1) * 255.0 + 0.5, 0, 255).astype(np.uint8).reshape(256, 1, 3)
    return as_u8(cv2.LUT(image, table))


def _scaled(image: U8, framing: Framing) -> U8:
    # Cubic enlargement rings at edges, which shows as a halo from about here on.
    how = cv2.INTER_AREA if framing.scale < 1 else cv2.INTER_CUBIC if framing.scale < 2.5 else cv2.INTER_LINEAR
    return as_u8(cv2.resize(image, (framing.width, framing.height), interpolation=how))


def _on_canvas(image: U8, framing: Framing, *, plain: bool) -> U8:
    """The scaled picture cropped to the canvas, and continued where it does not reach."""
    f = framing
    x0, y0 = max(0, -f.left), max(0, -f.top)
    x1, y1 = min(f.width, f.canvas_width - f.left), min(f.height, f.canvas_height - f.top)
    left, top = max(0, f.left), max(0, f.top)
    part = np.ascontiguousarray(image[y0:y1, x0:x1])
    return extend(part, left, top, f.canvas_width - left - (x1 - x0), f.canvas_height - top - (y1 - y0), plain=plain)


def _matters(image: U8) -> tuple[float, float, float, float]:
    """The box, in 0..1 of the picture, of what seems to matter in it."""
    matters = depth_guess(image)[1]
    x, y, w, h = cv2.boundingRect((matters > 0.3).astype(np.uint8))
    height, width = matters.shape
    return (x / width, y / height, w / width, h / height) if w and h else (0.2, 0.2, 0.6, 0.6)


def _separated(scaled: U8, alpha: U8 | None, found: Found, framing: Framing, frame: tuple[int, int]) -> Scenery | None:
    """Subject and background apart, the background a wall far behind and a floor that comes forward."""
    edge, colour, behind = matte(scaled, found)
    if alpha is not None:
        edge = as_u8(cv2.resize(alpha, (framing.width, framing.height), interpolation=cv2.INTER_LINEAR))
    subject = stand(colour, edge, framing, found.touches)
    if subject is None:
        return None
    _, y = grid(framing, frame)
    nearness = floor(y, subject, found.touches)
    inset, m = 12.0, framing.margin
    box = (subject.x - m + inset, subject.y - m + inset, subject.w - 2 * inset, subject.h - 2 * inset)
    return Scenery(
        plate=as_u8(cv2.cvtColor(_on_canvas(behind, framing, plain=True), cv2.COLOR_BGR2BGRA)),
        whole=_on_canvas(scaled, framing, plain=True),
        nearness=nearness,
        free=as_f32(np.clip(-nearness, 0.0, 1.0)),
        centre=(subject.x + subject.w / 2, subject.y + subject.h / 2),
        subject=subject,
        place=places((frame[1], frame[0]), box, round_body=subject.turn.round_body),
        answer=None,
    )


def _as_depth(scaled: U8, framing: Framing, frame: tuple[int, int]) -> Scenery:
    """One picture with a guessed depth, smooth enough that nothing tears when it is seen from aside."""
    whole = _on_canvas(scaled, framing, plain=False)
    near, matters = depth_guess(whole)
    level = float((near * matters).sum() / max(float(matters.sum()), 1e-3))
    scale = (near.shape[1] / framing.canvas_width, near.shape[0] / framing.canvas_height)
    x, y = grid(framing, frame)
    at = (as_f32((x + 0.5) * scale[0] - 0.5), as_f32((y + 0.5) * scale[1] - 0.5))
    seen = cv2.remap(near, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    # What matters is one object: a depth that changed within it would bend it.
    flat = as_f32(cv2.remap(matters, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
    flat = np.clip((flat - 0.2) / 0.35, 0.0, 1.0)
    nearness = as_f32(np.clip((as_f32(seen) - level) * 1.3 * (1.0 - flat), -1.0, 0.6))
    heavy = matters**2
    total = max(float(heavy.sum()), 1e-3)
    ys, xs = np.mgrid[0 : near.shape[0], 0 : near.shape[1]]
    centre = (float((xs * heavy).sum()) / total / scale[0], float((ys * heavy).sum()) / total / scale[1])
    m = framing.margin
    weight = as_f32(cv2.resize(matters, (framing.canvas_width, framing.canvas_height), interpolation=cv2.INTER_LINEAR))
    soft = as_f32(cv2.GaussianBlur(response(whole), (0, 0), max(1.0, 0.006 * max(frame))))
    answer = as_u8(0.75 * soft * weight)[m : m + frame[1], m : m + frame[0]]
    return Scenery(
        plate=as_u8(cv2.cvtColor(whole, cv2.COLOR_BGR2BGRA)),
        whole=whole,
        nearness=nearness,
        free=as_f32(np.clip(-nearness, 0.0, 1.0) ** 2),
        centre=centre,
        subject=None,
        place=places((frame[1], frame[0]), (0.06 * frame[0], 0.0, 0.88 * frame[0], float(frame[1])), round_body=False),
        answer=np.ascontiguousarray(answer),
    )


def prepare(order: AnimateOrder) -> Stage:
    """Separate, scale and measure. Raises MediaError for an order that can't be rendered."""
    check(order)
    image, alpha = normalise(order.image)
    moves = understand(order.prompt, order.motion)
    if alpha is not None:
        image = blend(studio_backdrop(image, alpha), image, alpha)
    if not order.preserve_style:
        image = _grade(image)
    frame, size = (order.width, order.height), (image.shape[1], image.shape[0])
    found = find(image, alpha)
    margin = math.ceil(max(frame) * (moves.pan + moves.drift + 0.012)) + 4
    scenery: Scenery | None = None
    if found.sure:
        growth = abs(moves.push) + 1.2 * moves.lift
        framing = fit(size, frame, margin, box=found.box, touches=found.touches, growth=growth)
        scenery = _separated(_scaled(image, framing), alpha, found, framing, frame)
    if scenery is None:
        framing = fit(size, frame, margin, box=_matters(image), growth=abs(moves.push), guessed=True)
        scenery = _as_depth(_scaled(image, framing), framing, frame)
    glow = find_glow(scenery.whole) if moves.pulse else None
    dust = scatter(order.seed, moves.dust, order.seconds, image) if moves.dust else None
    return Stage(frame, framing, moves, scenery, glow, dust)
