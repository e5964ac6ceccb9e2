"""`callsheet doctor`: whether everything that a production needs is there and does what it is needed for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from callsheet.settings import Settings

LIMIT = 90.0
"""Seconds for one check; loading a voice on a busy machine takes ten."""

Look = Callable[[Settings], Awaitable[str]]
"""Says what it has found; raises what is wrong with it."""


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, whether it is well, and what was seen."""

    name: str
    well: bool
    seen: str

    def __str__(self) -> str:
        return f"{'ok' if self.well else 'FAILED':<7} {self.name:<12} {self.seen}"


async def examine(settings: Settings, *, server: bool = True) -> list[Finding]:
    """Looks at everything, one after the other; what fails stops nothing. Without `server` at this machine alone."""
    from deployments.doctor.here import LOOKS as HERE

    looks: dict[str, Look] = dict(HERE)
    if server:
        from deployments.doctor.there import LOOKS as THERE

        looks |= THERE
    return [await _finding(name, look, settings) for name, look in looks.items()]


async def _finding(name: str, look: Look, settings: Settings) -> Finding:
    try:
        return Finding(name, True, await asyncio.wait_for(look(settings), LIMIT))
    except TimeoutError:
        return Finding(name, False, f"no answer in {LIMIT:g} s")
    except Exception as error:  # whatever it is, it is what the doctor was asked for, and the other lines follow
        return Finding(name, False, " ".join(str(error).split()) or type(error).__name__)
