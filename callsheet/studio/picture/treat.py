"""Treatments of painted and drawn styles, applied to layers before the first frame (so they never shimmer)."""

from __future__ import annotations

import cv2
import numpy as np

from callsheet.studio.picture.noise import tile
from callsheet.studio.picture.spec import F32, U8, vec


def treated(image: U8, kind: str, amount: float, scale: float) -> U8:
    """A premultiplied BGRA layer in a manner. `scale` is the layer's pixels for one frame height."""
    if kind == "none" or amount <= 0:
        return image
    unit = max(scale / 720, 0.2)
    color = np.ascontiguousarray(image[..., :3])
    if kind == "paint":
        done = _flat(color, unit * 1.2, 28)
    elif kind == "oil":
        done = _strokes(_flat(color, unit * 2.4, 60), unit * 1.7, 0.17)
    elif kind == "dabs":
        done = _strokes(_dabs(color, unit), unit * 2.2, 0.2)
    elif kind == "watercolor":
        done = _wash(color, unit)
    elif kind == "anime":
        done = _cel(color, image[..., 3], unit)
    elif kind == "clay":
        done = _clay(color, unit)
    elif kind == "facets":
        done = _facets(color, unit)
    else:
        done = _dream(color, unit)
    if amount < 1:
        done = cv2.addWeighted(done, amount, color, 1 - amount, 0)
    alpha = image[..., 3:4]
    out = np.minimum(done, alpha)
    return np.concatenate([out, alpha], -1)


def _sheet(shape: tuple[int, ...], seed: int, cells: int, stretch: tuple[float, float], unit: float) -> F32:
    """Noise over a raster, 0..1, its grain stretched by x and y."""
    h, w = shape[:2]
    cloth = tile(seed, 256, 4, cells)
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    return np.asarray(
        cv2.remap(
            cloth,
            np.mod(x / (stretch[0] * unit), 256),
            np.mod(y / (stretch[1] * unit), 256),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_WRAP,
        ),
        np.float32,
    )


