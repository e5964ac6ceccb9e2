"""The heart: buys a clip once.

``intent → submit → job id → wait → store → settle``, each recorded before the next begins. Whoever comes to an
unfinished purchase, this process or another, after an error or a kill, goes on from the recorded state. A key that may
have been submitted is never submitted again without the provider's word: see `callsheet.ledger.states`.
"""

from __future__ import annotations

import asyncio
from typing import Any

from callsheet import faults, logs, progress
from callsheet.desk import Desk
from callsheet.errors import InDoubt, JobFailed, LeaseLost, Moderated, StorageError, Unavailable
from callsheet.ledger.assets import fetch_assets
from callsheet.ledger.entry import Entry
from callsheet.ledger.order import Bought, Order, bought
from callsheet.ledger.states import Event, State
from callsheet.ledger.submit import resolve, submit
from callsheet.ledger.work import Work
from callsheet.money import Money
from callsheet.provider.protocol import Delivery, Job, JobStatus

BEGINNINGS = 5
"""How often a call begins anew when another process changed the purchase under its hands."""


async def buy(order: Order, desk: Desk) -> Bought:
    """The clips of `order`, bought now or before.

    Raises `BudgetError` before anything is sent, any `ProviderError` (see there which may be repeated), or
    `StorageError`. Whatever is raised, calling again goes on from what is recorded.
    """
    key = order.key(desk.identity)
    with logs.about(production=order.production_id, purchase=order.purchase.id, key=key):
        return await _buy(order, desk)


async def _buy(order: Order, desk: Desk) -> Bought:
    deadline = asyncio.get_running_loop().time() + desk.settings.wait_seconds
    for _ in range(BEGINNINGS):
        entry = (await desk.ledger.intend([order.intent(desk)], order.within(desk)))[0]
        faults.reach("buy.intended")
        reused = entry.state is State.SETTLED
        if not reused:
            entry, reused = await _bought_now(order, desk, entry, deadline)
        if entry.state is State.SETTLED:
            await _present(entry, desk)
            progress.report(order.purchase.id, "reused" if reused else "bought", charged=entry.charged)
            return bought(entry, order)
    raise Unavailable(f"{order.purchase.id}: other processes keep changing it; run again to go on")


async def _bought_now(order: Order, desk: Desk, entry: Entry, deadline: float) -> tuple[Entry, bool]:
    """The entry as far as this call can bring it, and whether somebody else settled it."""
    try:
        async with desk.leases.held(entry.key, deadline=deadline) as lease:
            faults.reach("buy.leased")
            entry = await _get(desk, entry.key)
            if lease is None or entry.state is State.SETTLED:
                return entry, True
            work = Work(desk, lease, order.purchase.id, deadline, order.account(desk), order.within(desk))
            return await finish(work, entry), False
    except LeaseLost:
        return await _get(desk, entry.key), True


async def _get(desk: Desk, key: str) -> Entry:
    entry = await desk.ledger.get(key)
    if entry is None:
        raise RuntimeError(f"{key} has gone from the ledger")
    return entry


async def _present(entry: Entry, desk: Desk) -> None:
    """A clip that was bought and then deleted from the bucket is reported, never bought again by itself."""
    for asset in entry.assets:
        if await desk.bucket.stat(str(asset["key"])) is None:
            gone = StorageError(
                f"{entry.purchase_id} was bought for {entry.charged} and its file {asset['key']} is gone from the "
                "bucket; put it back, or order another take"
            )
            gone.retryable = False
            raise gone


async def finish(work: Work, entry: Entry) -> Entry:
    """Takes a purchase from where it stands to settled.

    An order is sent only by work that has an account; other work stops where one would have to be.
    """
    while entry.state is not State.SETTLED:
        if entry.state is State.INTENDED and work.account is None:
            return entry
        if entry.state in (State.REJECTED, State.RELEASED) or _refunded(entry):
            return entry  # another process came to that; whoever pays begins anew
        work.tell(entry.state.value, charged=entry.charged)
        entry = await _step(work, entry)
    return entry


def _refunded(entry: Entry) -> bool:
    return entry.state is State.FAILED and not (entry.charged and entry.charged.amount)


async def _step(work: Work, entry: Entry) -> Entry:
    match entry.state:
        case State.INTENDED:
            return await submit(work, entry)
        case State.SUBMITTING:
            return await resolve(work, entry)
        case State.SUBMITTED:
            return await _wait(work, entry)
        case State.READY:
            return await _store(work, entry)
        case State.STORED:
            return await _settle(work, entry)
        case _:
            raise _closed(work, entry)


