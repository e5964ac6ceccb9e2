"""Sends an order: recorded before it leaves, within caps and limits, and never twice without the provider's word."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from callsheet import faults
from callsheet.errors import (
    Ambiguous,
    Incapable,
    LeaseLost,
    Moderated,
    ProviderError,
    RateLimited,
    Rejected,
    Unavailable,
    Unsent,
)
from callsheet.features import AnyRequest
from callsheet.ledger.clarify import clarify
from callsheet.ledger.entry import Entry
from callsheet.ledger.lease import LEASE
from callsheet.ledger.lend import addressed
from callsheet.ledger.pace import Wait
from callsheet.ledger.states import Event, State
from callsheet.ledger.work import Work
from callsheet.provider.protocol import Delivery, Job

SENDINGS = 5
"""How often an order that provably was not accepted is sent in one call, before the error is given to the caller."""
PAUSE = 1.0
"""Seconds before the first repetition; doubled each time."""
WRITE_PAUSES = (0.2, 1.0, 3.0, 10.0)
"""Seconds between attempts to write a provider's word into a database that does not answer."""

logger = logging.getLogger(__name__)


async def submit(work: Work, entry: Entry) -> Entry:
    """Sends an intended order when it is its turn."""
    if work.account is None or work.caps is None:
        raise RuntimeError("who only goes on with what was ordered orders nothing")
    desk = work.desk
    async with desk.sending:
        request = await addressed(entry.purchase().request, desk)
        media = await _media(work, request)
        async with desk.turn:
            begun = await _begin(work, entry)
        if not work.lease.fresh and not await _renewed(work):
            raise LeaseLost(f"{work.name}: its lease was lost before it was sent")
        faults.reach("buy.submitting")
        sent = await _send(work, begun, request, media)
    return await resolve(work, begun) if sent is None else sent


async def _begin(work: Work, entry: Entry) -> Entry:
    """Records the order as possibly sent, when there is a place for it. Waits for one that is taken."""
    from callsheet.ledger.adopt import make_room

    desk = work.desk
    assert work.account is not None and work.caps is not None  # noqa: S101 - `submit` has looked
    while True:
        begun = await desk.ledger.begin(entry, work.lease.owner, work.account, work.caps, desk.limits)
        if isinstance(begun, Entry):
            return begun
        if begun.seconds > work.left():
            raise RateLimited(f"{work.name}: {begun.why}; nothing was sent, run again to go on")
        work.tell("waiting for its turn", note=begun.why)
        if begun.full:
            await make_room(desk)
        await asyncio.sleep(_nap(begun))


def _nap(wait: Wait) -> float:
    return min(wait.seconds, 30.0)


async def _renewed(work: Work) -> bool:
    """After a long sleep of this process: whether the lease is still held. The order was not sent yet."""
    kept = await work.desk.ledger.renew([work.lease.key], work.lease.owner, LEASE)
    work.lease.touch()
    return work.lease.key in kept


async def _send(
    work: Work, entry: Entry, request: AnyRequest, media: dict[str, bytes], *, again: bool = False
) -> Entry | None:
    """Sends an order that is already recorded as possibly sent. None when its reply was lost.

    Sent `again`, a refusal speaks of this sending alone: the first may still stand, so the state stays as it is.
    """
    work.sendings += 1
    try:
        answer = await work.desk.provider.submit(request, entry.client_reference, media)
    except (Unsent, RateLimited, Moderated, Rejected, Incapable) as error:
        if again:
            if isinstance(error, RateLimited) and error.retry_after is not None:
                await work.desk.ledger.close_provider(entry.provider, error.retry_after)
            raise
        return await _refused(work, entry, error)
    except Ambiguous as error:
        work.tell("asking the provider", note=str(error))
        return None
    faults.reach("buy.sent")
    if isinstance(answer, Delivery):
        result = answer.model_dump(mode="json")
        entry = await _told(work, lambda: work.desk.ledger.delivered(entry.key, entry.attempt, result))
        return _still_ours(work, entry, entry.result == result)
    return await accepted(work, entry, answer)


async def _refused(work: Work, entry: Entry, error: ProviderError) -> Entry:
    """A first sending that was provably not accepted: to be sent once more, or refused for good."""
    if isinstance(error, Moderated | Rejected):
        what = Event.MODERATED if isinstance(error, Moderated) else Event.REJECTED
        await work.record(entry, what, str(error), error=str(error)[:1000])
        raise error
    entry = await work.record(entry, Event.UNSENT, str(error))
    if isinstance(error, Incapable):  # it was found out before anything was sent, and will be again
        raise error
    pause = error.retry_after if error.retry_after is not None else _pause(work)
    if isinstance(error, RateLimited):  # it speaks to all processes
        await work.desk.ledger.close_provider(entry.provider, pause)
    if work.sendings >= SENDINGS or pause > work.left():
        raise error
    if not isinstance(error, RateLimited):
        await asyncio.sleep(pause)
    return entry


async def accepted(work: Work, entry: Entry, job: Job) -> Entry:
    """Records a job of ours, even when the lease was lost meanwhile: the provider's word is never thrown away."""
    key, attempt = entry.key, entry.attempt
    logger.info("%s: job %s of %s", work.name, job.job_id, entry.provider)
    entry = await _told(work, lambda: work.desk.ledger.found(key, attempt, job.job_id, f"job {job.job_id}"))
    faults.reach("buy.submitted")
    return _still_ours(work, entry, entry.job_id == job.job_id)


def _still_ours(work: Work, entry: Entry, written: bool) -> Entry:
    if not written or entry.lease_owner != work.lease.owner:
        raise LeaseLost(f"{work.name}: another process goes on with it")
    return entry


async def _told(work: Work, write: Callable[[], Awaitable[Entry]]) -> Entry:
    """Writes down a provider's word. Neither a cancelled call nor a database that is away for a moment loses it."""

    async def persist() -> Entry:
        for pause in WRITE_PAUSES:
            try:
                return await write()
            except (Unavailable, SQLAlchemyError, OSError) as error:
                work.tell("writing again", note=type(error).__name__)
                await asyncio.sleep(pause)
        return await write()

    writing = asyncio.ensure_future(persist())
    try:
        return await asyncio.shield(writing)
    except asyncio.CancelledError:
        await asyncio.wait([writing], timeout=sum(WRITE_PAUSES))
        raise


async def resolve(work: Work, entry: Entry) -> Entry:
    """Goes on with an order whose reply was lost."""

    while True:
        known = await clarify(work, entry, partial(accepted, work))
        if known is not None and known.state is not State.INTENDED:
            return known
        if work.sendings >= SENDINGS or _pause(work) > work.left():
            raise Unavailable(f"{work.name}: {work.sendings} orders got no readable answer; run again to go on")
        await asyncio.sleep(_pause(work))
        if known is not None:
            return known
        closed = await work.desk.ledger.closed_for(entry.provider)
        if closed > work.left():
            raise RateLimited(f"{work.name}: {entry.provider} asked to wait; run again to go on", retry_after=closed)
        await asyncio.sleep(closed)
        async with work.desk.resending:
            request = await addressed(entry.purchase().request, work.desk)
            # The same key is the same order to it.
            sent = await _send(work, entry, request, await _media(work, request), again=True)
        if sent is not None:
            return sent


def _pause(work: Work) -> float:
    return float(PAUSE * 2 ** max(0, work.sendings - 1))


async def _media(work: Work, request: AnyRequest) -> dict[str, bytes]:
    return {file.sha256: await work.desk.input_bytes(file) for file in request.media()}
