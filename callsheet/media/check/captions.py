"""Where captions stand and how they read: each cue is drawn by libass on an empty canvas of the picture's size.

An ASS script is drawn as it is written. SRT and WebVTT leave the look to the player: they are drawn centred, each line
as it is broken, in Noto Sans SC with lines of 7.2 % of the shorter side (an em of 5 %, as burnt captions have it), at
the lower edge of the safe area.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from callsheet.errors import Unreadable
from callsheet.media import ffmpeg
from callsheet.media.check.facts import Cue
from callsheet.media.fonts import FAMILY, fonts_dir

if TYPE_CHECKING:
    from pysubs2 import SSAEvent, SSAFile

Box = tuple[int, int, int, int]

KINDS = frozenset({"srt", "vtt", "ass"})
_LARGEST = 4_000_000
"""Bytes. Two hours of dialogue are a tenth of it."""
_MOST_CUES = 5_000
_LINE = 0.072
_RATE = 20
"""Canvases in a second: a cue is looked at on its first, middle and last one."""
_CHUNK = 400
"""Moments that one ffmpeg draws: the list of them is an argument, and arguments have a limit."""

_SHAPE = re.compile(r"^Dialogue:.*\\p[1-9].*$", re.MULTILINE)
_DRAWN = re.compile(r"pts:(\d+) pts_time:\S+(?: x1:(\d+) x2:(\d+) y1:(\d+) y2:(\d+))?")


async def drawn(path: Path, *, size: tuple[int, int], margins: Box) -> tuple[Cue, ...]:
    """The cues of a caption file with their boxes on a picture of `size`.

    `margins` are the pixels that the safe area leaves free on the left, top, right and bottom. Raises Unreadable for a
    file that is no SRT, WebVTT or ASS.
    """
    written = read(path)
    events = sorted((one for one in written.events if one.is_text and one.duration > 0), key=lambda one: one.start)
    if len(events) > _MOST_CUES:
        raise Unreadable(f"{path.name}: {len(events)} cues; at most {_MOST_CUES} are checked")
    moments = [_moments(event) for event in events]
    with tempfile.TemporaryDirectory(prefix="callsheet-captions-") as folder:
        await asyncio.to_thread(_lay_out, path, events, size, margins, Path(folder))
        boxes = await _boxes(Path(folder), size, sorted({at for three in moments for at in three}))
    return tuple(
        Cue(
            lines=tuple(line.strip() for line in event.plaintext.split("\n") if line.strip()),
            start=event.start / 1000,
            end=event.end / 1000,
            box=_around([boxes[at] for at in three if at in boxes]),
        )
        for event, three in zip(events, moments, strict=True)
    )


def read(path: Path) -> SSAFile:
    """A caption file, by its extension and what is in it."""
    import pysubs2

    kind = path.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise Unreadable(f"{path.name}: captions are read from .srt, .vtt or .ass")
    if not path.is_file():
        raise Unreadable(f"{path.name}: there is no such file")
    if path.stat().st_size > _LARGEST:
        raise Unreadable(f"{path.name}: {path.stat().st_size} bytes; captions of at most {_LARGEST} are checked")
    try:
        found = pysubs2.SSAFile.from_string(path.read_text("utf-8-sig"), format_=kind)
    except (UnicodeDecodeError, ValueError, pysubs2.exceptions.Pysubs2Error) as error:
        raise Unreadable(f"{path.name}: not {kind.upper()} in UTF-8 ({str(error).splitlines()[0]})") from error
    if not any(event.is_text for event in found.events):
        raise Unreadable(f"{path.name}: has no cue")
    return found


def _moments(event: SSAEvent) -> tuple[int, int, int]:
    """Numbers of the canvases at a cue's begin, middle and end."""
    first = -(-event.start * _RATE // 1000)
    last = max(first, (event.end * _RATE - 1) // 1000)
    return first, (first + last) // 2, last


def _lay_out(path: Path, events: list[SSAEvent], size: tuple[int, int], margins: Box, folder: Path) -> None:
    """The script and the fonts in one folder: names in a filter chain have to be escaped twice, these are plain."""
    (folder / "fonts").symlink_to(fonts_dir())
    script = folder / "captions.ass"
    if path.suffix.lower() == ".ass":
        # Drawn shapes are shades and rules, which may fill the frame; the words must not.
        script.write_text(_SHAPE.sub("", path.read_text("utf-8-sig")), encoding="utf-8")
    else:
        _plain(events, size, margins).save(str(script))


def _plain(events: list[SSAEvent], size: tuple[int, int], margins: Box) -> SSAFile:
    import pysubs2

    width, height = size
    line = _LINE * min(size)
    file = pysubs2.SSAFile()
    file.info |= {"PlayResX": str(width), "PlayResY": str(height), "WrapStyle": "2", "ScaledBorderAndShadow": "yes"}
    file.styles["Default"] = pysubs2.SSAStyle(
        fontname=FAMILY,
        fontsize=line,
        outline=line * 0.06,
        shadow=0,
        alignment=pysubs2.Alignment.BOTTOM_CENTER,
        marginl=margins[0],
        marginr=margins[2],
        # The outline stands outside the line.
        marginv=margins[3] + round(line * 0.06) + 1,
    )
    for event in events:
        words = event.plaintext.replace("\\", "\\\u2060").replace("{", r"\{").replace("}", r"\}")
        text = r"\N".join(line.strip() for line in words.split("\n") if line.strip())
        file.append(pysubs2.SSAEvent(start=event.start, end=event.end, text=text))
    return file


async def _boxes(folder: Path, size: tuple[int, int], moments: list[int]) -> dict[int, Box]:
    """The box of all drawn pixels on each canvas on which there are some."""
    found: dict[int, Box] = {}
    for at in range(0, len(moments), _CHUNK):
        chosen = moments[at : at + _CHUNK]
        canvas = f"color=c=black@0:s={size[0]}x{size[1]}:r={_RATE}:d={chosen[-1] / _RATE + 1:.2f},format=rgba"
        picked = "+".join(f"eq(n,{moment})" for moment in chosen)
        chain = f"select='{picked}',ass=captions.ass:fontsdir=fonts:alpha=1,alphaextract"
        args = ["-loglevel", "info", "-nostats", "-f", "lavfi", "-i", canvas, "-vf", f"{chain},bbox=min_val=16"]
        text = await ffmpeg.run(
            [*args, "-fps_mode", "passthrough", "-f", "null", "-"],
            timeout=60 + len(chosen) + chosen[-1] / _RATE,
            cwd=folder,
        )
        for match in _DRAWN.finditer(text):
            if match[2] is not None:
                left, right, top, bottom = (int(match[group]) for group in (2, 3, 4, 5))
                found[int(match[1])] = (left, top, right + 1, bottom + 1)
    return found


def _around(boxes: list[Box]) -> Box | None:
    if not boxes:
        return None
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
