"""Lines are placed by how long they really are."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.errors import MediaError
from callsheet.media.placing import TAIL, place


def test_a_line_that_fits_stays_where_it_was_planned() -> None:
    assert place([1.0, 6.0], [2.0, 3.0], 20.0) == [1.0, 6.0]


def test_a_line_waits_for_the_one_before() -> None:
    assert place([1.0, 2.0], [3.0, 1.0], 20.0) == [1.0, 4.25]


def test_a_line_that_would_run_past_the_end_moves_earlier_and_takes_others_along() -> None:
    assert place([18.0], [4.0], 20.0) == [15.5]
    assert place([12.0, 18.0], [4.0, 4.0], 20.0) == pytest.approx([11.25, 15.5])


def test_too_much_speech_names_both_lengths() -> None:
    with pytest.raises(MediaError, match=r"need 12\.0 s and the cut has 9\.5 s"):
        place([0.0, 4.0], [6.0, 6.0], 10.0)


@given(
    st.lists(st.tuples(st.floats(0, 30), st.floats(0.1, 8)), min_size=1, max_size=8),
    st.floats(1, 60),
)
def test_lines_never_overlap_and_never_reach_the_end(lines: list[tuple[float, float]], seconds: float) -> None:
    planned = sorted(start for start, _ in lines)
    lengths = [length for _, length in lines]
    if sum(lengths) > seconds - TAIL:
        with pytest.raises(MediaError):
            place(planned, lengths, seconds)
        return
    starts = place(planned, lengths, seconds)
    assert starts[0] >= 0
    for (start, length), (following, _) in pairwise(zip(starts, lengths, strict=True)):
        assert start + length <= following + 1e-6
    assert starts[-1] + lengths[-1] <= seconds - TAIL + 1e-6
