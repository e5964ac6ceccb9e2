"""What a frame is made of: a plate that is bent by depth, and sprites that stand in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import cv2
import numpy as np

from callsheet.studio.picture.camera import Pose, past
from callsheet.studio.picture.canvas import Canvas
from callsheet.studio.picture.spec import F32, U8


class Layer(Protocol):
    """Something that is painted at t seconds from a pose."""

    def draw(self, canvas: Canvas, pose: Pose, t: float) -> None: ...


class Plate:
    """The background: BGRX pixels of the frame plus a margin, and its disparity (1 at the subject's distance).

    `margin` is the share of the frame's size on each side. Each frame bends it by the camera's pose: near things travel
    further than far ones.
    """

    def __init__(self, image: U8, disparity: F32, margin: float, width: int, height: int) -> None:
        self.image = image
        self.margin = margin
        self.width, self.height = width, height
        self.cols, self.rows = min(width, 480), max(2, round(min(width, 480) * height / width))
        scale = 150 / disparity.shape[0]
        small = cv2.resize(disparity, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        # Near edges are widened so that what tears is the background behind a thing and not the thing.
        near = cv2.dilate(small, np.ones((3, 3), np.uint8))
        self.disparity = cv2.GaussianBlur(near, (0, 0), 1.6).clip(0, 1.3)
        y, x = np.mgrid[0 : self.rows, 0 : self.cols].astype(np.float32)
        self.gx = ((x + 0.5) / self.cols - 0.5) * (width / height)
        self.gy = (y + 0.5) / self.rows - 0.5
        self.waves: F32 | None = None
        self.drift: F32 | None = None
        h, w = image.shape[:2]
        self.ppu = h / (1 + 2 * margin)
        self.centre = (w / 2 - 0.5, h / 2 - 0.5)

    def source(self, pose: Pose) -> tuple[F32, F32]:
        """For a coarse raster of the frame: the place in the plate's pixels that is seen there."""
        scale, ox, oy = pose.place(1.0)
        dh, dw = self.disparity.shape
        span = dh / (1 + 2 * self.margin)
        mx = ((self.gx / scale + ox) * span + (dw / 2 - 0.5)).astype(np.float32)
        my = ((self.gy / scale + oy) * span + (dh / 2 - 0.5)).astype(np.float32)
        d = cv2.remap(self.disparity, mx, my, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        inv = (1 - np.float32(pose.dz) * d) * np.float32(1 / pose.zoom)
        sx = (self.gx * inv + np.float32(pose.tx) * d + np.float32(pose.px)) * np.float32(self.ppu)
        sy = (self.gy * inv + np.float32(pose.ty) * d + np.float32(pose.py)) * np.float32(self.ppu)
        return sx + np.float32(self.centre[0]), sy + np.float32(self.centre[1])

    def enliven(self, waves: F32 | None, drift: F32 | None) -> None:
        """Masks of the plate's raster, 0..1: `waves` tremble like water, `drift` wanders like clouds."""
        size = (self.cols, self.rows)
        first = waves if waves is not None else drift
        if first is None:
            return
        h, w = first.shape[:2]
        my, mx = round(h * self.margin / (1 + 2 * self.margin)), round(w * self.margin / (1 + 2 * self.margin))
        inner = slice(my, h - my), slice(mx, w - mx)
        self.waves = None if waves is None else cv2.resize(waves[inner], size, interpolation=cv2.INTER_AREA)
        self.drift = (
            None
            if drift is None
            else cv2.GaussianBlur(cv2.resize(drift[inner], size, interpolation=cv2.INTER_AREA), (0, 0), 5)
        )

    def _alive(self, sx: F32, sy: F32, t: float) -> tuple[F32, F32]:
        """Water that moves and clouds that travel, as small shifts of where the plate is looked up."""
        if self.waves is not None:
            near = np.clip((self.gy + np.float32(0.12)) * np.float32(2.2), 0.05, 1.2) * self.waves
            depth = 1 / np.maximum(self.gy + np.float32(0.16), np.float32(0.03))
            roll = np.sin(depth * np.float32(9.0) + np.float32(t * 1.9) + self.gx * np.float32(3.0))
            cross = np.sin(self.gx * np.float32(23.0) - np.float32(t * 2.6) + depth * np.float32(4.0))
            sy = sy + near * (roll * np.float32(0.011) + cross * np.float32(0.005)) * np.float32(self.ppu)
            sx = sx + near * (cross * np.float32(0.010) + roll * np.float32(0.004)) * np.float32(self.ppu)
        if self.drift is not None:
            sx = sx + self.drift * np.float32(0.0042 * (t - 2.0) * self.ppu)
        return sx, sy

    def draw(self, canvas: Canvas, pose: Pose, t: float) -> None:
        sx, sy = self._alive(*self.source(pose), t)
        size = (canvas.width, canvas.height)
        mx = cv2.resize(sx, size, interpolation=cv2.INTER_LINEAR)
        my = cv2.resize(sy, size, interpolation=cv2.INTER_LINEAR)
        cv2.remap(self.image, mx, my, cv2.INTER_LINEAR, dst=canvas.pixels, borderMode=cv2.BORDER_REFLECT_101)


@dataclass
class Place:
    """Where a sprite's raster lies: its corner (frame heights from the centre), pixels per frame height, disparity."""

    x: float
    y: float
    ppu: float
    d: float

    def box(self, shape: tuple[int, ...], pose: Pose, canvas: Canvas) -> tuple[float, float, float]:
        """Scale from sprite pixels to frame pixels, and the frame position of the sprite's corner."""
        scale, ox, oy = pose.place(self.d)
        k = scale * canvas.height / self.ppu
        x = canvas.width / 2 + (self.x - ox) * scale * canvas.height
        y = canvas.height / 2 + (self.y - oy) * scale * canvas.height
        del shape
        return k, x, y


def lay(canvas: Canvas, image: U8, k: float, x: float, y: float, *, light: bool = False) -> None:
    """An image scaled by k with its corner at x, y (frame pixels, sub-pixel), over the frame or added as light."""
    h, w = image.shape[:2]
    box = canvas.clip(x, y, x + w * k, y + h * k)
    if box is None:
        return
    x0, y0, x1, y1 = box
    inv = 1 / k
    matrix = np.array([[inv, 0, (x0 + 0.5 - x) * inv - 0.5], [0, inv, (y0 + 0.5 - y) * inv - 0.5]], np.float64)
    patch = cv2.warpAffine(
        image, matrix, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_CONSTANT
    )
    if light:
        canvas.add(patch, x0, y0)
    else:
        canvas.over(patch, x0, y0)


@dataclass
class Still:
    """A picture that stands in the scene: premultiplied BGRA, or light to be added."""

    image: U8
    place: Place
    light: bool = False
    pulse: tuple[float, float] = (0.0, 1.0)

    def draw(self, canvas: Canvas, pose: Pose, t: float) -> None:
        k, x, y = self.place.box(self.image.shape, pose, canvas)
        image = self.image
        depth, speed = self.pulse
        if depth:
            level = 1 - depth * (0.5 + 0.5 * np.cos(t * speed * 2 * np.pi))
            image = cv2.convertScaleAbs(image, alpha=float(level))
        lay(canvas, image, k, x, y, light=self.light)


@dataclass
class Spun:
    """A body of revolution: its picture, multiplied by a skin that slides round it; an optional ring of running light.

    `theta` and `rise` are the places on the skin for every pixel (skin pixels); `glow` is the light of the ring,
    `phase` its angle (0..255) for each pixel.
    """

    image: U8
    place: Place
    skin: U8
    theta: F32
    rise: F32
    speed: float
    window: tuple[int, int, int, int]
    glow: U8 | None = None
    phase: U8 | None = None
    glow_at: tuple[int, int] = (0, 0)
    period: float = 2.6

    def draw(self, canvas: Canvas, pose: Pose, t: float) -> None:
        image = self.image.copy()
        x0, y0, x1, y1 = self.window
        width = self.skin.shape[1] - 2
        turn = np.float32((t * self.speed * width / (2 * np.pi)) % width)
        u = self.theta + turn
        np.subtract(u, np.float32(width), out=u, where=u >= width)
        gain = cv2.remap(self.skin, u, self.rise, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        roi = image[y0:y1, x0:x1]
        cv2.multiply(roi, gain, dst=roi, scale=1 / 128)
        if self.glow is not None and self.phase is not None:
            gx, gy = self.glow_at
            gh, gw = self.glow.shape[:2]
            level = cv2.LUT(self.phase, self.chase(t))
            part = cv2.multiply(self.glow, cv2.merge((level, level, level, level)), scale=1 / 200)
            spot = image[gy : gy + gh, gx : gx + gw]
            cv2.add(spot, part, dst=spot)
        k, x, y = self.place.box(image.shape, pose, canvas)
        lay(canvas, image, k, x, y)

    def chase(self, t: float) -> U8:
        """Brightness of the ring for 256 angles: a bright part that runs round, on a steady base."""
        a = np.arange(256) / 256
        head = np.cos((a - t / self.period) * 2 * np.pi) * 0.5 + 0.5
        return np.asarray(np.clip(118 + 137 * head**3 + 8 * np.sin(t * 2.2), 0, 255), np.uint8)


@dataclass
class Turned:
    """An object seen from several sides; between two of them both pictures are bent toward the angle and blended.

    `flows` (rows, cols, 2) tell, on a coarse raster, how many pixels a place moves for one radian of turning.
    """

    views: list[U8]
    flows: list[F32]
    angles: list[float]
    place: Place
    path: F32 = field(default_factory=lambda: np.zeros(2, np.float32))
    seconds: float = 1.0
    screens: list[U8] | None = None

    def angle(self, t: float) -> float:
        u = min(1.0, max(0.0, t / self.seconds))
        on = 0.5 * past(t, self.seconds, 1.2)
        return float(self.path[0] + (self.path[1] - self.path[0]) * (0.5 * u + 0.5 * u * u * (3 - 2 * u) + on))

    def draw(self, canvas: Canvas, pose: Pose, t: float) -> None:
        at = self.angle(t)
        low = int(np.clip(np.searchsorted(self.angles, at) - 1, 0, max(0, len(self.angles) - 2)))
        high = min(low + 1, len(self.angles) - 1)
        span = self.angles[high] - self.angles[low]
        mix = float(np.clip((at - self.angles[low]) / span, 0, 1)) if span > 0 else 0.0
        k, x, y = self.place.box(self.views[0].shape, pose, canvas)
        h, w = self.views[0].shape[:2]
        box = canvas.clip(x, y, x + w * k, y + h * k)
        if box is None:
            return
        level = 0.0 if self.screens is None else float(np.clip((t - 0.15) / 1.1, 0, 1))
        level = level * level * (3 - 2 * level)
        # The two pictures never agree to the last pixel; most of the way only one is seen, the change is quick.
        share = float(np.clip((mix - 0.5) * 2.2 + 0.5, 0, 1))
        patches = []
        wanted = [low] if share <= 0 or high == low else ([high] if share >= 1 else [low, high])
        for number in wanted:
            mx, my = self._maps(number, at - self.angles[number], box, k, x, y)
            patch = cv2.remap(self.views[number], mx, my, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
            if self.screens is not None and level > 0:
                extra = cv2.remap(self.screens[number], mx, my, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
                patch = cv2.addWeighted(patch, 1.0, extra, level, 0.0)
            patches.append(patch)
        image = patches[0] if len(patches) == 1 else cv2.addWeighted(patches[0], 1 - share, patches[1], share, 0.0)
        canvas.over(image, box[0], box[1])

    def _maps(
        self, number: int, turn: float, box: tuple[int, int, int, int], k: float, x: float, y: float
    ) -> tuple[F32, F32]:
        flow = self.flows[number]
        rows, cols = flow.shape[:2]
        h, w = self.views[0].shape[:2]
        at_x, at_y = raster(rows, cols)
        at_x = at_x - flow[..., 0] * np.float32(turn * 0.5 * cols / w)
        at_y = at_y - flow[..., 1] * np.float32(turn * 0.5 * rows / h)
        half = cv2.remap(flow, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        x0, y0, x1, y1 = box
        gx = (np.arange(x0, x1, dtype=np.float32) + np.float32(0.5 - x)) * np.float32(1 / k) - np.float32(0.5)
        gy = (np.arange(y0, y1, dtype=np.float32) + np.float32(0.5 - y)) * np.float32(1 / k) - np.float32(0.5)
        inv = 1 / k
        matrix = np.array(
            [
                [inv * cols / w, 0, (x0 + 0.5 - x) * inv * cols / w - 0.5],
                [0, inv * rows / h, (y0 + 0.5 - y) * inv * rows / h - 0.5],
            ]
        )
        moved = cv2.warpAffine(
            half,
            matrix,
            (x1 - x0, y1 - y0),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        mx = gx[None, :] - moved[..., 0] * np.float32(turn)
        my = gy[:, None] - moved[..., 1] * np.float32(turn)
        return np.asarray(mx, np.float32), np.asarray(my, np.float32)


def raster(rows: int, cols: int) -> tuple[F32, F32]:
    y, x = np.mgrid[0:rows, 0:cols].astype(np.float32)
    return x, y
