"""Pictures that say what they are: sixteen black or white fields, four bits for the clip and twelve for the frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from callsheet.media import ffmpeg
from callsheet.media.ffmpeg import BT709
from callsheet.media.index import Source, measure
from callsheet.media.segments import encoder
from callsheet.timeline import Card, Shot, Timeline

WIDTH, HEIGHT = 160, 96
BLACK, WHITE = 16.0, 235.0

KEYS = ("-force_key_frames", "expr:gte(n,n_forced*15)", "-forced-idr", "1", "-sc_threshold", "0")

Fields = npt.NDArray[np.float64]


def fields(clip: int, frame: int) -> Fields:
    """The luma of the sixteen fields (4, 4) of a picture."""
    bits = (clip << 12) | frame
    return np.array([WHITE if bits >> place & 1 else BLACK for place in range(16)]).reshape(4, 4)


def read(luma: npt.NDArray[np.float64]) -> Fields:
    """The fields of pictures (..., height, width), each by its middle."""
    parts = luma.reshape(*luma.shape[:-2], 4, HEIGHT // 4, 4, WIDTH // 4)
    return np.asarray(parts[..., 6:-6, :, 10:-10].mean(axis=(-3, -1)))


def coded(
    path: Path, clip: int, frames: int, fps: int = 30, *, ours: bool = False, options: Iterable[str] = ()
) -> Source:
    """A clip of numbered pictures: in the form that the master has (`ours`, a key picture every 15), or another."""
    luma = np.stack([np.kron(fields(clip, frame), np.ones((HEIGHT // 4, WIDTH // 4))) for frame in range(frames)])
    chroma = np.full((frames, HEIGHT * WIDTH // 2), 128, np.uint8)
    raw = path.with_suffix(".yuv")
    raw.write_bytes(np.hstack([luma.astype(np.uint8).reshape(frames, -1), chroma]).tobytes())
    timeline = Timeline(name="x", fps=fps, width=WIDTH, height=HEIGHT, shots=(Shot(clip="x", frames=1),))
    made = [*encoder(timeline), *KEYS] if ours else ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "8"]
    shape = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(fps)]
    ffmpeg.run_sync([*shape, "-i", str(raw), "-vf", f"setsar=1,{BT709}", *made, *options, str(path)], timeout=60)
    raw.unlink()
    return measure(path)


def shown(shot: Shot, frame: int, fps: int, rate: int) -> int:
    """Which picture of a clip of `rate` pictures/s is on a shot's frame, by the definition in `callsheet.media.conform`
    worked out in another way than there."""
    at = shot.source_in + (0 if shot.hold else frame * shot.speed)
    if shot.speed not in (0, 1):
        return int(at * rate / fps)
    last = -1
    while int(Fraction((last + 1) * fps, rate) + Fraction(1, 2)) <= at:
        last += 1
    return last


def layers(timeline: Timeline, frame: int) -> Sequence[tuple[int, int]]:
    """The shots on a record frame, each as (number of the shot, frame of the shot)."""
    starts = timeline.starts()
    return [(n, frame - start) for n, start in enumerate(starts) if 0 <= frame - start < timeline.shots[n].frames]


def expected(timeline: Timeline, clips: dict[str, tuple[int, int, int]], number: int, frame: int) -> Fields:
    """The fields of one layer. `clips` has the code, length and rate of each."""
    shot = timeline.shots[number]
    if isinstance(shot, Card):
        return np.full((4, 4), BLACK)
    clip, frames, rate = clips[shot.clip]
    # A clip that is a little too short is held on its last picture.
    return fields(clip, min(shown(shot, frame, timeline.fps, rate), frames - 1))
