"""Where the subject of a picture is, before a plain or graduated background, with how sure that is.

It is looked for at a small size: the colours of the border are modelled as a smooth surface, the background is grown
inwards from it wherever the picture changes only gradually (so soft shadows stay on the floor), and GrabCut decides
the rest. A busy photograph fails these steps measurably and is reported with a low confidence, not with a torn edge."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from callsheet.studio.animate.order import F32, U8, as_u8
from callsheet.studio.animate.plate import push_pull

SMALL = 288
"""Longest side, pixels, at which the subject is looked for."""
SURE = 0.5
"""From this confidence on the cut-out is used."""


@dataclass(frozen=True)
class Found:
    """Where the subject is. `mask` is uint8 0/255 at the size it was looked for; `box` is x, y, w, h in 0..1 of the
    picture; `touches` says at which sides (left, top, right, bottom) the subject is cut by the picture's edge."""

    mask: U8
    confidence: float
    box: tuple[float, float, float, float]
    touches: tuple[bool, bool, bool, bool]

    @property
    def sure(self) -> bool:
        return self.confidence >= SURE


def _surface(lab: F32, where: NDArrayBool, degree: int) -> F32:
    """A polynomial surface through the chosen pixels, fitted so that outliers lose their say."""
    height, width = lab.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    terms = np.stack([x**i * y**j for i in range(degree + 1) for j in range(degree + 1 - i)], -1).reshape(
        height * width, -1
    )
    rows = terms[where.ravel()]
    values = lab.reshape(-1, 3)[where.ravel()].astype(np.float64)
    weight = np.ones(len(rows))
    solution = np.zeros((terms.shape[1], 3))
    for _ in range(8):
        normal = (rows * weight[:, None]).T
        solution = np.linalg.solve(normal @ rows + 1e-6 * np.eye(rows.shape[1]), normal @ values)
        off = np.linalg.norm(values - rows @ solution, axis=1)
        scale = max(1.5, 1.8 * float(np.median(off)))
        weight = 1.0 / (1.0 + (off / scale) ** 2) ** 2
    return np.asarray((terms @ solution).reshape(height, width, 3), np.float32)


NDArrayBool = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


def _ring(shape: tuple[int, int], width: int) -> NDArrayBool:
    ring = np.ones(shape, np.bool_)
    ring[width:-width, width:-width] = False
    return ring


def _grow(lab: F32, seeds: NDArrayBool, step: float) -> NDArrayBool:
    """Everything that can be reached from the seeds over small changes of colour only."""
    height, width = seeds.shape
    reached = np.zeros((height + 2, width + 2), np.uint8)
    picture = np.ascontiguousarray(lab)
    for y, x in np.argwhere(seeds)[:: max(1, int(seeds.sum()) // 160)]:
        if not reached[y + 1, x + 1]:
            flags = 8 | cv2.FLOODFILL_MASK_ONLY | (255 << 8)
            cv2.floodFill(picture, reached, (int(x), int(y)), (0, 0, 0), (step,) * 3, (step,) * 3, flags)
    return np.asarray(reached[1:-1, 1:-1] > 0, np.bool_)


def _largest(mask: U8) -> tuple[U8, float]:
    """The mask without specks: its largest part and those at least a tenth of it; and the share it makes."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    if count < 2:
        return mask, 0.0
    areas = stats[1:, cv2.CC_STAT_AREA]
    keep = [i + 1 for i, area in enumerate(areas) if area >= 0.1 * areas.max()]
    return np.asarray(np.where(np.isin(labels, keep), 255, 0), np.uint8), float(areas.max() / areas.sum())


def _tidy(mask: U8) -> U8:
    """Without hairs, and with narrow notches in the outline closed. Real openings, such as a handle's, stay."""
    opened = as_u8(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)))
    _, _, w, h = cv2.boundingRect(opened)
    reach = 2 * round(0.035 * max(w, h)) + 1
    pad = cv2.copyMakeBorder(opened, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    closed = cv2.morphologyEx(pad, cv2.MORPH_CLOSE, kernel)[reach:-reach, reach:-reach]
    holes = cv2.bitwise_not(opened)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(holes)
    keep = np.zeros_like(opened)
    for label in range(1, count):
        left, top, wide, tall, area = stats[label]
        enclosed = left > 0 and top > 0 and left + wide < mask.shape[1] and top + tall < mask.shape[0]
        if enclosed and area > 0.004 * w * h:
            keep[labels == label] = 255
    return _footed(_grounded(as_u8(cv2.bitwise_and(closed, cv2.bitwise_not(keep)))))


def _grounded(mask: U8) -> U8:
    """A subject that runs out of the picture's lower edge is solid down there: what it encloses with the edge is it."""
    height, width = mask.shape
    low = max(2, round(0.05 * height))
    columns = np.flatnonzero((mask[-low:] > 0).any(0))
    if len(columns) < 4 or (columns[0] == 0 and columns[-1] == width - 1):
        return mask
    down = mask.copy()
    down[-low:, columns] = 255
    closed = np.pad(down, 1)
    closed[-1, columns[0] + 1 : columns[-1] + 2] = 255
    reach = np.zeros((height + 4, width + 4), np.uint8)
    flood = closed.copy()
    cv2.floodFill(flood, reach, (0, 0), 255)
    filled = as_u8(cv2.bitwise_or(down, cv2.bitwise_not(flood)[1:-1, 1:-1]))
    # Openings that do not reach the edge were kept on purpose.
    inner = cv2.bitwise_and(filled, cv2.bitwise_not(down))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inner)
    for label in range(1, count):
        if stats[label, cv2.CC_STAT_TOP] + stats[label, cv2.CC_STAT_HEIGHT] < height:
            filled[labels == label] = 0
    gained = float(((filled > 0) & (mask == 0))[:-low].sum())
    return filled if gained > 0.04 * float((mask > 0).sum()) else mask


