"""A whole cut, with real speech, music and clips of all kinds; everything is measured on what came out."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

import numpy as np
import opentimelineio as otio
import pysubs2
import pytest
from PIL import Image

from callsheet.errors import CheckError, MediaError
from callsheet.media import cut as cutting
from callsheet.media.assemble import Effort
from callsheet.media.cut import ClipFile, CutResult, cut
from callsheet.media.index import Source
from callsheet.media.loudness import RATE
from callsheet.media.otio import timeline_from_otio
from callsheet.media.probe import probe
from callsheet.media.wave import read_sound
from callsheet.timeline import Caption, CaptionTrack, Line, Music, Shot, Timeline, Title, Transition
from tests.media.conftest import luma, y_of
from tests.media.make_goldens import SOURCES

TIMELINE = Timeline(
    name="新品发布",
    width=320,
    height=180,
    timecode_start="01:00:00:00",
    voice="female",
    shots=(
        Shot(clip="ramp", frames=55),
        Shot(clip="tall", frames=45, transition=Transition(kind="dissolve", frames=15)),
        Shot(clip="other", frames=45),
        Shot(clip="light", frames=45, transition=Transition(kind="wipe", frames=12)),
    ),
    titles=(Title(text="光语", subtitle="点亮您的家", start=120, frames=43),),
    lines=(Line(text="用声音点亮您的家。", start=100),),
    music=Music(mood="uplifting", seed=7),
)


def files(clips: dict[str, Source]) -> dict[str, ClipFile]:
    return {name: ClipFile(source.path, f"s3://clips/{name}.mp4") for name, source in clips.items()}


@pytest.fixture(scope="module")
def told() -> list[float]:
    return []


@pytest.fixture(scope="module")
def result(clips: dict[str, Source], told: list[float], tmp_path_factory: pytest.TempPathFactory) -> CutResult:
    out = tmp_path_factory.mktemp("cut")
    return asyncio.run(cut(TIMELINE, files(clips), out, on_progress=told.append))


def test_every_file_is_there_and_nothing_else(result: CutResult) -> None:
    out = result.files["master"].parent
    assert set(result.files.values()) == {path for path in out.rglob("*") if path.is_file()}
    assert sorted(path.name for path in out.iterdir()) == [
        "captions",
        "contact-sheet.jpg",
        "edit",
        "master.mp4",
        "poster.jpg",
        "stems",
    ]


def test_the_master_is_as_planned(result: CutResult) -> None:
    found = probe(result.files["master"])
    assert (found.frames, result.frames) == (TIMELINE.frames, TIMELINE.frames)
    assert found.timecode == "01:00:00:00"
    assert found.audio_seconds == pytest.approx(TIMELINE.seconds, abs=0.001)
    # The upper part of the picture, where no title stands.
    level = luma(result.files["master"])[:, :40].mean(axis=(1, 2))
    starts = TIMELINE.starts()
    assert level[starts[2] + 5] == pytest.approx(y_of(120), abs=3)
    assert level[starts[3] - 1] == pytest.approx(y_of(120), abs=3)
    assert level[starts[3] + 12 : starts[3] + 14] == pytest.approx([y_of(200)] * 2, abs=3)


def test_the_stems_have_the_length_of_the_master_and_add_up(result: CutResult) -> None:
    total = np.zeros((round(TIMELINE.frames * RATE / 30), 2), np.float64)
    for stem in cutting.STEMS:
        with wave.open(str(result.files[stem])) as file:
            assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (48_000, 3, 2)
            assert file.getnframes() == len(total)
        total += read_sound(result.files[stem])
    heard = read_sound(result.files["master"], TIMELINE.seconds)
    # AAC is not exact, but it is the same sound.
    alike = float((heard[:, 0] * total[:, 0]).sum() / np.sqrt((heard[:, 0] ** 2).sum() * (total[:, 0] ** 2).sum()))
    assert alike > 0.98


def test_the_loudness_was_measured_on_the_master(result: CutResult) -> None:
    assert result.lufs == pytest.approx(TIMELINE.loudness_lufs, abs=0.7)
    assert -6.0 < result.true_peak_dbtp <= -1.0


def test_the_line_is_heard_where_it_is_said_to_be(result: CutResult) -> None:
    (line,) = result.lines
    assert line.end <= TIMELINE.seconds - 0.5 + 1e-6
    assert line.moved == pytest.approx(line.start - 100 / 30)
    voice = np.abs(read_sound(result.files["voice"])).max(axis=1)
    loud = np.flatnonzero(voice > 0.02) / RATE
    assert loud.min() == pytest.approx(line.start, abs=0.15)
    assert loud.max() == pytest.approx(line.end, abs=0.35)


def test_the_captions_say_the_script_while_it_is_spoken(result: CutResult) -> None:
    for kind in ("srt", "vtt"):
        events = list(pysubs2.load(str(result.files[kind])))
        assert "".join(event.plaintext.replace("\n", "") for event in events) == TIMELINE.lines[0].text
        assert events[0].start / 1000 == pytest.approx(result.lines[0].start, abs=0.1)


def test_the_edit_lists_are_of_this_cut(result: CutResult) -> None:
    made = otio.adapters.read_from_string(result.files["otio"].read_text(encoding="utf-8"), "otio_json")
    assert timeline_from_otio(made) == TIMELINE
    assert [track.name for track in made.tracks] == ["V1", "Titles", *cutting.STEMS]
    for track in made.audio_tracks():
        assert (result.files["otio"].parent / track[0].media_reference.target_url).is_file()
    assert otio.adapters.read_from_file(str(result.files["xml"]), "fcp_xml").duration() == made.duration()
    text = result.files["edl"].read_text(encoding="utf-8")
    first = next(line for line in text.splitlines() if line.startswith("001"))
    assert first.split()[6] == probe(result.files["master"]).timecode
    assert "* SOURCE FILE: s3://clips/tall.mp4" in text


def test_the_stills_are_pictures(result: CutResult) -> None:
    assert Image.open(result.files["poster"]).size == (320, 180)
    assert Image.open(result.files["contact_sheet"]).width > 900


def test_progress_rises_to_one(result: CutResult, told: list[float]) -> None:
    assert result.frames
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) >= 4


async def test_what_can_not_be_cut_is_refused_before_anything_is_made(clips: dict[str, Source], tmp_path: Path) -> None:
    there = files(clips)
    page = tmp_path / "page.mp4"
    page.write_text("not a video")
    out = tmp_path / "out"
    cases = [
        (TIMELINE, {**there, "other": ClipFile(page, "")}, r"page\.mp4"),
        (TIMELINE, {name: clip for name, clip in there.items() if name != "tall"}, "clip tall"),
        (
            TIMELINE.model_copy(update={"shots": (Shot(clip="light", frames=60),)}),
            there,
            "clip light: the cut needs 60",
        ),
    ]
    for timeline, given, words in cases:
        with pytest.raises(MediaError, match=words):
            await cut(timeline, given, out)
    assert not out.exists()


async def test_speech_that_does_not_fit_says_by_how_much(clips: dict[str, Source], tmp_path: Path) -> None:
    short = TIMELINE.model_copy(update={"shots": (Shot(clip="light", frames=24),), "titles": ()})
    with pytest.raises(MediaError, match=r"need \d\.\d s and the cut has 0\.3 s"):
        await cut(short, files(clips), tmp_path)
    assert not (tmp_path / "master.mp4").exists()


def test_a_master_that_is_not_as_planned_is_refused() -> None:
    with pytest.raises(CheckError, match=r"size is .*; .*sound is .*timecode is None.* frames in "):
        cutting._check(TIMELINE, SOURCES["film"].probe.model_copy(update={"width": 322}))


async def test_burnt_captions_are_in_the_picture_while_they_should_be(clips: dict[str, Source], tmp_path: Path) -> None:
    timeline = Timeline(
        name="Burnt",
        width=320,
        height=180,
        shots=(Shot(clip="dark", frames=20), Shot(clip="dark", frames=20)),
        captions=(CaptionTrack(language="en", captions=(Caption(text="Over the cut", start=10, frames=17),)),),
        burnt="en",
    )
    result = await cut(
        timeline, files(clips), tmp_path / "out", cache=tmp_path / "kept", metadata=["-metadata", "title=T"]
    )
    brightest = luma(result.files["master"])[:, 130:].max(axis=(1, 2))
    assert [int(frame) for frame in np.flatnonzero(brightest > 180)] == list(range(10, 27))
    assert result.effort == Effort(encoded=2, copied=0, kept=0)
    again = await cut(
        timeline, files(clips), tmp_path / "again", cache=tmp_path / "kept", metadata=["-metadata", "title=T"]
    )
    assert again.effort == Effort(encoded=0, copied=0, kept=2)
    assert again.files["master"].read_bytes() == result.files["master"].read_bytes()
