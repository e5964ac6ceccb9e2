"""Light that moves over a still picture: a travelling band, a slow change of side, a breathing lamp."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from callsheet.studio.animate.order import F32, U8, as_u8
from callsheet.studio.animate.relief import Turn

LOW, HIGH = -0.25, 1.25
"""Places across the subject that the 256 steps of a place map span."""
UNIT_GAIN = 208
"""The table value that leaves a pixel as it is. As high as a gain of 1.2 allows: coarser steps show as bands."""


def places(shape: tuple[int, int], box: tuple[float, float, float, float], *, round_body: bool) -> U8:
    """Where each pixel lies in the way of the light, as 0..255 for LOW..HIGH: along a slanted line across the `box`
    (x, y, w, h in pixels), and on a round body by the angle of its surface, so that the band thins towards its rim."""
    height, width = shape
    x0, y0, w, h = box
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    across, down = (x - x0) / max(w, 1.0), (y - y0) / max(h, 1.0) - 0.5
    if round_body:
        s = 2.0 * across - 1.0
        inner = np.arcsin(np.clip(s, -1.0, 1.0)) / np.pi + 0.5
        across = np.where(np.abs(s) < 1.0, inner, across)
    slant = 0.06 if round_body else 0.22 * min(1.0, h / max(w, 1.0))
    place = across + slant * down
    return as_u8(np.clip((place - LOW) / (HIGH - LOW) * 255.0 + 0.5, 0, 255))


def band_table(centre: float, strength: float) -> U8:
    """Brightness, 0..255, for each of the 256 places when the light stands at `centre`: a core and a soft skirt."""
    place = np.linspace(LOW, HIGH, 256)
    away = place - centre
    shape = 0.72 * np.exp(-((away / 0.060) ** 2)) + 0.38 * np.exp(-((away / 0.17) ** 2))
    # The light is out when it is off the subject, at both ends of its way.
    shown = np.clip(np.minimum(centre + 0.35, 1.35 - centre) / 0.12, 0.0, 1.0)
    return as_u8(np.clip(255.0 * 0.62 * strength * shown * shape, 0, 255))


def side_table(shade: float) -> U8:
    """Gain for each place, UNIT_GAIN for 1: one side a little lighter, the other a little darker."""
    place = np.clip(np.linspace(LOW, HIGH, 256), 0.0, 1.0)
    return as_u8(np.clip(UNIT_GAIN * (1.0 + shade * np.cos(np.pi * place)) + 0.5, 0, 255))


def response(image: U8) -> U8:
    """How strongly each pixel answers to the light, 0..255: more where it is bright and where it has texture, less
    where it is already nearly white."""
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.float32)
    wide = cv2.GaussianBlur(grey, (0, 0), max(2.0, 0.012 * max(grey.shape)))
    texture = np.clip((grey + 6.0) / (wide + 6.0), 0.45, 1.9)
    answer = (70.0 + 0.62 * grey) * texture * (1.0 - 0.9 * (grey / 255.0) ** 2)
    return as_u8(np.clip(answer, 0, 255))


def split_light(colour: U8, turn: Turn, matte: U8) -> tuple[U8, U8]:
    """(surface, light) of a round body with colour = surface + light - 128.

    Light is what runs along the body's axis: the streaks of the lamps, which stay where they are while the surface
    passes under them. It is a median down the axis, so a mark on the surface is not taken for light."""
    height, width = matte.shape
    size = (max(8, width // 4), 72)
    small = cv2.resize(colour, size, interpolation=cv2.INTER_AREA)
    cover = cv2.resize(matte, size, interpolation=cv2.INTER_AREA) > 200
    values = np.where(cover[..., None], small.astype(np.float32), np.nan)
    rows = []
    for row in range(size[1]):
        part = values[max(0, row - 13) : row + 14]
        known = np.isfinite(part[..., 0]).any(0)
        middle = np.full((size[0], 3), np.nan, np.float32)
        middle[known] = np.nanmedian(part[:, known], axis=0)
        rows.append(middle)
    streaks = np.stack(rows)
    seen = np.isfinite(streaks[..., 0]).astype(np.float32)
    spread = {"sigmaX": max(0.8, 0.012 * size[0]), "sigmaY": 3.0}
    weight = np.maximum(cv2.GaussianBlur(seen, (0, 0), **spread), 1e-3)[..., None]
    streaks = cv2.GaussianBlur(np.nan_to_num(streaks), (0, 0), **spread) / weight
    # Only the change across the body is light; its mean is the surface's own colour.
    level = (streaks * seen[..., None]).sum(1, keepdims=True) / np.maximum(seen.sum(1), 1.0)[:, None, None]
    change = np.where(weight > 0.02, streaks - level, 0.0)
    # Lamps are taken as white: a coloured change is the body's own colour, which differs along it.
    change = np.broadcast_to(change.mean(2, keepdims=True), change.shape).copy()
    still = cv2.resize(np.abs(turn.x_sin), size, interpolation=cv2.INTER_AREA)
    change *= np.clip(still / max(1.0, 0.02 * width), 0.0, 1.0)[..., None]
    light = cv2.resize(np.asarray(128.0 + change, np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    # What does not fit into 8 bit stays in the light.
    ink = colour.astype(np.float32)
    light = np.clip(np.clip(light, ink - 127.0, ink + 128.0) + 0.5, 0, 255).astype(np.uint8)
    surface = cv2.addWeighted(colour, 1.0, light, -1.0, 128.0)
    return np.asarray(surface, np.uint8), light


@dataclass(frozen=True)
class Glow:
    """Light that a lamp in the picture adds when it is at full strength; a quarter of the canvas' size, BGR."""

    light: U8
    box: tuple[int, int, int, int]


def find_glow(image: U8, weight: F32 | None = None) -> Glow | None:
    """The lamps of a picture: bright and of a strong colour (or simply brightest), brighter than what is round them.

    `weight` (0..1, the picture's size) says where lamps may be. None when there is none to speak of."""
    quarter = (max(8, image.shape[1] // 4), max(8, image.shape[0] // 4))
    small = np.asarray(cv2.resize(image, quarter, interpolation=cv2.INTER_AREA), np.uint8)
    colours = small.astype(np.float32)
    high, low = colours.max(2), colours.min(2)
    wide = cv2.GaussianBlur(high, (0, 0), max(2.0, 0.05 * max(quarter)))
    vivid = np.clip((high - low - 45.0) / 60.0, 0.0, 1.0)
    lamp = np.clip((high - 150.0) / 60.0, 0.0, 1.0) * np.clip((high - wide - 18.0) / 40.0, 0.0, 1.0)
    mask = lamp * np.maximum(vivid, 0.35 * np.clip((high - 238.0) / 12.0, 0.0, 1.0))
    if weight is not None:
        mask *= cv2.resize(weight, quarter, interpolation=cv2.INTER_AREA)
    if float(mask.sum()) < 0.0006 * mask.size or float(mask.mean()) > 0.12:
        return None
    own = colours * mask[..., None]
    scale = max(quarter)
    halo = 0.9 * cv2.GaussianBlur(own, (0, 0), max(0.8, 0.008 * scale)) + 1.5 * cv2.GaussianBlur(
        own, (0, 0), max(1.5, 0.028 * scale)
    )
    light = np.clip(0.30 * own + halo, 0, 255).astype(np.uint8)
    x, y, w, h = cv2.boundingRect(as_u8(light.max(2) > 2))
    return Glow(light, (x, y, w, h)) if w and h else None
