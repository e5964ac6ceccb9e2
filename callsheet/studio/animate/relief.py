"""How the points of a subject move when it turns a little, told from its outline alone.

A body of revolution (bottle, speaker, cup) keeps its outline while its surface passes across it on elliptical arcs.
Anything else is a shallow relief: its middle passes further than its rim, and it is seen in perspective."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from callsheet.studio.animate.order import F32, U8, as_f32

Bools = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@dataclass(frozen=True)
class Turn:
    """Displacement of the look-up in pixels: sin(angle) * (`x_sin`, `y_sin`) + (cos(angle) - 1) * (`x_cos`, `y_cos`).

    `round_body`: the outline stays where it is."""

    x_sin: F32
    x_cos: F32
    y_sin: F32
    y_cos: F32
    round_body: bool

    def times(self, scale: float) -> Turn:
        """The same in pixels that are `scale` times smaller; the fields keep their size."""
        fields = (self.x_sin, self.x_cos, self.y_sin, self.y_cos)
        x_sin, x_cos, y_sin, y_cos = (np.asarray(part * scale, np.float32) for part in fields)
        return Turn(x_sin, x_cos, y_sin, y_cos, self.round_body)


def _ramp(value: F32, low: float, high: float) -> F32:
    t = np.clip((value - low) / max(high - low, 1e-6), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), np.float32)


def _arc(profile: F32, axis: float, half: float) -> tuple[float, float]:
    """Depth of the ellipse that an edge's profile y(x) makes round the axis, in pixels, and how well it fits (0..1)."""
    x = np.arange(len(profile), dtype=np.float32)
    s = (x - axis) / max(half, 1.0)
    use = np.isfinite(profile) & (np.abs(s) < 0.85)
    if use.sum() < 8:
        return 0.0, 0.0
    curve = np.sqrt(1.0 - s[use] ** 2)
    y = profile[use]
    a = np.stack([curve, np.ones_like(curve)], 1)
    solution, *_ = np.linalg.lstsq(a, y, rcond=None)
    left = y - a @ solution
    spread = float(((y - y.mean()) ** 2).sum())
    return float(solution[0]), 1.0 - float((left**2).sum()) / spread if spread > 1e-3 else 0.0


@dataclass(frozen=True)
class _Rows:
    top: int
    bottom: int
    left: F32
    right: F32
    solid: F32
    axis: float


def _rows(mask: Bools) -> _Rows | None:
    rows = np.flatnonzero(mask.any(1))
    if len(rows) < 12:
        return None
    top, bottom = int(rows[0]), int(rows[-1])
    part = mask[top : bottom + 1]
    left = part.argmax(1).astype(np.float32)
    right = (part.shape[1] - 1 - part[:, ::-1].argmax(1)).astype(np.float32)
    solid = part.sum(1) / np.maximum(right - left + 1, 1)
    width = right - left
    centre = 0.5 * (left + right)
    heavy = width > 0.5 * width.max()
    return _Rows(top, bottom, left, right, solid.astype(np.float32), float(np.median(centre[heavy])))


