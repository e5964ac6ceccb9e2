"""Burnt captions on every platform, drawn by libass: inside what the platform leaves free, large, and real letters."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from callsheet.media import ffmpeg
from callsheet.media.captions import Cue, Utterance, cues
from callsheet.media.fonts import fonts_dir, line_height
from callsheet.media.lettering import CAPTION_EM, SMALLEST_EM, caption_script, caption_share
from callsheet.media.reading import caption_faults
from callsheet.media.segments import escaped
from callsheet.platforms import Platform, platforms

SAID = {
    "zh-CN": "智能音箱用声音点亮您的家，让每一个清晨都从一首好歌开始。使用 Callsheet 十分钟完成一支宣传片！",
    "en-US": "The speaker listens when you need it and stays quiet when you do not, so the room sounds like home.",
}
SCALE = 2  # pictures are drawn at half the platform's size: letters are the same, and four times as fast

Drawn = npt.NDArray[np.uint8]


def made(language: str) -> list[Cue]:
    return cues([Utterance(SAID[language], 0.0, 9.0)], language)


def drawn(script: str, moments: list[float], size: tuple[int, int], folder: Path) -> list[Drawn]:
    """The script over grey at several moments, as (height, width): what was drawn, and not the ground."""
    path = folder / "a.ass"
    path.write_text(script, encoding="utf-8")
    width, height = size[0] // SCALE, size[1] // SCALE
    picked = "+".join(f"eq(n\\,{round(moment * 10)})" for moment in moments)
    graph = f"color=0x808080:s={width}x{height}:r=10:d=10,format=yuv420p,select={picked}"
    graph += f",ass=f={escaped(path)}:fontsdir={escaped(fonts_dir())},format=gray"
    args = ["-f", "lavfi", "-i", graph, "-fps_mode", "passthrough", "-f", "rawvideo", "pipe:1"]
    frames = np.frombuffer(ffmpeg.read_sync(args, timeout=60), np.uint8).reshape(-1, height, width)
    assert len(frames) == len(moments)
    return [np.abs(frame.astype(int) - int(frame[0, 0])).astype(np.uint8) for frame in frames]


@pytest.mark.parametrize("language", SAID)
@pytest.mark.parametrize("platform", platforms().values(), ids=platforms())
def test_burnt_captions_stand_in_the_safe_area(platform: Platform, language: str, tmp_path: Path) -> None:
    size, margins = (platform.width, platform.height), platform.safe_shares
    script = caption_script(made(language), *size, language=language, margins=margins)
    events = [line for line in script.splitlines() if line.startswith("Dialogue:")]
    assert all(line.count(r"\N") <= 1 for line in events)
    sizes = [float(line.partition(r"\fs")[2].partition("\\")[0]) for line in events]
    assert min(sizes) >= line_height(SMALLEST_EM * min(size)) - 0.1
    assert max(sizes) <= line_height(CAPTION_EM * min(size)) + 0.1
    begins = [clock(line.split(",")[1]) for line in events]
    moments = [round((one + other) / 2, 1) for one, other in zip(begins, [*begins[1:], 9.0], strict=True)]
    for frame in drawn(script, moments, size, tmp_path):
        rows, columns = np.nonzero(frame > 12)
        assert len(rows) > 100
        assert columns.min() >= margins[0] * frame.shape[1] - 1
        assert columns.max() <= (1 - margins[2]) * frame.shape[1] + 1
        assert rows.min() >= margins[1] * frame.shape[0] - 1
        assert rows.max() <= (1 - margins[3]) * frame.shape[0] + 1
        # Boxes for missing letters would be one shape again and again.
        count, _, stats, _ = cv2.connectedComponentsWithStats((frame > 100).astype(np.uint8))
        shapes = {tuple(int(value) for value in stats[number, 2:]) for number in range(1, count)}
        assert len(shapes) >= 4


@pytest.mark.parametrize("language", SAID)
def test_a_narrow_frame_has_fewer_letters_in_a_line_and_loses_none(language: str) -> None:
    wide = caption_share(1920, 1080, (0.05, 0.05, 0.05, 0.05))
    narrow = caption_share(1080, 1920, (0.05, 0.15, 0.18, 0.35))
    assert narrow(SAID[language]) > wide(SAID[language])
    script = caption_script(made(language), 1080, 1920, language=language, margins=(0.05, 0.15, 0.18, 0.35))
    words = [line.rpartition("}")[2].replace(r"\N", "") for line in script.splitlines() if line.startswith("Dialogue:")]
    assert "".join("".join(words).split()) == "".join(SAID[language].split())
    assert len(words) > len(made(language)) - 1
    assert caption_faults(made(language), language) == []


def clock(time: str) -> float:
    hours, minutes, seconds = time.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
