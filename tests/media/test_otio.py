"""To OpenTimelineIO and back, with everything that a timeline can have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from hypothesis import given, settings

from callsheet.errors import MediaError
from callsheet.media.otio import read, timeline_from_otio, to_otio, write
from callsheet.media.otio_read import media_of
from callsheet.timeline import AudioCue, Card, Mark, Shot, Timeline
from tests.media.timelines import EVERY_JOINT, works

STEMS = {"voice": "../stems/voice.wav", "music": "../stems/music.wav"}
CARDS = EVERY_JOINT.model_copy(
    update={
        "shots": (
            *EVERY_JOINT.shots,
            Shot(clip="ramp", source_in=4, frames=30, source_frames=45),
            Card(card="black", layout="blank", frames=10),
            Shot(clip="dark", source_in=7, frames=20, hold=True),
            Card(card="the end", layout="end", heading="End", picture="logo", frames=30),
        ),
        "marks": (Mark(image="logo"),),
        "sounds": (
            AudioCue(clip="chime", start=10, frames=30),
            AudioCue(clip="chime", start=20, frames=30),
            AudioCue(clip="song", role="music", start=0, frames=60),
        ),
    }
)


def again(made: Any) -> Any:
    return otio.adapters.read_from_string(made.to_json_string(), "otio_json")


@given(works())
@settings(max_examples=25)
def test_a_round_trip_changes_no_byte(timeline: Timeline) -> None:
    uris = {clip: f"s3://clips/{number}.mp4" for number, clip in enumerate(timeline.clips)}
    files = {clip: f"../../clips/{number}.mp4" for number, clip in enumerate(timeline.clips) if number != 1}
    for places in (({}, {}), (uris, files)):
        made = to_otio(timeline, places[0], {}, STEMS, places[1])
        back = timeline_from_otio(again(made))
        assert back.model_dump() == timeline.model_dump()
        assert to_otio(back, places[0], {}, STEMS, places[1]).to_json_string() == made.to_json_string()
        assert [media.name for media in media_of(made)] == list(dict.fromkeys(media.name for media in media_of(made)))
        assert {media.name for media in media_of(made)} == set(timeline.clips)


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
        ("Titles", "Video"),
        ("voice", "Audio"),
        ("music", "Audio"),
    ]
    first = next(iter(made.tracks[0]))
    assert first.media_reference.target_url == "s3://clips/ramp.mp4"
    assert first.media_reference.available_range.duration.value == 60
    assert made.tracks[2].duration().value == EVERY_JOINT.frames


def test_each_part_stands_where_an_editor_looks_for_it() -> None:
    files = {"ramp": "../clips/ramp.mp4", "logo": "../clips/logo.png"}
    made = to_otio(CARDS, {"ramp": "s3://b/ramp.mp4"}, {}, None, files)
    assert [track.name for track in made.tracks] == [
        *("V1", "Titles", "Marks", "effects sounds", "effects sounds 2", "music sounds"),
    ]
    picture = [item for item in made.tracks[0] if not isinstance(item, otio.schema.Transition)]
    first = picture[0].media_references()
    assert first["DEFAULT_MEDIA"].target_url == "../clips/ramp.mp4"
    assert first["bucket"].target_url == "s3://b/ramp.mp4"
    fast, black, held, end = picture[-4:]
    assert isinstance(fast.effects[0], otio.schema.LinearTimeWarp)
    assert fast.effects[0].time_scalar == 1.5
    assert isinstance(black, otio.schema.Gap)
    assert isinstance(held.effects[0], otio.schema.FreezeFrame)
    assert end.media_reference.generator_kind == "callsheet.card"
    assert made.tracks[0].range_of_child(held).start_time.value == CARDS.starts()[-2]
    assert made.tracks[4][0].duration().value == 20  # a gap, up to the second of two that overlap
    assert all(track.enabled for track in made.tracks)
    # The stems have the sounds in them already.
    mixed = to_otio(CARDS, {}, {}, STEMS)
    assert [track.enabled for track in mixed.tracks] == [True] * 3 + [False] * 3 + [True] * 2


def test_what_was_moved_in_an_editor_comes_back() -> None:
    made = to_otio(CARDS, {}, {})
    clips = list(made.tracks[0].find_clips())
    span = clips[2].source_range
    four = otio.opentime.RationalTime(4, 30)
    clips[2].source_range = otio.opentime.TimeRange(span.start_time + four, span.duration - four)
    chime = made.tracks[3]
    chime[0].source_range = otio.opentime.TimeRange(duration=otio.opentime.RationalTime(17, 30))
    back = timeline_from_otio(made)
    assert isinstance(back.shots[2], Shot)
    assert (back.shots[2].source_in, back.shots[2].frames) == (7, 26)
    assert back.frames == CARDS.frames - 4
    assert back.sounds[0].start == 17
    assert back.marks == CARDS.marks


def test_a_title_that_the_end_has_come_to_is_shortened() -> None:
    made = to_otio(EVERY_JOINT, {}, {})
    last = list(made.tracks[0].find_clips())[-1]
    span = last.source_range
    shorter = span.duration - otio.opentime.RationalTime(20, 30)
    last.source_range = otio.opentime.TimeRange(span.start_time, shorter)
    back = timeline_from_otio(made)
    assert (back.frames, back.titles[0].frames) == (EVERY_JOINT.frames - 20, 38)


def test_what_is_no_timeline_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no frame rate or no size"):
        timeline_from_otio(otio.schema.Timeline("somebody else's"))
    broken = tmp_path / "broken.otio"
    for text in ("{", "", "[1]", '{"OTIO_SCHEMA": "Clip.1"}', '"x"'):
        broken.write_text(text)
        with pytest.raises(MediaError, match=r"not an OTIO file|holds a") as caught:
            read(broken)
        assert "\n" not in caught.value.message
