"""One decoding of a master: its cuts, frame by frame, and small pictures a few times a second."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np

from callsheet.errors import MediaError
from callsheet.media.reframe.subject import Seen, Shot, boxes_of

EVERY = 0.2  # seconds between two pictures that are looked at
WIDE = 160  # pixels of the longer side at which they are looked at
CUT = 8.0  # percent of full scale: ffmpeg's scdet takes 10 of a larger picture


async def look(master: Path) -> Seen:
    """Find the shots of `master` and the subject in each. Raises MediaError for what can't be decoded."""
    return await asyncio.to_thread(_look, master)


def _look(master: Path) -> Seen:
    import av

    shots: list[Shot] = []
    first, at, pictures = 0, list[int](), list[Any]()
    last: Any = None
    kept: Any = None
    before = 0.0
    number = -1
    try:
        with av.open(str(master), options={"protocol_whitelist": "file"}) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            fps = float(stream.average_rate or stream.guessed_rate or 30)
            step = max(1, round(fps * EVERY))
            width, height = stream.codec_context.width, stream.codec_context.height
            for number, frame in enumerate(container.decode(stream)):
                tiny = frame.to_ndarray(format="gray", width=32, height=32).astype(np.float32)
                change = 0.0 if last is None else float(np.abs(tiny - last).mean()) / 2.55
                if min(change, abs(change - before)) >= CUT:
                    _close(at, pictures, number - 1, kept)
                    shots.append(_shot(first, number, at, pictures))
                    first, at, pictures = number, [], []
                last, before, kept = tiny, change, frame
                if (number - first) % step == 0:
                    at.append(number)
                    pictures.append(_small(frame))
    except (av.FFmpegError, IndexError) as error:
        raise MediaError(f"{master.name}: not a video that plays ({error})") from error
    if number < 0:
        raise MediaError(f"{master.name}: no picture can be decoded")
    _close(at, pictures, number, kept)
    shots.append(_shot(first, number + 1, at, pictures))
    return Seen(width=width, height=height, fps=fps, shots=tuple(shots))


def _shot(first: int, end: int, at: list[int], pictures: list[Any]) -> Shot:
    return Shot(first=first, end=end, at=tuple(at), boxes=tuple(boxes_of(pictures)))


def _close(at: list[int], pictures: list[Any], number: int, frame: Any) -> None:
    """A shot's last picture is looked at too: the subject may leave with it."""
    if at[-1] != number:
        at.append(number)
        pictures.append(_small(frame))


def _small(frame: Any) -> Any:
    scale = min(1.0, WIDE / max(frame.width, frame.height))
    size = {"width": max(32, round(frame.width * scale)), "height": max(32, round(frame.height * scale))}
    return frame.to_ndarray(format="bgr24", interpolation="AREA", **size)
