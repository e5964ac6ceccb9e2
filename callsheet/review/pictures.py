"""Small pictures that stand in a page: posters, and the shots of a contact sheet."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from callsheet.media.pictures import sheet_boxes
from callsheet.timeline import Timeline

if TYPE_CHECKING:
    from PIL.Image import Image

POSTER, STILL = 640, 300
"""Pixels along the longer side."""
_QUALITY = 72


def data_uri(jpeg: bytes) -> str:
    """A JPEG as an address that holds it."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def small_jpeg(picture: Image, side: int) -> bytes:
    """A picture as a JPEG of at most `side` pixels along its longer side."""
    from PIL import Image as Pictures

    made = picture.convert("RGB")
    made.thumbnail((side, side), Pictures.Resampling.LANCZOS)
    out = io.BytesIO()
    made.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return out.getvalue()


def opened(data: bytes) -> Image:
    """The picture of a file's bytes. Raises what PIL raises for bytes that are none."""
    from PIL import Image as Pictures

    picture = Pictures.open(io.BytesIO(data))
    picture.load()
    return picture


def poster(data: bytes) -> str:
    """A poster or cover, small, as an address."""
    return data_uri(small_jpeg(opened(data), POSTER))


def shots_of(sheet: bytes, timeline: Timeline) -> dict[str, str]:
    """The middle of the first showing of each clip, cut from the contact sheet of a work, as addresses by clip."""
    picture, found = opened(sheet), {}
    for clip, box in sheet_boxes(timeline):
        if clip not in found and box[2] <= picture.width and box[3] <= picture.height:
            found[clip] = data_uri(small_jpeg(picture.crop(box), STILL))
    return found
