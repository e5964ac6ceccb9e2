"""The ways in which a value is held against what is asked: a list, a range, a yes or no."""

from __future__ import annotations

from collections.abc import Sequence

from callsheet.media.check.contract import Range
from callsheet.media.check.report import Point, Value


def one_of(name: str, value: str | int | None, allowed: Sequence[str | int], *, note: str = "") -> Point:
    """`allowed` empty: anything goes."""
    words = " or ".join(map(str, allowed)) if allowed else None
    return Point(name=name, value=value, limit=words, passed=value in allowed if allowed else None, note=note)


def within(
    name: str, value: float | None, allowed: Range, unit: str = "", *, slack: float = 1e-6, note: str = ""
) -> Point:
    """A number in a range. A value that can't be measured fails where one is asked."""
    shown: Value | None = round(value, 3) if isinstance(value, float) else value
    passed = (value is not None and allowed.allows(value, slack)) if allowed.asks else None
    limit = f"{allowed} {unit}".strip() if allowed.asks else None
    return Point(name=name, value=shown, limit=limit, unit=unit, passed=passed, note=note)


def wanted(name: str, value: bool, asked: bool | None, *, note: str = "") -> Point:
    """Yes or no, where `asked` is True; what isn't asked only informs."""
    return Point(name=name, value=value, limit="yes" if asked else None, passed=value if asked else None, note=note)
