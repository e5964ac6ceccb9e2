"""Places and pace at a provider: how many jobs at a time, how many orders a minute, and when it asked us to wait.

Jobs are not counted in a register that a killed process would leave wrong: they are the purchases themselves that are
on their way. Orders are spaced by one time for each provider (the generic cell rate algorithm, ITU-T I.371): the moment
at which all orders so far, evenly spaced, would have been sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from callsheet.ledger.clock import moment, stamp
from callsheet.ledger.states import IN_FLIGHT
from callsheet.ledger.tables import pace, purchases

BURST_SECONDS = 10.0
"""As many orders as are allowed in this time may be sent at once."""
PLACE_PAUSE = 0.5
"""Seconds after which to look again for a free place."""


@dataclass(frozen=True)
class Limits:
    """What a provider allows; None where it names no limit."""

    in_flight: int | None = None
    per_minute: float | None = None


@dataclass(frozen=True)
class Wait:
    """Nothing was begun: try again after `seconds`. `full` when all places are taken."""

    seconds: float
    why: str
    full: bool = False


def spaced(now: dt.datetime, next_at: dt.datetime | None, per_minute: float) -> tuple[float, dt.datetime]:
    """Seconds to wait before an order may be sent, and the time that follows when it is sent now."""
    interval = 60.0 / per_minute
    allowance = max(interval, BURST_SECONDS) - interval
    due = max(next_at or now, now)
    wait = (due - now).total_seconds() - allowance
    return max(0.0, wait), due + dt.timedelta(seconds=interval)


async def take_place(
    connection: AsyncConnection, insert: Callable[..., Any], provider: str, key: str, limits: Limits, now: dt.datetime
) -> Wait | None:
    """Takes a place and a turn for an order, or says how long to wait. Within a transaction that `provider` locks."""
    row = (await connection.execute(select(pace).where(pace.c.provider == provider))).first()
    if row is not None and row.closed_until and row.closed_until > stamp(now):
        seconds = (moment(row.closed_until) - now).total_seconds()
        return Wait(seconds, f"{provider} asked to wait")
    if limits.in_flight is not None:
        counted = select(func.count()).where(
            purchases.c.provider == provider, purchases.c.state.in_(IN_FLIGHT), purchases.c.key != key
        )
        if int((await connection.execute(counted)).scalar_one()) >= limits.in_flight:
            return Wait(PLACE_PAUSE, f"{limits.in_flight} jobs are under way at {provider}", full=True)
    if limits.per_minute is not None:
        seconds, following = spaced(
            now, moment(row.next_at) if row is not None and row.next_at else None, limits.per_minute
        )
        if seconds > 0:
            return Wait(seconds, f"{provider} takes {limits.per_minute:g} orders a minute")
        await _set(connection, insert, provider, "next_at", stamp(following))
    return None


async def closed_for(connection: AsyncConnection, provider: str, now: dt.datetime) -> float:
    """Seconds until the provider wants to be asked again."""
    until = (await connection.execute(select(pace.c.closed_until).where(pace.c.provider == provider))).scalar()
    return max(0.0, (moment(until) - now).total_seconds()) if until else 0.0


async def close(connection: AsyncConnection, insert: Callable[..., Any], provider: str, until: str) -> None:
    """Nobody orders from `provider` before `until`; a later time that is already set stays."""
    row = (await connection.execute(select(pace.c.closed_until).where(pace.c.provider == provider))).first()
    if row is None or row.closed_until is None or row.closed_until < until:
        await _set(connection, insert, provider, "closed_until", until)


async def _set(connection: AsyncConnection, insert: Callable[..., Any], provider: str, column: str, value: str) -> None:
    await connection.execute(insert(pace).values(provider=provider).on_conflict_do_nothing())
    await connection.execute(update(pace).where(pace.c.provider == provider).values({column: value}))
