"""The consistency check, on clips of the held-out half of its labelled set and on clips that are not of the studio."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from callsheet.errors import MediaError
from callsheet.media.consistency import (
    ITEMS,
    THRESHOLD,
    Consistency,
    Scores,
    ShotScores,
    better_take,
    check_consistency,
    judge,
    repair_plan,
)
from callsheet.media.consistency.describe import Shot, describe
from callsheet.media.consistency.sampling import SIDE, sample
from callsheet.media.consistency.scale import curves
from callsheet.media.ffmpeg import encode_frames, run_sync
from tests.media.consistency_set import CALIBRATION, HELD_OUT, clips, draw

GROUPS = ("shore", "corner")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("consistency")
    wanted = ("base-1", "base-3", "character-1", "grade-1")
    found = [clip for group in HELD_OUT if group.name in GROUPS for clip in clips(group)]
    return {
        name: draw(clip, folder)
        for clip in found
        if (name := clip.name.removesuffix(".mp4")).partition("-")[2] in wanted
    }


@pytest.fixture(scope="module")
def shots(files: dict[str, Path]) -> dict[str, Shot]:
    return {name: describe(sample(path)) for name, path in files.items()}


def asked(shots: dict[str, Shot], group: str, *names: str) -> list[Shot]:
    return [shots[f"{group}-{name}"] for name in names]


@pytest.mark.parametrize("group", GROUPS)
def test_shots_of_one_scene_belong_together(shots: dict[str, Shot], group: str) -> None:
    found = judge(asked(shots, group, "base-1", "base-3"))
    assert found.consistency_score > THRESHOLD
    assert found.inconsistent_shots == ()
    assert set(found.scores.items) == set(ITEMS)
    assert [pair.shots for pair in found.scores.pairs] == [(1, 2)]


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize(("change", "item"), [("character", ITEMS[0]), ("grade", ITEMS[3])])
@pytest.mark.parametrize("place", [0, 2])
def test_the_shot_that_was_changed_is_named(
    shots: dict[str, Shot], group: str, change: str, item: str, place: int
) -> None:
    names = ["base-1", "base-3"]
    names.insert(place, f"{change}-1")
    found = judge(asked(shots, group, *names), [item])
    assert found.inconsistent_shots == (place + 1,)
    assert found.consistency_score == found.scores.items[item] < THRESHOLD
    assert repair_plan(found) == (place + 1,)


def test_a_shot_without_the_character_is_not_judged_by_it(shots: dict[str, Shot]) -> None:
    some = asked(shots, "shore", "base-1", "character-1", "base-3")
    assert judge(some).inconsistent_shots == (2,)
    found = judge(some, absent=[2])
    assert found.inconsistent_shots == ()
    assert set(found.scores.shots[1].items) == set(ITEMS[1:])
    assert [pair.shots for pair in found.scores.pairs if ITEMS[0] in pair.items] == [(1, 3)]
    assert judge(some, [ITEMS[0]], absent=[1, 2, 3]).consistency_score == 1


def test_shots_of_several_places_agree_where_they_are_in_one(shots: dict[str, Shot]) -> None:
    """Another place is meant where the scene says so: only the character has to be the same in all of them."""
    some = [*asked(shots, "shore", "base-1", "base-3"), *asked(shots, "corner", "base-1", "grade-1", "base-3")]
    scenes = ["shore", "shore", "corner", "corner", "corner"]
    assert judge(some, ITEMS[1:]).inconsistent_shots != (4,)
    found = judge(some, ITEMS[1:], scenes=scenes)
    assert found.inconsistent_shots == (4,)
    assert [pair.shots for pair in found.scores.pairs if pair.items] == [(1, 2), (3, 4), (3, 5), (4, 5)]
    alone = judge(some[1:3], scenes=["shore", "corner"])
    assert set(alone.scores.items) == {ITEMS[0]}
    assert judge(some[1:3], ITEMS[1:], scenes=["shore", "corner"]).consistency_score == 1
    with pytest.raises(MediaError, match="5 shots takes as many scenes, not 2"):
        judge(some, scenes=["shore", "corner"])


def test_another_person_is_not_another_grade_light_or_place(shots: dict[str, Shot]) -> None:
    names = ("base-1", "base-3", "character-1")
    assert judge(asked(shots, "shore", *names), ITEMS[1:]).inconsistent_shots == ()


def test_the_same_files_give_the_same_scores_and_of_two_the_second_is_the_odd_one(
    files: dict[str, Path], shots: dict[str, Shot]
) -> None:
    found = check_consistency([files["corner-grade-1"], files["corner-base-1"]])
    assert found == judge(asked(shots, "corner", "grade-1", "base-1"))
    assert found.inconsistent_shots == (2,)


def test_the_same_clip_at_another_size_and_rate_with_bars_is_the_same(files: dict[str, Path], tmp_path: Path) -> None:
    one = files["shore-base-1"]
    other = tmp_path / "other.mp4"
    conform = "fps=24,scale=480:270,pad=480:360:0:45"
    run_sync(["-i", str(one), "-vf", conform, "-c:v", "libx264", "-crf", "30", str(other)], timeout=60)
    assert check_consistency([one, other]).consistency_score > 0.95


def test_clips_that_have_nothing_in_common_do_not_belong_together(shots: dict[str, Shot], tmp_path: Path) -> None:
    other = tmp_path / "test.mp4"
    run_sync(["-f", "lavfi", "-i", "testsrc2=s=320x180:r=10:d=2", "-c:v", "libx264", str(other)], timeout=60)
    found = judge([*asked(shots, "shore", "base-1", "base-3"), describe(sample(other))])
    assert found.inconsistent_shots == (3,)
    assert found.scores.items["environment_match"] < 0.5


def test_few_small_frames_are_read_however_long_and_large_a_video_is(tmp_path: Path) -> None:
    path = tmp_path / "large.mp4"
    frame = np.random.Generator(np.random.Philox(3)).integers(40, 255, (45, 80, 3), dtype=np.uint8)
    large: Any = cv2.resize(frame, (1280, 720), interpolation=cv2.INTER_NEAREST)
    encode_frames(iter([large] * 90), width=1280, height=720, fps=30, out=path, audio=None, crf=30,
                  preset="ultrafast", timeout=60)  # fmt: skip
    read = sample(path)
    assert len(read.frames) == len(read.later) == 4
    assert {max(image.shape[:2]) for image in (*read.frames, *read.later)} == {SIDE}


def test_what_can_not_be_checked_is_said(tmp_path: Path) -> None:
    broken = tmp_path / "a.mp4"
    broken.write_bytes(b"not a video")
    with pytest.raises(MediaError, match="can't be decoded"):
        check_consistency([broken, broken])
    with pytest.raises(MediaError, match="two shots"):
        check_consistency([], ["color_consistency"])
    with pytest.raises(MediaError, match="taste"):
        check_consistency([broken, broken], ["taste"])


def verdict(*scores: float) -> Consistency:
    shots = tuple(ShotScores(shot=n, items={"color_consistency": score}) for n, score in enumerate(scores, 1))
    odd = tuple(n for n, score in enumerate(scores, 1) if score < THRESHOLD)
    whole = Scores(items={"color_consistency": min(scores)}, shots=shots, pairs=())
    return Consistency(consistency_score=min(scores), inconsistent_shots=odd, scores=whole)


def test_what_to_buy_again_is_the_worst_first() -> None:
    assert repair_plan(verdict(0.9, 0.7, 0.95, 0.2)) == (4, 2)
    assert repair_plan(verdict(0.85, 0.86)) == ()
    assert repair_plan(verdict(0.9, 0.95), 0.92) == (1,)


def test_the_better_take_is_kept() -> None:
    one_bad, two_bad, slightly = verdict(0.9, 0.3), verdict(0.8, 0.8), verdict(0.9, 0.4)
    assert better_take(two_bad, one_bad) is one_bad
    assert better_take(one_bad, two_bad) is one_bad
    assert better_take(one_bad, slightly) is slightly
    again = verdict(0.9, 0.3)
    assert better_take(one_bad, again) is one_bad


def test_no_scene_and_no_person_is_in_both_halves_of_the_labelled_set() -> None:
    first, second = ([clip.order for group in half for clip in clips(group)] for half in (CALIBRATION, HELD_OUT))
    assert not {order.world_seed for order in first} & {order.world_seed for order in second}
    assert not {order.design for order in first} & {order.design for order in second}
    assert set(curves()) == set(ITEMS)
    assert all(curve.weights and curve.limit > 0 for curve in curves().values())
