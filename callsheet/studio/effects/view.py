"""A clip seen from another place: its picture is stood on a stage of ground and backdrop, and filmed from elsewhere.

What was filmed is taken for a ground that runs away from the camera and rises in a cove to a wall, on which all that
stands up is painted. That is a proxy: what was hidden stays unknown, so the camera goes only a part of the ordered way.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import cv2
import numpy as np

from callsheet.studio.picture.spec import F32, U8

FIELD = 0.9
"""Radians of the field of view, top to bottom, that a clip is taken to be filmed with."""
FURTHEST = 32.0
"""Degrees that the proxy is turned at most; at more, things visibly lie flat on its wall."""
GAIN = 0.62
"""Degrees of the proxy for an ordered one."""
_COARSE = 4

# Words of a perspective -> the way to it: degrees up, degrees to the right, roll, nearer (share), where none are said.
WORDS: dict[str, tuple[float, float, float, float]] = {
    "aerial": (60, 0, 0, 0.0),
    "drone": (50, 0, 0, -0.06),
    "birds_eye": (80, 0, 0, 0.0),
    "bird_eye": (80, 0, 0, 0.0),
    "overhead": (80, 0, 0, 0.0),
    "top": (80, 0, 0, 0.0),
    "high": (35, 0, 0, 0.0),
    "low": (-30, 0, 0, 0.08),
    "worms_eye": (-45, 0, 0, 0.1),
    "ground": (-35, 0, 0, 0.1),
    "side": (0, 45, 0, 0.0),
    "left": (0, -40, 0, 0.0),
    "right": (0, 40, 0, 0.0),
    "profile": (0, 60, 0, 0.0),
    "three_quarter": (10, 35, 0, 0.0),
    "orbit": (0, 45, 0, 0.0),
    "dutch": (0, 0, 14, 0.06),
    "tilted": (0, 0, 14, 0.06),
    "close": (0, 0, 0, 0.45),
    "wide": (8, 0, 0, -0.16),
    "eye_level": (0, 0, 0, 0.05),
    "front": (0, 0, 0, 0.06),
    "frontal": (0, 0, 0, 0.06),
    "first_person": (-6, 0, 0, 0.25),
    "pov": (-6, 0, 0, 0.25),
    "over_shoulder": (8, 24, 0, 0.22),
    "over_the_shoulder": (8, 24, 0, 0.22),
}


@dataclass(frozen=True)
class View:
    """Where the camera goes: degrees up and to the right about what is filmed, degrees of roll, nearer by a share."""

    up: float = 0.0
    right: float = 0.0
    roll: float = 0.0
    nearer: float = 0.0

    def part(self, share: float) -> View:
        return View(self.up * share, self.right * share, self.roll * share, self.nearer * share)


def view_named(name: str) -> View | None:
    """The view of a name such as `aerial_view_60deg` or `low_angle`; None when no word of it is known.

    Degrees stand for the word's own, with its sign: of `left_view_30deg` 30 to the left.
    """
    plain = name.lower()
    degrees = re.search(r"_(\d{1,3})deg$", plain)
    known = [word for word in WORDS if re.search(rf"(?:^|_){word}(?:_|$)", plain)]
    if not known:
        return None
    # Every word counts: a high view from the left is both. Longer words first, and none inside another.
    up = right = roll = nearer = 0.0
    for word in known:
        if any(word != other and word in other for other in known):
            continue
        a, b, c, d = WORDS[word]
        up, right, roll, nearer = up + a, right + b, roll + c, nearer + d
    if degrees:
        wanted = min(90.0, float(degrees[1]))
        largest = max(abs(up), abs(right), abs(roll)) or 1.0
        up, right, roll = (value * wanted / largest for value in (up, right, roll))
    return View(up, right, roll, nearer)


class Stage:
    """The proxy of pictures of one size."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._rows, self._cols = max(2, height // _COARSE), max(2, width // _COARSE)
        self._lens = 0.5 / math.tan(FIELD / 2)

    def _fold(self, crease: float) -> None:
        """The profile: for each height of the picture how far away it is, the wall at 1."""
        v = np.linspace(-1.6, 1.6, 161, dtype=np.float32)
        below = np.maximum(v - np.float32(crease - 0.5), 0)
        soft = below * below / (below + np.float32(0.06))
        self._v = v
        self._depth = (1 / (1 + np.float32(1.7) * soft)).astype(np.float32)
        self._up = v * self._depth / np.float32(self._lens)

    def map(self, view: View) -> tuple[F32, F32]:
        """For a coarse raster of the new frame: where in the picture (pixels) what is seen there was."""
        # Seen from the side, what stands on the ground would bend at the fold: it is set at their feet then.
        self._fold(0.6 + 0.26 * abs(view.right) / (abs(view.right) + abs(view.up) + 1))
        elevation = math.radians(float(np.clip(view.up * GAIN, -FURTHEST, FURTHEST)))
        azimuth = math.radians(float(np.clip(view.right * GAIN, -FURTHEST, FURTHEST)))
        aspect = self._width / self._height
        # The camera turns about what stands before the wall, and comes nearer to hide the rim that it uncovers.
        pivot = np.array([0.0, 0.0, 0.86])
        hidden = (
            0.34 * abs(math.sin(elevation))
            + 0.42 * abs(math.sin(azimuth))
            + 0.5 * abs(math.sin(math.radians(view.roll)))
        )
        zoom = (1 + hidden) * (1 + view.nearer)
        ce, se, ca, sa = math.cos(elevation), math.sin(elevation), math.cos(azimuth), math.sin(azimuth)
        turn = np.array([[ca, 0, -sa], [0, 1, 0], [sa, 0, ca]]) @ np.array([[1, 0, 0], [0, ce, se], [0, -se, ce]])
        at = pivot - turn @ pivot
        y, x = np.mgrid[0 : self._rows, 0 : self._cols].astype(np.float32)
        x = ((x + np.float32(0.5)) / self._cols - np.float32(0.5)) * np.float32(aspect)
        y = (y + np.float32(0.5)) / self._rows - np.float32(0.5)
        c, s = math.cos(math.radians(view.roll)), math.sin(math.radians(view.roll))
        x, y = (x * c - y * s) / np.float32(zoom), (x * s + y * c) / np.float32(zoom)
        rays = np.stack([x, y, np.full_like(x, self._lens)], -1) @ turn.T.astype(np.float32)
        return self._met(at.astype(np.float32), rays.astype(np.float32))

    def _met(self, at: F32, rays: F32) -> tuple[F32, F32]:
        """Where rays meet the profile: the sign of a point of it beside the ray, halved again and again."""
        ry, rz = rays[..., 1], rays[..., 2]
        low = np.zeros(ry.shape, np.float32)
        high = np.full(ry.shape, len(self._v) - 1, np.float32)
        for _ in range(14):
            middle = (low + high) / 2
            py, pz = self._sample(self._up, middle), self._sample(self._depth, middle)
            above = (py - at[1]) * rz - (pz - at[2]) * ry < 0
            low, high = np.where(above, middle, low), np.where(above, high, middle)
        place = (low + high) / 2
        pz, v = self._sample(self._depth, place), self._sample(self._v, place)
        way = (pz - at[2]) / np.where(np.abs(rz) < 1e-4, 1e-4, rz)
        px = at[0] + way * rays[..., 0]
        u = px / np.maximum(pz, 0.05) * np.float32(self._lens)
        return (u + np.float32(0.5 * self._width / self._height)) * self._height, (v + np.float32(0.5)) * self._height

    @staticmethod
    def _sample(table: F32, at: F32) -> F32:
        low = np.clip(at.astype(np.int32), 0, len(table) - 2)
        part = at - low
        return np.asarray(table[low] * (1 - part) + table[low + 1] * part, np.float32)

    def seen(self, frame: U8, view: View) -> U8:
        """The frame from a view. At no change at all it is the frame itself."""
        if view == View():
            return frame
        mx, my = self.map(view)
        size = (self._width, self._height)
        mx = cv2.resize(mx.astype(np.float32), size, interpolation=cv2.INTER_LINEAR) - np.float32(0.5)
        my = cv2.resize(my.astype(np.float32), size, interpolation=cv2.INTER_LINEAR) - np.float32(0.5)
        return np.asarray(cv2.remap(frame, mx, my, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101), np.uint8)
