"""The ledger's clock: the database's time at the opening, and from then on this machine's steady clock.

Leases of several machines are compared with each other, so they must not hang on each machine's own idea of the time,
nor on somebody setting it.
"""

from __future__ import annotations

import datetime as dt
import time

_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Goes on while the machine sleeps, where the system has such a clock."""


def steady() -> float:
    """Seconds of a clock that nobody can set."""
    return time.clock_gettime(_STEADY)


def stamp(moment: dt.datetime) -> str:
    """ISO 8601 in UTC to the microsecond: text that sorts as time does."""
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds")


def moment(text: str) -> dt.datetime:
    """The time of a stamp."""
    return dt.datetime.fromisoformat(text)


class Clock:
    """Begins at `start` and goes on by itself. `shift` seconds are added, for tests of a clock that jumps."""

    def __init__(self, start: dt.datetime) -> None:
        self._start = start
        self._steady = steady()
        self.shift = 0.0

    def now(self) -> dt.datetime:
        """The time, in UTC."""
        return self._start + dt.timedelta(seconds=steady() - self._steady + self.shift)

    def stamp(self, after: float = 0.0) -> str:
        """The stamp of now, or of so many seconds after it."""
        return stamp(self.now() + dt.timedelta(seconds=after))
