"""What falls through the air of a changed picture: rain, snow, leaves, petals; and lightning."""

from __future__ import annotations

import math

import cv2
import numpy as np

from callsheet.studio.picture.camera import Pose
from callsheet.studio.picture.canvas import Canvas
from callsheet.studio.picture.spec import F32, U8, SceneOrder, stream
from callsheet.studio.picture.weather import Rain, Specks, rain, snowfall

LEAVES = ((40, 92, 190), (32, 60, 168), (48, 140, 214), (36, 84, 120), (52, 120, 176))
PETALS = ((214, 196, 250), (226, 214, 252), (204, 178, 244))


class Precipitation:
    """Rain or snow over a frame, as light that is added."""

    def __init__(self, width: int, height: int, fps: int, seed: int, *, rainy: float = 0.0, snowy: float = 0.0) -> None:
        order = SceneOrder(prompt="", seconds=1, width=width, height=height, fps=fps, seed=seed)
        self._layers: list[Rain | Specks] = []
        if rainy:
            self._layers.append(rain(order, 1.15 * rainy))
        if snowy:
            self._layers.append(snowfall(order, 1.5 * snowy))
        self._canvas = Canvas.blank(width, height)

    def over(self, frame: U8, t: float, amount: float) -> U8:
        pixels = self._canvas.pixels
        pixels[:] = 0
        for layer in self._layers:
            layer.draw(self._canvas, Pose(), t)
        falling = cv2.cvtColor(pixels, cv2.COLOR_BGRA2BGR)
        return np.asarray(cv2.addWeighted(frame, 1, falling, amount, 0), np.uint8)


class Splashes:
    """Drops that meet the ground: small rings that live for an eighth of a second."""

    def __init__(self, height: int, seed: int, heavy: float) -> None:
        self._spots = stream("splashes", seed).random((240, 4)).astype(np.float32)
        self._heavy = heavy
        self._unit = height / 720

    def over(self, frame: U8, t: float, horizon: float, amount: float) -> None:
        h, w = frame.shape[:2]
        for x, deep, phase, _ in self._spots[: int(160 * self._heavy * amount)]:
            age = (t * 2.2 + phase) % 1.0
            if age > 0.28:
                continue
            turn = int(t * 2.2 + phase)
            down = 0.08 + 0.92 * float((deep + turn * 0.618) % 1.0) ** 1.5
            px, py = float((x + turn * 0.377) % 1.0) * w, (horizon + (1 - horizon) * down) * h
            size = (2.0 + 9.0 * down) * self._unit * (0.35 + age * 3)
            level = 1 - age / 0.28
            box = max(0, int(px - size) - 1), max(0, int(py - size) - 1), int(px + size) + 2, int(py + size) + 2
            patch = frame[box[1] : box[3], box[0] : box[2]]
            if patch.size == 0:
                continue
            ring = np.zeros(patch.shape[:2], np.uint8)
            centre = (round((px - box[0]) * 8), round((py - box[1]) * 8))
            cv2.ellipse(ring, centre, (round(size * 8), round(size * 3)), 0, 0, 360, int(70 * level), 1, cv2.LINE_AA, 3)
            cv2.add(patch, cv2.merge((ring, ring, ring)), dst=patch)


class Falling:
    """Leaves or petals that turn as they come down, near ones larger and faster."""

    def __init__(self, kind: str, width: int, height: int, seed: int) -> None:
        self._colors = LEAVES if kind == "leaves" else PETALS
        self._size = 0.013 if kind == "leaves" else 0.0085
        self._thin = 0.42 if kind == "leaves" else 0.62
        self._aspect = width / height
        self._height = height
        count = 46 if kind == "leaves" else 60
        self._parts = stream("falling", kind, seed).random((count, 8)).astype(np.float32)

    def over(self, frame: U8, t: float, amount: float, light: float) -> None:
        wide, high = self._aspect + 0.2, 1.3
        for x, y, near, phase, spin, tone, way, own in self._parts[: max(1, int(len(self._parts) * amount))]:
            depth = 0.45 + 1.5 * float(near) ** 2
            sway = 0.045 * math.sin(t * (1.1 + way) + phase * 6.3) * depth
            px = (float(x) * wide + (0.05 + 0.06 * float(way)) * t * depth + sway) % wide - 0.1
            py = (float(y) * high + 0.15 * t * depth) % high - 0.15
            turn = t * (1.2 + 2.4 * float(spin)) + phase * 6.3
            flat = abs(math.cos(t * (1.7 + spin) + own * 6.3)) * 0.75 + 0.25
            size = self._size * depth * self._height * (0.7 + 0.6 * float(own))
            shape = _leaf(size, size * self._thin * flat, float(turn))
            centre = np.array([px * self._height, py * self._height], np.float32)
            b, g, r = self._colors[int(float(tone) * 0.999 * len(self._colors))]
            level = light * (0.72 + 0.28 * flat)
            points = np.round((shape + centre) * 8).astype(np.int32)
            cv2.fillConvexPoly(frame, points, (int(b * level), int(g * level), int(r * level)), cv2.LINE_AA, 3)


def _leaf(long: float, wide: float, turn: float) -> F32:
    """The outline of a leaf: pointed at both ends."""
    a = np.linspace(0, 2 * math.pi, 14, endpoint=False)
    x, y = long * np.cos(a), wide * np.sin(a) * np.abs(np.sin(a)) ** 0.6
    c, s = math.cos(turn), math.sin(turn)
    return np.stack([x * c - y * s, x * s + y * c], -1).astype(np.float32)


class Lightning:
    """Flashes at times of the seed: the first soon, then every one to three seconds."""

    def __init__(self, seed: int, seconds: float) -> None:
        dice = stream("lightning", seed)
        self.times: list[float] = []
        at = 0.25 * min(seconds, 4.0) + 0.5 * float(dice.random())
        while at < seconds + 1:
            self.times.append(at)
            at += 1.2 + 1.8 * float(dice.random())

    def level(self, t: float) -> float:
        """How bright it is at t seconds, 0..1: a stroke, and a weaker one right after."""
        out = 0.0
        for at in self.times:
            for start, strength in ((0.0, 1.0), (0.16, 0.65)):
                since = t - at - start
                if 0 <= since < 0.6:
                    out = max(out, strength * math.exp(-since / 0.085))
        return out
