"""A pool of shots, and works cut from it: every second bought is there once, and nothing is shown twice."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.plan.pool import SHORTEST, groups_of, pieces


@given(seconds=st.integers(SHORTEST, 600))
def test_a_pool_is_its_shots(seconds: int) -> None:
    groups = groups_of(seconds)
    assert sum(group.key + group.transition for group in groups) == seconds
    assert all(SHORTEST <= group.key <= 10 for group in groups)
    assert all(group.transition == 0 or SHORTEST <= group.transition <= group.key for group in groups)


def test_a_minute_is_four_pairs() -> None:
    assert [(group.key, group.transition) for group in groups_of(60)] == [(10, 5)] * 4


@given(
    lengths=st.lists(st.integers(60, 600), min_size=1, max_size=12),
    share=st.floats(0.05, 1),
    pace=st.integers(15, 300),
    interleaved=st.booleans(),
)
def test_a_work_shows_nothing_twice(lengths: list[int], share: float, pace: int, interleaved: bool) -> None:
    pool = [(f"clip-{number}", frames) for number, frames in enumerate(lengths)]
    frames = max(1, int(sum(lengths) * share))
    cut = pieces(pool, frames, pace, interleaved=interleaved)
    assert sum(shot.frames for shot in cut) == frames
    for clip, there in pool:
        spans = sorted((shot.source_in, shot.source_in + shot.frames) for shot in cut if shot.clip == clip)
        assert all(before[1] <= after[0] for before, after in pairwise(spans))
        assert not spans or spans[-1][1] <= there


def test_a_fast_cut_goes_from_clip_to_clip() -> None:
    pool = [("a", 300), ("b", 150), ("c", 300), ("d", 150)]
    fast = pieces(pool, 450, 60, interleaved=True)
    assert [shot.clip for shot in fast[:4]] == ["a", "b", "c", "d"]
    assert max(shot.frames for shot in fast) <= 90
    slow = pieces(pool, 450, 240, interleaved=False)
    assert [shot.clip for shot in slow] == ["a", "c"]
    whole = pieces(pool, 900, 240, interleaved=False)
    assert [(shot.clip, shot.source_in, shot.frames) for shot in whole] == [(c, 0, n) for c, n in pool]


def test_more_than_there_is_can_not_be_cut() -> None:
    with pytest.raises(ValueError, match="can't be cut"):
        pieces([("a", 30)], 31, 30, interleaved=True)
