"""Values of several axes combined: every combination, or few in which each pair of values still meets. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any


def every(axes: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """All combinations; the last axis changes fastest."""
    return [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]


def pairwise(axes: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Combinations in which any two values of two axes stand together at least once; the same ones every time.

    Of one or two axes these are all combinations.
    """
    if len(axes) <= 2:
        return every(axes)
    from allpairspy import AllPairs

    rows = AllPairs([list(range(len(values))) for values in axes.values()])
    return [
        {axis: values[number] for (axis, values), number in zip(axes.items(), row, strict=True)}
        for row in map(list, rows)
    ]
