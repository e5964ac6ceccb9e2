"""Trees as pictures, drawn once and set into the landscape by distance."""

from __future__ import annotations

import cv2
import numpy as np

from callsheet.studio.picture.land.sky import Sky
from callsheet.studio.picture.land.terrain import Height, Land
from callsheet.studio.picture.noise import grain_at
from callsheet.studio.picture.spec import F32, stream, vec
from callsheet.studio.picture.trace.rays import Eye


def pine(seed: int, size: int = 300) -> tuple[F32, F32, F32]:
    """Coverage, openness and side (-1..1) of a conifer (rows, cols)."""
    rng = stream("pine", seed)
    h, w = size, size // 2
    cover, bright, side = np.zeros((h, w), np.float32), np.zeros((h, w), np.float32), np.zeros((h, w), np.float32)
    trunk = slice(w // 2 - max(1, w // 50), w // 2 + max(2, w // 50))
    cover[int(h * 0.2) :, trunk] = 1.0
    bright[int(h * 0.2) :, trunk] = 0.25
    for row in range(int(h * 0.04), int(h * 0.93)):
        reach = int((row / h) ** 0.9 * 0.33 * w)
        cover[row, w // 2 - reach : w // 2 + reach + 1] = 0.92
        bright[row, w // 2 - reach : w // 2 + reach + 1] = 0.3
        side[row, w // 2 - reach : w // 2 + reach + 1] = np.linspace(-0.6, 0.6, 2 * reach + 1)
    whorls = 24
    for k in range(whorls):
        y = 0.03 + 0.88 * (k / (whorls - 1)) ** 0.92
        reach = (0.06 + 0.42 * (k / (whorls - 1)) ** 0.85) * w * float(rng.uniform(0.8, 1.1))
        for _ in range(16 + k):
            u = float(rng.uniform(-1, 1))
            u = np.sign(u) * abs(u) ** 0.8
            x0, y0 = w / 2 + u * reach * 0.15, y * h
            x1, y1 = w / 2 + u * reach, y * h + abs(u) * reach * 0.38 + float(rng.uniform(-0.006, 0.022)) * h
            tone = 0.35 + 0.45 * float(rng.random()) + 0.2 * abs(u)
            thick = max(1, int(h * 0.013 * (1.2 - 0.5 * abs(u))))
            p, q = (int(x0 * 8), int(y0 * 8)), (int(x1 * 8), int(y1 * 8))
            cv2.line(cover, p, q, 1.0, thick, cv2.LINE_AA, 3)
            cv2.line(bright, p, q, tone, thick, cv2.LINE_AA, 3)
            cv2.line(side, p, q, u, thick, cv2.LINE_AA, 3)
    return cover, bright, side


def crown(seed: int, size: int = 260) -> tuple[F32, F32, F32]:
    """A broad-leaved tree."""
    rng = stream("crown", seed)
    h, w = size, size
    cover, bright, side = np.zeros((h, w), np.float32), np.zeros((h, w), np.float32), np.zeros((h, w), np.float32)
    cv2.line(cover, (w // 2, h - 1), (w // 2, h // 2), 1.0, max(2, w // 22), cv2.LINE_AA)
    cv2.line(bright, (w // 2, h - 1), (w // 2, h // 2), 0.22, max(2, w // 22), cv2.LINE_AA)
    for _ in range(150):
        a, r = float(rng.uniform(0, 6.28)), float(rng.random()) ** 0.5
        x, y = w / 2 + np.cos(a) * r * w * 0.36, h * 0.4 + np.sin(a) * r * h * 0.3
        tone = 0.3 + 0.5 * float(rng.random()) + 0.25 * (0.5 - (y / h))
        radius = int(w * float(rng.uniform(0.035, 0.085)))
        at = (int(x), int(y))
        cv2.circle(cover, at, radius, 1.0, -1, cv2.LINE_AA)
        cv2.circle(bright, at, radius, tone, -1, cv2.LINE_AA)
        cv2.circle(side, at, radius, float(np.clip((x - w / 2) / (w * 0.4), -1, 1)), -1, cv2.LINE_AA)
    y_, x_ = np.mgrid[0:h, 0:w].astype(np.float32)
    leaf = grain_at(41, x_.ravel(), y_.ravel(), 60.0, 4, 8).reshape(h, w)
    return (
        cover * np.where(y_ < h * 0.75, (leaf > 0.3).astype(np.float32), 1),
        np.clip(bright + (leaf - 0.5) * 0.5, 0.1, 1.1),
        side,
    )


def plant_trees(
    land: Land,
    eye: Eye,
    height: Height,
    sky: Sky,
    count: int,
    kind: str,
    seed: int,
    *,
    haze: float,
    snowy: bool,
    clear: float = 1.6,
    near: float = 13.0,
) -> None:
    """Trees set into the picture, far ones first; the middle stays clear for `clear` metres at 10 m."""
    rng = stream("trees", seed, kind)
    pictures = [pine(seed + k) if kind == "pine" else crown(seed + k) for k in range(4)]
    spots = []
    for _ in range(count):
        z = float(np.exp(rng.uniform(np.log(near), np.log(260.0))))
        x = float(rng.uniform(-1, 1)) * z * 0.62
        if abs(x) < clear * (0.7 + z / 22):
            x += np.sign(x or 1.0) * clear * (0.7 + z / 22)
        spots.append((z, x, float(rng.uniform(0.7, 1.25)), int(rng.integers(0, 4)), float(rng.random())))
    spots.sort(reverse=True)
    xs, zs = vec([s[1] for s in spots]), vec([s[0] for s in spots])
    feet = height(xs, zs)
    base = vec((0.035, 0.075, 0.035)) if kind == "pine" else vec((0.09, 0.15, 0.035))
    px, py, _ = eye.project(np.stack([xs, feet, zs], -1))
    for (z, _, scale, number, tone), x, y in zip(spots, px, py, strict=True):
        tall = (7.5 if kind == "pine" else 6.0) * scale * eye.scale / z
        if tall < 5 or tall > eye.height * 2.6:
            continue
        _blit(land, pictures[number], float(x), float(y) + tall * 0.02, tall, z, tone, base, sky, haze, snowy=snowy)


def _blit(
    land: Land,
    picture: tuple[F32, F32, F32],
    x: float,
    y: float,
    tall: float,
    z: float,
    tone: float,
    base: F32,
    sky: Sky,
    haze: float,
    *,
    snowy: bool,
) -> None:
    rows, cols = land.depth.shape
    h, w = picture[0].shape
    k = tall / h
    x0, y0, x1, y1 = (
        int(max(0, x - w * k / 2)),
        int(max(0, y - tall)),
        int(min(cols, x + w * k / 2 + 1)),
        int(min(rows, y + 1)),
    )
    if x0 >= x1 or y0 >= y1:
        return
    m = np.array([[1 / k, 0, (x0 - (x - w * k / 2)) / k], [0, 1 / k, (y0 - (y - tall)) / k]])
    size = (x1 - x0, y1 - y0)
    sharp = min(1.0, 1 / k / 2)
    parts = []
    for part in picture:
        src = cv2.GaussianBlur(part, (0, 0), max(0.3, 0.42 / k)) if sharp > 0.6 else part
        parts.append(cv2.warpAffine(src, m, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP))
    cover, bright, side = parts
    depth = land.depth[y0:y1, x0:x1]
    cover = cover * (depth > z)
    lit = np.clip(0.5 + 0.5 * side * np.sign(sky.sun[0]), 0, 1) * bright
    back = max(0.0, sky.sun[2])
    sun = (lit * (1.1 - 0.55 * back))[..., None] * vec(sky.direct)
    color = base * (0.75 + 0.5 * tone)
    if snowy:
        white = np.clip((bright - 0.5) * 3, 0, 0.85)[..., None]
        color = color * (1 - white) + vec((0.8, 0.84, 0.9)) * white
    rgb = color * (sun * 1.3 + vec(sky.ambient) * (0.5 + bright[..., None]) * 1.1)
    veil = np.float32(1 - np.exp(-z * sky.haze / haze))
    air = land.rgb[y0:y1, x0:x1]
    horizon = vec(sky.horizon) * 0.85
    rgb = rgb * (1 - veil) + horizon * veil
    a = np.clip(cover, 0, 1)[..., None]
    land.rgb[y0:y1, x0:x1] = air * (1 - a) + rgb * a
    land.depth[y0:y1, x0:x1] = np.where(cover > 0.5, np.float32(z), depth)
