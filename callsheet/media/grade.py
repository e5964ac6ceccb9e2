"""The palette of one picture for another: mean and spread of each channel of CIELAB, as one 3D look-up table.

E. Reinhard et al., "Color Transfer between Images", IEEE CG&A 21(5), 2001, with CIELAB for their l-alpha-beta. Measured
over frames of the whole clip and applied by one table, so that a clip keeps its motion and can't flicker.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from callsheet.errors import MediaError
from callsheet.media.ffmpeg import BITEXACT, BT709, THREADS, run

GRADE_SECONDS = 600.0
SAMPLES = 12
"""Frames of a clip that are measured."""
NODES = 33
"""Points of the table along each axis: what grading programs use."""
SPREAD = (0.5, 2.0)
"""How far the spread of a channel may be pressed or pulled: beyond it flat areas show bands and noise."""


async def grade(source: Path, reference: Path, out: Path, *, strength: float) -> None:
    """Writes `source` with the palette of `reference`, a clip or an image; `strength` 0..1. Raises `MediaError`."""
    table = table_of(_palette(source), _palette(reference), strength)
    cube = out.parent / "grade.cube"
    cube.write_text(table, encoding="ascii")
    await run(
        [
            *("-i", str(source), "-vf", f"lut3d=file={cube.name}:interp=tetrahedral,format=yuv420p,{BT709}"),
            *("-map", "0:v:0", "-map", "0:a?", "-c:v", "libx264", "-preset", "veryfast", "-crf", "18"),
            *("-threads", THREADS, "-c:a", "copy", *BITEXACT, "-movflags", "+faststart", "-f", "mp4", str(out)),
        ],
        timeout=GRADE_SECONDS,
        cwd=out.parent,
    )


def _palette(path: Path) -> Any:
    """(2, 3): mean and standard deviation of L, a and b over sampled frames."""
    import cv2

    if path.suffix == ".mp4":
        frames = _frames(path)
    else:
        picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
        frames = [] if picture is None else [picture]
    if not frames:
        raise MediaError(f"{path.name}: no picture can be read")
    small = [cv2.resize(frame, (160, 90), interpolation=cv2.INTER_AREA) for frame in frames]
    lab = np.concatenate([_lab(frame.astype(np.float32) / 255).reshape(-1, 3) for frame in small])
    return np.stack([lab.mean(0), lab.std(0)])


def _frames(path: Path) -> list[Any]:
    import av

    from callsheet.media.probe import probe

    step = max(1, probe(path).frames // SAMPLES)
    found = []
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number % step == 0:
                found.append(frame.to_ndarray(format="bgr24"))
    return found


def _lab(bgr: Any) -> Any:
    import cv2

    return cv2.cvtColor(np.ascontiguousarray(bgr, np.float32), cv2.COLOR_BGR2LAB)


def table_of(source: Any, reference: Any, strength: float) -> str:
    """The table as a .cube file: red runs fastest. Palettes as (2, 3) mean and spread in CIELAB; strength 0..1."""
    import cv2

    axis = np.linspace(0, 1, NODES, dtype=np.float32)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")
    grid = np.stack([blue, green, red], -1).reshape(1, -1, 3)
    lab = _lab(grid)
    scale = np.clip(reference[1] / np.maximum(source[1], 1e-3), *SPREAD)
    moved = (lab - source[0]) * scale + reference[0]
    graded = lab + strength * (moved - lab)
    graded[..., 0] = np.clip(graded[..., 0], 0, 100)
    colours = np.clip(cv2.cvtColor(graded.astype(np.float32), cv2.COLOR_LAB2BGR)[0, :, ::-1], 0, 1)
    lines = [f"LUT_3D_SIZE {NODES}", *(f"{r:.6f} {g:.6f} {b:.6f}" for r, g, b in colours)]
    return "\n".join(lines) + "\n"
