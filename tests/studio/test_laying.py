"""How clips become a row of an ordered length."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callsheet.studio.laying import JOIN, MOST, SHORTEST, lay


@settings(max_examples=150, derandomize=True, database=None, deadline=None)
@given(st.lists(st.integers(SHORTEST, 400), min_size=1, max_size=30), st.integers(24, 18000))
def test_a_row_is_exact_and_every_piece_is_there(lengths: list[int], wanted: int) -> None:
    try:
        row = lay(lengths, wanted, 30)
    except ValueError:
        least = len(lengths) * (SHORTEST - JOIN) + JOIN
        assert wanted < least or wanted > (sum(lengths) - JOIN * len(lengths)) * (MOST // len(lengths) - 1)
        return
    assert sum(laid.frames - laid.overlap for laid in row) == wanted
    assert [laid.clip for laid in row] == [n % len(lengths) for n in range(len(row))]
    assert len(row) >= len(lengths)
    for before, laid in zip([None, *row], [*row, None], strict=True):
        shared = (before.overlap if before else 0) + (laid.overlap if laid else 0)
        assert before is None or shared <= before.frames <= lengths[before.clip]
        assert laid is None or laid.overlap in (0, *range(2, JOIN + 1))
    if len(row) > len(lengths):
        assert {laid.overlap for laid in row[1:]} == {JOIN}


def test_what_is_too_long_loses_a_little_of_each_clip() -> None:
    row = lay([150, 90, 90, 90, 120, 120], 600, 30)
    assert [laid.frames for laid in row] == [150, 90, 90, 90, 120, 120]
    assert {laid.overlap for laid in row[1:]} == {JOIN}
    lost = [whole - laid.frames for whole, laid in zip([150, 150, 300], lay([150, 150, 300], 300, 30), strict=True)]
    assert min(lost) > 50


@pytest.mark.parametrize(("lengths", "wanted"), [([23, 400], 300), ([30] * 40, 300), ([30], 18000)])
def test_no_row(lengths: list[int], wanted: int) -> None:
    with pytest.raises(ValueError, match=r"too short|do not fit|too little"):
        lay(lengths, wanted, 30)
