"""Goes on with purchases that nobody works on: asks what became of them, and fetches what has finished.

Nothing new is ordered here. A job that still renders is left alone after one question.
"""

from __future__ import annotations

import asyncio
import logging

from callsheet.desk import Desk
from callsheet.errors import CallsheetError, JobFailed, LeaseLost, Moderated, Unavailable
from callsheet.ledger.buy import ended, finish
from callsheet.ledger.entry import Entry
from callsheet.ledger.lease import adoptable
from callsheet.ledger.queries import entries
from callsheet.ledger.states import IN_FLIGHT, State
from callsheet.ledger.submit import resolve
from callsheet.ledger.work import Work

logger = logging.getLogger(__name__)

PATIENCE = 120.0
"""Seconds that one purchase may take: a question, or a download."""


async def abandoned(desk: Desk, states: frozenset[State]) -> list[Entry]:
    """Purchases at this desk's provider in these states that nobody holds."""
    now = desk.ledger.clock.stamp()
    found = await entries(desk.ledger, states=sorted(states), provider=desk.identity)
    return [entry for entry in found if adoptable(entry, now)]


async def adopt(desk: Desk, entry: Entry, *, fetch: bool = True) -> Entry:
    """The purchase, as far as it comes without ordering anything: with `fetch` its clips too, when they are there.

    Raises what the provider or the bucket raise; `Unavailable` when somebody else holds it.
    """
    deadline = asyncio.get_running_loop().time() + PATIENCE
    async with desk.leases.held(entry.key, deadline=None) as lease:
        now = await desk.ledger.get(entry.key)
        if lease is None or now is None:
            return entry
        work = Work(desk, lease, entry.purchase_id, deadline)
        if now.state is State.SUBMITTING:
            now = await resolve(work, now)
        if now.state is State.SUBMITTED:
            job = await desk.provider.poll(str(now.job_id))
            if not job.status.final:
                return now
            now = await ended(work, now, job)
        return await finish(work, now) if fetch and now.state in (State.READY, State.STORED) else now


async def make_room(desk: Desk) -> None:
    """Asks once for the jobs that nobody waits for: those that have ended give their places back."""
    for entry in await abandoned(desk, IN_FLIGHT):
        try:
            await adopt(desk, entry, fetch=False)
        except (Moderated, JobFailed, LeaseLost, Unavailable):
            continue  # it has ended, or somebody else is at it, or it is asked for again next time
        except CallsheetError as error:
            logger.warning("%s of %s: %s", entry.purchase_id, entry.production_id, error.message)
        except Exception:
            logger.exception("%s of %s", entry.purchase_id, entry.production_id)  # no reason to stop another purchase
