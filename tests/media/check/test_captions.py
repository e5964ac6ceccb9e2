"""Captions are measured where they are drawn: out of the area, out of the frame, too long, too fast, too late."""

from __future__ import annotations

from pathlib import Path

import pytest

from callsheet.errors import Unreadable
from callsheet.media.captions import Cue as WrittenCue
from callsheet.media.check.captions import drawn, read
from callsheet.media.check.facts import Cue
from callsheet.media.check.words import hurry
from callsheet.media.lettering import caption_script
from tests.media.check.films import Film
from tests.media.check.test_planted import CLEAN, checked, failed

HEAD = """[Script Info]
ScriptType: v4.00+
PlayResX: 320
PlayResY: 180
WrapStyle: 2

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Words,Noto Sans SC,12,&H00FFFFFF,&H00FFFFFF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,1,0,2,0,0,24,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def ass(*events: str, start: str = "0:00:00.00", end: str = "0:00:02.00") -> str:
    return HEAD + "".join(f"Dialogue: 0,{start},{end},Words,,0,0,0,,{event}\n" for event in events)


def srt(*texts: str, seconds: float = 1.0) -> str:
    def clock(at: float) -> str:
        return f"00:00:{int(at):02},{round(at % 1 * 1000):03}"

    return "".join(
        f"{number}\n{clock((number - 1) * seconds)} --> {clock(number * seconds)}\n{text}\n\n"
        for number, text in enumerate(texts, 1)
    )


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


FAULTS = {
    "too low": ("c.ass", ass(r"{\pos(160,179)}low"), ["caption_area"]),
    "out of the frame": ("c.ass", ass(r"{\pos(900,900)}gone"), ["caption_area"]),
    "moving out": ("c.ass", ass(r"{\move(160,100,318,100)}away"), ["caption_area"]),
    "black words too": ("c.ass", ass(r"{\1c&H000000&\pos(160,179)}dark"), ["caption_area"]),
    "a line too long": ("c.srt", srt("a line that is much too long to fit into " * 2, seconds=6), ["caption_area"]),
    "three lines": ("c.srt", srt("one\ntwo\nthree"), ["caption_lines"]),
    "too fast": ("c.vtt", "WEBVTT\n\n00:00.000 --> 00:00.500\n这是一句太快的话，来不及看\n", ["caption_speed"]),
    "too late": ("c.srt", srt("one", "two", "three"), ["caption_overrun"]),
}
GOOD = {
    "ass": ("c.ass", ass(r"{\fad(200,200)}你好，世界\NHello")),
    "a shade over the whole frame": ("c.ass", ass("words", r"{\an7\pos(0,0)\p1}m 0 0 l 320 0 l 320 180 l 0 180{\p0}")),
    "srt": ("c.srt", srt("你好，世界\nHello", "{braces} and \\N")),
    "vtt": ("c.vtt", "WEBVTT\n\n00:00.000 --> 00:01.500\nthis &amp; <b>that</b>\n"),
    "ours": ("c.ass", caption_script([WrittenCue(("你好，", "世界"), 0.0, 2.0)], 320, 180, margins=(0.1,) * 4)),
}


@pytest.mark.parametrize("name", FAULTS)
def test_exactly_the_fault_of_a_caption_is_found(made: dict[Film, Path], tmp_path: Path, name: str) -> None:
    file, text, fails = FAULTS[name]
    film = CLEAN.but(seconds=6.0) if name == "a line too long" else CLEAN
    report = checked(made[film], {}, captions=written(tmp_path, file, text))
    assert failed(report) == fails, [str(point) for point in report.failures]


@pytest.mark.parametrize("name", GOOD)
def test_nothing_is_found_in_good_captions(made: dict[Film, Path], tmp_path: Path, name: str) -> None:
    report = checked(made[CLEAN], {}, captions=written(tmp_path, *GOOD[name]))
    assert [str(point) for point in report.failures] == []


async def test_a_box_is_that_of_the_drawn_pixels(tmp_path: Path) -> None:
    square = written(tmp_path, "c.ass", ass(r"{\an7\pos(40,30)\fscx100\bord0\fs40}■"))
    (cue,) = await drawn(square, size=(320, 180), margins=(0, 0, 0, 0))
    assert cue.box is not None
    left, top, right, bottom = cue.box
    assert 40 <= left < right <= 80
    assert 30 <= top < bottom <= 80
    assert abs((right - left) - (bottom - top)) <= 2


async def test_plain_captions_stand_at_the_edge_of_the_safe_area(tmp_path: Path) -> None:
    (cue,) = await drawn(written(tmp_path, "c.srt", srt("gyp")), size=(320, 180), margins=(16, 9, 16, 40))
    assert cue.box is not None
    assert 120 < cue.box[3] <= 140
    assert abs((cue.box[0] + cue.box[2]) / 2 - 160) <= 1


def test_reading_speed_counts_wide_and_narrow_letters() -> None:
    assert hurry(Cue(("九个字的句子在这里",), 0.0, 1.0, None)) == pytest.approx(1.0)
    assert hurry(Cue(("twenty letters are", "here"), 0.0, 1.0, None)) == pytest.approx(1.0)
    assert hurry(Cue(("九个字的句子在这里",), 0.0, 2.0, None)) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("c.txt", b"1", "captions are read from .srt, .vtt or .ass"),
        ("c.srt", b"nothing of the kind", "has no cue"),
        ("c.ass", b"[Script Info]\n", "has no cue"),
        ("c.vtt", b"WEBVTT\n\n00:00.000 --> 00:01.000\n\xff\xfe\n", "not VTT in UTF-8"),
        ("c.srt", b"1" * 5_000_000, "captions of at most"),
    ],
)
def test_what_is_no_caption_file_is_refused_in_one_line(tmp_path: Path, name: str, content: bytes, why: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Unreadable) as caught:
        read(path)
    assert why in caught.value.message
    assert "\n" not in caught.value.message


def test_a_visible_label_is_known_from_the_script(made: dict[Film, Path], tmp_path: Path) -> None:
    label = written(tmp_path, "label.ass", ass(r"{\an7\pos(30,20)}AI生成"))
    late = written(tmp_path, "late.ass", ass(r"{\an7\pos(30,20)}AI生成", start="0:00:01.00"))
    asked: dict[str, object] = {"aigc_label": True}
    assert failed(checked(made[CLEAN], asked, captions=label)) == []
    assert failed(checked(made[CLEAN], asked, captions=late)) == ["aigc_label"]
    assert failed(checked(made[CLEAN], asked, captions=late, aigc=False)) == []
    assert failed(checked(made[CLEAN], asked, captions=())) == ["aigc_label"]
    (unknown,) = (point for point in checked(made[CLEAN], asked).points if point.name == "aigc_label")
    assert (unknown.passed, unknown.note) == (None, "known only from the script that was burnt in")
