"""Pictures on screens: colourful surfaces of an app, without a single letter."""

from __future__ import annotations

import cv2
import numpy as np

from callsheet.studio.picture.noise import tile
from callsheet.studio.picture.spec import F32, Rgb, stream, vec
from callsheet.studio.picture.trace.shade import linear

WHEEL: tuple[Rgb, ...] = (
    (0.99, 0.36, 0.38),
    (1.0, 0.62, 0.25),
    (1.0, 0.84, 0.32),
    (0.32, 0.8, 0.5),
    (0.22, 0.68, 0.95),
    (0.36, 0.42, 0.95),
    (0.66, 0.38, 0.93),
    (0.97, 0.42, 0.72),
)


def _card(image: F32, x: float, y: float, w: float, h: float, r: float, color: Rgb, alpha: float = 1.0) -> None:
    """A rounded rectangle, positions in pixels, blended over the image."""
    rows, cols = image.shape[:2]
    x0, y0, x1, y1 = max(0, int(x) - 1), max(0, int(y) - 1), min(cols, int(x + w) + 2), min(rows, int(y + h) + 2)
    if x0 >= x1 or y0 >= y1:
        return
    yy, xx = np.mgrid[y0:y1, x0:x1].astype(np.float32)
    qx = np.abs(xx + 0.5 - (x + w / 2)) - (w / 2 - r)
    qy = np.abs(yy + 0.5 - (y + h / 2)) - (h / 2 - r)
    d = np.hypot(np.maximum(qx, 0), np.maximum(qy, 0)) + np.minimum(np.maximum(qx, qy), 0) - r
    a = (np.clip(0.5 - d, 0, 1) * alpha)[..., None]
    image[y0:y1, x0:x1] = image[y0:y1, x0:x1] * (1 - a) + vec(color) * a


def wallpaper(width: int, height: int, seed: int, a: Rgb, b: Rgb, c: Rgb) -> F32:
    """Flowing bands of three colours, sRGB (height, width, 3)."""
    noise = cv2.resize(tile(seed % 97 + 7, 256, 3, 2), (width, height), interpolation=cv2.INTER_CUBIC)
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
    flow = np.sin((y * 1.4 + x * 0.8 + noise * 1.9) * 5.0) * 0.5 + 0.5
    other = np.clip(y * 1.1 + (noise - 0.5) * 0.9, 0, 1)
    out = vec(a) * (1 - flow[..., None]) + vec(b) * flow[..., None]
    out = out * (1 - other[..., None] * 0.8) + vec(c) * (other[..., None] * 0.8)
    return np.asarray(out, np.float32)


def phone_screen(seed: int, accent: Rgb) -> F32:
    """A home screen with cards, a chart and a dock: sRGB (936, 432, 3)."""
    rng = stream("phone-screen", seed)
    w, h = 432, 936
    pick = int(rng.integers(0, 8))
    image = wallpaper(w, h, seed, WHEEL[pick], WHEEL[(pick + 3) % 8], WHEEL[(pick + 5) % 8])
    _card(image, 150, 18, 132, 34, 17, (0.01, 0.01, 0.01))
    for k in range(3):
        _card(image, 340 + k * 24, 28, 18, 12, 4, (1, 1, 1), 0.85)
    _card(image, 40, 30, 52, 10, 5, (1, 1, 1), 0.85)
    _card(image, 30, 90, 372, 210, 34, (1, 1, 1), 0.24)
    points = [(50 + i * 33, 245 - float(rng.random()) * 60 - i * 6) for i in range(11)]
    line = np.array(points, np.int32)
    fill = np.concatenate([line, [[380, 280], [50, 280]]])
    shade = image.copy()
    cv2.fillPoly(shade, [fill.astype(np.int32)], (1.0, 1.0, 1.0), cv2.LINE_AA)
    image[:] = image * 0.75 + shade * 0.25
    cv2.polylines(image, [line], False, (1.0, 1.0, 1.0), 5, cv2.LINE_AA)
    cv2.circle(image, (int(line[-1][0]), int(line[-1][1])), 10, accent, -1, cv2.LINE_AA)
    _card(image, 52, 112, 120, 16, 8, (1, 1, 1), 0.9)
    _card(image, 52, 140, 74, 12, 6, (1, 1, 1), 0.55)
    for row in range(4):
        for col in range(4):
            color = WHEEL[int(rng.integers(0, 8))]
            x, y = 36 + col * 94, 336 + row * 104
            _card(image, x, y, 76, 76, 20, color)
            _card(image, x + 2, y + 2, 72, 36, 18, (1, 1, 1), 0.16)
            if (row + col) % 3 == 0:
                cv2.circle(image, (x + 38, y + 38), 17, (1.0, 1.0, 1.0), -1, cv2.LINE_AA)
            elif (row + col) % 3 == 1:
                _card(image, x + 20, y + 24, 36, 28, 8, (1, 1, 1), 0.95)
            else:
                tri = np.array([[x + 28, y + 20], [x + 56, y + 38], [x + 28, y + 56]], np.int32)
                cv2.fillPoly(image, [tri], (1.0, 1.0, 1.0), cv2.LINE_AA)
    _card(image, 24, 800, 384, 106, 42, (1, 1, 1), 0.32)
    for col in range(4):
        _card(image, 44 + col * 90, 816, 74, 74, 20, WHEEL[(pick + col * 2 + 1) % 8])
        cv2.circle(image, (81 + col * 90, 853), 16, (1.0, 1.0, 1.0), 6, cv2.LINE_AA)
    return image


