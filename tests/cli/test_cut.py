"""`callsheet cut`: any timeline into a finished work, as its users run it; measured on what came out."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import opentimelineio as otio
import pytest

from callsheet.cli import cli
from callsheet.cli.cut_media import Places
from callsheet.errors import CallsheetError, MediaError, SettingsError
from callsheet.media import ffmpeg
from callsheet.media.otio import read, timeline_from_otio
from callsheet.media.otio_media import Media
from callsheet.media.probe import probe
from callsheet.settings import Settings
from callsheet.timeline import Shot, Timeline, Transition
from tests.cli.test_commands import callsheet_command
from tests.media.conftest import encode, luma, plain, tone, y_of

RATE = 30


def time(frames: float) -> Any:
    return otio.opentime.RationalTime(frames, RATE)


def span(start: float, frames: float) -> Any:
    return otio.opentime.TimeRange(time(start), time(frames))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with clips, as a person has one: a dark one with sound, a light one elsewhere, a noise."""
    folder = tmp_path_factory.mktemp("place")
    for name in ("project/clips", "archive/reel 7"):
        (folder / name).mkdir(parents=True)
    sound = tone(folder / "project" / "clips" / "noise.wav", 440, 3.0)
    encode(folder / "project" / "clips" / "dark.mp4", (plain(50, 160, 90) for _ in range(60)), audio=sound)
    encode(folder / "archive" / "reel 7" / "light.mp4", (plain(200, 160, 90) for _ in range(60)))
    return folder


@pytest.fixture(scope="module")
def theirs(place: Path) -> Path:
    """Two clips with a dissolve that lies unevenly over its cut point, a hole, a clip above, a sound."""
    made = otio.schema.Timeline("theirs", global_start_time=time(3600 * RATE))
    picture, above = otio.schema.Track("V1", kind="Video"), otio.schema.Track("V2", kind="Video")
    dark = otio.schema.ExternalReference("clips/dark.mp4")
    light = otio.schema.ExternalReference("/Volumes/Archive/light.mp4")
    picture.append(otio.schema.Clip("dark", dark, span(0, 20)))
    picture.append(otio.schema.Transition("", "SMPTE_Dissolve", time(2), time(6)))
    picture.append(otio.schema.Clip("light", light, span(10, 30)))
    picture.append(otio.schema.Gap(duration=time(10)))
    picture.append(otio.schema.Clip("dark", dark.clone(), span(0, 20)))
    above.append(otio.schema.Gap(duration=time(35)))
    above.append(otio.schema.Clip("dark", dark.clone(), span(30, 5)))
    sound = otio.schema.Track("FX", kind="Audio")
    sound.append(otio.schema.Gap(duration=time(10)))
    sound.append(otio.schema.Clip("noise", otio.schema.ExternalReference("clips/noise.wav"), span(0, 20)))
    made.tracks.extend([picture, above, sound])
    path = place / "project" / "theirs.otio"
    path.write_text(made.to_json_string())
    return path


