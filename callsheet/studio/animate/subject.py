"""The separated subject as one object that can be turned, lit, and stood on the floor of its picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from callsheet.studio.animate.framing import Framing
from callsheet.studio.animate.light import response, split_light
from callsheet.studio.animate.order import F32, U8, as_u8
from callsheet.studio.animate.relief import Turn, turning

FINE = 4
"""Pixels between the points at which the subject's turn is worked out."""
LENS = 2.4
"""Focal length in heights of the picture: a portrait lens with 24 degrees of height, as products are taken."""


@dataclass(frozen=True)
class Subject:
    """The separated subject. Pictures cover `x`, `y`, `w`, `h` of the canvas.

    `body` is BGRA: its surface with the answer to the light as fourth channel. `lit` is BGRA: the light that stays in
    place (128 is 1) with the matte as fourth channel. A body that is not round has all its colour in `body`."""

    x: int
    y: int
    w: int
    h: int
    body: U8
    lit: U8
    turn: Turn
    contact: tuple[float, float, float]
    """Canvas x and y of the middle of its foot, and half the foot's width."""


def stand(colour: U8, edge: U8, framing: Framing, touches: tuple[bool, bool, bool, bool]) -> Subject | None:
    """Cut the subject's part out of the canvas; None when there is nothing of it.

    `colour` and `edge` (its matte) have the size of the scaled picture. Where the picture itself cuts the subject, it
    is continued into the margin."""
    reach = 2 * framing.margin + 8
    left, top, right, bottom = (reach if side else 0 for side in touches)
    edge = as_u8(cv2.copyMakeBorder(edge, top, bottom, left, right, cv2.BORDER_REPLICATE))
    colour = as_u8(cv2.copyMakeBorder(colour, top, bottom, left, right, cv2.BORDER_REFLECT_101))
    off_x, off_y = framing.left - left, framing.top - top
    x, y, w, h = cv2.boundingRect(as_u8(edge > 8))
    pad = 12 + round(0.02 * max(w, h))
    x0, y0 = max(0, x - pad, -off_x), max(0, y - pad, -off_y)
    x1 = min(edge.shape[1], x + w + pad, framing.canvas_width - off_x)
    y1 = min(edge.shape[0], y + h + pad, framing.canvas_height - off_y)
    if x1 - x0 < 8 or y1 - y0 < 8:
        return None
    colour, edge = np.ascontiguousarray(colour[y0:y1, x0:x1]), np.ascontiguousarray(edge[y0:y1, x0:x1])
    size = (max(4, -(-edge.shape[1] // FINE)), max(4, -(-edge.shape[0] // FINE)))
    focal = LENS * framing.height / FINE
    turn = turning(as_u8(cv2.resize(edge, size, interpolation=cv2.INTER_AREA)), touches, focal)
    turn = turn.times(FINE)
    if turn.round_body:
        surface, light = split_light(colour, turn, edge)
    else:
        surface, light = colour, np.full_like(colour, 128)
    rows = np.flatnonzero((edge > 127).any(1))
    foot = int(rows[-1]) if len(rows) else edge.shape[0] - 1
    columns = np.flatnonzero((edge[max(0, foot - edge.shape[0] // 12) : foot + 1] > 127).any(0))
    half = 0.5 * (columns[-1] - columns[0]) if len(columns) else edge.shape[1] / 2
    middle = float(columns.mean()) if len(columns) else edge.shape[1] / 2
    return Subject(
        x0 + off_x, y0 + off_y, edge.shape[1], edge.shape[0], np.dstack([surface, response(colour)]),
        np.dstack([light, edge]), turn, (x0 + off_x + middle, float(y0 + off_y + foot), float(half)),
    )  # fmt: skip


def floor(y: F32, subject: Subject, touches: tuple[bool, bool, bool, bool]) -> F32:
    """Nearness of a plain background: a wall far behind, and the floor that comes forward to the subject's foot."""
    if touches[3]:
        return np.full_like(y, -1.0)
    foot = subject.contact[1]
    wall = foot - 0.34 * subject.h
    t = np.clip((y - wall) / max(foot - wall, 1.0), 0.0, None)
    rise = np.where(t < 1.0, t * t * (3.0 - 2.0 * t) - 1.0, 0.0)
    beyond = np.clip((y - foot) / max(0.5 * subject.h, 1.0), 0.0, 1.0)
    return np.asarray(rise + 0.35 * beyond * beyond, np.float32)
