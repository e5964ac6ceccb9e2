"""The mix is measured by another meter than our own: ffmpeg's ebur128, on the file as written."""

from __future__ import annotations

import re
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callsheet.errors import MediaError
from callsheet.media import dynamics, ffmpeg, loudness, mix
from callsheet.media.loudness import RATE, Sound
from callsheet.media.wave import fit

STEMS = ["voice", "music", "ambience", "effects"]


def noise(seconds: float, level: float, seed: int, low: float = 100.0, high: float = 6000.0) -> Sound:
    """Pink-ish noise between two frequencies, stereo, RMS `level`."""
    samples = round(seconds * RATE)
    generator = np.random.Generator(np.random.Philox(seed))
    frequency = np.fft.rfftfreq(samples, 1 / RATE)
    shape = np.where((frequency > low) & (frequency < high), 1 / np.sqrt(np.maximum(frequency, 1.0)), 0.0)
    sound = np.fft.irfft(np.fft.rfft(generator.standard_normal((samples, 2)), axis=0) * shape[:, None], samples, axis=0)
    return np.asarray(sound / np.sqrt(np.mean(sound**2)) * level, np.float32)


def speech(seconds: float, seed: int = 1) -> Sound:
    """A stand-in with the dynamics of speech: a buzz of 140 Hz in syllables, four a second, with some breath in it."""
    at = np.arange(round(seconds * RATE)) / RATE
    phase = 2 * np.pi * 140 * at + 2.0 * np.sin(2 * np.pi * 0.7 * at)
    buzz = sum(np.sin(k * phase + seed * k) * np.exp(-(((k * 140 - 700) / 900) ** 2)) / 4 for k in range(1, 24))
    syllables = np.sin(2 * np.pi * 2.0 * at) ** 2 + 0.02
    return np.asarray((buzz[:, None] * 0.3 + noise(seconds, 0.01, seed, 2000, 8000)) * syllables[:, None], np.float32)


def ebur128(path: Path) -> tuple[float, float]:
    """Integrated LUFS and true peak dBTP by ffmpeg."""
    report = ffmpeg.run_sync(["-i", str(path), "-af", "ebur128=peak=true", "-f", "null", "-"], timeout=60)
    summary = report[report.rindex("Summary:") :]
    integrated = re.search(r"I:\s+(-?[\d.]+) LUFS", summary)
    peak = re.search(r"Peak:\s+(-?[\d.]+|-inf) dBFS", summary)
    assert integrated and peak
    return float(integrated[1]), float(peak[1])


@pytest.fixture(scope="module")
def full() -> mix.Mix:
    samples = 12 * RATE
    cues = [(RATE, speech(3.0)), (round(6.5 * RATE), speech(1.5, seed=2))]
    beds = [noise(12, 0.2, 3), noise(12, 0.05, 4), noise(12, 0.01, 5)]
    return mix.mix_stems(cues, *beds, samples=samples)


@pytest.mark.parametrize("target", [-14.0, -16.0, -23.0])
def test_loudness_and_peak_as_another_meter_reads_them(tmp_path: Path, target: float) -> None:
    made = mix.mix_stems(
        [(RATE, speech(3.0))], noise(8, 0.1, 3), noise(8, 0.05, 4), samples=8 * RATE, target_lufs=target
    )
    mix.write_wav(tmp_path / "mix.wav", made.mix)
    integrated, peak = ebur128(tmp_path / "mix.wav")
    assert abs(integrated - target) <= 0.5
    assert abs(integrated - made.lufs) <= 0.15
    assert peak <= -2.3
    assert abs(peak - made.true_peak_dbtp) <= 0.3


def test_the_peak_stays_under_the_ceiling_after_aac(tmp_path: Path, full: mix.Mix) -> None:
    mix.write_wav(tmp_path / "mix.wav", full.mix)
    ffmpeg.run_sync(
        ["-i", str(tmp_path / "mix.wav"), "-c:a", "aac", "-b:a", "192k", str(tmp_path / "mix.m4a")], timeout=60
    )
    integrated, peak = ebur128(tmp_path / "mix.m4a")
    assert peak <= -1.0
    assert abs(integrated + 14.0) <= 1.0


def test_the_limiter_worked_and_the_stems_still_add_up(full: mix.Mix) -> None:
    assert full.limited_db < -1.0
    assert list(full.stems) == STEMS
    total = np.sum([stem.astype(np.float64) for stem in full.stems.values()], axis=0)
    assert np.abs(total - full.mix).max() < 10 ** (-90 / 20)
    assert all(np.abs(stem).max() <= 1.0 for stem in full.stems.values())


