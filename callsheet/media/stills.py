"""A single picture of a clip."""

from __future__ import annotations

import tempfile
from pathlib import Path

from callsheet.media.ffmpeg import run
from callsheet.media.probe import probe

STILL_SECONDS = 120.0


async def still(path: Path, *, last: bool) -> bytes:
    """The first or the last frame as PNG, at the clip's own size. Raises `MediaError`."""
    number = probe(path).frames - 1 if last else 0
    chosen = ("-vf", f"select=eq(n\\,{number})", "-frames:v", "1", "-fps_mode", "passthrough")
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        out = Path(folder) / "still.png"
        await run(["-i", str(path), *chosen, str(out)], timeout=STILL_SECONDS)
        return out.read_bytes()
