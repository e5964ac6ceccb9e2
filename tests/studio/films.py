"""One small film for every order: for tests that look at what is said of clips and not at their pictures."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from callsheet.media.ffmpeg import encode_frames
from callsheet.studio.rendering import FPS

WIDTH, HEIGHT, SECONDS = 160, 90, 4
LIMIT = 60.0


@cache
def film(frames: int = SECONDS * FPS) -> bytes:
    """Flat pictures of 160x90, four seconds of them."""
    frame = np.full((HEIGHT, WIDTH, 3), (90, 120, 60), np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        encode_frames(
            iter([frame] * frames),
            width=WIDTH,
            height=HEIGHT,
            fps=FPS,
            out=path,
            audio=None,
            crf=30,
            preset="ultrafast",
            timeout=60,
        )
        return path.read_bytes()


def one_film(until: threading.Event | None = None) -> Callable[..., Any]:
    """A renderer for `Studio` that has that film for every order; with `until`, when that is set."""

    def render(request: Any, folder: Path, images: Any, heartbeat: Callable[[float], None], *others: Any) -> Any:
        deadline = time.monotonic() + LIMIT
        while until is not None and not until.wait(0.01):
            assert time.monotonic() < deadline
            heartbeat(0.5)
        (folder / "video.mp4").write_bytes(film())
        return [{"name": "video.mp4", "kind": "video", "seconds": SECONDS}]

    return render
