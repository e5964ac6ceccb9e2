"""The picture behind the subject: filled where the subject stood, and continued beyond its own edges."""

from __future__ import annotations

import cv2
import numpy as np

from callsheet.studio.animate.order import F32, U8, as_f32, as_u8


def push_pull(colour: F32, known: F32) -> F32:
    """Fill what is not known from the nearest known colours, smoothly, over an image pyramid."""
    colours, weights = [colour * known[..., None]], [known]
    while min(colours[-1].shape[:2]) > 3:
        colours.append(np.asarray(cv2.pyrDown(colours[-1]), np.float32))
        weights.append(np.asarray(cv2.pyrDown(weights[-1]), np.float32))
    filled = colours[-1] / np.maximum(weights[-1], 1e-6)[..., None]
    for level in range(len(colours) - 2, -1, -1):
        size = (colours[level].shape[1], colours[level].shape[0])
        above = cv2.pyrUp(filled, dstsize=size) if level else cv2.resize(filled, size, interpolation=cv2.INTER_CUBIC)
        weight = np.minimum(weights[level], 1.0)[..., None]
        own = colours[level] / np.maximum(weights[level], 1e-6)[..., None]
        filled = np.asarray(own * weight + above * (1.0 - weight), np.float32)
        # Relaxed to a membrane: without it the fill meets the known colours with a visible step.
        fixed = np.minimum(weights[level] * 1.001, 1.0)[..., None] if level else known[..., None]
        hold = own * fixed
        for _ in range(10):
            filled = np.asarray(hold + cv2.blur(filled, (3, 3)) * (1.0 - fixed), np.float32)
    return as_f32(filled)