def _footed(mask: U8) -> U8:
    """What stands on a floor of its own colour (bare steel, white china) loses parts of its foot to it. In the lowest
    part of the subject notches in the sides are closed and narrow bays filled; legs, which are far apart, stay."""
    height = mask.shape[0]
    x, y, w, h = cv2.boundingRect(mask)
    low = y + round(0.78 * h)
    part = mask[low : y + h, x : x + w].copy()
    if part.shape[0] < 4 or w < 8:
        return mask
    if y + h >= height - 1:
        # Cut by the picture's edge: a body that reaches here goes on.
        part = as_u8(np.maximum.accumulate(part, axis=0))
    else:
        reach = 2 * round(0.07 * h) + 1
        pad = cv2.copyMakeBorder(part, reach, reach, 0, 0, cv2.BORDER_REPLICATE)
        pad[-reach:] = 0
        part = as_u8(cv2.morphologyEx(pad, cv2.MORPH_CLOSE, np.ones((reach, 1), np.uint8))[reach:-reach])
    for row in part:
        at = np.flatnonzero(row)
        if len(at) > 0.55 * (at[-1] - at[0] + 1 if len(at) else 1):
            row[at[0] : at[-1] + 1] = 255
    result = mask.copy()
    result[low : y + h, x : x + w] = part
    return result


def _contrast(lab: F32, mask: U8) -> tuple[float, float]:
    """Across the outline, on a fine scale: the median difference of colour and the share of it that is distinct."""
    inner = cv2.erode(mask, np.ones((3, 3), np.uint8))
    outer = cv2.dilate(mask, np.ones((3, 3), np.uint8))
    wide_in = ((mask > 0) & (cv2.erode(mask, np.ones((9, 9), np.uint8)) == 0)).astype(np.float32)
    wide_out = ((mask == 0) & (cv2.dilate(mask, np.ones((9, 9), np.uint8)) > 0)).astype(np.float32)
    edge = (outer > 0) & (inner == 0)
    edge &= ~_ring((mask.shape[0], mask.shape[1]), 3)
    if edge.sum() < 12:
        return 0.0, 0.0
    size = (9, 9)
    inside = cv2.blur(lab * wide_in[..., None], size) / np.maximum(cv2.blur(wide_in, size), 1e-3)[..., None]
    outside = cv2.blur(lab * wide_out[..., None], size) / np.maximum(cv2.blur(wide_out, size), 1e-3)[..., None]
    gap = np.linalg.norm(inside - outside, axis=2)[edge]
    return float(np.median(gap)), float(np.mean(gap > 7.0))


def _structure(soft: F32, mask: U8, noise: float) -> float:
    """The steepest changes of colour that are left outside the mask: what else there is in the picture."""
    far = cv2.dilate(mask, np.ones((11, 11), np.uint8)) == 0
    if not far.any():
        return 99.0
    # Steps are judged as the eye does, by their ratio: a dark product before a dark wall has small ones.
    soft = np.dstack([34.0 * np.log(np.maximum(soft[..., 0], 0.0) + 8.0), soft[..., 1:]])
    steep = np.hypot(cv2.Sobel(soft, cv2.CV_32F, 1, 0, scale=0.25), cv2.Sobel(soft, cv2.CV_32F, 0, 1, scale=0.25))
    return float(np.percentile(np.linalg.norm(steep, axis=2)[far], 98)) - 0.5 * noise


def _band(value: float, low: float, high: float) -> float:
    return float(np.clip((value - low) / (high - low), 0.0, 1.0))


def _lab(image: U8) -> F32:
    return np.asarray(cv2.cvtColor(image.astype(np.float32) / 255.0, cv2.COLOR_BGR2LAB), np.float32)


