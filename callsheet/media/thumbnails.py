"""A platform's cover: the best frame of a rendition, at the platform's size and under its limit of bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from callsheet.errors import MediaError
from callsheet.media.pictures import frames_at, worth
from callsheet.media.probe import probe
from callsheet.platforms import Platform

MOMENTS = (0.12, 0.25, 0.37, 0.5, 0.63, 0.75)
"""Shares of the length at which a frame is looked at, where no frames are named."""
QUALITIES = (92, 88, 84, 78, 70, 60, 45, 30)
_SIDE = 300  # pixels of the longer side at which frames are compared


def thumbnail(rendition: Path, platform: Platform, out: Path, *, frames: Sequence[int] = ()) -> int:
    """Write the cover of a finished rendition (of constant rate) as JPEG; its frame is returned.

    The sharpest of `frames` (ascending) that is neither dark nor burnt out is filled into the cover's shape. Raises
    MediaError when even the coarsest JPEG is larger than the platform takes.
    """
    from PIL import Image, ImageOps

    facts = probe(rendition)
    wanted = frames or sorted({int(share * (facts.frames - 1)) for share in MOMENTS})
    best: tuple[float, int, Image.Image] | None = None
    for frame, picture in frames_at(rendition, wanted, round(facts.rate)):
        whole = Image.fromarray(picture)
        score = worth(np.asarray(ImageOps.contain(whole, (_SIDE, _SIDE)), np.uint8))
        if best is None or score > best[0]:
            best = (score, frame, whole)
    if best is None:
        raise MediaError(f"{rendition.name}: no picture for the cover")
    rule = platform.thumbnail
    cover = ImageOps.fit(best[2], (rule.width, rule.height), Image.Resampling.LANCZOS)
    for quality in QUALITIES:
        coded = io.BytesIO()
        cover.save(coded, "JPEG", quality=quality, optimize=True)
        if coded.tell() <= rule.bytes_max:
            part = out.with_name(f".{out.name}.part")
            part.write_bytes(coded.getvalue())
            part.replace(out)
            return best[1]
    raise MediaError(f"{out.name}: {coded.tell()} bytes are not allowed; {platform.name} takes {rule.bytes_max}")
