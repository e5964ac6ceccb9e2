"""The arithmetic of a cut, which everything else stands on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from callsheet.timeline import (
    Line,
    Shot,
    Timeline,
    Title,
    Transition,
    frames_to_timecode,
    timecode_to_frames,
)
from tests.media.timelines import EVERY_JOINT, timelines


def test_overlaps_shorten_the_work_and_move_what_follows() -> None:
    assert EVERY_JOINT.frames == 40 + 40 + 30 + 40 + 45 - 12 - 10 - 15
    assert EVERY_JOINT.starts() == [0, 28, 68, 88, 113]
    assert EVERY_JOINT.timecode(0) == "01:00:00:00"
    assert EVERY_JOINT.timecode(113) == "01:00:03:23"
    assert EVERY_JOINT.seconds == pytest.approx(158 / 30)


@given(timelines())
def test_the_last_shot_ends_with_the_work(timeline: Timeline) -> None:
    assert timeline.starts()[-1] + timeline.shots[-1].frames == timeline.frames
    assert Timeline.model_validate_json(timeline.model_dump_json()) == timeline


@given(st.integers(0, 24 * 3600 * 60), st.sampled_from([24, 25, 30, 50, 60]))
def test_timecode_and_back(frames: int, fps: int) -> None:
    text = frames_to_timecode(frames, fps)
    assert timecode_to_frames(text, fps) == frames % (24 * 3600 * fps)


def shot(**changes: object) -> Shot:
    return Shot.model_validate({"clip": "a", "frames": 30, **changes})


def timeline(**changes: object) -> Timeline:
    return Timeline.model_validate({"name": "x", "width": 320, "height": 180, "shots": (shot(),), **changes})


@pytest.mark.parametrize(
    "wrong",
    [
        {"width": 321},
        {"shots": ()},
        {"timecode_start": "00:00:00:30"},
        {"timecode_start": "00:00:00;10"},
        {"timecode_start": "24:00:00:00"},
        {"shots": (shot(transition=Transition(kind="wipe", frames=5)),)},
        {"shots": (shot(), shot(transition=Transition(kind="wipe", frames=31)))},
        {
            "shots": (
                shot(frames=60),
                shot(transition=Transition(kind="wipe", frames=16)),
                shot(transition=Transition(kind="fade", frames=15)),
            )
        },
        {"titles": (Title(text="t", start=20, frames=11),)},
        {"lines": (Line(text="t", start=30),)},
    ],
)
def test_what_can_not_be_cut_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        timeline(**wrong)


def test_a_transition_has_a_length_and_a_cut_has_none() -> None:
    for kind, frames in (("cut", 3), ("dissolve", 0), ("wipe", 1)):
        with pytest.raises(ValidationError):
            Transition.model_validate({"kind": kind, "frames": frames})
