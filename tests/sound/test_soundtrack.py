"""The sound of whole timelines, measured in the files that are written."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from callsheet.errors import MediaError
from callsheet.media import ffmpeg, loudness
from callsheet.media.loudness import RATE, Sound, db, ratio
from callsheet.media.metering import level_now
from callsheet.media.mix import STEMS, Levels
from callsheet.media.soundtrack import lay_ambience, lay_effects, soundtrack
from callsheet.media.tape import Tape, WavTrack
from callsheet.media.wave import open_sound, read_sound, write_wav
from callsheet.timeline import AudioCue, Card, Music, Shot, Timeline, Title, Transition
from tests.sound.test_mix import noise, speech

FPS = 30


def tone(hertz: float, seconds: float, level: float = 0.1) -> Sound:
    at = np.arange(round(seconds * RATE)) / RATE
    return np.repeat(np.asarray(level * np.sin(2 * np.pi * hertz * at), np.float32)[:, None], 2, axis=1)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    sounds = {"room": noise(4, 0.05, 1), "hum": tone(440, 4), "bell": tone(1000, 2, 0.02), "said": speech(2.0)}
    sounds["still"] = np.zeros((4 * RATE, 2), np.float32)
    for name, sound in sounds.items():
        write_wav(folder / f"{name}.wav", sound)
    return {name: folder / f"{name}.wav" for name in sounds}


def work(*shots: Shot | Card, **change: object) -> Timeline:
    values: dict[str, object] = {"name": "work", "fps": FPS, "width": 320, "height": 180, "shots": shots, **change}
    return Timeline.model_validate(values)


def made(
    timeline: Timeline, clips: dict[str, Path], folder: Path, voice: list[tuple[float, Path | Sound]] | None = None
) -> tuple[Levels, dict[str, Sound]]:
    """The levels, and what was written: the stems and the mix."""
    (folder / "scratch").mkdir(parents=True)
    paths = {name: folder / f"{name}.wav" for name in (*STEMS, "mix")}
    mix = paths["mix"]
    levels = soundtrack(timeline, clips, voice or [], stems={name: paths[name] for name in STEMS}, mix=mix,
                        coded=folder / "mix.mp4", scratch=folder / "scratch")  # fmt: skip
    return levels, {name: WavTrack(path)[:] for name, path in paths.items()}


def part(sound: Sound, start: float, end: float) -> Sound:
    return sound[round(start * RATE) : round(end * RATE)]


def power(sound: Sound, start: float, end: float) -> float:
    return float(np.mean(np.square(part(sound, start, end))))


def test_clips_sound_where_they_are_seen_and_as_loud_as_is_asked(clips: dict[str, Path], tmp_path: Path) -> None:
    timeline = work(
        Shot(clip="hum", frames=60),
        Shot(clip="still", frames=60, transition=Transition(kind="dissolve", frames=15)),
        Shot(clip="hum", frames=30, mute=True),
        Shot(clip="hum", frames=30, gain_db=-6.0),
        Shot(clip="hum", frames=30, source_frames=60),
        Card(card="end", layout="end", frames=30),
    )
    with Tape(tmp_path / "tape.raw", timeline.frames * RATE // FPS) as tape:
        lay_ambience(timeline, clips, tape, tmp_path)
        sound = tape[:]
    full = power(sound, 0.2, 1.5)
    # The tone fades out along the dissolve into a silent clip.
    assert 0.2 * full < power(sound, 1.5, 2.0) < 0.8 * full
    assert power(sound, 2.02, 4.49) == 0.0
    assert db(np.sqrt(power(sound, 4.6, 5.4) / full)) == pytest.approx(-6.0, abs=0.1)
    assert power(sound, 5.52, timeline.seconds) == 0.0
    assert [path.name for path in tmp_path.iterdir()] == ["tape.raw"]


def test_effects_are_at_the_joints_and_the_closing_title(tmp_path: Path) -> None:
    timeline = work(
        Shot(clip="still", frames=60),
        Shot(clip="still", frames=120, transition=Transition(kind="wipe", frames=16)),
        titles=(Title(text="End", start=120, frames=44),),
    )
    with Tape(tmp_path / "tape.raw", timeline.frames * RATE // FPS) as tape:
        lay_effects(timeline, tape)
        sound = tape[:]
    assert power(sound, 1.6, 1.9) > 1e-5
    assert power(sound, 4.0, 5.0) > 1e-7
    assert power(sound, 0.0, 0.3) == 0.0


def test_the_files_are_whole_at_their_level_and_add_up(clips: dict[str, Path], tmp_path: Path) -> None:
    timeline = work(Shot(clip="room", frames=100), Shot(clip="room", frames=101), music=Music(mood="calm", seed=3))
    levels, sounds = made(timeline, clips, tmp_path, [(1.0, clips["said"]), (4.0, speech(1.5))])
    assert {len(sound) for sound in sounds.values()} == {round(201 * RATE / FPS)}
    total = np.sum([sounds[stem].astype(np.float64) for stem in STEMS], axis=0)
    assert np.abs(total - sounds["mix"]).max() < ratio(-90.0)
    assert levels.lufs == pytest.approx(-14.0, abs=0.15)
    assert loudness.integrated(sounds["mix"]) == pytest.approx(levels.lufs, abs=0.05)
    assert loudness.true_peak(sounds["mix"]) == pytest.approx(levels.true_peak_dbtp, abs=0.05)
    assert not any((tmp_path / "scratch").glob("line-*")), "what was decoded is removed"
    assert not sounds["effects"].any()


def cue(clip: str, role: str, start: int, frames: int = 60, **change: object) -> AudioCue:
    return AudioCue.model_validate({"clip": clip, "role": role, "start": start, "frames": frames, **change})


def test_a_cue_is_heard_in_its_stem_where_it_lies_and_fades(clips: dict[str, Path], tmp_path: Path) -> None:
    sounds = [
        cue("bell", "effects", 30, 30, source_in=15),
        cue("room", "music", 90, 90, fade_in=30, fade_out=15),
        cue("hum", "ambience", 150, 30),
        cue("hum", "ambience", 180, 30, gain_db=-12.0),
    ]
    _, heard = made(work(Shot(clip="still", frames=120), Shot(clip="still", frames=120), sounds=tuple(sounds)), clips,
                    tmp_path)  # fmt: skip
    assert not heard["voice"].any()
    spans = {"effects": (1.0, 2.0), "music": (3.0, 6.0), "ambience": (5.0, 7.0)}
    for stem, (start, end) in spans.items():
        outside = np.concatenate([part(heard[stem], 0, start), part(heard[stem], end, 8.0)])
        assert power(heard[stem], start, end) > 1e-6 and not outside.any(), stem
    assert power(heard["music"], 3.0, 3.2) < 0.15 * power(heard["music"], 4.2, 5.0)
    assert power(heard["music"], 5.9, 6.0) < 0.2 * power(heard["music"], 4.2, 5.0)
    quieter = power(heard["ambience"], 6.1, 6.9) / power(heard["ambience"], 5.1, 5.9)
    assert db(np.sqrt(quieter)) == pytest.approx(-12.0, abs=0.2)


def test_a_cue_that_ducks_gives_way_to_speech_and_others_do_not(clips: dict[str, Path], tmp_path: Path) -> None:
    shots = (Shot(clip="still", frames=120), Shot(clip="still", frames=120))
    both = (cue("hum", "effects", 0, 120), cue("hum", "effects", 120, 120))
    ducked = tuple(each.model_copy(update={"duck": True}) for each in both)
    said: list[tuple[float, Path | Sound]] = [(4.5, clips["said"])]
    _, plain = made(work(*shots, sounds=both), clips, tmp_path / "plain", said)
    _, way = made(work(*shots, sounds=ducked), clips, tmp_path / "way", said)

    def fall(sound: Sound) -> float:
        return db(np.sqrt(power(sound, 5.0, 6.0) / power(sound, 1.0, 3.0)))

    # The limiter, which holds the voice, takes the same from both.
    assert fall(way["effects"]) - fall(plain["effects"]) == pytest.approx(-12.0, abs=2.0)


def test_a_recorded_voice_is_as_loud_as_a_spoken_line_and_lowers_the_music(
    clips: dict[str, Path], tmp_path: Path
) -> None:
    write_wav(tmp_path / "faint.wav", speech(2.0) * np.float32(0.1))
    shots = (Shot(clip="still", frames=120), Shot(clip="still", frames=120), Shot(clip="still", frames=60))
    timeline = work(*shots, music=Music(mood="warm"), sounds=(cue("faint", "voice", 120),))
    files = {**clips, "faint": tmp_path / "faint.wav"}
    _, heard = made(timeline, files, tmp_path / "made", [(1.0, clips["said"])])
    spoken, recorded = (loudness.integrated(part(heard["voice"], at, at + 2.0)) for at in (1.0, 4.0))
    assert recorded == pytest.approx(spoken, abs=1.5)
    under = loudness.integrated(part(heard["music"], 4.3, 5.7)) - recorded
    assert -22.0 < under < -11.0
    assert under < loudness.integrated(part(heard["music"], 7.0, 9.0)) - recorded - 6.0


def test_a_sound_that_can_not_be_laid_is_refused(clips: dict[str, Path], tmp_path: Path) -> None:
    shot = Shot(clip="still", frames=120)
    with pytest.raises(MediaError, match=r"sound bell: 90 frames from frame 0 on are cut and the file has 2\.00 s"):
        made(work(shot, sounds=(cue("bell", "effects", 0, 90),)), clips, tmp_path / "short")
    with pytest.raises(MediaError, match="sound nobody is in the cut and there is no file for it"):
        made(work(shot, sounds=(cue("nobody", "effects", 0),)), clips, tmp_path / "missing")
    with pytest.raises(MediaError, match=r"a line from 3\.00 s to [45]\.\d\d s doesn't fit into 4\.00 s"):
        made(work(shot), clips, tmp_path / "late", [(3.0, clips["said"])])
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize(("target", "reached"), [(-14.0, 0.5), (-9.0, 2.5)])
def test_the_peak_is_held_where_aac_overshoots(
    clips: dict[str, Path], tmp_path: Path, target: float, reached: float
) -> None:
    """A sound of nothing but edges, of which the encoder makes peaks of 8 dB: as loud as it can be, and never over."""
    write_wav(tmp_path / "edges.wav", np.sign(noise(4, 0.5, 5, 20, 16_000)) * np.float32(0.4))
    timeline = work(Shot(clip="edges", frames=120), loudness_lufs=target)
    levels, _ = made(timeline, {"edges": tmp_path / "edges.wav"}, tmp_path / "made")
    encoded = tmp_path / "mix.m4a"
    ffmpeg.run_sync(["-i", str(tmp_path / "made" / "mix.wav"), *ffmpeg.AAC, str(encoded)], timeout=60)
    heard = level_now(encoded, seconds=4)
    assert heard.true_peak_dbtp <= -1.0
    assert heard.lufs == pytest.approx(target, abs=reached)
    assert (levels.limited_db < -1.0) == (target == -9.0)


def test_memory_does_not_grow_with_the_work(clips: dict[str, Path], tmp_path: Path) -> None:
    def peak(seconds: int) -> float:
        shots = tuple(Shot(clip="room", frames=4 * FPS) for _ in range(seconds // 4))
        timeline = work(*shots, sounds=(cue("hum", "effects", 0, duck=True),))
        tracemalloc.start()
        try:
            made_levels = soundtrack(
                timeline, clips, [(float(at), clips["said"]) for at in range(0, seconds - 3, 4)],
                stems={stem: tmp_path / f"{stem}.wav" for stem in STEMS}, mix=tmp_path / "mix.wav",
                coded=tmp_path / "mix.mp4", scratch=tmp_path,
            )  # fmt: skip
            assert made_levels.lufs > -17.0  # this voice is nearly all peaks
            return tracemalloc.get_traced_memory()[1] / 2**20
        finally:
            tracemalloc.stop()

    short, long = peak(8), peak(28)  # both longer than a block, which is held whole
    # One of the five sounds of the 20 s more would be 7.3 MiB; curves of the gain are allowed.
    assert long - short < 3.6, f"{short:.1f} MiB for 8 s, {long:.1f} MiB for 28 s"


def test_any_file_is_a_track_and_a_plain_one_is_not_copied(clips: dict[str, Path], tmp_path: Path) -> None:
    assert isinstance(open_sound(clips["hum"], tmp_path / "a.raw"), WavTrack)
    mono = ["-i", str(clips["hum"]), "-ac", "1", "-ar", "24000", str(tmp_path / "mono.wav")]
    ffmpeg.run_sync(mono, timeout=60)
    track = open_sound(tmp_path / "mono.wav", tmp_path / "b.raw", 1.5)
    assert isinstance(track, Tape) and len(track) == round(1.5 * RATE)
    whole = read_sound(tmp_path / "mono.wav", 1.5)
    assert np.array_equal(track[1000:2000], whole[1000:2000])
    sixteen = ["-i", str(clips["hum"]), "-ac", "1", "-c:a", "pcm_s16le", str(tmp_path / "sixteen.wav")]
    ffmpeg.run_sync(sixteen, timeout=60)
    plain = WavTrack(tmp_path / "sixteen.wav")
    assert np.abs(plain[:] - read_sound(clips["hum"])).max() < 2**-14
