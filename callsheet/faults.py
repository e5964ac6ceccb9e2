"""Named fault points: places in the purchase path where a test may stop the program, to prove what then happens.

`reach(name)` does nothing unless that point is armed. `CALLSHEET_FAULT=NAME` arms one from outside: the process is
killed there as by a power cut, with no clean-up.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

POINTS = (
    "buy.intended",
    "buy.leased",
    "buy.submitting",
    "buy.sent",
    "buy.submitted",
    "buy.ready",
    "buy.downloaded",
    "buy.put",
    "buy.stored",
    "buy.settled",
)

NOTICE_POINTS = ("notice.noted", "notice.sent")
"""The same on the way of a notice: it is noted and not yet sent, sent and that not yet noted."""

armed: dict[str, Callable[[], None]] = {}
"""What happens at a point, for tests in the same process."""


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def reach(point: str) -> None:
    """Passes a fault point. Raises `ValueError` for a name that is none."""
    if point not in POINTS + NOTICE_POINTS:
        raise ValueError(f"{point} is no fault point")
    if os.environ.get("CALLSHEET_FAULT") == point:
        _die()
    if point in armed:
        armed[point]()
