"""The edit list: read by a program that is not ours, and added up."""

from __future__ import annotations

import re

import opentimelineio as otio
from hypothesis import given
from hypothesis import strategies as st

from callsheet.media.edl import edl, reel_names
from callsheet.timeline import Timeline, timecode_to_frames
from tests.media.timelines import EVERY_JOINT, HARD_CUTS, timelines

EVENT = re.compile(r"(\d{3})  (\S{1,8}) +V +(C|D|W001)(?: +(\d{3}))? +([\d:]{11}) ([\d:]{11}) ([\d:]{11}) ([\d:]{11})$")


def events(timeline: Timeline) -> list[tuple[str, str, int, int, int, int]]:
    """Each line as (reel, effect, source in, source out, record in, record out) in frames."""
    found = []
    for line in edl(timeline, {}).splitlines():
        if line[:3].isdigit():
            match = EVENT.fullmatch(line)
            assert match, line
            times = [timecode_to_frames(time, timeline.fps) for time in match.groups()[4:]]
            found.append((match[2], match[3], *times))
    return found  # type: ignore[return-value]


@given(timelines(kinds=("cut",)))
def test_hard_cuts_are_read_by_another_program_as_they_were_meant(timeline: Timeline) -> None:
    # The other program does not know that a deck's clock goes on at midnight.
    timeline = timeline.model_copy(update={"timecode_start": "01:00:00:00"})
    text = edl(timeline, {shot.clip: f"s3://clips/{shot.clip}.mp4" for shot in timeline.shots})
    read = otio.adapters.read_from_string(text, "cmx_3600", rate=timeline.fps)
    clips = list(read.tracks[0])
    assert [clip.name for clip in clips] == [shot.clip for shot in timeline.shots]
    for clip, shot in zip(clips, timeline.shots, strict=True):
        assert clip.source_range.start_time.value == shot.source_in
        assert clip.source_range.duration.value == shot.frames


def test_another_program_sees_the_whole_length_of_a_cut_with_transitions() -> None:
    read = otio.adapters.read_from_string(edl(EVERY_JOINT, {}), "cmx_3600", rate=30)
    assert read.tracks[0].duration().value == EVERY_JOINT.frames
    kinds = [item.transition_type for item in read.tracks[0] if isinstance(item, otio.schema.Transition)]
    assert kinds == ["SMPTE_Dissolve", "SMPTE_Wipe", "SMPTE_Dissolve", "SMPTE_Dissolve"]


@given(timelines())
def test_record_times_are_without_a_gap_and_add_up(timeline: Timeline) -> None:
    start, day = timecode_to_frames(timeline.timecode_start, timeline.fps), 24 * 3600 * timeline.fps
    at, total = start, 0
    for _, _, source_in, source_out, record_in, record_out in events(timeline):
        length = (record_out - record_in) % day
        assert record_in == at % day
        assert length == source_out - source_in
        at += length
        total += length
    assert total == timeline.frames


@given(timelines())
def test_a_transition_leaves_its_shot_where_the_picture_does(timeline: Timeline) -> None:
    found = events(timeline)
    for before, line, entered in zip(found, found[1:], found[2:], strict=False):
        if entered[1] != "C":
            # The first line of the two: no length, the reel and the place where the one before stopped.
            assert line[2] == line[3]
            assert (line[0], line[2]) == (before[0], before[3] if line[0] != "BL" else 0)


@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=60))
def test_reels_are_short_and_unique(clips: list[str]) -> None:
    reels = reel_names(clips)
    assert len(set(reels.values())) == len(set(clips))
    for reel in reels.values():
        assert re.fullmatch(r"[A-Z0-9]{1,8}", reel)
        assert reel not in {"BL", "AX"}


def test_the_head_says_what_it_is() -> None:
    lines = edl(HARD_CUTS, {}).splitlines()
    assert lines[:2] == ["TITLE: Fast cuts", "FCM: NON-DROP FRAME"]