def fill_behind(image: U8, unknown: U8) -> U8:
    """The picture with the pixels of `unknown` (255) replaced by a smooth continuation of the known ones."""
    height, width = image.shape[:2]
    shrink = max(1, round(max(height, width) / 480))
    size = (max(4, width // shrink), max(4, height // shrink))
    gone = as_u8(cv2.resize(unknown, size, interpolation=cv2.INTER_AREA))
    known = (gone < 8).astype(np.float32)
    if not known.any():
        return image.copy()
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    filled = np.clip(push_pull(small, known) + 0.5, 0, 255).astype(np.uint8)
    # Only the box that changes is touched: the rest stays as it is, to the bit.
    soft = as_u8(cv2.GaussianBlur(unknown, (0, 0), max(0.8, 1.2 * shrink)))
    cover = as_u8(cv2.max(soft, unknown))
    x, y, w, h = cv2.boundingRect(cover)
    smooth = cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR)[y : y + h, x : x + w]
    result = image.copy()
    result[y : y + h, x : x + w] = blend(
        image[y : y + h, x : x + w], np.asarray(smooth, np.uint8), cover[y : y + h, x : x + w]
    )
    return result


def blend(under: U8, over: U8, amount: U8) -> U8:
    """`over` laid on `under` by a one-channel amount 0..255."""
    share = cv2.merge((amount, amount, amount))
    rest = cv2.bitwise_not(share)
    return np.asarray(
        cv2.add(cv2.multiply(over, share, scale=1 / 255), cv2.multiply(under, rest, scale=1 / 255)), np.uint8
    )


def _run_on(field: F32, before: int, after: int) -> F32:
    """Rows added above and below that go on as the field ends: its own slope there, dying away."""
    rows = field.shape[0]
    span = max(1, rows // 12)

    def beyond(edge: F32, inner: F32, count: int) -> F32:
        slope = cv2.blur((edge - inner) / span, (max(1, field.shape[1] // 8), 1), borderType=cv2.BORDER_REPLICATE)
        decay = 0.22 * rows
        reach = decay * (1.0 - np.exp(-np.arange(1, count + 1) / decay))
        return as_f32(edge + np.clip(slope * reach.reshape(-1, 1, 1), -18.0, 18.0))

    parts = [field]
    if before:
        parts.insert(0, beyond(field[:1], field[span : span + 1], before)[::-1])
    if after:
        parts.append(beyond(field[-1:], field[-1 - span : rows - span], after))
    return as_f32(np.concatenate(parts))


def _continued(image: U8, left: int, top: int, right: int, bottom: int) -> U8:
    """A smooth version of the picture that goes on beyond its edges: a plain backdrop and its gradients go on."""
    height, width = image.shape[:2]
    step = max(1.0, max(height, width) / 120.0)
    small = as_f32(
        cv2.resize(image, (max(4, round(width / step)), max(4, round(height / step))), interpolation=cv2.INTER_AREA)
    )
    small = as_f32(cv2.blur(small, (3, 3)))
    sides = [round(part / step) + 1 if part else 0 for part in (left, top, right, bottom)]
    wide = _run_on(small, sides[1], sides[3])
    wide = as_f32(_run_on(as_f32(wide.transpose(1, 0, 2)), sides[0], sides[2]).transpose(1, 0, 2))
    scale_x, scale_y = small.shape[1] / width, small.shape[0] / height
    # Pixel centres of the canvas in the small picture's own coordinates.
    matrix = np.array(
        [
            [scale_x, 0.0, (0.5 - left) * scale_x - 0.5 + sides[0]],
            [0.0, scale_y, (0.5 - top) * scale_y - 0.5 + sides[1]],
        ]
    )
    size = (width + left + right, height + top + bottom)
    full = cv2.warpAffine(
        np.clip(wide, 0, 255),
        matrix,
        size,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return as_u8(full + 0.5)


def extend(image: U8, left: int, top: int, right: int, bottom: int, *, plain: bool) -> U8:
    """The picture continued beyond its edges without a seam. A `plain` backdrop goes on as it ends; anything else is
    mirrored at the edge and melts into a blur, so that no second copy of what is in it can be made out."""
    if not (left or top or right or bottom):
        return image
    height, width = image.shape[:2]
    y = np.arange(height + top + bottom, dtype=np.float32) - top
    x = np.arange(width + left + right, dtype=np.float32) - left
    # How far inside the picture each row and column is, counted from the sides that are continued.
    inside_x = np.minimum(x if left else x + width, (width - 1 - x) if right else x + width)
    inside_y = np.minimum(y if top else y + height, (height - 1 - y) if bottom else y + height)
    if plain:
        wide = as_u8(cv2.copyMakeBorder(image, top, bottom, left, right, cv2.BORDER_REPLICATE))
        feather = max(2.0, 0.08 * min(height, width))
        near = np.minimum(inside_x[None, :], inside_y[:, None])
        share = np.clip(1.0 - near / feather, 0.0, 1.0)
        amount = as_u8(255.0 * share * share * (3.0 - 2.0 * share))
        return blend(wide, _continued(image, left, top, right, bottom), amount)
    wide = as_u8(cv2.copyMakeBorder(image, top, bottom, left, right, cv2.BORDER_REFLECT_101))
    # The melting begins a little inside the picture, or its old edge would show.
    early = 0.09 * min(height, width)
    distance = np.hypot(np.maximum(early - inside_y, 0.0)[:, None], np.maximum(early - inside_x, 0.0)[None, :])
    distance = distance / max(4.0, 0.11 * min(height, width))
    for sigma_share, begin, length in ((0.02, 0.0, 1.0), (0.09, 0.3, 1.7)):
        if distance.max() <= begin:
            continue
        reach = sigma_share * max(height, width)
        step = max(1.0, reach / 4.0)
        size = (max(2, round(len(x) / step)), max(2, round(len(y) / step)))
        small = cv2.GaussianBlur(cv2.resize(wide, size, interpolation=cv2.INTER_AREA), (0, 0), reach / step)
        blurred = as_u8(cv2.resize(small, (len(x), len(y)), interpolation=cv2.INTER_CUBIC))
        share = np.clip((distance - begin) / length, 0.0, 1.0)
        wide = blend(wide, blurred, as_u8(255.0 * share * share * (3.0 - 2.0 * share)))
    return wide


def studio_backdrop(colour: U8, alpha: U8) -> U8:
    """A seamless backdrop in the subject's own tint, for a picture that came without one; the picture's size."""
    height, width = alpha.shape
    weight = alpha.astype(np.float32)
    mean = (colour.astype(np.float32) * weight[..., None]).sum((0, 1)) / max(float(weight.sum()), 1.0)
    grey = float(mean.mean())
    base = 58.0 if grey > 150 else 205.0
    tint = np.clip(base + 0.14 * (mean - grey), 0, 255)
    y, x = np.mgrid[0 : 1 : height * 1j, -0.5 : 0.5 : width * 1j].astype(np.float32)
    glow = 1.06 - 0.55 * (x * x + (y - 0.42) ** 2)
    floor = 1.0 - 0.10 * np.exp(-(((y - 0.72) / 0.10) ** 2))
    return as_u8(np.clip(tint * (glow * floor)[..., None], 0, 255))
