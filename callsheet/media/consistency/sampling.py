"""A few small frames of a video: what the measures look at. Memory and time do not grow with its length."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from callsheet.errors import MediaError

if TYPE_CHECKING:
    from av.container import InputContainer

MOMENTS = (0.12, 0.37, 0.63, 0.88)
"""Shares of the length at which a video is looked at."""
STEP = 0.2
"""Seconds between the two frames of a moment; what moves is seen between them."""
SIDE = 320
"""Pixels of the longer side to which frames are reduced."""
LARGEST_DECODE = 900
"""Frames that are decoded at most to reach one moment from the key frame before it."""


@dataclass(frozen=True)
class Sample:
    """Frames of one video, HxWx3 uint8 BGR without black bars: `frames[i]` and, 0.2 s later, `later[i]`."""

    frames: tuple[Any, ...]
    later: tuple[Any, ...]


def sample(path: Path) -> Sample:
    """Four moments of a video, two frames each. Raises `MediaError` for what is not a video that can be decoded."""
    import av

    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise MediaError(f"{path.name} has no picture")
            pairs = [_moment(container, share) for share in MOMENTS]
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise MediaError(f"{path.name} can't be decoded: {error}") from error
    return trimmed([a for a, _ in pairs], [b for _, b in pairs])


def still(image: Any) -> Sample:
    """A picture (HxWx3 BGR uint8) as a sample in which nothing moves."""
    frame = _small(np.ascontiguousarray(image[..., :3], dtype=np.uint8))
    return Sample((frame,), (frame,))


def _moment(container: InputContainer, share: float) -> tuple[Any, Any]:
    stream = container.streams.video[0]
    assert stream.time_base is not None  # noqa: S101 - every decoded stream has one
    base = float(stream.time_base)
    start = (stream.start_time or 0) * base
    seconds = stream.duration * base if stream.duration else (container.duration or 0) / 1e6
    at = start + share * seconds
    after = min(at + STEP, start + max(seconds - 0.02, 0.0))
    container.seek(round(at / base), stream=stream, backward=True)
    first = last = None
    for number, frame in enumerate(container.decode(stream)):
        last = frame
        when = 0.0 if frame.pts is None else float(frame.pts) * base
        if first is None and when >= at - 1e-3:
            first = frame
        if when >= after - 1e-3 or number >= LARGEST_DECODE:
            break
    if last is None:
        raise ValueError("no frame at its moments")
    return _pixels(first or last), _pixels(last)


def _pixels(frame: Any) -> Any:
    """The frame as BGR, reduced while it is converted."""
    scale = min(1.0, SIDE / max(frame.width, frame.height))
    width, height = max(32, round(frame.width * scale)), max(32, round(frame.height * scale))
    return frame.to_ndarray(format="bgr24", width=width, height=height, interpolation="AREA")


def _small(image: Any) -> Any:
    import cv2

    height, width = image.shape[:2]
    scale = min(1.0, SIDE / max(width, height))
    size = (max(32, round(width * scale)), max(32, round(height * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def trimmed(frames: list[Any], later: list[Any]) -> Sample:
    """Without bars that are black in every frame: they are no part of the picture's light or colour."""
    brightest = np.max([frame.max(2) for frame in frames], 0)
    rows, columns = np.flatnonzero((brightest > 24).mean(1) > 0.02), np.flatnonzero((brightest > 24).mean(0) > 0.02)
    height, width = brightest.shape
    if rows.size < height // 2 or columns.size < width // 2:
        return Sample(tuple(frames), tuple(later))
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    cut = [np.ascontiguousarray(frame[box]) for frame in (*frames, *later)]
    return Sample(tuple(cut[: len(frames)]), tuple(cut[len(frames) :]))
