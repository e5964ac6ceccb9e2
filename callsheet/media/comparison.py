"""The sheet on which the variants of a test are seen beside each other: one row each, with its values."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from callsheet.media.fonts import font
from callsheet.media.pictures import Picture, frames_at

if TYPE_CHECKING:
    from PIL.Image import Image

MOMENTS = (0.06, 0.35, 0.64, 0.94)
"""Shares of a work at which it is shown: the hook, two of the middle, the closing title."""
_TILE = 260  # pixels along the longer side of a picture
_GAP, _LINE, _WORDS = 12, 24, 430
_PAPER, _INK, _DIM, _ACCENT = (24, 25, 28), (240, 240, 240), (150, 154, 160), (255, 180, 79)
_QUALITY = 90


@dataclass(frozen=True)
class Row:
    """A variant: its key, the values in which it differs, its seconds, its pictures; none where it was not made."""

    key: str
    values: Mapping[str, str]
    seconds: float
    pictures: tuple[Picture, ...]


def looks_of(master: Path, frames: int, fps: int) -> tuple[Picture, ...]:
    """A work's pictures at `MOMENTS`, as (height, width, 3) RGB at the size of a tile."""
    import numpy as np
    from PIL import Image as Images

    found = []
    for _, picture in frames_at(master, [min(frames - 1, round(share * frames)) for share in MOMENTS], fps):
        whole = Images.fromarray(picture)
        found.append(np.asarray(whole.resize(_tile(*whole.size), Images.Resampling.LANCZOS), np.uint8))
    return tuple(found)


def comparison(title: str, rows: Sequence[Row], size: tuple[int, int]) -> bytes:
    """The sheet as JPEG; `size` is the shape of the works in pixels. The same rows give the same bytes."""
    from PIL import Image as Images
    from PIL import ImageDraw

    width, height = _tile(*size)
    wordy = max((_height_of(row) for row in rows), default=0)
    step = max(height, wordy) + _GAP
    top = 3 * _LINE
    full = 3 * _GAP + _WORDS + len(MOMENTS) * (width + _GAP)
    sheet = Images.new("RGB", (full, top + len(rows) * step + _GAP), _PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((2 * _GAP, _GAP), _fitted(title, 26, full - 4 * _GAP), _INK, font(26))
    for number, row in enumerate(rows):
        y = top + number * step
        draw.line((2 * _GAP, y - _GAP // 2, full - 2 * _GAP, y - _GAP // 2), (52, 54, 60))
        _words(sheet, row, y)
        for place, picture in enumerate(row.pictures):
            tile = Images.fromarray(picture).resize((width, height))
            sheet.paste(tile, (2 * _GAP + _WORDS + place * (width + _GAP), y))
    out = io.BytesIO()
    sheet.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _tile(width: int, height: int) -> tuple[int, int]:
    scale = _TILE / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _height_of(row: Row) -> int:
    return (2 + len(row.values) + (not row.pictures)) * _LINE


def _words(sheet: Image, row: Row, y: int) -> None:
    from PIL import ImageDraw

    draw, x, room = ImageDraw.Draw(sheet), 2 * _GAP, _WORDS - 2 * _GAP
    draw.text((x, y), _fitted(row.key, 19, room), _ACCENT, font(19))
    lines = [(axis.replace("_", " "), value or "none") for axis, value in row.values.items()]
    lines.append(("length", f"{row.seconds:g} s"))
    lines = list(dict(lines).items())
    if not row.pictures:
        lines.append(("not made", "see production.json"))
    for number, (axis, value) in enumerate(lines, 1):
        draw.text((x, y + number * _LINE + 4), axis, _DIM, font(15))
        draw.text((x + 120, y + number * _LINE + 4), _fitted(value, 15, room - 120), _INK, font(15))


def _fitted(text: str, size: int, room: int) -> str:
    """As much of a text as the room has, with an ellipsis where it is cut."""
    if font(size).getlength(text) <= room:
        return text
    while text and font(size).getlength(text + "…") > room:
        text = text[:-1]
    return text.rstrip() + "…"
