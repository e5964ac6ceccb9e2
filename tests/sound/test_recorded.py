"""Lines from files: trimmed, levelled and timed by sentence, measured on speech whose times are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from callsheet.errors import MediaError
from callsheet.media import loudness
from callsheet.media.cut import _said
from callsheet.media.loudness import RATE
from callsheet.media.speech import Spoken, speak
from callsheet.media.speech.recorded import recorded
from callsheet.media.wave import write_wav
from callsheet.timeline import Line, Shot, Timeline, line_clip

TEXTS = {
    "en-US": "This is a function. Is that quite clear?",
}


def file(path: Path, said: Spoken) -> Path:
    """The line as a service sends it: quieter, with half a second of faint hiss before it and a second after."""
    noise = np.random.default_rng(7).normal(0.0, 1e-4, (len(said.samples) + RATE * 3 // 2, 2)).astype(np.float32)
    noise[RATE // 2 : RATE // 2 + len(said.samples)] += 0.4 * said.samples
    write_wav(path, noise)
    return path


@pytest.mark.parametrize("language", TEXTS)
def test_sentences_of_a_file_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setenv("CALLSHEET_HOME", str(tmp_path))
    known = speak(TEXTS[language], language=language, voice="female")
    found = recorded(file(tmp_path / "line.wav", known), TEXTS[language], language)
    assert [each.text for each in found.sentences] == [each.text for each in known.sentences]
    assert len(found.sentences) == 2
    assert abs(found.seconds - known.seconds) < 0.15
    for ours, theirs in zip(found.sentences, known.sentences, strict=True):
        assert abs(ours.start - theirs.start) < 0.15 and abs(ours.end - theirs.end) < 0.15
    assert loudness.integrated(found.samples) == pytest.approx(-20.0, abs=0.5)


def test_a_line_with_a_file_is_not_spoken_again(tmp_path: Path) -> None:
    line = Line(text="Hello there.", said="Hello, there.", start=0)
    timeline = Timeline(name="w", width=320, height=180, language="en-US", voice="nobody", lines=(line,),
                        shots=(Shot(clip="c", frames=90),))  # fmt: skip
    at = np.arange(RATE) / RATE
    tone = (0.1 * np.sin(2 * np.pi * 220 * at)).astype(np.float32)
    write_wav(tmp_path / "line.wav", np.stack([tone, tone], axis=1))
    said = _said(line, timeline, tmp_path / "line.wav")
    assert 0.9 < said.seconds <= 1.0
    assert [sentence.text for sentence in said.sentences] == ["Hello, there."]
    assert float(np.corrcoef(said.samples[2000:40000, 0], tone[2000:40000])[0, 1]) > 0.99
    assert line_clip(line, timeline) != line_clip(line.model_copy(update={"said": None}), timeline)


def test_a_file_without_anything_audible_is_refused(tmp_path: Path) -> None:
    write_wav(tmp_path / "line.wav", np.zeros((RATE, 2), np.float32))
    with pytest.raises(MediaError, match="without anything audible"):
        recorded(tmp_path / "line.wav", "Hello there.", "en-US")