def laptop_screen(seed: int, accent: Rgb) -> F32:
    """A dashboard with a side bar, tiles and bars: sRGB (560, 896, 3)."""
    rng = stream("laptop-screen", seed)
    w, h = 896, 560
    pick = int(rng.integers(0, 8))
    image = wallpaper(w, h, seed, (0.07, 0.09, 0.2), WHEEL[pick], WHEEL[(pick + 2) % 8])
    _card(image, 60, 50, 776, 450, 18, (0.97, 0.975, 0.985))
    _card(image, 60, 50, 150, 450, 18, (0.12, 0.14, 0.22))
    for k in range(7):
        _card(image, 82, 110 + k * 44, 22, 22, 7, WHEEL[(pick + k) % 8])
        _card(image, 116, 116 + k * 44, 40 + 24 * float(rng.random()), 10, 5, (0.7, 0.73, 0.8))
    for k in range(3):
        x = 236 + k * 198
        _card(image, x, 84, 180, 96, 14, WHEEL[(pick + 1 + k * 2) % 8])
        _card(image, x + 18, 104, 60, 12, 6, (1, 1, 1), 0.7)
        _card(image, x + 18, 130, 104, 24, 8, (1, 1, 1), 0.95)
    _card(image, 236, 200, 378, 276, 14, (1, 1, 1))
    for k in range(9):
        tall = 50 + 170 * float(rng.random())
        _card(image, 260 + k * 38, 456 - tall, 22, tall, 8, accent if k % 3 else WHEEL[(pick + 4) % 8])
    _card(image, 632, 200, 180, 276, 14, (1, 1, 1))
    start = 0.0
    for k in range(4):
        sweep = 360 * (0.4, 0.27, 0.2, 0.13)[k]
        cv2.ellipse(image, (722, 300), (58, 58), 0, start, start + sweep, WHEEL[(pick + k * 2) % 8], 26, cv2.LINE_AA)
        start += sweep
        _card(image, 656, 396 + k * 18, 110 - k * 16, 9, 4, (0.8, 0.82, 0.86))
    return image


def watch_face(seed: int, accent: Rgb) -> F32:
    """Activity rings and hands: sRGB (400, 400, 3)."""
    image = np.full((400, 400, 3), 0.015, np.float32)
    for k, share in enumerate((0.82, 0.64, 0.45)):
        radius = 168 - k * 34
        color = (WHEEL[0], WHEEL[3], WHEEL[4])[k]
        cv2.ellipse(image, (200, 200), (radius, radius), -90, 0, 360, tuple(v * 0.18 for v in color), 24, cv2.LINE_AA)
        cv2.ellipse(image, (200, 200), (radius, radius), -90, 0, 360 * share, color, 24, cv2.LINE_AA)
    cv2.line(image, (200, 200), (236, 132), (1.0, 1.0, 1.0), 9, cv2.LINE_AA)
    cv2.line(image, (200, 200), (118, 168), (1.0, 1.0, 1.0), 6, cv2.LINE_AA)
    cv2.circle(image, (200, 200), 10, accent, -1, cv2.LINE_AA)
    del seed
    return image


def lit(image: F32, gain: float) -> F32:
    """A screen's picture as linear RGBA, ready to shine."""
    grey = image.mean(-1, keepdims=True)
    rgb = linear_image(grey + (image - grey) * np.float32(1.18)) * np.float32(gain)
    return np.concatenate([rgb, np.ones((*image.shape[:2], 1), np.float32)], -1)


def linear_image(image: F32) -> F32:
    return np.asarray(np.clip(image, 0, 1) ** np.float32(2.2), np.float32)


__all__ = ["WHEEL", "laptop_screen", "linear", "linear_image", "lit", "phone_screen", "wallpaper", "watch_face"]
