"""Scripts spoken sentence by sentence: one by Kokoro, and a tone where only the book-keeping is tried."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from callsheet.errors import BriefError
from callsheet.media import speech
from callsheet.media.loudness import RATE
from callsheet.media.speech import kokoro
from callsheet.media.speech.estimate import estimate
from callsheet.media.speech.narration import narrate, sentences_of
from callsheet.media.wave import read_sound

SCRIPT = "今天学习函数。它有一个参数！\n\n你准备好了吗?"


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALLSHEET_HOME", str(folder))
        yield folder


def tone(tokens: list[int], voice: object) -> np.ndarray:
    """Instead of the model: 0.1 s for each phoneme."""
    at = np.arange(round(0.1 * len(tokens) * kokoro.MODEL_RATE)) / kokoro.MODEL_RATE
    return np.asarray(0.3 * np.sin(2 * np.pi * 200 * at), np.float32)


def test_a_script_becomes_sentences_and_keeps_its_paragraphs() -> None:
    assert sentences_of(SCRIPT) == ("今天学习函数。", "它有一个参数！\n", "你准备好了吗?\n")
    assert sentences_of("One two three. Four five six, Dr. Seven.\n") == (
        "One two three.",
        "Four five six, Dr. Seven.\n",
    )
    assert sentences_of(" \n。\n") == ()


def test_real_speech_is_timed_as_it_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float] = []
    made = narrate(sentences_of(SCRIPT), "zh-CN", "female", folder=tmp_path, on_progress=told.append)
    first, second, third = made.sentences
    assert (first.start, third.end) == (0.0, made.seconds)
    assert second.start - first.end == pytest.approx(0.42)
    assert third.start - second.end == pytest.approx(0.7)
    for sentence in made.sentences:
        sound = read_sound(sentence.audio)
        assert len(sound) / RATE == pytest.approx(sentence.end - sentence.start, abs=1e-4)
        alone = speech.speak(sentence.text, language="zh-CN", voice="female")
        assert np.abs(sound - alone.samples).max() < 2**-22
    assert told == sorted(told) and told[-1] == 1.0
    assert estimate(sentences_of(SCRIPT), "zh-CN") == pytest.approx(made.seconds, rel=0.15)
    # Said again: nothing is spoken, with whatever pauses.
    monkeypatch.setattr(kokoro, "synthesise", lambda *_: pytest.fail("it was spoken before"))
    again = narrate(sentences_of(SCRIPT), "zh-CN", "female", folder=tmp_path, pause=1.0)
    assert again.seconds == pytest.approx(made.seconds + 2.0 - 0.42 - 0.7)
    assert [line.start for line in again.lines(25, 2.0)] == [round((s.start + 2.0) * 25) for s in again.sentences]


def test_a_long_script_takes_the_memory_of_a_short_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kokoro, "synthesise", tone)

    def peak(count: int) -> float:
        words = [f"这是第{number}个例子。" for number in range(1000 + count, 1000 + 2 * count)]
        tracemalloc.start()
        try:
            made = narrate(words, "zh-CN", "male", folder=tmp_path)
            assert len(made.sentences) == count and made.seconds > count
            return tracemalloc.get_traced_memory()[1] / 2**20
        finally:
            tracemalloc.stop()

    peak(2)  # the dictionaries
    short, long = peak(5), peak(30)
    # 25 sentences more, each of 1 MiB and more.
    assert long - short < 4.0, f"{short:.1f} MiB for 5 sentences, {long:.1f} MiB for 30"


def test_what_can_not_be_said_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kokoro, "synthesise", tone)
    with pytest.raises(BriefError, match=r"sentences\[1\]"):
        narrate(["一二三四。", "……"], "zh-CN", "male", folder=tmp_path)
    with pytest.raises(BriefError, match="voice"):
        narrate(["一二三四。"], "zh-CN", "nobody", folder=tmp_path)


def test_estimates_add_up() -> None:
    assert estimate([], "zh-CN") == 0.0
    one, two = estimate(["今天学习函数。"], "zh-CN"), estimate(["今天学习函数。", "今天学习函数。"], "zh-CN")
    assert two == pytest.approx(2 * one + 0.42)
    assert estimate(["今天学习函数。"], "zh-CN", speed=2.0) == pytest.approx(one / 2)
