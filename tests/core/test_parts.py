"""Parts of a production: every work in one of them, none too large, and the same again for the same works."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from callsheet.production import parts_of


@given(st.lists(st.text(min_size=1, max_size=8), unique=True, max_size=300), st.integers(1, 60))
def test_every_work_is_in_one_part_in_its_order_and_no_part_is_too_large(works: list[str], most: int) -> None:
    parts = parts_of(works, most)
    assert [work for part in parts for work in part] == works
    assert all(1 <= len(part) <= most for part in parts)
    assert len(parts) == -(-len(works) // most), "there are no more than there have to be"
    sizes = {len(part) for part in parts}
    assert not sizes or max(sizes) - min(sizes) <= 1, "none is left with a rest"


def test_a_thousand_works_are_forty_runs() -> None:
    assert [len(part) for part in parts_of([f"w{number}" for number in range(1000)], 25)] == [25] * 40
