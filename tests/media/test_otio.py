"""To OpenTimelineIO and back."""

from __future__ import annotations

from pathlib import Path

import opentimelineio as otio
import pytest
from hypothesis import given

from callsheet.errors import MediaError
from callsheet.media.otio import read, timeline_from_otio, to_otio, write
from callsheet.timeline import Timeline
from tests.media.timelines import EVERY_JOINT, timelines

STEMS = {"voice": "../stems/voice.wav", "music": "../stems/music.wav"}


@given(timelines())
def test_a_round_trip_changes_nothing(timeline: Timeline) -> None:
    text = to_otio(timeline, {}, {}).to_json_string()
    assert timeline_from_otio(otio.adapters.read_from_string(text, "otio_json")) == timeline


def test_a_file_says_the_same_as_the_timeline(tmp_path: Path) -> None:
    path = tmp_path / "cut.otio"
    uris = {"ramp": "s3://clips/ramp.mp4", "dark": "s3://clips/dark.mp4"}
    write(to_otio(EVERY_JOINT, uris, {"ramp": 60}, STEMS), path)
    made = read(path)
    assert timeline_from_otio(made) == EVERY_JOINT
    assert made.duration().value == EVERY_JOINT.frames
    assert made.global_start_time.value == 3600 * 30
    assert [(track.name, track.kind) for track in made.tracks] == [
        ("V1", "Video"),
        ("voice", "Audio"),
        ("music", "Audio"),
    ]
    first = next(iter(made.tracks[0]))
    assert first.media_reference.target_url == "s3://clips/ramp.mp4"
    assert first.media_reference.available_range.duration.value == 60
    assert made.tracks[1].duration().value == EVERY_JOINT.frames


def test_what_was_moved_in_an_editor_comes_back(tmp_path: Path) -> None:
    made = to_otio(EVERY_JOINT, {}, {})
    clips = list(made.tracks[0].find_clips())
    span = clips[2].source_range
    clips[2].source_range = otio.opentime.TimeRange(
        span.start_time + otio.opentime.RationalTime(4, 30), span.duration - otio.opentime.RationalTime(4, 30)
    )
    back = timeline_from_otio(made)
    assert (back.shots[2].source_in, back.shots[2].frames) == (7, 26)
    assert back.frames == EVERY_JOINT.frames - 4


def test_what_can_not_be_cut_is_refused(tmp_path: Path) -> None:
    made = to_otio(EVERY_JOINT, {}, {})
    made.tracks[0].append(otio.schema.Gap(duration=otio.opentime.RationalTime(10, 30)))
    with pytest.raises(MediaError, match="Gap"):
        timeline_from_otio(made)
    with pytest.raises(MediaError, match="its facts"):
        timeline_from_otio(otio.schema.Timeline("somebody else's"))
    broken = tmp_path / "broken.otio"
    broken.write_text("{")
    with pytest.raises(MediaError, match="not an OTIO file"):
        read(broken)
    write(otio.schema.Clip("a"), broken)
    with pytest.raises(MediaError, match="holds a Clip"):
        read(broken)
