"""What a style does to a finished picture beside its grade: outlines, screens, scratches, glints, a beat of its own.

The numbers of each style are in data/studio/manners.json. Everything grows with the strength and is nothing at 0.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Any

import cv2
import numpy as np

from callsheet.studio.picture.noise import tile
from callsheet.studio.picture.spec import U8, stream


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    text = resources.files("callsheet").joinpath("data/studio/manners.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def manner(style: str) -> dict[str, Any]:
    """The numbers of a style by the names of `_STEPS`; empty for a style that has none."""
    return dict(_table()["presets"].get(style, {}))


def custom_table() -> dict[str, Any]:
    """The keys of `custom_style` and the palettes."""
    return _table()


def sound_manner(style: str) -> dict[str, float]:
    """What a style does to the sound: see `effects.soundmanner`."""
    return dict(_table()["sounds"].get(style, {}))


@dataclass
class Manner:
    """Made once for a clip; `apply` takes its frames in their order."""

    width: int
    height: int
    fps: int
    seed: int
    parts: Mapping[str, Any]
    strength: float
    _kept: dict[str, Any] = field(default_factory=dict)

    def apply(self, frame: U8, number: int) -> U8:
        """The frame in the manner. Nothing at strength 0."""
        if self.strength <= 0:
            return frame
        for name, step in _STEPS:
            if name in self.parts:
                frame = step(self, frame, number, self.parts[name])
        return frame

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]


def mixed(frame: U8, done: U8, share: float) -> U8:
    return np.asarray(cv2.addWeighted(frame, 1 - share, done, share, 0), np.uint8)


def _weave(m: Manner, frame: U8, number: int, amount: float) -> U8:
    """The gate's unsteadiness, or a hand's: `amount` of the height."""
    t = number / m.fps
    way = stream("weave", m.seed, number)
    reach = amount * m.strength * m.height
    x = reach * (math.sin(t * 2.1) + 0.5 * math.sin(t * 5.3) + 0.35 * float(way.standard_normal()))
    y = reach * (math.sin(t * 1.7 + 1) + 0.5 * math.sin(t * 4.7) + 0.35 * float(way.standard_normal()))
    zoom = 1 + 4 * amount * m.strength
    matrix = np.array([[zoom, 0, (1 - zoom) * m.width / 2 + x], [0, zoom, (1 - zoom) * m.height / 2 + y]], np.float32)
    return np.asarray(cv2.warpAffine(frame, matrix, (m.width, m.height), borderMode=cv2.BORDER_REFLECT_101), np.uint8)


def _punch(m: Manner, frame: U8, number: int, amount: float) -> U8:
    """A jump nearer on every beat of 120 a minute, and slowly back."""
    beat = (number / m.fps * 2) % 1.0
    zoom = 1 + amount * m.strength * (0.35 + 0.65 * math.exp(-beat * 3.2))
    matrix = np.array([[zoom, 0, (1 - zoom) * m.width / 2], [0, zoom, (1 - zoom) * m.height / 2]], np.float32)
    return np.asarray(cv2.warpAffine(frame, matrix, (m.width, m.height), borderMode=cv2.BORDER_REFLECT_101), np.uint8)


def _soft(m: Manner, frame: U8, number: int, amount: float) -> U8:
    """A soft-focus filter: light spills, fine lines stay."""
    small = cv2.resize(frame, (max(2, m.width // 4), max(2, m.height // 4)), interpolation=cv2.INTER_AREA)
    glow = cv2.resize(
        cv2.GaussianBlur(small, (0, 0), m.height / 200), (m.width, m.height), interpolation=cv2.INTER_LINEAR
    )
    light = cv2.bitwise_not(cv2.multiply(cv2.bitwise_not(frame), cv2.bitwise_not(glow), scale=1 / 255))
    return mixed(frame, np.asarray(light, np.uint8), amount * m.strength)


def _sharp(m: Manner, frame: U8, number: int, amount: float) -> U8:
    """Local contrast: crisp, as of a large sensor."""
    wide = cv2.GaussianBlur(frame, (0, 0), max(0.8, m.height / 240))
    return np.asarray(cv2.addWeighted(frame, 1 + amount * m.strength, wide, -amount * m.strength, 0), np.uint8)


def _posters(m: Manner, frame: U8, number: int, amount: float) -> U8:
    """Few tones, flat areas."""
    unit = max(1.0, m.height / 360)
    small = cv2.resize(frame, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    flat = cv2.bilateralFilter(small, max(3, int(3 * unit) | 1), 48, 3 * unit)
    flat = cv2.resize(flat, (m.width, m.height), interpolation=cv2.INTER_LINEAR)
    x = np.arange(256, dtype=np.float32) / 255 * 6
    low = np.floor(x)
    steps = (low + np.clip((x - low - 0.5) * 5 + 0.5, 0, 1)) / 6 * 255
    return mixed(
        frame, np.asarray(cv2.LUT(flat, np.clip(steps, 0, 255).astype(np.uint8)), np.uint8), amount * m.strength
    )


def _lines(m: Manner, frame: U8, number: int, amount: float) -> U8:
    """Drawn outlines."""
    grey = cv2.GaussianBlur(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), (0, 0), max(0.7, m.height / 600)).astype(
        np.float32
    )
    wide = cv2.GaussianBlur(grey, (0, 0), max(1.3, m.height / 260))
    line = np.clip((wide - grey - 2.0) / 14, 0, 1) * np.float32(amount * m.strength)
    keep = ((1 - line) * 255).astype(np.uint8)
    return np.asarray(cv2.multiply(frame, cv2.merge((keep, keep, keep)), scale=1 / 255), np.uint8)


def _duotone(m: Manner, frame: U8, number: int, tones: list[Any]) -> U8:
    """Shadows and lights in two colours; `tones` are shadow, light (RGB 0..1) and the share."""
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    ramp = (np.arange(256, dtype=np.float32) / 255)[:, None]
    shadow, light = (np.array(tone[::-1], np.float32) for tone in tones[:2])
    table = np.clip((shadow + (light - shadow) * ramp) * 255, 0, 255).astype(np.uint8)
    toned = cv2.LUT(cv2.merge((grey, grey, grey)), table.reshape(1, 256, 3))
    return mixed(frame, np.asarray(toned, np.uint8), float(tones[2]) * m.strength)


def _paper(m: Manner, frame: U8, number: int, amount: float) -> U8:
    """Grained paper or canvas under everything."""

    def sheet() -> U8:
        y, x = np.mgrid[0 : m.height, 0 : m.width].astype(np.float32)
        unit = np.float32(256 / m.height)
        fine = cv2.remap(tile(311, 256, 3, 64), np.mod(x * unit * 1.7, 256), np.mod(y * unit * 1.7, 256), 1)
        coarse = cv2.remap(tile(312, 256, 4, 8), np.mod(x * unit, 256), np.mod(y * unit, 256), 1)
        grey = np.clip((0.62 * fine + 0.38 * coarse - 0.5) * 150 + 128, 0, 255).astype(np.uint8)
        return np.asarray(cv2.merge((grey, grey, grey)), np.uint8)

    grain = m.once("paper", sheet)
    return np.asarray(cv2.addWeighted(frame, 1, grain, amount * m.strength, -128 * amount * m.strength), np.uint8)


def _frame(m: Manner, frame: U8, number: int, look: list[Any]) -> U8:
    """A border: its width (share of the height), colour (RGB 0..1), and how round the corners are."""

    def mask() -> U8:
        wide = float(look[0]) * m.height
        y, x = np.mgrid[0 : m.height, 0 : m.width].astype(np.float32)
        r = float(look[2]) * m.height
        dx = np.maximum(np.maximum(wide + r - x, x - (m.width - 1 - wide - r)), 0)
        dy = np.maximum(np.maximum(wide + r - y, y - (m.height - 1 - wide - r)), 0)
        inside = np.clip(r + 1 - np.hypot(dx, dy), 0, 1) if r else ((dx <= 0) & (dy <= 0)).astype(np.float32)
        grey = (255 * (1 - (1 - inside) * m.strength)).astype(np.uint8)
        return np.asarray(cv2.merge((grey, grey, grey)), np.uint8)

    keep = m.once("frame", mask)
    color = np.full_like(frame, [round(255 * v) for v in look[1][::-1]])
    under = cv2.multiply(color, cv2.bitwise_not(keep), scale=1 / 255)
    return np.asarray(cv2.add(cv2.multiply(frame, keep, scale=1 / 255), under), np.uint8)


def _dirt(m: Manner, frame: U8, number: int, amount: float) -> U8:
    """A worn print: dust, hairs and scratches, a flicker of the lamp."""
    beat = number * 18 // m.fps
    dice = stream("dirt", m.seed, beat)
    level = 1 + amount * m.strength * 0.06 * float(dice.standard_normal())
    frame = np.asarray(cv2.convertScaleAbs(frame, alpha=level), np.uint8)
    marks = np.zeros((m.height, m.width), np.uint8)
    for x, y, size, _ in dice.random((int(14 * amount), 4)):
        at = (round(float(x) * m.width * 8), round(float(y) * m.height * 8))
        cv2.circle(marks, at, round(m.height / 90 * float(size) ** 2 * 8) + 3, 190, -1, cv2.LINE_AA, 3)
    slow = stream("scratch", m.seed, number // (m.fps * 2))
    for x, tone in slow.random((2, 2)):
        at_x = round((float(x) + 0.002 * math.sin(number * 0.7)) * m.width)
        cv2.line(marks, (at_x, 0), (at_x, m.height), int(50 + 70 * float(tone)), max(1, m.height // 500), cv2.LINE_AA)
    return np.asarray(cv2.addWeighted(frame, 1, cv2.merge((marks, marks, marks)), 0.75 * m.strength, 0), np.uint8)


def _scan(m: Manner, frame: U8, number: int, amount: float) -> U8:
    """Lines of a screen, and a brighter bar that runs down it."""

    def lines() -> U8:
        step = max(2, round(m.height / 180))
        rows = np.where(np.arange(m.height) // max(1, step // 2) % 2, 255 - 110 * amount * m.strength, 255)
        return np.asarray(
            np.broadcast_to(rows[:, None, None], (m.height, m.width, 3)).astype(np.uint8).copy(), np.uint8
        )

    out = cv2.multiply(frame, m.once("scan", lines), scale=1 / 255)
    top = int((number / m.fps * 0.22 % 1.3 - 0.15) * m.height)
    low, high = max(0, top), min(m.height, top + m.height // 8)
    if low < high:
        out[low:high] = cv2.convertScaleAbs(out[low:high], alpha=1 + 0.35 * amount * m.strength)
    return np.asarray(out, np.uint8)


def _grid(m: Manner, frame: U8, number: int, amount: float) -> U8:
    """A display's fine grid, corner marks and a sweep of light, in cyan."""

    def marks() -> U8:
        sheet = np.zeros((m.height, m.width, 3), np.uint8)
        step = m.height // 9
        for at in range(step // 2, max(m.width, m.height), step):
            cv2.line(sheet, (at, 0), (at, m.height), (60, 46, 10), 1)
            cv2.line(sheet, (0, at), (m.width, at), (60, 46, 10), 1)
        arm, pad, thick = m.height // 12, m.height // 18, max(1, m.height // 240)
        for x, sx in ((pad, 1), (m.width - pad, -1)):
            for y, sy in ((pad, 1), (m.height - pad, -1)):
                cv2.line(sheet, (x, y), (x + sx * arm, y), (230, 190, 60), thick, cv2.LINE_AA)
                cv2.line(sheet, (x, y), (x, y + sy * arm), (230, 190, 60), thick, cv2.LINE_AA)
        return sheet

    x = np.arange(m.width, dtype=np.float32) / m.width
    sweep = np.exp(-(((x - (number / m.fps * 0.3 % 1.4 - 0.2)) / 0.05) ** 2)) * 70
    lit = cv2.addWeighted(frame, 1, m.once("grid", marks), amount * m.strength, 0)
    beam = np.broadcast_to(sweep[None, :, None] * np.array([1.0, 0.8, 0.3], np.float32), lit.shape).astype(np.uint8)
    return np.asarray(cv2.addWeighted(lit, 1, beam, amount * m.strength, 0), np.uint8)


def _glint(m: Manner, frame: U8, number: int, amount: list[float]) -> U8:
    """A band of light that wipes across the lights of the picture; its colour is RGB 0..1 with the level at the end."""
    h, w = 45, 80
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    at = (number / m.fps * 0.42) % 1.7 - 0.35
    band = np.exp(-(((x / w + y / h * 0.3 - at) / 0.13) ** 2)).astype(np.float32)
    glow = cv2.resize(band, (m.width, m.height), interpolation=cv2.INTER_LINEAR)
    bright = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255
    light = glow * (0.25 + bright) * np.float32(amount[3] * m.strength * 120)
    sheet = cv2.merge([np.clip(light * amount[2 - c], 0, 255).astype(np.uint8) for c in range(3)])
    return np.asarray(cv2.add(frame, sheet), np.uint8)


def _neon(m: Manner, frame: U8, number: int, look: list[Any]) -> U8:
    """Outlines that glow: two colours (RGB 0..1) from left to right, and the level."""
    small = cv2.resize(frame, (m.width // 2, m.height // 2), interpolation=cv2.INTER_AREA)
    grey = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), (0, 0), 1.2).astype(np.float32)
    edge = np.clip(np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)) / 130 - 0.22, 0, 1)
    halo = edge * 0.75 + cv2.GaussianBlur(edge, (0, 0), m.height / 110) * 0.9
    u = (np.sin(np.arange(halo.shape[1]) / halo.shape[1] * 4 + number / m.fps * 0.9) * 0.5 + 0.5).astype(np.float32)
    one, two = (np.array(color[::-1], np.float32) for color in look[:2])
    halo = halo * min(1.0, 0.1 / max(0.02, float(halo.mean())))  # a picture full of edges is not to burn out
    color = one + (two - one) * u[None, :, None]
    light = np.clip(halo[..., None] * color * np.float32(235 * look[2] * m.strength), 0, 255).astype(np.uint8)
    return np.asarray(cv2.add(frame, cv2.resize(light, (m.width, m.height), interpolation=cv2.INTER_LINEAR)), np.uint8)