def _flat(color: U8, unit: float, spread: float) -> U8:
    """Large areas of one colour with kept edges: a bilateral filter at half size."""
    h, w = color.shape[:2]
    small = cv2.resize(color, (max(2, w // 2), max(2, h // 2)), interpolation=cv2.INTER_AREA)
    radius = int(np.clip(3 * unit, 2, 7))
    for _ in range(2):
        small = cv2.bilateralFilter(small, radius * 2 + 1, spread, radius * 1.2)
    return np.asarray(cv2.resize(small, (w, h), interpolation=cv2.INTER_CUBIC), np.uint8)


def _strokes(color: U8, unit: float, depth: float) -> U8:
    """The relief of a brush: noise drawn out along the picture's own contours, lit from one side."""
    grey = cv2.GaussianBlur(cv2.cvtColor(color, cv2.COLOR_BGR2GRAY), (0, 0), 4 * unit).astype(np.float32)
    gx, gy = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    along = cv2.GaussianBlur(np.abs(gx), (0, 0), 9 * unit) > cv2.GaussianBlur(np.abs(gy), (0, 0), 9 * unit)
    flat = _sheet(color.shape, 71, 16, (0.9, 0.22), unit)
    tall = _sheet(color.shape, 72, 16, (0.22, 0.9), unit)
    share = cv2.GaussianBlur(along.astype(np.float32), (0, 0), 3 * unit)
    relief = tall * share + flat * (1 - share)
    light = (relief - np.roll(relief, (1, 1), (0, 1))) * np.float32(9)
    gain = 1 + np.float32(depth) * np.clip(light + (relief - 0.5) * 0.55, -0.8, 0.8)
    return np.asarray(np.clip(color * gain[..., None], 0, 255), np.uint8)


def _dabs(color: U8, unit: float) -> U8:
    """Broken colour: the picture seen through dabs that each take the colour of a place near by."""
    h, w = color.shape[:2]
    dx = (_sheet(color.shape, 81, 32, (0.55, 0.4), unit) - 0.5) * np.float32(26 * unit)
    dy = (_sheet(color.shape, 82, 32, (0.55, 0.4), unit) - 0.5) * np.float32(20 * unit)
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    done = cv2.remap(_flat(color, unit * 1.6, 50), x + dx, y + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    hue = (_sheet(color.shape, 83, 32, (0.5, 0.4), unit) - 0.5)[..., None] * vec((38, 10, -34))
    lit = done.astype(np.float32) + hue * (done.astype(np.float32) / 255) * 1.3
    return np.asarray(np.clip(lit, 0, 255), np.uint8)


def _wash(color: U8, unit: float) -> U8:
    """Watercolour: granulating washes, darker rims where a wash dried, white paper shining through."""
    flat = _flat(color, unit * 2.2, 70).astype(np.float32) / 255
    steps = np.round(flat * 9) / 9
    flat = flat * 0.55 + cv2.GaussianBlur(steps, (0, 0), 1.1 * unit) * 0.45
    soft = cv2.GaussianBlur(flat, (0, 0), 2.2 * unit)
    wide = cv2.GaussianBlur(flat, (0, 0), 6 * unit)
    rim = np.clip(np.abs(soft - wide).max(-1) * 2.2, 0, 0.5)
    grains = _sheet(color.shape, 91, 64, (0.5, 0.5), unit) - 0.5
    pools = _sheet(color.shape, 92, 4, (2.4, 2.4), unit) - 0.5
    ink = (1 - flat) * (1 + (grains * 0.14 + pools * 0.3)[..., None]) + (rim * 0.55)[..., None] * (1 - flat + 0.15)
    paper = vec((0.945, 0.968, 0.98)) + (grains * 0.035)[..., None]
    return np.asarray(np.clip(paper * (1 - np.clip(ink, 0, 1) * 0.93) * 255, 0, 255), np.uint8)


def _cel(color: U8, alpha: U8, unit: float) -> U8:
    """Drawn animation: few tones with crisp borders and dark contours."""
    flat = cv2.medianBlur(_flat(color, unit * 1.6, 45), 5)
    hsv = cv2.cvtColor(flat, cv2.COLOR_BGR2HSV).astype(np.float32)
    v = hsv[..., 2] / 255
    bands = 5.0
    step = v * bands
    low = np.floor(step)
    edge = np.clip((step - low - 0.5) * 7 + 0.5, 0, 1)
    hsv[..., 2] = np.clip((low + edge) / bands * 0.8 + v * 0.2, 0, 1) * 255
    hsv[..., 1] = np.clip(hsv[..., 1] * 1.12, 0, 255)
    done = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2BGR).astype(np.float32)
    grey = cv2.GaussianBlur(cv2.cvtColor(color, cv2.COLOR_BGR2GRAY), (0, 0), 1.0 * unit).astype(np.float32)
    wide = cv2.GaussianBlur(grey, (0, 0), 1.9 * unit)
    line = np.clip((wide - grey - 3.0) / 9, 0, 1)
    rim = cv2.GaussianBlur(alpha.astype(np.float32) / 255, (0, 0), 1.4 * unit)
    line = np.maximum(line, np.where(alpha > 0, np.clip((0.82 - rim) * 3, 0, 1), 0).astype(np.float32))
    return np.asarray(done * (1 - 0.72 * line[..., None]), np.uint8)


def _clay(color: U8, unit: float) -> U8:
    """Handmade: fingerprints and soft dents."""
    dents = _sheet(color.shape, 101, 8, (1.1, 1.1), unit)
    prints = _sheet(color.shape, 102, 32, (0.9, 0.3), unit)
    light = (dents - np.roll(dents, (2, 2), (0, 1))) * 2.6 + (prints - np.roll(prints, (1, 0), (0, 1))) * 1.2
    gain = 1 + np.clip(light, -0.22, 0.22)
    return np.asarray(np.clip(_flat(color, unit, 22) * gain[..., None], 0, 255), np.uint8)


def _facets(color: U8, unit: float) -> U8:
    """Abstract: the picture in tilted panes of pure colour."""
    h, w = color.shape[:2]
    cell = max(5.0, 32 * unit)
    rng = np.random.Generator(np.random.Philox(7))
    cols, rows = int(w / cell) + 3, int(h / cell) + 3
    px = (np.arange(cols)[None, :] + rng.random((rows, cols)) - 1) * cell
    py = (np.arange(rows)[:, None] + rng.random((rows, cols)) - 1) * cell
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    cy, cx = (y / cell).astype(np.int32) + 1, (x / cell).astype(np.int32) + 1
    best = np.full((h, w), np.inf, np.float32)
    sx, sy = x.copy(), y.copy()
    for oy in (-1, 0, 1):
        for ox in (-1, 0, 1):
            r, c = np.clip(cy + oy, 0, rows - 1), np.clip(cx + ox, 0, cols - 1)
            qx, qy = px[r, c].astype(np.float32), py[r, c].astype(np.float32)
            d = np.abs(x - qx) + np.abs(y - qy)
            near = d < best
            best[near], sx[near], sy[near] = d[near], qx[near], qy[near]
    soft = cv2.GaussianBlur(color, (0, 0), 4 * unit)
    panes = cv2.remap(soft, sx.clip(0, w - 1), sy.clip(0, h - 1), cv2.INTER_NEAREST)
    shade = 1 + (sx - x + sy - y) / cell * 0.16
    return np.asarray(np.clip(panes * shade[..., None], 0, 255), np.uint8)


def _dream(color: U8, unit: float) -> U8:
    """Surreal: the light glows and flows a little."""
    h, w = color.shape[:2]
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    flow = (_sheet(color.shape, 111, 4, (3.2, 3.2), unit) - 0.5) * np.float32(34 * unit)
    bent = cv2.remap(
        color, x + flow, y + np.roll(flow, w // 5, 1) * 0.6, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )
    glow = cv2.GaussianBlur(bent, (0, 0), 12 * unit)
    screen = 255 - cv2.multiply(255 - bent, 255 - glow, scale=1 / 255)
    return np.asarray(cv2.addWeighted(bent, 0.62, screen, 0.38, 0), np.uint8)