def _round(matte: U8, rows: _Rows, touches: tuple[bool, bool, bool, bool], focal: float) -> F32 | None:
    """For each row of the mask's box the ratio of the ellipse on which the surface passes: 0 at the height of the
    lens, above 0 below it. None if it is no round body."""
    width = rows.right - rows.left
    off = np.abs(0.5 * (rows.left + rows.right) - rows.axis) / np.maximum(width, 1.0)
    even = float(np.mean((off < 0.05) & (rows.solid > 0.9)))
    if even < 0.7 or touches[0] or touches[2]:
        return None
    height = rows.bottom - rows.top
    ratios: list[tuple[int, float]] = []
    for upside_down, cut in ((False, touches[3]), (True, touches[1])):
        if cut:
            continue
        # The half of the body that ends in this edge, its width a little way in, and the edge to parts of a pixel.
        part = matte[rows.top : rows.bottom + 1].astype(np.float32) / 255.0
        part = part[::-1] if upside_down else part
        half = float((width[::-1] if upside_down else width)[round(0.90 * height)]) / 2.0
        begin = height // 2
        profile = np.where(part[begin] > 0.9, begin + part[begin:].sum(0), np.nan).astype(np.float32)
        depth, fit = _arc(profile, rows.axis, half)
        # A lid fills its arc; a handle, which is an arc too, does not.
        solid = float(rows.solid[: max(1, round(0.08 * height))].min()) > 0.9
        if fit > 0.55 and 0.012 * half < depth < 0.6 * half and (solid or not upside_down):
            ratios.append((0 if upside_down else height, depth / max(half, 1.0)))
    if not ratios:
        return None
    row = np.arange(height + 1, dtype=np.float32)
    if len(ratios) == 2 and ratios[1][1] < ratios[0][1]:
        return np.asarray(np.interp(row, [0, height], [ratios[1][1], ratios[0][1]]), np.float32)
    at, ratio = ratios[0]
    return np.asarray(np.clip(ratio + (row - at) / focal, -0.4, 0.6), np.float32)


