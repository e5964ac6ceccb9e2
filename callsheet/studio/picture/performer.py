"""A customer's character as the person of the scene: the cut-out itself, lit by the set, alive."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from callsheet.studio.picture.actors import Puppet, Sway
from callsheet.studio.picture.layers import Place
from callsheet.studio.picture.look import Look
from callsheet.studio.picture.reference import trimmed
from callsheet.studio.picture.sets.room import Room
from callsheet.studio.picture.spec import F32, U8, SceneOrder, SceneSpec, stream, vec
from callsheet.studio.picture.trace.light import Air
from callsheet.studio.picture.trace.rays import Eye
from callsheet.studio.picture.trace.shade import linear, shoot
from callsheet.studio.picture.trace.solids import Material, Solid, brick

Vec = tuple[float, float, float]
TALL = 1.7
"""Metres: the height of a character that is seen from head to foot."""
WHITE = 0.62
"""The grey of the card whose light is measured."""
BUST = {"close_up": 0.94, "medium_shot": 0.72, "wide_shot": 0.58}
"""Heights, in frames, of a character that its picture cuts off below."""
STEP = 6


@dataclass(frozen=True)
class Anatomy:
    """Where a cut-out has its parts, as shares of its height and width from the upper left."""

    neck: float
    head: float
    whole: bool


def anatomy(cut: U8) -> Anatomy:
    """The neck is the narrowest place below the head; a figure that is as wide at its lower edge as anywhere is cut
    off there. `cut` is BGRA without empty borders.
    """
    on = cut[..., 3] > 127
    rows, cols = on.shape
    wide = cv2.GaussianBlur(on.sum(1).astype(np.float32)[:, None], (1, 0), sigmaX=0.5, sigmaY=max(1.0, rows / 90))[:, 0]
    slim = rows / max(1.0, float(wide.max())) > 1.7
    first, last = (0.08, 0.3) if slim else (0.3, 0.68)
    span = slice(int(rows * first), max(int(rows * first) + 2, int(rows * last)))
    neck = span.start + int(np.argmin(wide[span]))
    above = float(wide[:neck].max()) if neck else 1.0
    if wide[neck] > 0.93 * above:
        neck = int(rows * (0.15 if slim else 0.45))
    middle = np.flatnonzero(on[: max(neck, 1)].any(0))
    foot = float(wide[int(rows * 0.97) :].mean())
    return Anatomy(
        neck=neck / rows,
        head=float(middle.mean()) / cols if middle.size else 0.5,
        whole=foot < 0.62 * float(wide.max()) or slim,
    )


def performer(
    order: SceneOrder,
    spec: SceneSpec,
    look: Look,
    eye: Eye,
    air: Air,
    at: Vec,
    *,
    blockers: Sequence[Solid] = (),
    occluding: Sequence[Solid] = (),
    d: float = 1.0,
) -> Puppet:
    """The order's character standing at `at` (its foot, world metres), seen from `eye`, which has the frame's size."""
    assert order.performer is not None  # noqa: S101 - only called with one
    cut = trimmed(order.performer)
    parts = anatomy(cut)
    tall, middle, top = _framing(eye, spec, parts, at)
    if not parts.whole:
        # Who is cut off by the own picture is cut off by the frame, so nothing of the set stands before.
        occluding, d = (), max(d, 1.0)
    wide = tall * cut.shape[1] / cut.shape[0]
    h = eye.frame[1]
    left = middle - wide / 2
    zoom = min(1.0, 1.6 * cut.shape[0] / tall)
    cols, rows = max(8, round(wide * zoom)), max(8, round(tall * zoom))
    place = Place(left / h, top / h, h * zoom, d)
    inter = cv2.INTER_AREA if rows < cut.shape[0] else cv2.INTER_CUBIC
    alpha = cut[..., 3:4].astype(np.float32) / 255
    small = cv2.resize(np.concatenate([cut[..., 2::-1] / np.float32(255) * alpha, alpha], -1), (cols, rows),
                       interpolation=inter)  # fmt: skip
    cover = np.clip(small[..., 3], 0, 1)
    display = np.clip(small[..., :3] / np.maximum(small[..., 3:4], 1e-3), 0, 1)
    shade, seen = np.ones((rows, cols, 3), np.float32), np.ones((rows, cols), np.float32)
    if parts.whole:
        broad = TALL * cut.shape[1] / cut.shape[0]
        shade, seen = _light(eye, air, at, broad, blockers, occluding, place, (rows, cols))
    image = look.sprite(_linear(display) * shade, cover * seen, h * zoom)
    made = Puppet(image, place, _sways(parts, rows, cols, order.seed), _breath(parts, rows, cols))
    if spec.action == "walk" and parts.whole:
        made.hop, made.walk = (0.006, 1.8), (-0.012, 0.0)
    return made


def _framing(eye: Eye, spec: SceneSpec, parts: Anatomy, at: Vec) -> tuple[float, float, float]:
    """Height of the character in pixels, its middle and top in pixels from the frame's centre.

    It stands where the set has it, with its head in the picture; a close-up shows head and shoulders, and who is cut
    off by the own picture stands behind the frame's lower edge.
    """
    w, h = eye.frame
    x, y, _ = eye.project(vec([at, (at[0], at[1] + TALL, at[2])]))
    middle = float(x[0]) + eye.offset[0] - w / 2
    foot, tall = float(y[0]) + eye.offset[1] - h / 2, max(8.0, float(y[0] - y[1]))
    if not parts.whole:
        tall = BUST.get(spec.shot, 0.68) * h
        return tall, float(np.clip(middle, -0.14 * w, 0.14 * w)), 0.56 * h - tall
    if spec.shot == "close_up":
        tall = 0.46 * h / max(parts.neck, 0.1)
        return tall, float(np.clip(middle, -0.14 * w, 0.14 * w)), -0.41 * h
    tall = min(tall, 1.7 * h)
    return tall, float(np.clip(middle, -0.42 * w, 0.42 * w)), max(foot - tall, -0.43 * h)


def stand_in(order: SceneOrder, room: Room, spec: SceneSpec, eye_at: Vec, bodies: list[list[Solid]]) -> list[Vec]:
    """Where in a room the order's character stands who takes the part of the first person; none without one.

    The first of `bodies` becomes one that throws its shadow there. A cut-out can't sit down: where the part is to sit
    on something soft it stands before it, nearer to the camera.
    """
    if order.performer is None or not bodies:
        return []
    x, _, z = room.people[0].at
    if spec.setting in ("living_room", "bedroom", "cafe"):
        way = np.array((eye_at[0] - x, eye_at[2] - z))
        x, z = np.array((x, z)) + way / max(float(np.linalg.norm(way)), 1e-6) * 0.62
    at = (float(x), 0.0, float(z))
    wide = min(0.9, TALL * order.performer.shape[1] / order.performer.shape[0]) * 0.5
    bodies[0] = [brick((at[0], TALL / 2, at[2]), (wide / 2, TALL / 2, 0.1), Material((WHITE,) * 3), 0.08)]
    return [at]


def _linear(display: F32) -> F32:
    """Display RGB to linear, for a whole picture."""
    return np.where(display <= 0.04045, display / 12.92, ((display + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _light(
    eye: Eye,
    air: Air,
    at: Vec,
    wide: float,
    blockers: Sequence[Solid],
    occluding: Sequence[Solid],
    place: Place,
    size: tuple[int, int],
) -> tuple[F32, F32]:
    """The light that falls on a body at a place, (rows, cols, 3), and how much of it is seen past what is before it."""
    rows, cols = size
    forward = eye.basis()[2]
    yaw = math.atan2(forward[0], forward[2])
    grey = Material((WHITE,) * 3, rough=0.9)
    centre = (at[0], at[1] + TALL / 2, at[2])
    card = brick(centre, (wide / 2, TALL / 2, 0.02), grey, 0.01, (yaw, 0.0, 0.0))
    win = eye.window(place.x, place.y, place.x + cols / place.ppu, place.y + rows / place.ppu, min(1.0, 160 / rows))
    picture = shoot([card, *occluding], win, air, blockers=[card, *blockers], coarse=2, wanted=1)
    on = picture.cover > 0.5
    albedo = float(linear((WHITE,) * 3)[0])
    rgb = picture.rgb / np.float32(albedo)
    mean = rgb[on].mean(0) if on.any() else np.ones(3, np.float32)
    filled = np.where(on[..., None], rgb, mean).astype(np.float32)
    soft = cv2.GaussianBlur(filled, (0, 0), max(2.0, win.height / 9))
    # A photograph or drawing has its own light already: it is brought to the level and tint of the set, evenly.
    level = np.float32(max(float(mean @ vec([0.2126, 0.7152, 0.0722])), 1e-3))
    tint = (mean / level) ** np.float32(0.6)
    relief = np.clip(soft.mean(2, keepdims=True) / level, 0.6, 1.5) ** np.float32(0.6)
    shade = relief * tint * np.float32(1.15 * min(max(float(level), 0.0), 1.4) ** 0.55)
    points = np.mgrid[0 : win.height - 1 : rows * 1j, 0 : win.width - 1 : cols * 1j].astype(np.float32)
    seen = cv2.remap(_visible(card, occluding, win), points[1], points[0], cv2.INTER_LINEAR)
    return np.asarray(cv2.remap(shade.astype(np.float32), points[1], points[0], cv2.INTER_LINEAR), np.float32), seen


def _visible(card: Solid, occluding: Sequence[Solid], win: Eye) -> F32:
    """1 where nothing of the set stands before the card."""
    if not occluding:
        return np.ones((win.height, win.width), np.float32)
    alone = shoot([card], win, Air(), coarse=2, wanted=1).cover
    both = shoot([card, *occluding], win, Air(), coarse=2, wanted=1).cover
    lost = np.clip(alone - both, 0, 1)
    return np.asarray(1 - cv2.GaussianBlur(lost, (0, 0), 0.7), np.float32)


def _raster(rows: int, cols: int) -> tuple[int, int, F32]:
    small = max(2, rows // STEP), max(2, cols // STEP)
    y = ((np.arange(small[0], dtype=np.float32) + 0.5) / small[0])[:, None]
    return small[0], small[1], y


def _sways(parts: Anatomy, rows: int, cols: int, seed: int) -> list[Sway]:
    """A nod about the neck, and the slow shifting of weight of somebody who stands."""
    _, width, y = _raster(rows, cols)
    rng = stream("performer", seed)
    soft = np.float32(0.05 if parts.whole else 0.12)
    nod = np.clip((np.float32(parts.neck) + soft - y) / (2 * soft), 0, 1)
    nod = np.repeat(nod * nod * (3 - 2 * nod), width, 1)
    lean = np.repeat(np.clip(1 - y, 0, 1), width, 1)
    phase = [float(v) * 2 * math.pi for v in rng.random(2)]
    joint = (parts.head * cols, parts.neck * rows)
    return [
        Sway(np.asarray(nod, np.float32), joint, 0.035, 0.23 * (0.85 + 0.3 * float(rng.random())), phase[0]),
        Sway(np.asarray(lean, np.float32), (cols / 2, float(rows)), 0.008, 0.17, phase[1]),
    ]


def _breath(parts: Anatomy, rows: int, cols: int) -> F32:
    _, width, y = _raster(rows, cols)
    chest = parts.neck + (0.16 if parts.whole else 0.3)
    return np.asarray(np.repeat(np.clip((np.float32(chest) - y) / np.float32(0.25) + 0.6, 0, 1), width, 1), np.float32)
