"""The label, measured on the picture that it is drawn on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from callsheet.errors import MediaError
from callsheet.media.ffmpeg import read_sync
from callsheet.media.fonts import fonts_dir
from callsheet.media.provenance.label import Corner, label_script


def drawn(folder: Path, script: str, width: int, height: int, at: float = 0.0) -> np.ndarray:
    """Where white ink is, of the label on grey."""
    (folder / "label.ass").write_text(script, encoding="utf-8")
    words = f"ass=f=label.ass:fontsdir={fonts_dir()}".replace("label.ass", str(folder / "label.ass"))
    source = f"color=gray:s={width}x{height}:r=10:d=4"
    raw = read_sync(
        ["-f", "lavfi", "-i", source, "-vf", f"{words},trim=start={at},format=gray", "-frames:v", "1", "-f", "rawvideo",
         "pipe:1"],
        timeout=60,
    )  # fmt: skip
    picture: np.ndarray = np.frombuffer(raw, np.uint8).reshape(height, width)
    return picture > 200


@pytest.mark.parametrize(
    ("size", "language", "corner"),
    [
        ((640, 360), "zh-CN", "top left"),
        ((640, 360), "en-US", "bottom right"),
        ((360, 640), "ja", "top right"),
        ((360, 640), "zh", "bottom left"),
    ],
)
def test_it_is_high_enough_and_inside_its_margins(
    tmp_path: Path, size: tuple[int, int], language: str, corner: Corner
) -> None:
    width, height = size
    margins = (0.05, 0.12, 0.15, 0.2)
    script = label_script(width, height, language=language, margins=margins, corner=corner, seconds=3)
    ink = drawn(tmp_path, script, width, height)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    assert rows[-1] - rows[0] + 1 >= 0.05 * min(size)
    assert rows[0] >= height * 0.12 and rows[-1] < height * 0.8
    assert columns[0] >= width * 0.05 and columns[-1] < width * 0.85
    assert (rows.mean() < height / 2) == corner.startswith("top")
    assert (columns.mean() < width / 2) == corner.endswith("left")


def test_it_stays_for_its_seconds(tmp_path: Path) -> None:
    script = label_script(320, 180, language="zh", seconds=2)
    assert drawn(tmp_path, script, 320, 180, at=1.9).any()
    assert not drawn(tmp_path, script, 320, 180, at=2.0).any()


def test_too_short_and_too_narrow_are_refused() -> None:
    with pytest.raises(MediaError, match=r"1 s are not allowed"):
        label_script(320, 180, language="zh", seconds=1)
    with pytest.raises(MediaError, match="leave it no room"):
        label_script(320, 180, language="en", margins=(0.45, 0, 0.45, 0))
