"""People as layers: shot once, then gently alive — breathing, a nodding head, arms that move about their joints."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from callsheet.studio.picture.camera import Pose
from callsheet.studio.picture.canvas import Canvas
from callsheet.studio.picture.layers import Place, raster
from callsheet.studio.picture.look import Look
from callsheet.studio.picture.people import joints_at
from callsheet.studio.picture.sets.room import Cast, Room
from callsheet.studio.picture.spec import F32, U8, SceneOrder, stream, vec
from callsheet.studio.picture.sprites import placed, window
from callsheet.studio.picture.trace.light import Air
from callsheet.studio.picture.trace.rays import Eye
from callsheet.studio.picture.trace.shade import shoot
from callsheet.studio.picture.trace.solids import Solid


@dataclass
class Sway:
    """One part: its weight on a coarse raster, its joint (sprite pixels), swing (radians), beat (cycles a second)."""

    weight: F32
    joint: tuple[float, float]
    swing: float
    beat: float
    phase: float


@dataclass
class Puppet:
    """A figure's picture, bent by its sways; `hop` (share of its height), `walk` (frame heights a second)."""

    image: U8
    place: Place
    sways: list[Sway]
    breath: F32
    walk: tuple[float, float] = (0.0, 0.0)
    hop: tuple[float, float] = (0.0, 1.0)

    def draw(self, canvas: Canvas, pose: Pose, t: float) -> None:
        rows, cols = self.breath.shape
        h, w = self.image.shape[:2]
        gx, gy = raster(rows, cols)
        x, y = (gx + 0.5) * (w / cols), (gy + 0.5) * (h / rows)
        dx = np.zeros((rows, cols), np.float32)
        dy = self.breath * np.float32(math.sin(t * 1.7) * 0.0042 * h)
        for sway in self.sways:
            a = sway.swing * math.sin(2 * math.pi * sway.beat * t + sway.phase)
            c, s = math.cos(a) - 1, math.sin(a)
            rx, ry = x - sway.joint[0], y - sway.joint[1]
            dx += sway.weight * (rx * np.float32(c) - ry * np.float32(s))
            dy += sway.weight * (rx * np.float32(s) + ry * np.float32(c))
        k, ox, oy = self.place.box(self.image.shape, pose, canvas)
        ox += self.walk[0] * t * canvas.height
        oy += self.walk[1] * t * canvas.height
        oy -= abs(math.sin(t * math.pi * self.hop[1])) * self.hop[0] * h * k
        box = canvas.clip(ox, oy, ox + w * k, oy + h * k)
        if box is None:
            return
        x0, y0, x1, y1 = box
        inv = 1 / k
        matrix = np.array(
            [
                [inv * cols / w, 0, (x0 + 0.5 - ox) * inv * cols / w - 0.5],
                [0, inv * rows / h, (y0 + 0.5 - oy) * inv * rows / h - 0.5],
            ]
        )
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = (x1 - x0, y1 - y0)
        bend_x = cv2.warpAffine(dx, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        bend_y = cv2.warpAffine(dy, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        mx = ((np.arange(x0, x1, dtype=np.float32) + np.float32(0.5 - ox)) * np.float32(inv) - np.float32(0.5))[
            None, :
        ] - bend_x
        my = ((np.arange(y0, y1, dtype=np.float32) + np.float32(0.5 - oy)) * np.float32(inv) - np.float32(0.5))[
            :, None
        ] - bend_y
        patch = cv2.remap(self.image, mx, my, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        canvas.over(patch, x0, y0)


SWINGS = {
    "head": (0.05, 0.23),
    "arm_r": (0.05, 0.31),
    "arm_l": (0.04, 0.27),
    "tail": (0.3, 0.9),
    "wing": (0.5, 2.0),
}


def puppet(
    solids: list[Solid],
    joints: dict[str, tuple[float, float, float]],
    eye: Eye,
    air: Air,
    look: Look,
    zoom: float,
    blockers: list[Solid],
    occluding: list[Solid],
    d: float,
    seed: int,
    *,
    lively: float = 1.0,
) -> Puppet:
    """A figure of tagged solids as a bending picture. `joints` are world points of the tags."""
    win = window(eye, solids, zoom * 0.8, 0.02)
    picture = shoot([*solids, *occluding], win, air, blockers=blockers, coarse=3, wanted=len(solids))
    image = look.sprite(picture.rgb + picture.glow, picture.cover, win.frame[1])
    step = 6
    rows, cols = max(2, win.height // step), max(2, win.width // step)
    rng = stream("sway", seed)
    kinds = cv2.resize(picture.which, (cols, rows), interpolation=cv2.INTER_NEAREST)
    on = kinds >= 0
    sways = []
    for tag, point in joints.items():
        ids = [i for i, s in enumerate(solids) if s.tag == tag]
        if not ids or tag not in SWINGS:
            continue
        mask = np.isin(kinds, ids).astype(np.float32)
        weight = _spread(mask, on.astype(np.float32))
        jx, jy, _ = win.project(vec([point]))
        swing, beat = SWINGS[tag]
        sways.append(
            Sway(
                weight,
                (float(jx[0]), float(jy[0])),
                swing * lively,
                beat * (0.85 + 0.3 * float(rng.random())),
                float(rng.random()) * 6.28,
            )
        )
    body = on.astype(np.float32)
    y = np.linspace(1, 0, rows, dtype=np.float32)[:, None]
    breath = cv2.GaussianBlur(body, (0, 0), 3) * np.clip(y * 1.6 - 0.6, 0, 1)
    return Puppet(image, placed(win, d), sways, np.asarray(breath, np.float32))


def _spread(mask: F32, on: F32) -> F32:
    """A part's weight: 1 on the part, fading into the rest over a soft joint, carried outwards past the silhouette."""
    near = cv2.GaussianBlur(mask, (0, 0), 2.2)
    total = cv2.GaussianBlur(on, (0, 0), 2.2)
    inside = near / np.maximum(total, 1e-3)
    wide, all_ = cv2.GaussianBlur(mask, (0, 0), 7), cv2.GaussianBlur(on, (0, 0), 7)
    outside = wide / np.maximum(all_, 1e-3)
    share = np.clip(total * 4, 0, 1)
    return np.asarray(np.clip(inside * share + outside * (1 - share), 0, 1), np.float32)


def cast_layer(
    cast: Cast,
    body: list[Solid],
    eye: Eye,
    room: Room,
    look: Look,
    zoom: float,
    everything: list[Solid],
    far: float,
    order: SceneOrder,
    *,
    reach: float = 0.9,
    lively: float = 1.0,
) -> Puppet:
    """Somebody in a room, a person or a pet, whose solids are `body`. `reach` is how far off what shades it stands."""
    from callsheet.studio.picture.stage import distance, nearby, occluders

    joints = joints_at(cast.figure.joints, cast.at, cast.yaw)
    near = distance(eye.at, joints["body"])
    return puppet(
        body,
        joints,
        eye,
        room.air,
        look,
        zoom,
        nearby(everything, joints["body"], reach),
        occluders(room.solids, eye, body),
        far / near,
        order.seed,
        lively=lively,
    )
