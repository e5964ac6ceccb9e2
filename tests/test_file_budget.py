"""No file grows past 400 lines unless it is named here with the reason; a reason that is no longer needed goes."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIMIT = 400

EXCEPTIONS: dict[str, str] = {}
"""Path from the root: why it has to be longer."""


def tracked(root: Path, pattern: str) -> list[str]:
    """What git knows of, as paths from the root; a file that was deleted and not yet committed is left out."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", pattern],  # noqa: S607 (the developer's own git)
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [name for name in listed.stdout.split("\0") if name and (root / name).is_file()]


def complaints(lengths: Mapping[str, int], exceptions: Mapping[str, str]) -> list[str]:
    too_long = [
        f"{name} has {length} lines, {LIMIT} are allowed"
        for name, length in sorted(lengths.items())
        if length > LIMIT and name not in exceptions
    ]
    needless = [
        f"{name} is an exception and does not need to be"
        for name in sorted(exceptions)
        if lengths.get(name, 0) <= LIMIT
    ]
    without_reason = [f"{name} is an exception without a reason" for name, why in exceptions.items() if not why.strip()]
    return too_long + needless + without_reason


def test_every_file_keeps_to_the_budget() -> None:
    lengths = {name: len((ROOT / name).read_bytes().splitlines()) for name in tracked(ROOT, "*.py")}
    assert len(lengths) > 10
    assert complaints(lengths, EXCEPTIONS) == []


def test_the_budget_is_really_kept() -> None:
    lengths = {"long.py": 401, "exact.py": 400, "drawing.py": 900, "shrunk.py": 12}
    reasons = {"drawing.py": "one table", "shrunk.py": "was one table", "gone.py": "", "exact.py": "near"}
    assert complaints(lengths, {}) == [
        "drawing.py has 900 lines, 400 are allowed",
        "long.py has 401 lines, 400 are allowed",
    ]
    assert complaints(lengths, reasons) == [
        "long.py has 401 lines, 400 are allowed",
        "exact.py is an exception and does not need to be",
        "gone.py is an exception and does not need to be",
        "shrunk.py is an exception and does not need to be",
        "gone.py is an exception without a reason",
    ]
