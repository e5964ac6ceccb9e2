"""The picture that stands on a card: an image as it is, of a clip the one in its middle."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from callsheet.errors import MediaError

if TYPE_CHECKING:
    from PIL.Image import Image

_KEPT = 4  # pictures of clips: the cards of a chapter show the same ones again


def image_of(path: Path, name: str) -> Image:
    """The picture as RGBA. Raises MediaError, which begins with `name`, for a file that is neither image nor video."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as file:
            return ImageOps.exif_transpose(file).convert("RGBA")
    except UnidentifiedImageError:
        return _clip(path, name)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise _refusal(path, name, error) from error


def _clip(path: Path, name: str) -> Image:
    import av

    try:
        found = _middle(path, path.stat().st_mtime_ns)
    except (av.FFmpegError, OSError, IndexError) as error:
        raise _refusal(path, name, error) from error
    if found is None:
        raise MediaError(f"{name}: {path.name} has no picture")
    return found.copy()


@lru_cache(_KEPT)
def _middle(path: Path, _written: int) -> Image | None:
    """The first picture of a clip's second half, or its last one where that half has none."""
    import av
    from PIL import Image

    found = None
    with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
        stream = container.streams.video[0]
        half = (container.duration or 0) // 2
        container.seek(half, backward=True)
        for picture in container.decode(stream):
            found = picture
            if picture.time is not None and picture.time * av.time_base >= half:
                break
    return None if found is None else Image.fromarray(found.to_ndarray(format="rgb24")).convert("RGBA")


def _refusal(path: Path, name: str, error: Exception) -> MediaError:
    return MediaError(f"{name}: {path.name} is not an image or a video that can be read ({type(error).__name__})")
