"""The subject of a picture cut out of its background: a soft matte, clean colours, and the picture without it."""

from __future__ import annotations

import cv2
import numpy as np

from callsheet.studio.animate.order import U8, as_u8, normalise
from callsheet.studio.animate.plate import fill_behind
from callsheet.studio.animate.search import Found, find


def matte(image: U8, found: Found) -> tuple[U8, U8, U8]:
    """(matte, straight colours of the subject, picture without the subject), all at the picture's size.

    In a band round the small outline the matte is solved from the colours: the pixel as a mixture of the nearest
    subject colour and the background that continues behind it. The subject's colours are cleaned of the background and
    reach beyond the matte, so that no old backdrop shows as a fringe."""
    height, width = image.shape[:2]
    unit = max(height / found.mask.shape[0], width / found.mask.shape[1])
    # Smoothed before it is enlarged, or its pixels would show as steps.
    rough = cv2.resize(cv2.GaussianBlur(found.mask, (0, 0), 0.8), (width, height), interpolation=cv2.INTER_CUBIC)
    rough = as_u8(cv2.GaussianBlur(rough, (0, 0), max(0.6, 0.5 * unit)))
    reach = max(1, round(1.6 * unit))
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    solid = as_u8((rough > 127) * np.uint8(255))
    sure = as_u8(cv2.erode(solid, kernel, borderType=cv2.BORDER_REPLICATE))
    possible = as_u8(cv2.dilate(solid, kernel, borderType=cv2.BORDER_REPLICATE))
    # Behind its upper part the rim's glow goes too; at the foot the shadow it throws has to stay.
    wide = as_u8(cv2.dilate(possible, kernel))
    _, top, _, tall = cv2.boundingRect(solid)
    low = round(top + 0.80 * tall)
    wide[low:] = possible[low:]
    behind = fill_behind(image, wide)
    rim = as_u8(cv2.blur(possible, (reach, reach)))
    colour = fill_behind(image, cv2.bitwise_not(sure).astype(np.uint8))
    alpha = sure.copy()
    band = np.nonzero((possible > 0) & (sure == 0))
    if not band[0].size:
        return solid, image.copy(), behind
    subject, ground, pixel = (part[band].astype(np.float32) for part in (colour, behind, image))
    span = subject - ground
    length = (span * span).sum(1)
    solved = ((pixel - ground) * span).sum(1) / np.maximum(length, 1.0)
    # Where subject and backdrop have the same colour, only the outline's own softness can say; where the pixel is no
    # mixture of the two (a lamp or a highlight on the very rim), how far it outshines the backdrop says it. A pixel
    # that is only darker than the backdrop may be shadow.
    rest = np.linalg.norm(pixel - ground - np.clip(solved, 0.0, 1.0)[:, None] * span, axis=1)
    outline = rough[band] / 255.0
    over = pixel - ground
    outshines = np.maximum(over.max(1), 0.0) + 0.5 * np.maximum(np.ptp(over, axis=1) - 8.0, 0.0)
    differs = np.clip((outshines - 14.0) / 26.0, 0.0, 1.0) * np.clip(rim[band] / 127.5 - 1.0, 0.0, 1.0)
    foreign = np.clip((rest - 14.0) / 18.0, 0.0, 1.0)
    trust = np.clip((length - 15.0**2) / (40.0**2), 0.0, 1.0)
    mixed = np.clip((solved - 0.06) / 0.86, 0.0, 1.0) * trust + outline * (1.0 - trust)
    mixed += (np.maximum(differs, mixed) - mixed) * foreign
    alpha[band] = (mixed * 255.0 + 0.5).astype(np.uint8)
    alpha = as_u8(cv2.GaussianBlur(alpha, (0, 0), max(0.5, 0.10 * unit)))
    share = np.maximum(alpha[band].astype(np.float32) / 255.0, 0.35)[:, None]
    own = (pixel - (1.0 - share) * ground) / share
    pure = np.clip((share - 0.35) / 0.4, 0.0, 1.0)
    colour[band] = np.clip(subject + (own - subject) * pure, 0, 255).astype(np.uint8)
    return alpha, colour, behind


def cutout(image: U8) -> U8:
    """A picture (BGR, BGRA or grey) as BGRA with its background made transparent, edges soft and free of fringes.

    When the subject can't be separated honestly the picture comes back whole, with alpha 255 everywhere.
    Raises MediaError for what is not a picture."""
    colour, alpha = normalise(image)
    if alpha is not None:
        return np.dstack([colour, alpha])
    found = find(colour)
    if not found.sure:
        return np.dstack([colour, np.full(colour.shape[:2], 255, np.uint8)])
    edge, clean, _ = matte(colour, found)
    return np.dstack([clean, edge])
