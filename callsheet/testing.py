"""Helpers for those who test against Callsheet: a studio that renders fast, and a server for any ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from callsheet.features import AnyRequest
from callsheet.money import frame_size
from callsheet.studio.inputs import SOURCES
from callsheet.studio.rendering import FPS, Heartbeat, Output

START_LIMIT = 30.0
"""Seconds in which a server has to be up."""


def flat_renderer(scale: int = 1, *, moving: bool = False) -> Callable[..., list[Output]]:
    """A renderer for `Studio` that makes one flat colour for each shot, another for another order, and no sound.

    Frames are `scale` times smaller than ordered, for tests that don't look at them. When `moving`, a bar of another
    colour goes across, for what is checked against a platform's contract: a picture that stands still is found frozen.
    """

    def render(
        request: AnyRequest,
        folder: Path,
        images: Mapping[str, Path],
        heartbeat: Heartbeat,
        output_path: Callable[[str, str], Path],
    ) -> list[Output]:
        import numpy as np

        from callsheet.canonical import digest
        from callsheet.features import ConsistencyCheck
        from callsheet.media.ffmpeg import encode_frames
        from callsheet.studio.checking import check

        if isinstance(request, ConsistencyCheck):
            return check(request, images, heartbeat)
        outputs: list[Output] = []
        ordered = _ordered(request, images, scale)
        for number, (width, height, seconds) in enumerate(ordered, 1):
            colour = bytes.fromhex(digest([request.model_dump(mode="json"), number])[:6])
            frame = np.full((height, width, 3), list(colour), np.uint8)
            name = f"shot-{number}.mp4" if request.feature in ("sequence", "character_sequence") else "video.mp4"
            heartbeat(number / (len(ordered) + 1))
            encode_frames(
                _swept(frame, seconds * FPS) if moving else iter([frame] * (seconds * FPS)),
                width=width,
                height=height,
                fps=FPS,
                out=folder / name,
                audio=None,
                crf=30,
                preset="ultrafast",
                timeout=120,
            )
            outputs.append({"name": name, "kind": "video", "seconds": seconds, "shot_number": number})
        return outputs

    return render


def _swept(frame: Any, count: int) -> Iterator[Any]:
    """The frame so often, with a bar of an eighth of its width that goes across every two seconds."""
    width = frame.shape[1]
    for number in range(count):
        swept = frame.copy()
        start = number % (2 * FPS) * width // (2 * FPS)
        swept[:, start : start + width // 8] = 255 - frame[0, 0]
        yield swept


def _ordered(request: AnyRequest, images: Mapping[str, Path], scale: int) -> list[tuple[int, int, int]]:
    """Width, height and seconds of each clip. One that is made of a clip has its size, and what is added in length."""
    from callsheet.media.probe import probe

    sources = SOURCES.get(request.feature)
    if sources is None or request.feature == "complete_production":
        frames = [(*frame_size(resolution), seconds) for resolution, seconds in request.billed()]
        return [(width // scale // 2 * 2, height // scale // 2 * 2, seconds) for width, height, seconds in frames]
    clip = probe(images[str(getattr(request, sources[0]))])
    return [(clip.width, clip.height, round(clip.seconds) + getattr(request, "extension_duration", 0))]


@contextlib.contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serves an ASGI application on a free port of this machine; gives `http://127.0.0.1:PORT`."""
    import uvicorn

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    started = threading.Event()

    class Told(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            started.set()

    server = Told(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
    thread.start()
    if not started.wait(START_LIMIT):
        raise TimeoutError("the server did not start")
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(START_LIMIT)
        listener.close()
