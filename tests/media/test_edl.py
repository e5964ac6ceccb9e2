"""The edit list: read by a program that is not ours, and added up."""

from __future__ import annotations

import re

import opentimelineio as otio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callsheet.media.edl import edl, reel_names
from callsheet.media.otio import to_otio
from callsheet.timeline import AudioCue, Card, Mark, Shot, Timeline, Title, Transition, timecode_to_frames
from tests.media.timelines import EVERY_JOINT, HARD_CUTS, timelines, works

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
        assert isinstance(shot, Shot)
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


@given(works())
@settings(max_examples=25)
def test_the_list_has_the_frames_of_any_work(timeline: Timeline) -> None:
    start, day = timecode_to_frames(timeline.timecode_start, timeline.fps), 24 * 3600 * timeline.fps
    at, total = start, 0
    for _, _, _, _, record_in, record_out in events(timeline):
        assert record_in == at % day
        at += (record_out - record_in) % day
        total += (record_out - record_in) % day
    assert total == timeline.frames


@given(works())
@settings(max_examples=25)
def test_the_list_and_otio_show_the_same_frames_at_the_same_time(timeline: Timeline) -> None:
    made = to_otio(timeline, {}, {}).tracks[0]
    starts = [event for event in seen(timeline) if event[1] != "BL"]
    items = [item for item in made if not isinstance(item, otio.schema.Transition)]
    shots = [(shot, item) for shot, item in zip(timeline.shots, items, strict=True)]
    reels = reel_names([shot.clip for shot in timeline.shots if not black(shot)])
    for shot, item in shots:
        if black(shot):
            continue
        # OTIO sees the cut in the middle of an overlap; there a list that is played shows the same picture.
        record = made.range_of_child(item).start_time.value
        source = item.source_range.start_time.value if isinstance(shot, Shot) else shot.overlap // 2
        entered, reel, first, speed = max(
            event for event in starts if event[0] <= record and event[1] == reels[shot.clip]
        )
        assert reel == reels[shot.clip]
        assert first + (record - entered) * speed == pytest.approx(source, abs=1 if speed not in {0, 1} else 0)


def black(shot: Shot | Card) -> bool:
    return isinstance(shot, Card) and shot.layout == "blank" and not shot.background and not shot.picture


def seen(timeline: Timeline) -> list[tuple[int, str, int, float]]:
    """What each event shows first: (record frame, reel, source frame, speed by its M2 line)."""
    found: list[tuple[int, str, int, float]] = []
    at = 0
    for line in edl(timeline, {}).splitlines():
        if match := EVENT.fullmatch(line):
            source_in, source_out, record_in, record_out = (
                timecode_to_frames(time, timeline.fps) for time in match.groups()[4:]
            )
            length = (record_out - record_in) % (24 * 3600 * timeline.fps)
            if length:
                found.append((at, match[2], source_in, (source_out - source_in) / length))
            at += length
            shown = (source_out - source_in) / length if length else 0.0
        elif line.startswith("M2") and found and line.split()[1] == found[-1][1]:
            # Of two lines for one reel the second is that of what is entered.
            found[-1] = (*found[-1][:3], 0.0 if line.split()[2] == "000.0" else shown)
    return found


def test_a_dissolve_within_one_reel_tells_both_speeds() -> None:
    """From a held picture of a clip to the same clip running: one M2 line would be taken for either."""
    out = Transition(kind="dissolve", frames=4)
    held, runs = Shot(clip="a", frames=10, hold=True), Shot(clip="a", source_in=30, frames=10)
    for shots, speeds in (
        ((held, runs), ["000.0", "030.0"]),
        ((runs, held), ["030.0", "000.0"]),
        ((runs, runs), []),
        ((held, held), ["000.0", "000.0"]),
    ):
        joined = (shots[0], shots[1].model_copy(update={"transition": out}))
        text = edl(Timeline(name="x", width=320, height=180, shots=joined), {})
        dissolve = text[text.index("002  A") :]
        assert [line.split()[2] for line in dissolve.splitlines() if line.startswith("M2")] == speeds


def test_another_program_reads_speeds_holds_and_black() -> None:
    timeline = Timeline(
        name="Speeds",
        width=320,
        height=180,
        timecode_start="01:00:00:00",
        shots=(
            Shot(clip="fast", source_in=10, frames=30, source_frames=60),
            Card(card="gap", layout="blank", frames=12),
            Shot(clip="slow2", frames=40, source_frames=10),
            Shot(clip="held", source_in=33, frames=20, hold=True),
            Card(card="end", layout="end", heading="The\nend", lines=("soon",), frames=25),
        ),
        titles=(Title(text="One\ntwo", start=3, frames=10),),
        marks=(Mark(image="logo", start=2),),
        sounds=(AudioCue(clip="bang", source_in=5, start=30, frames=10),),
    )
    text = edl(timeline, {"bang": "s3://clips/bang.wav"})
    read = otio.adapters.read_from_string(text, "cmx_3600", rate=30)
    clips = list(read.tracks[0])
    assert [clip.trimmed_range().duration.value for clip in clips] == [30, 12, 40, 20, 25]
    assert [clip.trimmed_range().start_time.value for clip in clips] == [10, 0, 0, 33, 0]
    assert [effect.time_scalar for clip in clips for effect in clip.effects] == [2.0, 0.25, 0.0]
    assert clips[1].media_reference.generator_kind == "black"
    assert "M2   FAST     060.0            00:00:00:10" in text
    assert text.splitlines()[-3:] == [
        "* TITLE 01:00:00:03 01:00:00:13: One two",
        "* KEY 01:00:00:02 01:00:04:07: logo, TOP_RIGHT",
        "* SOUND 01:00:01:00 01:00:01:10: bang FROM 00:00:00:05, EFFECTS, s3://clips/bang.wav",
    ]
    assert "* CARD: END, The end / soon" in text


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
