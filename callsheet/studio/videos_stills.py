"""Stills of a finished clip: its thumbnail and its sprite sheet, made when they are first asked for."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from callsheet.errors import MediaError

THUMBNAIL, SPRITES = "thumbnail.webp", "spritesheet.jpg"
LONGEST_SIDE = 640
"""Pixels of a thumbnail along its longer side."""
TILE = 320
"""Pixels of a picture of the sprite sheet along its longer side."""
COLUMNS = 4
TILES = 16
"""Pictures of a sprite sheet at most: evenly over the clip, and no more than two a second."""
_QUALITY = 85


def thumbnail(clip: Path) -> Path:
    """The middle frame as WebP, beside the clip."""
    return _kept(clip, THUMBNAIL, lambda count, _: [count // 2], 1, LONGEST_SIDE)


def spritesheet(clip: Path) -> Path:
    """Up to 16 frames as one JPEG, four in a row, beside the clip."""
    return _kept(clip, SPRITES, _spread, COLUMNS, TILE)


def _spread(count: int, seconds: float) -> list[int]:
    tiles = max(1, min(TILES, int(seconds * 2), count))
    return sorted({min(count - 1, int((number + 0.5) * count / tiles)) for number in range(tiles)})


def _kept(clip: Path, name: str, choose, columns: int, side: int) -> Path:  # type: ignore[no-untyped-def]
    from PIL import Image

    from callsheet.media.pictures import frames_at
    from callsheet.media.probe import probe

    path = clip.with_name(name)
    if path.exists():
        return path
    measured = probe(clip)
    wanted: Sequence[int] = choose(measured.frames, measured.seconds)
    pictures = []
    for _, frame in frames_at(clip, wanted, round(Fraction(measured.fps))):
        picture = Image.fromarray(frame)
        picture.thumbnail((side, side), Image.Resampling.LANCZOS)
        pictures.append(picture)
    if not pictures:
        raise MediaError(f"{clip.name}: it has no picture")
    width, height = pictures[0].size
    across = min(columns, len(pictures))
    sheet = Image.new("RGB", (width * across, height * -(-len(pictures) // across)))
    for number, picture in enumerate(pictures):
        sheet.paste(picture, (number % across * width, number // across * height))
    part = path.with_name(f".{uuid.uuid4().hex}{path.suffix}")
    sheet.save(part, quality=_QUALITY)
    return part.replace(path)