@pytest.mark.parametrize("level", [0.001, 0.1, 0.9])
@pytest.mark.parametrize("band", [(30.0, 200.0), (200.0, 3000.0), (4000.0, 18000.0)])
def test_our_meter_agrees_with_ffmpeg(tmp_path: Path, level: float, band: tuple[float, float]) -> None:
    sound = np.asarray(noise(5.05, level / 5, 7, *band), np.float32)
    sound[RATE : 2 * RATE] *= 0.02  # something for the gates
    mix.write_wav(tmp_path / "sound.wav", sound)
    integrated, peak = ebur128(tmp_path / "sound.wav")
    assert abs(loudness.integrated(sound) - integrated) <= 0.1
    assert abs(loudness.true_peak(sound) - peak) <= 0.35


def test_true_peak_finds_what_lies_between_the_samples() -> None:
    at = np.arange(RATE)
    between = np.sin(2 * np.pi * at / 4 + np.pi / 4).astype(np.float32)[:, None].repeat(2, axis=1)
    assert np.abs(between).max() < 0.71
    assert abs(loudness.true_peak(between)) < 0.1


def test_music_lies_as_far_under_the_voice_as_the_brief_says(full: mix.Mix) -> None:
    def level(stem: str, start: float, stop: float) -> float:
        return loudness.integrated(full.stems[stem][round(start * RATE) : round(stop * RATE)])

    spoken = level("voice", 1.0, 4.0)
    under = level("music", 1.2, 3.8) - spoken
    assert -19.5 < under < -16.5
    lifted = level("music", 9.5, 12.0) - level("music", 1.2, 3.8)
    assert abs(lifted - full.lift_db) < 4
    assert 6.0 <= full.lift_db <= 15.0
    assert level("ambience", 9.5, 12.0) - level("music", 9.5, 12.0) == pytest.approx(-8.0, abs=1.0)


@pytest.mark.parametrize("played", [-12.0, 0.0, 5.0])
def test_the_music_under_the_voice_is_measured_where_the_voice_is(played: float) -> None:
    """A piece that begins softly, or with its refrain, while somebody speaks; what comes after is the same."""
    music = noise(12, 0.1, 3)
    music[: 5 * RATE] *= 10 ** (played / 20)
    made = mix.mix_stems([(RATE, speech(3.0))], music, samples=12 * RATE)
    spoken = slice(round(1.2 * RATE), round(3.8 * RATE))
    under = loudness.integrated(made.stems["music"][spoken]) - loudness.integrated(made.stems["voice"][spoken])
    # The limiter takes its part from the voice; without a look at what is played there it would be 27 and 14.
    assert under == pytest.approx(-18.0, abs=2.5)


def test_a_quiet_room_stays_quiet_under_music_and_a_street_does_not() -> None:
    def under(level: float) -> float:
        made = mix.mix_stems([], noise(4, 0.1, 3), noise(4, level, 4), samples=4 * RATE)
        return loudness.integrated(made.stems["ambience"]) - loudness.integrated(made.stems["music"])

    assert under(0.05) == pytest.approx(-8.0, abs=0.5)
    assert under(0.0005) < -30.0


def test_the_music_is_down_before_the_first_word_and_never_jumps() -> None:
    active = dynamics.speaking(
        fit(np.concatenate([np.zeros((RATE, 2), np.float32), speech(1.0)]), 4 * RATE),
        -50.0,
        before=0.22,
        after=0.25,
        bridge=0.9,
    )
    curve = dynamics.duck(active, 12.0)
    first_word = 1000
    assert 20 * np.log10(curve[first_word + 20]) < -10.0
    assert curve[0] == 1.0
    assert 20 * np.log10(curve[-1]) > -1.0
    assert np.abs(np.diff(20 * np.log10(curve))).max() < 0.2  # dB in a millisecond


def test_a_short_pause_is_spoken_through_and_a_long_one_is_not() -> None:
    pieces = [speech(1.0), np.zeros((round(0.5 * RATE), 2), np.float32), speech(1.0)]
    pieces += [np.zeros((2 * RATE, 2), np.float32), speech(1.0)]
    active = dynamics.speaking(np.concatenate(pieces), -50.0, before=0.2, after=0.25, bridge=0.9)
    assert active[1100:1400].min() == 1.0
    assert active[3200:4000].max() == 0.0


