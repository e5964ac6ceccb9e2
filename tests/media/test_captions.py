"""Captions keep every character of the script, fit the screen, and follow the voice."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pysubs2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.errors import MediaError
from callsheet.media.captions import Cue, Utterance, cues, utterances, write
from callsheet.media.linebreaks import LIMIT, lines_of, shown, width

SCRIPT_ZH = (
    "智能音箱用声音点亮您的家，让每一个清晨都从一首好歌开始。晚上，它会轻声提醒您关灯休息，陪伴全家人安心入睡。"
    "使用 Callsheet 可以在十分钟内完成一支 1080p 的产品宣传片，费用只要 23.6 元！"
)
SCRIPT_EN = (
    "The speaker listens when you need it and stays quiet when you do not, so the room always sounds like home. "
    "It's 3.5 times louder than before; nothing else changed."
)

scripts = st.text(
    st.sampled_from("智能音箱用声音点亮您的家，。！？、“”（） abcdefghij ABC 0123,.!?-'&<>{}\\Nn")
    | st.characters(categories=("L", "P")),
    min_size=1,
    max_size=150,
)
languages = st.sampled_from(["zh-CN", "en-US"])


@given(scripts, languages)
def test_lines_joined_are_the_text(text: str, language: str) -> None:
    lines = lines_of(text, language)
    assert "".join(lines) == text
    assert all(width(line) <= LIMIT for line in lines)


@given(scripts, languages)
def test_captions_joined_are_the_script(text: str, language: str) -> None:
    made = cues([Utterance(text, 1.0, 9.0)], language)
    assert "".join(piece for cue in made for piece in cue.pieces) == text
    assert all(len(cue.pieces) <= 2 for cue in made)
    assert [cue.start for cue in made] == sorted(cue.start for cue in made)
    assert made[0].start == 1.0
    for cue, following in pairwise(made):
        assert cue.end <= following.start + 1e-9


@given(
    st.lists(st.text(st.characters(categories=("L", "P", "S", "Nd")), min_size=1, max_size=60), min_size=1, max_size=6)
)
def test_what_is_in_the_file_is_what_is_said(tmp_path_factory: pytest.TempPathFactory, words: list[str]) -> None:
    folder = tmp_path_factory.mktemp("captions")
    said = [Utterance(" ".join(words), 0.0, 20.0)]
    write(cues(said, "zh-CN"), folder / "a.srt")
    # A reader of our own: an SRT cue is a number, a time line and the words, and then an empty line.
    blocks = (folder / "a.srt").read_text(encoding="utf-8").strip().split("\n\n")
    spoken = "".join("".join(block.split("\n")[2:]) for block in blocks)
    assert "".join(spoken.split()) == "".join("".join(words).split())


def test_chinese_is_broken_at_clauses_and_between_words() -> None:
    lines = [shown(line) for line in lines_of(SCRIPT_ZH, "zh-CN")]
    assert lines[:4] == [
        "智能音箱用声音点亮您的家，",
        "让每一个清晨都从一首好歌开始。",
        "晚上，它会轻声提醒您关灯休息，",
        "陪伴全家人安心入睡。",
    ]
    assert max(len(re.findall(r"[\u4e00-\u9fff]", line)) for line in lines) <= 16
    for line in lines:
        assert line[0] not in "，。！？、”）"
    # No word of Latin letters or digits is torn.
    for word in ("Callsheet", "1080p", "23.6"):
        assert any(word in line for line in lines)


def test_a_long_clause_without_marks_is_not_broken_inside_a_word() -> None:
    lines = lines_of("我们的产品经理昨天下午在上海国际会议中心介绍了全新的人工智能语音助手", "zh-CN")
    for line in lines:
        assert not line.startswith(("际", "心", "理", "议", "工", "能", "音助"))


def test_english_lines_hold_42_characters() -> None:
    lines = [shown(line) for line in lines_of(SCRIPT_EN, "en-US")]
    assert max(map(len, lines)) <= 42
    assert " ".join(lines) == SCRIPT_EN


def test_a_cue_follows_its_sentence() -> None:
    text = "第一句话。 第二句话说得久一些。"
    parts = utterances(text, 10.0, 5.0, [("第一句话。", 0.2, 1.4), ("第二句话说得久一些。", 2.0, 4.9)])
    assert [part.text for part in parts] == ["第一句话。 ", "第二句话说得久一些。"]
    assert [(part.start, part.end) for part in parts] == [(10.2, 11.4), (12.0, 14.9)]
    # Sentences that are not those of the text are not trusted.
    assert utterances(text, 1.0, 5.0, [("别的话", 0.0, 1.0)]) == [Utterance(text, 1.0, 6.0)]
    assert utterances(text, 1.0, 5.0, []) == [Utterance(text, 1.0, 6.0)]


def test_short_cues_stay_and_gaps_that_flicker_are_closed() -> None:
    made = cues([Utterance("好。", 1.0, 1.2), Utterance("你好。", 3.0, 4.0), Utterance("再见。", 4.1, 5.0)], "zh-CN")
    assert [(cue.start, round(cue.end, 3)) for cue in made] == [(1.0, 1.833), (3.0, 4.1), (4.1, 5.0)]


def test_both_formats_are_read_back_by_another_reader(tmp_path: Path) -> None:
    made = cues([Utterance("R&D <b>makes</b> 5 > 4.", 1.5, 3.25)], "en-US")
    for kind in ("srt", "vtt"):
        path = tmp_path / f"a.{kind}"
        write(made, path)
        events = pysubs2.load(str(path))
        assert [(event.start, event.end) for event in events] == [(1500, 3250)]
    vtt = (tmp_path / "a.vtt").read_text(encoding="utf-8")
    assert vtt.startswith("WEBVTT\n\n")
    assert "R&amp;D &lt;b&gt;makes&lt;/b&gt; 5 &gt; 4." in vtt
    with pytest.raises(MediaError, match="srt or"):
        write(made, tmp_path / "a.txt")


def test_a_cue_shows_no_spaces_at_its_ends() -> None:
    assert Cue(("one two ", " "), 0.0, 1.0).text == "one two"