def _swim(m: Manner, frame: U8, number: int, amount: float) -> U8:
    """The picture bends as if seen in a dream."""
    t = number / m.fps
    h, w = max(2, m.height // 8), max(2, m.width // 8)
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    reach = np.float32(amount * m.strength * m.height)
    dx = np.sin(y / h * 7 + t * 1.1) * reach + np.sin(y / h * 17 - t * 0.7) * reach * 0.35
    dy = np.sin(x / w * 6 - t * 0.9) * reach * 0.8
    size = (m.width, m.height)
    mx = cv2.resize(((x + 0.5) * m.width / w + dx).astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    my = cv2.resize(((y + 0.5) * m.height / h + dy).astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(
        cv2.remap(frame, mx - 0.5, my - 0.5, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101), np.uint8
    )


def _white(m: Manner, frame: U8, number: int, amount: float) -> U8:
    """What is light and has little colour turns to paper white: space around the thing."""
    hsv = cv2.cvtColor(frame, cv2.COLOR_BGR2HSV)
    light = np.clip((np.arange(256) - 70) / 110, 0, 1)
    pale = np.clip(1.25 - np.arange(256) / 110, 0, 1)
    mask = cv2.multiply(
        cv2.LUT(hsv[..., 2], (light * 255).astype(np.uint8)),
        cv2.LUT(hsv[..., 1], (pale * 255).astype(np.uint8)),
        scale=1 / 255,
    )
    soft = cv2.resize(cv2.blur(cv2.resize(mask, None, fx=0.25, fy=0.25), (5, 5)), (m.width, m.height))
    share = cv2.convertScaleAbs(soft, alpha=amount * m.strength)
    return np.asarray(
        cv2.add(frame, cv2.multiply(cv2.bitwise_not(frame), cv2.merge((share, share, share)), scale=1 / 255)), np.uint8
    )


_STEPS: tuple[tuple[str, Callable[[Manner, U8, int, Any], U8]], ...] = (
    ("weave", _weave),
    ("punch", _punch),
    ("swim", _swim),
    ("white", _white),
    ("posters", _posters),
    ("duotone", _duotone),
    ("lines", _lines),
    ("sharp", _sharp),
    ("soft", _soft),
    ("neon", _neon),
    ("glint", _glint),
    ("grid", _grid),
    ("paper", _paper),
    ("dirt", _dirt),
    ("scan", _scan),
    ("frame", _frame),
)