def _passing(mask: Bools, rows: _Rows, ratios: F32, touches: tuple[bool, bool, bool, bool]) -> Turn:
    shape = mask.shape
    count = rows.bottom - rows.top + 1
    sigma = max(1.0, 0.012 * count)
    width = np.maximum(0.5 * (rows.right - rows.left), 1.0).reshape(-1, 1)
    smooth = cv2.GaussianBlur(width, (1, 2 * round(3 * sigma) + 1), 0, sigmaY=sigma).ravel()
    # Handles and loops are not part of the mantle: they stay with the body's outline.
    steady = (rows.solid > 0.93) & (smooth > 0.35 * smooth.max())
    steady &= np.abs(0.5 * (rows.left + rows.right) - rows.axis) < 0.06 * 2 * smooth
    weight = cv2.morphologyEx(steady.astype(np.uint8).reshape(-1, 1), cv2.MORPH_CLOSE, np.ones((9, 1), np.uint8))
    weight = weight.ravel().astype(np.float32)
    depth = max(0.0, float(ratios[: max(1, count // 5)].mean())) * float(smooth.max())
    if not touches[1]:
        full = int(np.argmax(smooth > 0.9 * smooth.max()))
        if full < 0.30 * count and rows.solid[: max(1, full)].min() > 0.9:
            # A lid seen from above: its ellipse is as deep below its middle as above it.
            weight[: min(count, full + round(1.15 * depth) + 2)] = 0.0
    fade = max(1.0, (0.03 if weight[: max(1, count // 20)].max() == 0 else 0.012) * count)
    weight = cv2.erode(
        weight.reshape(-1, 1), np.ones((2 * round(fade) + 1, 1), np.uint8), borderType=cv2.BORDER_REPLICATE
    ).ravel()
    weight = cv2.GaussianBlur(
        weight.reshape(-1, 1), (1, 2 * round(3 * fade) + 1), 0, sigmaY=fade, borderType=cv2.BORDER_REPLICATE
    ).ravel()
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    at = np.clip(y - rows.top, 0, count - 1)
    half = smooth[at.astype(np.int32)]
    s = np.clip((x - rows.axis) / half, -1.0, 1.0)
    ratio = ratios[at.astype(np.int32)]
    rim = np.maximum(1.0 - s * s, 0.0)
    # A true cylinder moves by the square root; this power is as close as keeps the very rim from folding over.
    bulge = rim**0.85
    # The arc through a point belongs to the height at which it meets the outline.
    height = np.clip(at - ratio * half * (np.sqrt(rim) - 0.64), 0, count - 1).astype(np.int32)
    amount = weight[height] * half
    return Turn(
        (amount * bulge).astype(np.float32), np.zeros_like(s),
        (-ratio * amount * s * rim**0.35).astype(np.float32), (ratio * amount * rim**0.2).astype(np.float32), True,
    )  # fmt: skip


def _shallow(mask: Bools, rows: _Rows | None) -> Turn:
    """A dome over the mask, with perspective about a point low on the subject."""
    distance = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    most = max(float(distance.max()), 1.0)
    dome = np.sqrt(np.clip(distance / most, 0.0, 1.0)) * most
    dome = cv2.GaussianBlur(dome.astype(np.float32), (0, 0), max(1.0, 0.18 * most))
    y, x = np.mgrid[0 : mask.shape[0], 0 : mask.shape[1]].astype(np.float32)
    ys, xs = np.nonzero(mask)
    centre = float(xs.mean()) if len(xs) else mask.shape[1] / 2
    low = float(ys.max()) if rows is None and len(ys) else float(rows.bottom if rows else mask.shape[0])
    pivot = low - 0.25 * (low - (float(ys.min()) if len(ys) else 0.0))
    far = 3.2 * max(mask.shape)
    return Turn(
        (0.55 * dome).astype(np.float32), -(x - centre), ((y - pivot) * (x - centre) / far).astype(np.float32),
        np.zeros_like(x), False,
    )  # fmt: skip


def turning(matte: U8, touches: tuple[bool, bool, bool, bool], focal: float) -> Turn:
    """The displacements of a subject given as a matte (h, w), at the matte's own size and in its pixels.

    `focal` is the guessed focal length of the picture in the matte's pixels."""
    mask = np.asarray(matte > 127, np.bool_)
    rows = _rows(mask)
    if rows is not None:
        ratios = _round(matte, rows, touches, focal)
        if ratios is not None:
            return _passing(mask, rows, ratios, touches)
    return _shallow(mask, rows)


def depth_guess(image: U8) -> tuple[F32, F32]:
    """For a picture without a separable subject: (nearness 0..1, how much it matters 0..1), smooth, at a small size.

    Near is what is sharp, what differs from the border's colours, what is low in the picture and near its middle."""
    height, width = image.shape[:2]
    scale = 160.0 / max(height, width)
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    fine = cv2.resize(image, (size[0] * 3, size[1] * 3), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(fine, cv2.COLOR_BGR2GRAY).astype(np.float32)
    sharp = cv2.resize(np.abs(cv2.Laplacian(grey, cv2.CV_32F, ksize=3)), size, interpolation=cv2.INTER_AREA)
    sharp = np.sqrt(cv2.GaussianBlur(sharp, (0, 0), 3.0))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255.0
    lab = cv2.cvtColor(small, cv2.COLOR_BGR2LAB)
    border = np.concatenate([lab[:3].reshape(-1, 3), lab[:, :3].reshape(-1, 3), lab[:, -3:].reshape(-1, 3)])
    odd = cv2.GaussianBlur(np.linalg.norm(lab - np.median(border, 0), axis=2), (0, 0), 4.0)
    y, x = np.mgrid[0 : 1 : size[1] * 1j, -1 : 1 : size[0] * 1j].astype(np.float32)
    middle = np.exp(-((x / 0.65) ** 2) - ((y - 0.55) / 0.45) ** 2)

    def level(part: F32) -> F32:
        low, high = np.percentile(part, (5, 97))
        return np.asarray(np.clip((part - low) / max(float(high - low), 1e-4), 0, 1), np.float32)

    matters = level(
        np.asarray(level(as_f32(sharp)) * 0.5 + level(as_f32(odd)) * 0.5, np.float32) * (0.35 + 0.65 * middle)
    )
    near = 0.48 * _ramp(y, 0.15, 1.0) + 0.52 * matters
    near = cv2.GaussianBlur(near.astype(np.float32), (0, 0), 7.0)
    return level(as_f32(near)), np.asarray(cv2.GaussianBlur(matters, (0, 0), 3.0), np.float32)
