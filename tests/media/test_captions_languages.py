"""Translations are shown while their sentences are heard, and what can't be read in time is found."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.media.captions import Cue, Utterance, cues, fitted, sentences_of, translated
from callsheet.media.linebreaks import of_a_line
from callsheet.media.reading import SHORTEST, caption_faults, seconds_to_read

THREE = [("一。", 0.2, 1.0), ("二。", 1.5, 4.0), ("三。", 4.5, 6.0)]


def test_a_translation_has_the_times_of_its_sentences() -> None:
    assert translated("One. Two is longer. Three.", 10.0, 6.0, THREE) == [
        Utterance("One. ", 10.2, 11.0),
        Utterance("Two is longer. ", 11.5, 14.0),
        Utterance("Three.", 14.5, 16.0),
    ]
    assert translated("All of it at once.", 10.0, 6.0, THREE) == [Utterance("All of it at once.", 10.2, 16.0)]
    assert translated("One. Two.", 10.0, 6.0, []) == [Utterance("One. Two.", 10.0, 16.0)]


@given(
    st.lists(st.text("ab 中文。.!? ", min_size=1, max_size=30), min_size=1, max_size=6),
    st.lists(st.floats(0.2, 5.0), min_size=1, max_size=6),
)
def test_a_translation_keeps_its_words_and_its_lines_time(sentences: list[str], lengths: list[float]) -> None:
    text = "".join(sentences)
    assert "".join(sentences_of(text)) == text
    spoken = [(str(number), sum(lengths[:number]), sum(lengths[: number + 1])) for number in range(len(lengths))]
    made = translated(text, 3.0, sum(lengths), spoken)
    assert "".join(part.text for part in made) == text
    assert made[0].start == pytest.approx(3.0)
    assert made[-1].end == pytest.approx(3.0 + sum(lengths))
    for one, other in pairwise(made):
        assert one.start < one.end <= other.start + 1e-9


def test_what_is_too_fast_stays_longer_where_there_is_room() -> None:
    words = "这一句话说得实在太快了谁也来不及看"
    alone = cues([Utterance(words, 1.0, 2.0)], "zh-CN", end=30.0)
    assert alone[0].end - alone[0].start == pytest.approx(seconds_to_read(words))
    assert caption_faults(alone, "zh-CN") == []
    assert cues([Utterance("好", 1.0, 1.2)], "zh-CN", end=30.0)[0].end == pytest.approx(1.0 + SHORTEST)
    crowded = cues([Utterance(words, 1.0, 2.0), Utterance("然后呢？", 2.1, 3.0)], "zh-CN", end=30.0)
    (fault,) = caption_faults(crowded, "zh-CN")
    assert str(fault) == (
        "the cue at 1.00 s has 17 characters in 1.10 s, 15.5 a second;"
        " 1.89 s are needed (9 Chinese characters a second)"
    )
    assert cues([Utterance(words, 29.5, 30.0)], "zh-CN", end=30.0)[0].end == 30.0


def test_every_fault_of_a_cue_is_named() -> None:
    made = [Cue(("a", "b", "c"), 0.0, 0.5), Cue(("x" * 43,), 0.4, 9.0)]
    problems = [fault.problem for fault in caption_faults(made, "en-US")]
    assert problems == [
        "stays 0.50 s; at least 0.83 s are allowed",
        "has 3 lines; at most 2 are allowed",
        "is still there when the next one begins",
        "stays 8.60 s; at most 7 s are allowed",
        "has a line that is too wide",
    ]


@given(st.text("一二三四五六七八九，。 abc", min_size=1, max_size=90), st.floats(0.3, 1.0))
def test_cues_for_a_narrow_frame_keep_words_and_times(text: str, narrow: float) -> None:
    made = cues([Utterance(text, 1.0, 8.0)], "zh-CN")
    again = fitted(made, "zh-CN", lambda piece: of_a_line(piece) / narrow)
    assert "".join(piece for cue in again for piece in cue.pieces) == text
    assert all(len(cue.pieces) <= 2 and of_a_line(piece) <= narrow for cue in again for piece in cue.pieces)
    assert again[0].start == made[0].start
    assert again[-1].end == pytest.approx(made[-1].end)
