"""The customer's own product picture: its colours, and its cutout as a thing of the scene."""

from __future__ import annotations

import cv2
import numpy as np

from callsheet.studio.picture.spec import U8, Rgb


def has_cutout(reference: U8 | None) -> bool:
    """Whether the alpha channel really cuts something out."""
    if reference is None or reference.shape[2] != 4:
        return False
    alpha = reference[..., 3]
    return bool((alpha < 32).mean() > 0.03 and (alpha > 200).mean() > 0.01)


def colors_of(reference: U8) -> tuple[Rgb, Rgb]:
    """The commonest colour of the thing and the most saturated common one, sRGB 0..1."""
    small = cv2.resize(reference, (64, 64), interpolation=cv2.INTER_AREA)
    pixels = small[..., :3].reshape(-1, 3).astype(np.float32) / 255
    if reference.shape[2] == 4:
        mask = small[..., 3].ravel() > 128
    else:
        border = (
            np.concatenate([small[0, :, :3], small[-1, :, :3], small[:, 0, :3], small[:, -1, :3]]).astype(np.float32)
            / 255
        )
        mask = np.abs(pixels - np.median(border, 0)).max(1) > 0.12
    if mask.sum() >= 24:
        pixels = pixels[mask]
    bins = (pixels * 5.999).astype(np.int32)
    keys = bins[:, 0] * 36 + bins[:, 1] * 6 + bins[:, 2]
    values, counts = np.unique(keys, return_counts=True)
    ranked = [pixels[keys == key].mean(0) for key in values[np.argsort(-counts, kind="stable")]]
    shares = np.sort(counts)[::-1] / counts.sum()
    body = ranked[0]
    vivid = max(
        (color for color, share in zip(ranked, shares, strict=True) if share > 0.03),
        key=lambda color: float(color.max() - color.min()),
        default=body,
    )
    return _rgb(body), _rgb(vivid)


def _rgb(bgr: np.ndarray) -> Rgb:
    return (round(float(bgr[2]), 4), round(float(bgr[1]), 4), round(float(bgr[0]), 4))


def trimmed(reference: U8) -> U8:
    """The cutout without its empty borders."""
    alpha = reference[..., 3]
    ys, xs = np.flatnonzero((alpha > 24).any(1)), np.flatnonzero((alpha > 24).any(0))
    return np.ascontiguousarray(reference[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1])
