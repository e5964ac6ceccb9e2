"""A thumbnail as a file: what it is by its bytes, and how large."""

from __future__ import annotations

import warnings
from pathlib import Path

from callsheet.errors import Unreadable
from callsheet.media.check.facts import Thumbnail

_KINDS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")


def thumbnail_of(path: Path) -> Thumbnail:
    """Raises Unreadable for what is no picture, or one of more than Pillow's limit of pixels."""
    from PIL import Image

    if not path.is_file():
        raise Unreadable(f"{path.name}: there is no such file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=_KINDS) as picture:
                picture.verify()
                kind = str(picture.format).lower()
                return Thumbnail(kind, *picture.size, path.stat().st_size)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unreadable(f"{path.name}: not a picture that can be read") from error