def test_music_alone_reaches_the_target_and_silence_stays_silent(tmp_path: Path) -> None:
    alone = mix.mix_stems([], noise(4, 0.01, 3), samples=4 * RATE)
    assert abs(alone.lufs + 14.0) < 0.2
    nothing = mix.mix_stems(samples=RATE)
    assert nothing.lufs == loudness.SILENCE_LUFS
    assert not nothing.mix.any()
    mix.write_wav(tmp_path / "nothing.wav", nothing.stems["voice"])
    assert mix.read_sound(tmp_path / "nothing.wav").shape == (RATE, 2)


def test_the_same_parts_give_the_same_bytes(full: mix.Mix) -> None:
    cues = [(RATE, speech(3.0)), (round(6.5 * RATE), speech(1.5, seed=2))]
    again = mix.mix_stems(cues, noise(12, 0.2, 3), noise(12, 0.05, 4), noise(12, 0.01, 5), samples=12 * RATE)
    assert again.mix.tobytes() == full.mix.tobytes()


def test_a_line_over_the_end_is_refused_and_its_silent_tail_is_not() -> None:
    with pytest.raises(MediaError, match=r"2\.00 s to 4\.\d\d s doesn't fit into 3\.00 s"):
        mix.mix_stems([(2 * RATE, speech(2.5))], samples=3 * RATE)
    tail = np.concatenate([speech(0.9), np.zeros((RATE, 2), np.float32)])
    assert len(mix.mix_stems([(2 * RATE, tail)], samples=3 * RATE).mix) == 3 * RATE


def test_what_is_not_a_number_or_not_stereo_is_refused() -> None:
    broken = noise(1, 0.1, 1)
    broken[5, 0] = np.nan
    with pytest.raises(MediaError, match="not a number"):
        mix.mix_stems([], broken, samples=RATE)
    with pytest.raises(MediaError, match="shape"):
        mix.mix_stems([], noise(1, 0.1, 1)[:, :1], samples=RATE)


@settings(max_examples=25, deadline=None)
@given(samples=st.integers(1, 30_000))
def test_a_wav_has_exactly_the_samples_and_reads_back(tmp_path_factory: pytest.TempPathFactory, samples: int) -> None:
    path = tmp_path_factory.mktemp("wav") / "sound.wav"
    sound = noise(1, 0.2, 9)[:samples].copy()
    mix.write_wav(path, sound)
    with wave.open(str(path)) as file:
        shape = file.getnframes(), file.getnchannels(), file.getsampwidth(), file.getframerate()
        raw = np.frombuffer(file.readframes(samples), np.uint8).reshape(-1, 3)
    assert shape == (samples, 2, 3, RATE)
    whole = np.zeros((len(raw), 4), np.uint8)
    whole[:, 1:] = raw
    assert np.abs(whole.view("<i4").reshape(-1, 2) / 2**31 - sound).max() < 2**-22


@settings(max_examples=15, deadline=None)
@given(samples=st.integers(100, 60_000), start=st.integers(0, 50_000))
def test_any_length_is_kept(samples: int, start: int) -> None:
    cues = [(start, speech(0.2))] if start + 9600 <= samples else []
    made = mix.mix_stems(cues, noise(0.5, 0.1, 3), noise(2, 0.1, 4), samples=samples)
    assert len(made.mix) == samples
    assert all(len(stem) == samples for stem in made.stems.values())
    assert np.isfinite(made.mix).all()
    assert made.true_peak_dbtp <= -2.4


def test_over_full_scale_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="over full scale"):
        mix.write_wav(tmp_path / "loud.wav", noise(0.1, 2.0, 1))
    assert not list(tmp_path.iterdir())


def test_a_clip_without_sound_reads_as_silence_and_others_in_full(tmp_path: Path) -> None:
    picture = ["-f", "lavfi", "-i", "color=size=64x64:rate=25:duration=1"]
    ffmpeg.run_sync([*picture, str(tmp_path / "mute.mp4")], timeout=60)
    ffmpeg.run_sync(
        [*picture, "-f", "lavfi", "-i", "sine=frequency=440:duration=1", str(tmp_path / "tone.mp4")], timeout=60
    )
    mute = mix.read_sound(tmp_path / "mute.mp4", 1.5)
    assert mute.shape == (72_000, 2) and not mute.any()
    assert mix.read_sound(tmp_path / "mute.mp4").shape == (RATE, 2)
    tone = mix.read_sound(tmp_path / "tone.mp4", 1.5)
    assert tone.shape == (72_000, 2)
    spectrum = np.abs(np.fft.rfft(tone[:RATE, 0]))
    assert abs(int(spectrum.argmax()) - 440) <= 1
    assert not tone[RATE + 2000 :].any()
    with pytest.raises(MediaError, match="can't be read"):
        mix.read_sound(tmp_path / "missing.wav")
