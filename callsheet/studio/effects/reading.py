"""A clip read frame by frame, at a whole number of frames a second, upright, with square pixels and even sides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from callsheet.errors import MediaError
from callsheet.studio.picture.spec import U8

if TYPE_CHECKING:
    from av import VideoFrame

SLOWEST, FASTEST = 12, 60
"""Frames a second of what is made of a clip; one outside is read at the nearer of the two."""


@dataclass(frozen=True)
class Clip:
    """A clip as it is worked on: `frames` pictures of `width` x `height` at `fps`."""

    path: Path
    width: int
    height: int
    fps: int
    frames: int
    turned: int
    sounds: bool

    @property
    def seconds(self) -> float:
        return self.frames / self.fps


def open_clip(path: Path) -> Clip:
    """What is at `path`. Raises MediaError for what is not a video that plays."""
    import av

    from callsheet.media.probe import probe

    facts = probe(path)
    with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
        turned = int(next(container.decode(video=0)).rotation) % 360
    across, down = (int(side) for side in facts.sample_aspect_ratio.split(":"))
    width, height = round(facts.width * across / max(1, down)), facts.height
    if turned in (90, 270):
        width, height = height, width
    fps = min(FASTEST, max(SLOWEST, round(facts.rate)))
    frames = max(1, round(facts.seconds * fps))
    return Clip(path, width // 2 * 2, height // 2 * 2, fps, frames, turned, facts.audio_codec is not None)


def read(clip: Clip, start: int = 0, stop: int | None = None) -> Iterator[U8]:
    """Frames `start` to before `stop` (default: the last). A stream that ends early repeats its last picture.

    Raises MediaError when nothing can be decoded there.
    """
    import av

    stop = clip.frames if stop is None else min(stop, clip.frames)
    number, last = start, None
    try:
        with av.open(str(clip.path), options={"protocol_whitelist": "file"}) as container:
            stream = container.streams.video[0]
            stream.thread_type = "SLICE"
            first = float((stream.start_time or 0) * (stream.time_base or 0))
            if start > 0:
                container.seek(int((first + (start - 0.5) / clip.fps) * 1_000_000), backward=True)
            for frame in container.decode(stream):
                at = (float(frame.time) - first if frame.time is not None else 0.0) * clip.fps
                # A frame is shown until the next one comes: those that are due before it show the last.
                while last is not None and number < min(stop, round(at)):
                    yield _picture(last, clip)
                    number += 1
                last = frame
                if number >= stop:
                    return
            while last is not None and number < stop:
                yield _picture(last, clip)
                number += 1
    except av.FFmpegError as error:
        raise MediaError(f"{clip.path.name}: the picture can't be decoded ({error})") from error
    if last is None and stop > start:
        raise MediaError(f"{clip.path.name}: no picture can be decoded")


def _picture(frame: VideoFrame, clip: Clip) -> U8:
    import cv2
    from av.video.reformatter import Interpolation

    # Untagged video is BT.601 below 720 lines and BT.709 from there on, by custom.
    tag = int(frame.colorspace)
    source: Any = tag if tag in (1, 4, 5, 7, 9) else (1 if frame.height >= 720 else 5)
    # Without exact rounding every channel comes out a step too dark, and a seam with new pictures would show.
    exact: Any = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
    pixels: U8 = np.asarray(
        frame.reformat(format="bgr24", src_colorspace=source, interpolation=exact).to_ndarray(), np.uint8
    )
    if clip.turned:
        pixels = np.asarray(np.rot90(pixels, clip.turned // 90), np.uint8)
    if pixels.shape[:2] != (clip.height, clip.width):
        near = abs(pixels.shape[0] - clip.height) <= 1 and abs(pixels.shape[1] - clip.width) <= 1
        pixels = pixels[: clip.height, : clip.width] if near else cv2.resize(pixels, (clip.width, clip.height))
    return np.ascontiguousarray(pixels)
