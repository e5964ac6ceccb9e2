"""The customer's cutout as the thing of the scene: its own pixels, with shadow, light and a mirror image."""

from __future__ import annotations

import cv2
import numpy as np

from callsheet.studio.picture.layers import Layer, Place, Still
from callsheet.studio.picture.look import Look
from callsheet.studio.picture.reference import trimmed
from callsheet.studio.picture.spec import F32, SceneOrder, vec
from callsheet.studio.picture.sprites import Stand
from callsheet.studio.picture.trace.rays import Eye
from callsheet.studio.picture.treat import treated


def cutout_layers(
    order: SceneOrder, look: Look, eye: Eye, stand: Stand, high: float, reflect: float, d: float
) -> list[Layer]:
    """Shadow, mirror image and picture of the reference, standing at `stand`, `high` metres tall."""
    assert order.reference is not None  # noqa: S101 - only called with a cutout
    cut = trimmed(order.reference)
    x, y, depth = eye.project(vec([stand.at]))
    frame = eye.frame[1]
    tall = high * eye.scale / float(depth[0]) * 1.05
    wide = tall * cut.shape[1] / cut.shape[0]
    most = eye.frame[0] * 0.62
    if wide > most:
        tall, wide = tall * most / wide, most
    rows, cols = max(8, round(tall)), max(8, round(wide))
    inter = cv2.INTER_AREA if rows < cut.shape[0] else cv2.INTER_CUBIC
    alpha = cut[..., 3:4].astype(np.float32) / 255
    premultiplied = np.concatenate([cut[..., :3].astype(np.float32) * alpha, alpha * 255], -1)
    small = np.clip(cv2.resize(premultiplied, (cols, rows), interpolation=inter), 0, 255)
    cover = small[..., 3] / 255
    display = small[..., 2::-1] / np.maximum(small[..., 3:4], 1)
    # Light matching: brighter toward the key at the upper left, darker at the foot; then the style's own grade.
    gy, gx = np.mgrid[0 : 1 : rows * 1j, 0 : 1 : cols * 1j].astype(np.float32)
    shade = 1.06 - 0.16 * gx - 0.12 * gy**3
    graded = look.style.grade(np.clip(display * shade[..., None], 0, 1).astype(np.float32))
    out = np.dstack([graded[..., ::-1] * cover[..., None] * 255, cover * 255])
    image = treated(np.clip(out + 0.5, 0, 255).astype(np.uint8), look.style.treat, look.style.amount, frame)
    left = (float(x[0]) - cols / 2 + eye.offset[0] - eye.frame[0] / 2) / frame
    foot = (float(y[0]) + eye.offset[1] - frame / 2) / frame
    place = Place(left, foot - rows / frame, frame, d)
    layers: list[Layer] = [_shadow(cover, left, foot, frame, d)]
    if reflect > 0:
        flipped = cv2.flip(image, 0)
        soft = cv2.GaussianBlur(flipped, (0, 0), max(0.6, rows / 110))
        fade = np.linspace(1, 0, rows, dtype=np.float32)[:, None, None] ** 1.8 * reflect
        layers.append(Still(np.clip(soft * fade, 0, 255).astype(np.uint8), Place(left, foot - 1 / frame, frame, d)))
    layers.append(Still(image, place))
    return layers


def _shadow(cover: F32, left: float, foot: float, frame: float, d: float) -> Still:
    """A contact shadow as wide as the thing's lowest part, soft outwards."""
    rows, cols = cover.shape
    base = cover[int(rows * 0.93) :].max(0)
    on = np.flatnonzero(base > 0.4)
    x0, x1 = (int(on[0]), int(on[-1])) if on.size else (0, cols)
    wide = max(12, x1 - x0)
    pad = int(wide * 0.35)
    high = max(8, int(wide * 0.34))
    y, x = np.mgrid[0:high, 0 : wide + 2 * pad].astype(np.float32)
    r = np.hypot((x - (wide + 2 * pad) / 2) / (wide / 2 + pad), (y - high / 2) / (high / 2))
    core = np.hypot((x - (wide + 2 * pad) / 2) / (wide / 2 * 1.04), (y - high / 2) / (high * 0.2))
    dark = 0.34 * np.clip(1 - r, 0, 1) ** 1.4 + 0.45 * np.clip(1.1 - core, 0, 1)
    image = np.zeros((high, wide + 2 * pad, 4), np.uint8)
    image[..., 3] = np.clip(dark, 0, 0.8) * 255
    return Still(image, Place(left + (x0 - pad) / frame, foot - high * 0.55 / frame, frame, d))
