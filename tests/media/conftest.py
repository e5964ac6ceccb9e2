"""Small clips with known pictures: every grey level says which frame of which clip it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from callsheet.media import ffmpeg
from callsheet.media.index import Source, measure

WIDTH, HEIGHT, FPS = 320, 180, 30
RAMP_FIRST, RAMP_STEP = 40, 3  # frame n of the ramp has the grey level 40 + 3n

Picture = npt.NDArray[np.uint8]


def plain(level: int, width: int = WIDTH, height: int = HEIGHT) -> Picture:
    return np.full((height, width, 3), level, np.uint8)


def encode(path: Path, pictures: Iterator[Picture], fps: int = FPS, audio: Path | None = None) -> Source:
    """Encode pictures of one size, read from the first."""
    first = next(pictures)

    def all_of_them() -> Iterator[Picture]:
        yield first
        yield from pictures

    height, width = first.shape[:2]
    ffmpeg.encode_frames(
        all_of_them(),
        width=width,
        height=height,
        fps=fps,
        out=path,
        audio=audio,
        crf=8,
        preset="ultrafast",
        timeout=60,
    )
    return measure(path)


def tone(path: Path, hertz: int, seconds: float) -> Path:
    source = f"sine=frequency={hertz}:sample_rate=48000:duration={seconds}"
    ffmpeg.run_sync(["-f", "lavfi", "-i", source, "-ac", "2", str(path)], timeout=30)
    return path


def luma(path: Path, width: int = WIDTH, height: int = HEIGHT) -> npt.NDArray[np.float64]:
    """The Y plane of every frame of a video: (frames, height, width)."""
    raw = ffmpeg.read_sync(["-i", str(path), "-f", "rawvideo", "-pix_fmt", "yuv420p", "pipe:1"], timeout=60)
    frames = np.frombuffer(raw, np.uint8).reshape(-1, width * height * 3 // 2)
    return frames[:, : width * height].reshape(-1, height, width).astype(np.float64)


def y_of(level: float) -> float:
    """The studio-range luma of a grey level."""
    return 16 + level * 219 / 255


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Source]:
    """``ramp`` 60 frames at 30, each its own grey, with a tone · ``dark`` and ``light`` plain, silent · ``film`` a ramp
    at 25 frames/s · ``square`` 200x200 · ``tall`` 180x320 · ``other`` nearly 16:9, 24 frames/s, with a tone.
    """
    folder = tmp_path_factory.mktemp("clips")
    ramp = (plain(RAMP_FIRST + RAMP_STEP * n) for n in range(60))
    film = (plain(RAMP_FIRST + RAMP_STEP * n) for n in range(50))
    return {
        "ramp": encode(folder / "ramp.mp4", ramp, audio=tone(folder / "a.wav", 440, 2.0)),
        "dark": encode(folder / "dark.mp4", (plain(50) for _ in range(45))),
        "light": encode(folder / "light.mp4", (plain(200) for _ in range(45))),
        "film": encode(folder / "film.mp4", film, fps=25),
        "square": encode(folder / "square.mp4", (plain(180, 200, 200) for _ in range(45))),
        "tall": encode(folder / "tall.mp4", (plain(180, 180, 320) for _ in range(45))),
        "other": encode(
            folder / "other.mp4",
            (plain(120, 426, 240) for _ in range(40)),
            fps=24,
            audio=tone(folder / "b.wav", 1000, 1.6),
        ),
    }


@pytest.fixture(scope="session")
def silence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds of nothing, as a mix."""
    path = tmp_path_factory.mktemp("sound") / "silence.wav"
    ffmpeg.run_sync(["-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo", "-t", "10", str(path)], timeout=30)
    return path
