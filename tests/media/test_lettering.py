"""Titles and burnt captions: really drawn, inside the safe area, in a font that has the letters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from callsheet.media import ffmpeg
from callsheet.media.captions import Cue
from callsheet.media.fonts import FAMILY, font_path, fonts_dir
from callsheet.media.lettering import broken, caption_script, title_script
from callsheet.media.segments import escaped
from callsheet.timeline import Shot, Timeline, Title

Drawn = npt.NDArray[np.uint8]


def drawn(script: str, width: int, height: int, second: float, folder: Path, colour: str = "black") -> Drawn:
    """One frame of a script over a plain colour, as grey (height, width)."""
    path = folder / "a.ass"
    path.write_text(script, encoding="utf-8")
    source = f"color={colour}:s={width}x{height}:r=30:d=4,format=gray,format=yuv420p"
    graph = f"{source},ass=f={escaped(path)}:fontsdir={escaped(fonts_dir())},format=gray"
    args = ["-f", "lavfi", "-i", graph, "-ss", str(second), "-frames:v", "1", "-f", "rawvideo", "pipe:1"]
    return np.frombuffer(ffmpeg.read_sync(args, timeout=30), np.uint8).reshape(height, width)


def titled(title: Title, width: int, height: int) -> str:
    timeline = Timeline(name="x", width=width, height=height, shots=(Shot(clip="a", frames=120),), titles=(title,))
    script = title_script(timeline)
    assert script is not None
    return script


@pytest.mark.parametrize(("width", "height"), [(320, 180), (180, 320), (240, 240)])
@pytest.mark.parametrize("closing", [True, False])
@pytest.mark.parametrize(
    "text", ["光", "智能音箱 Aurora", "The Quite Remarkably Long Name of a Speaker {Pro} \\N 2027"]
)
def test_titles_stay_inside_the_safe_area(tmp_path: Path, width: int, height: int, closing: bool, text: str) -> None:
    title = Title(
        text=text, subtitle="让每一个清晨都从一首好歌开始，陪伴全家人", start=0, frames=120 if closing else 100
    )
    seen = drawn(titled(title, width, height), width, height, 2.0, tmp_path)
    lines, columns = np.nonzero(seen > 150)
    assert len(lines) > 20
    assert columns.min() >= 0.05 * width - 1
    assert columns.max() <= 0.95 * width + 1
    assert lines.min() >= 0.05 * height - 1
    assert lines.max() <= 0.95 * height + 1
    middle = (columns.min() + columns.max()) / 2 / width
    if closing:
        assert middle == pytest.approx(0.5, abs=0.05)


def test_a_title_fades_in_and_the_closing_one_stays(tmp_path: Path) -> None:
    passing = titled(Title(text="光的声音", start=15, frames=60), 320, 180)
    brightest = [int(drawn(passing, 320, 180, second, tmp_path).max()) for second in (0.4, 0.6, 1.5, 2.4, 2.6)]
    black = brightest[0]
    assert brightest[4] == black
    assert black < brightest[1] < brightest[2]
    assert brightest[2] > 225
    assert black < brightest[3] < brightest[2]
    closing = titled(Title(text="光的声音", start=15, frames=105), 320, 180)
    assert drawn(closing, 320, 180, 3.95, tmp_path).max() > 225


def test_titles_can_be_read_over_white(tmp_path: Path) -> None:
    script = titled(Title(text="智能音箱", subtitle="用声音点亮您的家", start=0, frames=120), 320, 180)
    seen = drawn(script, 320, 180, 2.0, tmp_path, "white").astype(int)
    rows = slice(int(180 * 0.62), int(180 * 0.80))
    words, ground = np.percentile(seen[rows, 90:230], [99, 20])
    assert words - ground > 90


def test_the_letters_are_in_the_font(tmp_path: Path) -> None:
    """Boxes for missing letters would all look the same."""
    assert [path.name for path in fonts_dir().iterdir()] == [font_path().name]
    assert FAMILY in titled(Title(text="x", start=0, frames=120), 320, 180)
    pictures = [
        drawn(titled(Title(text=word, start=0, frames=120), 320, 180), 320, 180, 2.0, tmp_path) for word in "智家能"
    ]
    for one, other in ((0, 1), (1, 2), (0, 2)):
        assert np.abs(pictures[one].astype(int) - pictures[other].astype(int)).max() > 150


def test_burnt_captions_are_drawn_at_their_time(tmp_path: Path) -> None:
    cues = [Cue(("智能音箱用声音点亮您的家，", "让每一个清晨都从一首好歌"), 1.0, 2.0)]
    for width, height in ((320, 180), (180, 320)):
        script = caption_script(cues, width, height)
        assert drawn(script, width, height, 0.5, tmp_path).max() < 40
        seen = drawn(script, width, height, 1.5, tmp_path)
        lines, columns = np.nonzero(seen > 150)
        assert columns.min() >= 0.05 * width - 1
        assert columns.max() <= 0.95 * width + 1
        assert lines.min() > 0.5 * height
        assert lines.max() < 0.95 * height


def test_long_titles_are_broken_evenly_and_short_ones_are_not() -> None:
    assert broken("智能音箱", 40, 300) == (["智能音箱"], 40)
    lines, em = broken("让每一个清晨都从一首好歌开始，陪伴全家人安心入睡", 40, 600)
    assert lines == ["让每一个清晨都从一首好歌开始，", "陪伴全家人安心入睡"]
    assert em > 28
    assert "".join(broken("字" * 90, 40, 300)[0]) == "字" * 90
