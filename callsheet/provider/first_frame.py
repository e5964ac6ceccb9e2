"""The image that a video begins with, in exactly the frame's size: `/v1/videos` refuses any other."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from callsheet.errors import MediaError

if TYPE_CHECKING:
    from PIL.Image import Image

_SOFT = 24
"""Radius of the blur behind the image, as a divisor of the frame's shorter side."""


def first_frame(data: bytes, media_type: str, size: tuple[int, int]) -> tuple[bytes, str]:
    """(bytes, media type) of the image, whole and in the middle of a frame of `size` (width, height) pixels.

    What it leaves free is filled with its own enlarged and blurred picture. An image of that size is sent as it is.
    Raises `MediaError` for what can't be decoded.
    """
    from PIL import Image as Pillow
    from PIL import ImageFilter, ImageOps, UnidentifiedImageError

    try:
        with Pillow.open(io.BytesIO(data)) as opened:
            if opened.size == size and opened.getexif().get(0x0112, 1) == 1:
                return data, media_type
            turned = ImageOps.exif_transpose(opened)
            picture = _on_white(turned)
    except (UnidentifiedImageError, OSError, Pillow.DecompressionBombError) as error:
        raise MediaError(f"the image can't be decoded: {error}") from error
    fitted = ImageOps.contain(picture, size, Pillow.Resampling.LANCZOS)
    behind = ImageOps.fit(picture, size, Pillow.Resampling.BILINEAR)
    frame = behind.filter(ImageFilter.GaussianBlur(min(size) / _SOFT))
    frame.paste(fitted, ((size[0] - fitted.width) // 2, (size[1] - fitted.height) // 2))
    out = io.BytesIO()
    frame.save(out, "PNG", optimize=False)
    return out.getvalue(), "image/png"


def _on_white(image: Image) -> Image:
    from PIL import Image as Pillow

    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        clear = image.convert("RGBA")
        white = Pillow.new("RGBA", clear.size, "white")
        return Pillow.alpha_composite(white, clear).convert("RGB")
    return image.convert("RGB")