def _closed(work: Work, entry: Entry) -> Exception:
    if entry.state is State.MODERATED:
        return Moderated(f"{work.name}: the content was refused: {entry.error}; change its words")
    if entry.state is State.FAILED:
        said = f"failed before ({entry.error}) and {entry.charged} was charged"
        return JobFailed(f"{work.name}: {said}; to pay again order another take")
    return InDoubt(
        f"{work.name}: whether it was bought for {entry.quoted} can't be found out ({entry.error}); ask the provider "
        f"for the order {entry.client_reference}, then say: callsheet ledger resolve {entry.key[:12]} --as bought|lost"
    )


async def _wait(work: Work, entry: Entry) -> Entry:
    """Until the job ends. Running out of time leaves it open."""

    def news(job: Job) -> None:
        work.tell("rendering", percent=job.progress)

    job = await work.desk.poller.ended(str(entry.job_id), deadline=work.deadline, on_job=news)
    return await ended(work, entry, job)


async def ended(work: Work, entry: Entry, job: Job) -> Entry:
    """Records how a job ended. Raises `Moderated` or `JobFailed` after that, where it did not end well."""
    # A batch that was cancelled half-way has delivered, and charged, what was finished by then.
    if job.delivery is not None and (job.status is JobStatus.SUCCEEDED or job.delivery.clips):
        delivery = job.delivery.model_copy(update={"cost": job.charge})
        told: dict[str, Any] = (
            {} if job.charge is None else {"charged": Money(amount=job.charge, currency=entry.quoted.currency)}
        )
        entry = await work.record(entry, Event.DELIVERED, result=delivery.model_dump(mode="json"), **told)
        faults.reach("buy.ready")
        return entry
    reason = f"{job.error_code or job.status}: {job.error or 'no reason was given'}"[:1000]
    charged = Money(amount=job.charge, currency=entry.quoted.currency) if job.charge is not None else entry.quoted
    if job.error_code is not None and "moderation" in job.error_code:
        await work.record(entry, Event.MODERATED, reason, error=reason, charged=charged)
        raise Moderated(f"{work.name}: the content was refused: {reason}", code=job.error_code)
    await work.record(entry, Event.FAILED, reason, error=reason, charged=charged)
    raise JobFailed(f"{work.name}: job {job.job_id} failed: {reason}; charged {charged}")


async def _store(work: Work, entry: Entry) -> Entry:
    """Downloads, measures and keeps what was delivered. Something else than what was ordered ends it, as charged."""
    delivery = Delivery.model_validate(entry.result)
    wrong = _not_as_ordered(entry, delivery)
    if wrong is not None:
        reason = wrong
        charged = _charge(entry, delivery)
        await work.record(entry, Event.FAILED, reason, error=reason, charged=charged)
        raise JobFailed(f"{work.name}: {reason}; charged {charged}")
    async with work.desk.fetching:
        assets = await fetch_assets(entry.purchase(), delivery, entry.job_id, work.desk, work.deadline)
    faults.reach("buy.put")
    rows = [asset.model_dump(mode="json") for asset in assets]
    entry = await work.record(entry, Event.STORED, assets=rows)
    faults.reach("buy.stored")
    return entry


def _not_as_ordered(entry: Entry, delivery: Delivery) -> str | None:
    """What is wrong with a delivery. Items that a batch says have failed are not: what came of it is kept."""
    failed = [item.index for item in delivery.failed]
    places = delivery.indices or tuple(range(len(delivery.clips)))
    if len(places) != len(delivery.clips) or sorted([*places, *failed]) != list(range(len(entry.clips))):
        return f"{len(entry.clips)} clips were ordered, {len(delivery.clips)} came"
    return None


def _charge(entry: Entry, delivery: Delivery) -> Money:
    """The real charge; the quote where the provider does not say."""
    return entry.quoted if delivery.cost is None else Money(amount=delivery.cost, currency=entry.quoted.currency)


async def _settle(work: Work, entry: Entry) -> Entry:
    """Books the real charge; one above the quote is said aloud."""
    charged = _charge(entry, Delivery.model_validate(entry.result))
    note = f"charged {charged}" + (f", above the quoted {entry.quoted}" if charged > entry.quoted else "")
    if charged > entry.quoted:
        work.tell("charged above its quote", note=note)
    entry = await work.record(entry, Event.SETTLED, note, charged=charged)
    faults.reach("buy.settled")
    return entry
