"""Music is measured: length, ends, loudness, tempo, harmony, and that one mood is not another."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from callsheet.errors import BriefError, MediaError
from callsheet.media import loudness
from callsheet.media.loudness import RATE, Sound, db
from callsheet.media.sound import instruments, theory
from callsheet.media.sound.form import form_of
from callsheet.media.sound.moods import mood_named
from callsheet.media.sound.music import beats, compose, moods
from callsheet.media.sound.score import Score, score_of

MOODS = moods()
SECONDS, SEED = 12.0, 7


@cache
def piece(mood: str) -> Sound:
    return compose(mood, SECONDS, SEED)


def score(mood: str, seconds: float = SECONDS, seed: int = SEED) -> Score:
    return score_of(mood_named(mood), seconds, seed)


def band_rms(sound: Sound, low: float, high: float) -> float:
    power = np.abs(np.fft.rfft(sound.mean(axis=1))) ** 2
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    return float(np.sqrt(2 * power[(hertz >= low) & (hertz < high)].sum())) / len(sound)


def balance(sound: Sound) -> list[float]:
    """Levels in units of 6 dB, beside the middle: of the drums' and the bass's range, of clarity, of air."""
    middle = band_rms(sound, 200, 800)
    return [db(band_rms(sound, *band) / middle) / 6 for band in ((40, 120), (1500, 4000), (5000, 14_000))]


def chroma(sound: Sound) -> NDArray[np.float64]:
    """Share of each of the 12 pitch classes in the energy between 130 and 2000 Hz (under it are the drums)."""
    power = np.abs(np.fft.rfft(sound.mean(axis=1) * np.hanning(len(sound)))) ** 2
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    inside = (hertz > 130) & (hertz < 2000)
    classes = np.round(69 + 12 * np.log2(hertz[inside] / 440)).astype(int) % 12
    out = np.bincount(classes, power[inside], 12)
    return np.asarray(out / out.sum())


def onsets(sound: Sound) -> float:
    """Onsets a second: rises of the brighter part by more than 4 dB in 20 ms, at least 70 ms apart."""
    bright = np.diff(sound.mean(axis=1), 2)
    power = np.square(bright)[: len(bright) // 480 * 480].reshape(-1, 480).mean(axis=1)
    level = 10 * np.log10(power + 1e-3 * power.mean())
    found, last = 0, -10
    for at in range(2, len(level)):
        if level[at] - level[at - 2] > 4.0 and at - last > 6:
            found, last = found + 1, at
    return found / (len(sound) / RATE)


@pytest.mark.parametrize("mood", MOODS)
def test_a_piece_is_whole_clean_and_at_its_level(mood: str) -> None:
    sound = piece(mood)
    assert sound.shape == (round(SECONDS * RATE), 2) and sound.dtype == np.float32
    assert np.isfinite(sound).all()
    assert abs(loudness.integrated(sound) + 16.0) < 0.7
    assert loudness.true_peak(sound) <= -1.5
    assert np.abs(sound[0]).max() < 1e-3
    assert db(float(np.abs(sound[-480:]).max())) < -60.0
    assert abs(float(sound.mean())) < 1e-4
    assert db(band_rms(sound, 0, 28) / band_rms(sound, 28, 20_000)) < -30.0
    side, middle = sound[:, 0] - sound[:, 1], sound[:, 0] + sound[:, 1]
    assert 0.1 < float(side.std() / middle.std()) < 1.3  # wide, and not lost in mono
    level = loudness.momentary(sound)
    assert level[:-25].min() > -40.0  # no gap before the end rings out


@pytest.mark.parametrize("mood", MOODS)
def test_the_last_chord_is_home_on_the_last_beat(mood: str) -> None:
    sound, times = piece(mood), beats(mood, SECONDS, SEED)
    final = times[-1]
    assert 0.5 < SECONDS - final < 5.0
    ring = sound[round((final + 0.4) * RATE) : round((final + 1.2) * RATE)]  # the room has forgotten the chord before
    root = next(note.pitch for note in reversed(score(mood).notes["bass"])) % 12
    third = theory.MODES[mood_named(mood).mode][2]
    classes = chroma(ring)
    assert classes[[root, (root + third) % 12, (root + 7) % 12]].sum() > 0.7
    before = sound[round((final - 0.05) * RATE) : round(final * RATE)]
    after = sound[round((final + 0.005) * RATE) : round((final + 0.2) * RATE)]
    assert np.abs(after).max() > 0.9 * np.abs(before).max()


@pytest.mark.parametrize("mood", MOODS)
def test_beats_are_even_and_in_the_tempo_of_the_mood(mood: str) -> None:
    for seconds in (6.0, 15.0, 20.0, 61.3):
        times = beats(mood, seconds, SEED)
        gaps = np.diff(times)
        assert times[0] == 0.0 and times[-1] < seconds
        assert np.allclose(gaps, gaps[0])
        low, high = mood_named(mood).tempo
        assert low / 1.13 <= 60 / gaps[0] <= high * 1.13
    assert (len(beats(mood, 20.0, SEED)) - 1) % 2 == 0


def test_the_kick_is_heard_on_the_beat() -> None:
    sound = piece("energetic")
    form = score("energetic").form
    low = np.convolve(np.abs(sound.mean(axis=1)), np.ones(480) / 480, mode="same")
    first = next(bar for bar, level in enumerate(form.intensity) if level >= 0.3) * 4
    louder = 0
    times = beats("energetic", SECONDS, SEED)[first:-1]
    for time in times:
        at = round(time * RATE)
        louder += low[at + 480 : at + 2400].max() > 1.3 * low[max(0, at - 1200) : at - 240].mean()
    assert louder >= 0.9 * len(times)


def test_moods_differ_in_tempo_colour_density_and_mode() -> None:
    tempo = {mood: 60 / beats(mood, 20.0, SEED)[1] for mood in MOODS}
    density = {mood: onsets(piece(mood)) for mood in MOODS}
    assert tempo["energetic"] > tempo["uplifting"] > tempo["warm"] > tempo["calm"]
    assert density["energetic"] > 2 * density["calm"]
    assert density["playful"] > 2 * density["cinematic"]
    features = np.array([[tempo[mood] / 15, density[mood], *balance(piece(mood))] for mood in MOODS])
    apart = np.sqrt(np.square(features[:, None] - features[None]).sum(axis=2)) + 9 * np.eye(len(MOODS))
    assert apart.min() > 0.8
    for mood in ("energetic", "dramatic", "cinematic", "tech"):
        assert theory.MODES[mood_named(mood).mode][2] == 3
    for mood in ("uplifting", "calm", "playful", "warm"):
        assert theory.MODES[mood_named(mood).mode][2] == 4


@pytest.mark.parametrize("mood", MOODS)
def test_harmony_moves_and_the_melody_is_a_motif_with_variation(mood: str) -> None:
    made = score(mood, 40.0)
    form = made.form
    bass = {round(note.at / form.bar): note.pitch % 12 for note in made.notes["bass"] if note.at < form.final}
    assert len(set(bass.values())) >= 3
    by_bar: dict[int, list[tuple[float, int]]] = {}
    for note in made.notes["lead"]:
        if note.at < form.final - 0.01:
            bar = int((note.at + 0.02) / form.bar)
            by_bar.setdefault(bar, []).append((round((note.at - bar * form.bar) / form.beat * 4), note.pitch))
    rhythms = [tuple(sorted({step for step, _ in notes})) for notes in by_bar.values()]
    assert any(rhythms.count(rhythm) >= 2 for rhythm in rhythms)
    assert len(set(rhythms)) >= 2
    pitches = {pitch for notes in by_bar.values() for _, pitch in notes}
    assert len(pitches) >= 5
    root = made.notes["bass"][-1].pitch % 12
    scale = {(root + step) % 12 for step in theory.MODES[mood_named(mood).mode]}
    assert all(pitch % 12 in scale for pitch in pitches)
    assert len(set(form.intensity)) >= 3


def test_chords_follow_each_other_with_little_movement() -> None:
    previous: list[int] | None = None
    for degree in (1, 5, 6, 4, 1, 3, 4, 5):
        classes = theory.chord_classes(48, "ionian", degree, 3)
        voiced = theory.voice(classes, previous, 52, 72)
        assert {pitch % 12 for pitch in voiced} == set(classes)
        if previous:
            assert sum(min(abs(a - b) for b in previous) for a in voiced) <= 6
        previous = voiced


def test_a_piece_without_drums_has_no_clicks() -> None:
    sound = piece("calm").mean(axis=1)
    spectrum = np.fft.rfft(sound)
    spectrum[np.fft.rfftfreq(len(sound), 1 / RATE) < 12_000] = 0
    assert db(float(np.abs(np.fft.irfft(spectrum, len(sound))).max())) < -50.0


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_piece() -> None:
    once = compose("playful", 5.0, 3)
    instruments.forget()
    assert compose("playful", 5.0, 3).tobytes() == once.tobytes()
    other = compose("playful", 5.0, 4)
    assert float(np.corrcoef(once[:, 0], other[:, 0])[0, 1]) < 0.9


@settings(max_examples=8, deadline=None)
@given(seconds=st.floats(0.5, 5.0), mood=st.sampled_from(["playful", "energetic"]), seed=st.integers(0, 2**63))
def test_every_length_is_exact(seconds: float, mood: str, seed: int) -> None:
    sound = compose(mood, seconds, seed)
    assert len(sound) == round(seconds * RATE)
    assert np.isfinite(sound).all() and sound.any()
    assert float(np.abs(sound).max()) <= 1.0
    assert np.abs(sound[-1]).max() < 1e-3


@settings(max_examples=150, deadline=None)
@given(seconds=st.floats(0.5, 700.0), mood=st.sampled_from(MOODS), seed=st.integers(0, 2**63))
def test_every_length_has_a_form(seconds: float, mood: str, seed: int) -> None:
    form = form_of(mood_named(mood), seconds, seed)
    assert 0.0 <= form.final < seconds
    assert len(form.intensity) == -(-form.beats // 4)
    assert all(0.0 < level <= 1.0 for level in form.intensity)
    if seconds >= 3:
        low, high = mood_named(mood).tempo
        assert low / 1.13 <= 60 / form.beat <= high * 1.13
        assert seconds - form.final < max(5.5, 0.9 * seconds)


def test_what_can_not_be_played_is_refused() -> None:
    with pytest.raises(BriefError, match="moods are calm, cinematic"):
        compose("gloomy", 5.0, 1)
    with pytest.raises(MediaError, match=r"0\.5 s to an hour"):
        compose("calm", 0.2, 1)
