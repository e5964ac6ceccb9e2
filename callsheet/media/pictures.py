"""Stills of a finished master: the poster, and the contact sheet on which a whole cut is seen at one glance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from callsheet.errors import MediaError
from callsheet.media.fonts import font_path
from callsheet.timeline import Timeline

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

Picture = npt.NDArray[np.uint8]

_QUALITY = 90
_TILE = 300  # pixels along the longer side of a tile
_GAP, _LABEL = 10, 26
MANY = 24
"""Shots: of more of them only the middle is on the contact sheet. Finding the other frames of a course of a hundred
took as long as mixing its sound, and nobody looked at so many."""
_PAPER, _INK, _DIM = (24, 25, 28), (240, 240, 240), (150, 154, 160)


@dataclass(frozen=True)
class Tile:
    """A frame of the master that stands on the contact sheet, and the shot it belongs to."""

    frame: int
    clip: str


def tiles(timeline: Timeline) -> list[tuple[Tile, ...]]:
    """For each shot its first, middle and last frame that no transition touches (or its middle, if all are); of `MANY`
    shots and more the middle alone."""
    starts, shots = timeline.starts(), timeline.shots
    strips: list[tuple[Tile, ...]] = []
    for number, shot in enumerate(shots):
        first = starts[number] + shot.overlap
        leaving = shots[number + 1].overlap if number + 1 < len(shots) else 0
        last = starts[number] + shot.frames - leaving - 1
        middle = (first + last) // 2
        frames = (middle,) if len(shots) > MANY else (min(first, middle), middle, max(last, middle))
        strips.append(tuple(Tile(frame, shot.clip) for frame in frames))
    return strips


def stills(master: Path, timeline: Timeline, *, poster: Path, contact_sheet: Path) -> int:
    """Write both as JPEG, in one reading of the master; the frame that became the poster is returned.

    The poster is the sharpest of the shots' middle frames that is neither dark nor burnt out, at full size. Raises
    MediaError when the master is shorter than the timeline.
    """
    from PIL import Image

    strips = tiles(timeline)
    candidates = {strip[len(strip) // 2].frame for strip in strips}
    small: dict[int, Image.Image] = {}
    best: tuple[float, int, Picture] | None = None
    for frame, picture in frames_at(master, sorted({tile.frame for strip in strips for tile in strip}), timeline.fps):
        small[frame] = _reduced(Image.fromarray(picture))
        if frame in candidates:
            score = worth(np.asarray(small[frame], np.uint8))
            if best is None or score > best[0]:
                best = (score, frame, picture)
    if best is None:
        raise MediaError(f"{master.name}: no picture for the poster")
    Image.fromarray(best[2]).save(poster, "JPEG", quality=_QUALITY)
    _sheet(timeline, strips, small).save(contact_sheet, "JPEG", quality=_QUALITY)
    return best[1]


def frames_at(path: Path, wanted: Sequence[int], fps: int) -> Iterator[tuple[int, Picture]]:
    """The frames with the given numbers (ascending) of a file of constant rate, as (height, width, 3) RGB.

    Between far frames it jumps to the key picture before the next. Raises MediaError if a frame is not there.
    """
    import av

    with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        tick = stream.time_base
        if tick is None:
            raise MediaError(f"{path.name}: its pictures have no times")
        decoded, at = container.decode(stream), -1
        for number in wanted:
            if number - at > 2 * fps:
                container.seek(round(number / fps / tick), stream=stream, backward=True)
                decoded = container.decode(stream)
            for picture in decoded:
                at = round(float((picture.pts or 0) * tick) * fps)
                if at >= number:
                    break
            if at != number:
                raise MediaError(f"{path.name}: has no frame {number}")
            yield number, np.asarray(picture.to_ndarray(format="rgb24"), np.uint8)


def _reduced(picture: Image) -> Image:
    from PIL import Image

    return picture.resize(_tile_size(*picture.size), Image.Resampling.LANCZOS)


def _tile_size(width: int, height: int) -> tuple[int, int]:
    scale = _TILE / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _places(count: int, width: int, height: int) -> tuple[int, int, list[tuple[int, int]]]:
    """Columns and rows of a sheet of so many strips, and where each begins."""
    # Side by side, so that a course of a hundred shots is still a sheet and not a ribbon.
    columns = 1 if count <= 6 else 2 if count <= MANY else 8
    rows = -(-count // columns)
    found = []
    for number in range(count):
        column, row = divmod(number, rows)
        left = column * (_across(count) * (width + _GAP) + _GAP) + _GAP
        found.append((left, 3 * _LABEL + row * (height + 2 * _LABEL + _GAP)))
    return columns, rows, found


def _across(count: int) -> int:
    """Tiles of a strip on a sheet of so many strips."""
    return 1 if count > MANY else 3


def sheet_boxes(timeline: Timeline) -> list[tuple[str, tuple[int, int, int, int]]]:
    """Where the middle picture of each shot stands on the contact sheet: (clip, (left, top, right, bottom))."""
    width, height = _tile_size(timeline.width, timeline.height)
    _, _, places = _places(len(timeline.shots), width, height)
    found = []
    for shot, (left, top) in zip(timeline.shots, places, strict=True):
        x, y = left + _GAP + _across(len(timeline.shots)) // 2 * (width + _GAP), top + _LABEL
        found.append((shot.clip, (x, y, x + width, y + height)))
    return found


def worth(tile: Picture) -> float:
    """Sharpness, times how far from black and white the picture is. Higher is better."""
    import cv2

    grey = cv2.cvtColor(tile, cv2.COLOR_RGB2GRAY)
    sharp = float(np.log1p(cv2.Laplacian(grey, cv2.CV_64F).var()))
    mean = float(grey.mean()) / 255.0
    # 1 for a mean between 30 % and 65 % of full scale, falling to 0 at black and at white.
    exposure = float(np.clip(min(mean / 0.30, (1.0 - mean) / 0.35), 0.0, 1.0))
    clipped = float(((grey < 6) | (grey > 250)).mean())
    return (0.2 + sharp) * exposure * (1.0 - clipped)


def _sheet(timeline: Timeline, strips: Sequence[tuple[Tile, ...]], small: dict[int, Image]) -> Image:
    from PIL import Image, ImageDraw, ImageFont

    width, height = next(iter(small.values())).size
    columns, rows, places = _places(len(strips), width, height)
    strip_width, strip_height = _across(len(strips)) * (width + _GAP) + _GAP, height + 2 * _LABEL + _GAP
    title = 3 * _LABEL
    sheet = Image.new("RGB", (columns * strip_width + _GAP, title + rows * strip_height + _GAP), _PAPER)
    draw = ImageDraw.Draw(sheet)
    big, normal = (ImageFont.truetype(str(font_path()), size) for size in (26, 16))
    facts = f"{timeline.width}×{timeline.height}  {timeline.fps} fps  {timeline.seconds:.2f} s  {len(strips)} shots"
    draw.text((2 * _GAP, _GAP), timeline.name, _INK, big)
    draw.text((2 * _GAP, _GAP + 40), facts, _DIM, normal)
    for number, strip in enumerate(strips):
        left, top = places[number]
        draw.text((left + _GAP, top), _fitting(f"{number + 1:02}  {strip[0].clip}", strip_width, normal), _INK, normal)
        for place, tile in enumerate(strip):
            x = left + _GAP + place * (width + _GAP)
            sheet.paste(small[tile.frame], (x, top + _LABEL))
            draw.text((x, top + _LABEL + height + 2), timeline.timecode(tile.frame), _DIM, normal)
    return sheet


def _fitting(words: str, width: int, letters: FreeTypeFont) -> str:
    """The words, cut where they would reach into the next strip."""
    while len(words) > 1 and letters.getlength(words) > width - 2 * _GAP:
        words = words.rstrip("…")[:-1] + "…"
    return words