def _describe(mask: U8, confidence: float) -> Found:
    height, width = mask.shape
    x, y, w, h = cv2.boundingRect(mask)
    deep = 2
    sides = (mask[:, :deep], mask[:deep], mask[:, -deep:], mask[-deep:])
    touches = tuple(
        bool((side > 0).any(axis=axis).mean() > 0.02) for side, axis in zip(sides, (1, 0, 1, 0), strict=True)
    )
    box = (x / width, y / height, w / width, h / height)
    return Found(mask, confidence, box, (touches[0], touches[1], touches[2], touches[3]))


def find(image: U8, alpha: U8 | None = None) -> Found:
    """Look for the subject of a BGR picture. Transparency, where the picture has it, is believed."""
    height, width = image.shape[:2]
    scale = min(1.0, SMALL / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    if alpha is not None:
        small = as_u8(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA))
        return _describe(np.where(small > 127, 255, 0).astype(np.uint8), 1.0)
    small = as_u8(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
    lab = _lab(small)
    soft = np.asarray(cv2.GaussianBlur(lab, (0, 0), 1.0), np.float32)
    ring = _ring((size[1], size[0]), max(2, round(0.02 * max(size))))
    surface = _surface(soft, ring, 2)
    away = np.linalg.norm(soft - surface, axis=2)
    noise = float(np.median(np.linalg.norm(lab - soft, axis=2)[ring]))
    close = max(5.0, 2.5 * float(np.median(away[ring])))
    seeds = ring & (away < close)
    plain = float(seeds.sum() / ring.sum()) * _band(
        float(np.percentile(away[seeds], 75)) if seeds.any() else 99.0, 12.0, 6.0
    )
    reached = _grow(soft, seeds, 1.1 + 0.8 * noise)
    # Growing creeps along a glowing rim. What stands out from the backdrop that continues behind it is not backdrop.
    near = cv2.dilate((~reached).astype(np.uint8), np.ones((2 * round(0.022 * max(size)) + 1,) * 2, np.uint8)) > 0
    if (~near).any():
        behind = push_pull(lab, (~near).astype(np.float32))
        stands_out = soft - behind
        brighter = (stands_out[..., 0] > 5.0) | (np.linalg.norm(stands_out[..., 1:], axis=2) > 9.0)
        reached &= ~(near & brighter & (np.linalg.norm(stands_out, axis=2) > 9.0))

    # Likely background: grown, or of the colour expected there. Likely subject: neither.
    state = np.where(reached | (away < 4.0), cv2.GC_PR_BGD, cv2.GC_PR_FGD).astype(np.uint8)
    state[cv2.erode(reached.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0] = cv2.GC_BGD
    state[ring & seeds] = cv2.GC_BGD
    # What stands out from the backdrop and can't be reached from it is subject, highlights and lamps too.
    # A shadow is the backdrop made darker, not another colour.
    tinted = np.linalg.norm((soft - surface)[..., 1:], axis=2)
    shade = (soft[..., 0] < surface[..., 0]) & (soft[..., 0] > 0.34 * surface[..., 0]) & (tinted < 5.0)
    heart = (
        cv2.morphologyEx(
            (~reached & ~shade & (away > 12.0)).astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)
        )
        > 0
    )
    state[heart] = cv2.GC_FGD
    guess = np.asarray((state == cv2.GC_PR_FGD) | (state == cv2.GC_FGD), np.bool_)
    if guess.mean() < 0.004 or not (state == cv2.GC_BGD).any():
        return _describe(np.full((size[1], size[0]), 255, np.uint8), 0.0)
    cv2.setRNGSeed(1)
    grown = state.copy()
    cv2.grabCut(small, grown, None, np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    mask = np.where((grown == cv2.GC_FGD) | (grown == cv2.GC_PR_FGD), 255, 0).astype(np.uint8)
    mask = _tidy(mask)
    mask, whole = _largest(mask)
    inside = mask > 0
    share = float(inside.mean())
    if not 0.0 < share < 1.0:
        return _describe(np.full((size[1], size[0]), 255, np.uint8), 0.0)
    gap, distinct = _contrast(lab, mask)
    agreement = float((inside & guess).sum() / max(1, (inside | guess).sum()))
    roughness = _structure(soft, mask, noise)
    confidence = (
        _band(plain, 0.25, 0.6)
        * _band(gap, 5.0, 14.0)
        * _band(distinct, 0.78, 0.90)
        * _band(agreement, 0.3, 0.6)
        * _band(share, 0.006, 0.02)
        * _band(share, 0.88, 0.75)
        * _band(roughness, 5.5, 3.3)
        * _band(whole, 0.4, 0.65)
    )
    return _describe(mask, confidence)