@pytest.fixture
def run(place: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """The command in this process; what it raises is what `callsheet.cli.main` prints and ends with."""
    monkeypatch.setenv("CALLSHEET_HOME", str(place / "home"))
    return lambda *arguments: cli.main(["cut", *map(str, arguments)], standalone_mode=False)


@pytest.fixture(scope="module")
def done(theirs: Path, place: Path) -> dict[str, Any]:
    options = ("--out", place / "out", "--media", place / "archive", "--json")
    found = callsheet_command("cut", theirs, *options, CALLSHEET_HOME=str(place / "home"))
    assert found.returncode == 0, found.stderr
    report: dict[str, Any] = json.loads(found.stdout)
    return report


def test_a_foreign_timeline_becomes_a_master(place: Path, done: dict[str, Any]) -> None:
    master = place / "out" / "master.mp4"
    found = probe(master)
    assert (found.frames, found.width, found.height, found.fps) == (80, 160, 90, "30/1")
    assert (done["frames"], found.timecode) == (80, "01:00:00:00")
    level = luma(master, 160, 90).mean(axis=(1, 2))
    expected = {0: 50, 17: 50, 26: 200, 34: 200, 35: 50, 39: 50, 40: 200, 49: 200, 60: 50, 79: 50}
    for frame, grey in expected.items():
        assert level[frame] == pytest.approx(y_of(grey), abs=4), frame
    assert level[50:60] == pytest.approx([16] * 10, abs=2)
    assert all(before <= after + 1 for before, after in pairwise(level[18:27]))


def test_everything_is_in_the_folder_and_in_its_record(place: Path, done: dict[str, Any]) -> None:
    out = place / "out"
    made = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert made == {item["path"] for item in done["files"]} | {"cut.json"}
    assert json.loads((out / "cut.json").read_text()) == done
    assert {"master.mp4", "stems/effects.wav", "edit/cut.edl", "edit/cut.otio", "poster.jpg"} <= made
    assert {path.name for path in place.iterdir()} == {"project", "archive", "out", "home"}


def test_what_was_cut_can_be_cut_again(place: Path, done: dict[str, Any]) -> None:
    path = place / "out" / "edit" / "cut.otio"
    made = read(path)
    cut = timeline_from_otio(made)
    assert (cut.frames, len(cut.sounds)) == (80, 1)
    assert isinstance(cut.shots[1], Shot)
    assert cut.shots[1].transition == Transition(kind="dissolve", frames=8)
    for clip in made.tracks[0].find_clips():
        assert (path.parent / clip.media_reference.target_url).is_file()


def test_only_what_a_cut_has_made_is_replaced(
    place: Path,
    theirs: Path,
    done: dict[str, Any],
    run: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = place / "out"
    otio_file = out / "edit" / "cut.otio"
    kept = otio_file.read_bytes()
    otio_file.write_bytes(kept + b" ")
    with pytest.raises(SettingsError) as caught:
        run(theirs, "--out", out, "--media", place / "archive")
    otio_file.write_bytes(kept)
    assert caught.value.message == f"--out: {otio_file} was changed since it was cut; choose another folder"
    with pytest.raises(SettingsError, match="was not made by a cut"):
        run(theirs, "--out", place / "project")
    # A timeline of ours, over what is there: less of it, and nothing of the old is left.
    ours = place / "project" / "ours.json"
    timeline = Timeline(name="ours", width=160, height=90, shots=(Shot(clip="dark", frames=12),))
    ours.write_text(timeline.model_dump_json())
    run(ours, "--out", out, "--size", "320x180")
    assert "ours: 12 frames in 0.40 s" in capsys.readouterr().out
    assert (probe(out / "master.mp4").width, probe(out / "master.mp4").frames) == (320, 12)
    assert {path.name for path in place.iterdir()} == {"project", "archive", "out", "home"}


def test_what_can_not_be_cut_is_said_in_one_line(place: Path, theirs: Path, run: Callable[..., None]) -> None:
    made = read(theirs)
    film = place / "project" / "film.otio"
    made.global_start_time = otio.opentime.RationalTime(0, 23.976)
    film.write_text(made.to_json_string())
    (place / "project" / "broken.json").write_text('{"name": "x", "shots": []}')
    (place / "project" / "cut.edl").write_text("TITLE: x")
    cases: list[tuple[int, str, list[object]]] = [
        (5, "clip light: there is no file for it (/Volumes/Archive/light.mp4); name its folder", [theirs]),
        (5, "theirs: 23.976 frames/s can't be cut; give --fps", [film, "--media", place / "archive"]),
        (5, "broken.json: width: Field required", [place / "project" / "broken.json"]),
        (2, "TIMELINE: cut.edl is not allowed; it must be an .otio or .json file", [place / "project" / "cut.edl"]),
        (2, "TIMELINE: there is no file", [place / "no.otio"]),
    ]
    for code, said, arguments in cases:
        with pytest.raises(CallsheetError) as caught:
            run(*arguments, "--out", place / "other")
        assert (caught.value.exit_code, "\n" in caught.value.message) == (code, False)
        assert said in caught.value.message
    assert not (place / "other").exists()
    with pytest.raises(click.UsageError, match="both sides must be even"):
        run(theirs, "--size", "321x180")


def test_a_range_that_counts_by_the_files_timecode_is_understood(place: Path) -> None:
    clip = place / "archive" / "clocked.mp4"
    source = place / "archive" / "reel 7" / "light.mp4"
    ffmpeg.run_sync(["-i", str(source), "-c", "copy", "-timecode", "01:00:00:00", str(clip)], timeout=30)
    places = Places(place, (), Settings(home=place / "home"), place, place / "out")
    hour = Fraction(3600)
    assert places.clock(Media("a", "a", (), first=hour + 1), clip) == hour
    # What lies inside the file without its timecode, and what the timeline says itself, is taken as it is.
    assert places.clock(Media("a", "a", (), first=Fraction(1)), clip) is None
    assert places.clock(Media("a", "a", (), begins=hour, first=hour), clip) is None
    assert places.clock(Media("a", "a", (), first=hour), source) is None


def test_only_our_own_bucket_is_asked(place: Path) -> None:
    settings = Settings(home=place / "home", bucket="s3://ours/works")
    places = Places(place, (), settings, place, place / "out")
    bucket = places.bucket()
    assert places.key(bucket, Media("a", "a", ()), "s3://ours/works/clips/ab/x.mp4") == "clips/ab/x.mp4"
    for address in ("s3://theirs/works/a.mp4", "s3://ours/else/a.mp4", "s3://ours/workshop/a.mp4"):
        with pytest.raises(MediaError, match="is not in our bucket"):
            places.key(bucket, Media("a", "a", ()), address)
