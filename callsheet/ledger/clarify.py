"""What became of an order whose reply was lost: the provider is asked in every way that it knows.

By client reference, by its list of jobs, and by sending again under the same idempotency key, which such a provider
takes for the same order. Its word that it knows nothing is believed only when the first request can't be on its way any
more. Where nobody can say, the purchase is in doubt, and stays so until a person or a rule decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from callsheet.desk import Desk
from callsheet.errors import Rejected, Unavailable
from callsheet.ledger.clock import moment
from callsheet.ledger.entry import Entry
from callsheet.ledger.queries import known_jobs
from callsheet.ledger.states import Event
from callsheet.ledger.work import Work
from callsheet.provider.protocol import Job

QUESTIONS = 4
"""How often a provider is asked before its word that it knows nothing is believed."""
BELIEVED_AFTER = 20.0
"""Seconds after the sending before that word is believed of a provider without idempotency keys: a request may take
so long to be taken in after its connection was cut."""
SKEW = 120.0
"""Seconds by which a provider's clock may be behind ours when its list of jobs is searched."""
PAUSE = 1.0
"""Seconds before the second question; doubled each time."""
NO_SUCH_PATH = (404, 405, 501)
"""Answers by which a server says that it has no such look-up; a 401 or 403 says nothing of that."""


class Unclear(Exception):
    """Several jobs may be ours, so that nobody can say which."""


async def clarify(work: Work, entry: Entry, accepted: Callable[[Entry, Job], Awaitable[Entry]]) -> Entry | None:
    """The entry as it is when its fate is known; None when it is to be sent again under the same idempotency key.

    Known is: a job (`accepted` is called with it), no such order (it is intended again), or that it can't be known.
    """
    ways = set(work.desk.provider.entry.lost_replies)
    by_key = "idempotency_key" in ways
    asked = False
    for way, ask in (("client_reference", _by_reference), ("listing", _by_listing)):
        if way not in ways:
            continue
        try:
            job = await _ask(work, entry, ask, once=by_key)
        except Rejected as error:
            if error.status not in NO_SUCH_PATH:
                raise
            continue  # the catalogue is wrong of this server: it has no such look-up
        except Unclear as error:
            return await work.record(entry, Event.DOUBT, str(error), error=str(error)[:1000])
        if job is not None:
            return await accepted(entry, job)
        asked = True
    if by_key:
        return None
    if asked:
        return await work.record(entry, Event.UNKNOWN, "the provider knows of no such order")
    note = "its reply was lost and this provider can't be asked"
    return await work.record(entry, Event.DOUBT, note, error=note)


async def _ask(
    work: Work, entry: Entry, ask: Callable[[Desk, Entry], Awaitable[Job | None]], *, once: bool
) -> Job | None:
    """The answer. No job is believed only after some time, unless sending again is safe anyway."""
    question = 0
    while True:
        try:
            job = await ask(work.desk, entry)
        except Unavailable as error:
            raise Unavailable(f"{work.name}: an order's reply was lost and {error.message}") from error
        question += 1
        if job is not None or once or (question >= QUESTIONS and _old_enough(work, entry)):
            return job
        pause = PAUSE * 2 ** min(question, 4)
        if pause > work.left():
            raise Unavailable(f"{work.name}: an order's reply was lost and it was too early to ask; run again to go on")
        await asyncio.sleep(pause)


def _old_enough(work: Work, entry: Entry) -> bool:
    if entry.submitted_at is None:
        return True
    return (work.desk.ledger.clock.now() - moment(entry.submitted_at)).total_seconds() >= BELIEVED_AFTER


async def _by_reference(desk: Desk, entry: Entry) -> Job | None:
    return await desk.provider.find(entry.client_reference)


async def _by_listing(desk: Desk, entry: Entry) -> Job | None:
    """The one job of the provider's list that is like this order and belongs to no other purchase."""
    request = entry.purchase().request
    if request.lent():  # it was sent with an address that was made for it, which no list can be searched for
        raise Unclear("its reply was lost, and the provider's list can't tell an order on a clip of ours")
    since = moment(entry.submitted_at or entry.created_at).timestamp() - SKEW
    jobs = await desk.provider.listed(request, since)
    taken = await known_jobs(desk.ledger, entry.provider, [job.job_id for job in jobs])
    ours = [job for job in jobs if job.job_id not in taken]
    if len(ours) > 1:
        raise Unclear(f"its reply was lost and {', '.join(job.job_id for job in ours)[:400]} are all like it")
    return ours[0] if ours else None


async def find_again(desk: Desk, entry: Entry) -> Job | None:
    """The job of an order that is in doubt, when the provider can name it by now. It is asked once."""
    for way, ask in (("client_reference", _by_reference), ("listing", _by_listing)):
        if way not in desk.provider.entry.lost_replies:
            continue
        try:
            job = await ask(desk, entry)
        except Rejected as error:
            if error.status not in NO_SUCH_PATH:
                raise
        except Unclear:
            continue  # a person has to choose
        else:
            if job is not None:
                return job
    return None
