"""The heart: buys a clip once.

``intent → submit → job id → wait → store → settle``, each recorded before the next begins. Whoever comes to an
unfinished purchase, this process or another, after an error or a kill, goes on from the recorded state. A key that may
have been submitted is never submitted again without the provider's word: see `callsheet.ledger.states`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import uuid
from collections.abc import AsyncIterator

from pydantic import BaseModel, ConfigDict

from callsheet import faults, progress
from callsheet.canonical import digest
from callsheet.desk import Desk
from callsheet.errors import (
    Ambiguous,
    InDoubt,
    JobFailed,
    Moderated,
    ProviderError,
    RateLimited,
    Rejected,
    StorageError,
    Unavailable,
    Unsent,
)
from callsheet.ledger.assets import Asset, fetch_assets
from callsheet.ledger.states import Event, State
from callsheet.ledger.store import Entry
from callsheet.money import Money
from callsheet.plan.model import Purchase
from callsheet.provider.protocol import Delivery, Job, JobStatus

LEASE = 60.0
"""Seconds after which another process may take over from one that has died. Renewed every third of it."""
SENDINGS = 5
"""How often an order that provably was not accepted is sent in one call, before the error is given to the caller."""
QUESTIONS = 3
"""How often a provider is asked after a lost reply before its word that it knows nothing is believed."""
NO_SUCH_PATH = (404, 405, 501)
"""Answers by which a server says that it has no such look-up; a 401 or 403 says nothing of that."""
PAUSE = 1.0
"""Seconds before the first repetition; doubled each time."""


class Order(BaseModel):
    """A purchase of a plan, for a production, under a cap on what that production may cost."""

    model_config = ConfigDict(frozen=True)

    purchase: Purchase
    production_id: str
    tier: str
    cap: Money | None = None

    def key(self, provider: str) -> str:
        """The purchase key: what is bought where, in which take. The request names its media by their digests."""
        return digest([provider, self.purchase.request.model_dump(mode="json"), self.purchase.take])


class Bought(BaseModel):
    """A settled purchase. `production_id` is the production that paid for it."""

    model_config = ConfigDict(frozen=True)

    key: str
    purchase_id: str
    feature: str
    provider: str
    production_id: str
    take: int
    job_id: str | None
    quoted: Money
    charged: Money
    assets: tuple[Asset, ...]


async def buy(order: Order, desk: Desk) -> Bought:
    """The clips of `order`, bought now or before.

    Raises `BudgetError` before anything is sent, any `ProviderError` (see there which may be repeated), or
    `StorageError`. Whatever is raised, calling again goes on from what is recorded.
    """
    key = order.key(desk.identity)
    fields = {
        "key": key,
        "production_id": order.production_id,
        "purchase_id": order.purchase.id,
        "feature": order.purchase.request.feature,
        "provider": desk.identity,
        "tier": order.tier,
        "take": order.purchase.take,
        "request": order.purchase.request.model_dump(mode="json"),
    }
    entry, _ = await desk.ledger.intend(fields, order.purchase.price, order.cap)
    faults.reach("buy.intended")
    reused = entry.state is State.SETTLED
    deadline = asyncio.get_running_loop().time() + desk.settings.wait_seconds
    if not reused:
        async with _lease(key, desk, deadline):
            entry = await _get(desk, key)
            reused = entry.state is State.SETTLED
            entry = await _Buyer(order, desk, deadline).finish(entry)
    await _present(entry, desk)
    progress.report(order.purchase.id, "reused" if reused else "bought", charged=entry.charged)
    return _bought(entry, order)


def _bought(entry: Entry, order: Order) -> Bought:
    return Bought(
        key=entry.key,
        purchase_id=order.purchase.id,
        feature=entry.feature,
        provider=entry.provider,
        production_id=entry.production_id,
        take=entry.take,
        job_id=entry.job_id,
        quoted=entry.quoted,
        charged=entry.charged or entry.quoted,
        assets=tuple(Asset.model_validate(asset) for asset in entry.assets),
    )


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


@contextlib.asynccontextmanager
async def _lease(key: str, desk: Desk, deadline: float) -> AsyncIterator[None]:
    """Waits until this call is the one who works on `key`, and keeps it so."""
    owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:12]}"
    while not await desk.ledger.lease(key, owner, LEASE):
        if asyncio.get_running_loop().time() > deadline:
            raise Unavailable(f"{key[:12]}: another process works on it; run again to go on")
        await asyncio.sleep(0.5)

    async def renew() -> None:
        while True:
            await asyncio.sleep(LEASE / 3)
            await desk.ledger.lease(key, owner, LEASE)

    renewal = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewal.cancel()
        await asyncio.wait([renewal])
        await asyncio.shield(desk.ledger.release(key, owner))


class _Buyer:
    """Takes one purchase from where it stands to settled."""

    def __init__(self, order: Order, desk: Desk, deadline: float) -> None:
        self._purchase = order.purchase
        self._cap = order.cap
        self._desk = desk
        self._deadline = deadline
        self._sendings = 0

    async def finish(self, entry: Entry) -> Entry:
        steps = {
            State.INTENDED: self._submit,
            State.SUBMITTING: self._clarify,
            State.SUBMITTED: self._wait,
            State.READY: self._store,
            State.STORED: self._settle,
            State.REJECTED: self._again,
            State.FAILED: self._again,
        }
        while entry.state is not State.SETTLED:
            step = steps.get(entry.state)
            if step is None:
                raise self._closed(entry)
            progress.report(self._purchase.id, entry.state.value, charged=entry.charged)
            entry = await step(entry)
        return entry

    def _closed(self, entry: Entry) -> Exception:
        if entry.state is State.MODERATED:
            return Moderated(f"{self._purchase.id}: the content was refused: {entry.error}; change its words")
        return InDoubt(
            f"{self._purchase.id}: whether it was bought for {entry.quoted} can't be found out ({entry.error}); "
            f"ask the provider for the order {entry.client_reference}"
        )

    async def _submit(self, entry: Entry) -> Entry:
        media = await self._media()
        entry = await self._desk.ledger.happen(entry, Event.SUBMIT)
        faults.reach("buy.submitting")
        return await self._send(entry, media)

    async def _send(self, entry: Entry, media: dict[str, bytes], *, again: bool = False) -> Entry:
        """Sends an order that is already recorded as possibly sent.

        Sent `again`, a refusal speaks of this sending alone: the first may still stand, so the state stays as it is.
        """
        ledger = self._desk.ledger
        self._sendings += 1
        try:
            answer = await self._desk.provider.submit(self._purchase.request, entry.client_reference, media)
        except (Unsent, RateLimited, Moderated, Rejected) as error:
            if again:
                raise
            return await self._refused(entry, error)
        except Ambiguous as error:
            progress.report(self._purchase.id, "asking the provider", note=str(error))
            return await self._clarify(entry)
        faults.reach("buy.sent")
        if isinstance(answer, Delivery):
            return await ledger.happen(entry, Event.FINAL, result=answer.model_dump(mode="json"))
        return await self._accepted(entry, answer)

    async def _refused(self, entry: Entry, error: ProviderError) -> Entry:
        """A first sending that was provably not accepted: to be sent once more, or refused for good."""
        ledger = self._desk.ledger
        if isinstance(error, Moderated | Rejected):
            what = Event.MODERATED if isinstance(error, Moderated) else Event.REJECTED
            await ledger.happen(entry, what, str(error), error=str(error)[:1000])
            raise error
        entry = await ledger.happen(entry, Event.UNSENT, str(error))
        pause = error.retry_after if error.retry_after is not None else self._pause()
        if self._sendings >= SENDINGS or self._now() + pause > self._deadline:
            raise error
        await asyncio.sleep(pause)
        return entry

    async def _accepted(self, entry: Entry, job: Job) -> Entry:
        entry = await self._desk.ledger.happen(entry, Event.ACCEPTED, f"job {job.job_id}", job_id=job.job_id)
        faults.reach("buy.submitted")
        return entry

    async def _clarify(self, entry: Entry) -> Entry:
        """Finds out what became of an order whose reply was lost, with what this provider can answer."""
        ways = set(self._desk.provider.entry.lost_replies)
        if "client_reference" in ways:
            try:
                job = await self._look_up(entry, once="idempotency_key" in ways)
            except Rejected as error:
                if error.status not in NO_SUCH_PATH:
                    raise
                ways.discard("client_reference")  # the catalogue is wrong of this server: it has no such look-up
            else:
                if job is not None:
                    return await self._accepted(entry, job)
        if not ways:
            note = "its reply was lost and this provider can't be asked"
            return await self._desk.ledger.happen(entry, Event.DOUBT, note, error=note)
        if "client_reference" in ways and (self._spent_sendings() or "idempotency_key" not in ways):
            entry = await self._desk.ledger.happen(entry, Event.UNKNOWN, "the provider knows of no such order")
        if self._spent_sendings():
            raise Unavailable(
                f"{self._purchase.id}: {self._sendings} orders got no readable answer; run again to go on"
            )
        await asyncio.sleep(self._pause())
        if entry.state is State.INTENDED:
            return entry
        return await self._send(entry, await self._media(), again=True)  # the same key is the same order to it

    async def _look_up(self, entry: Entry, *, once: bool) -> Job | None:
        """The job of a lost reply. Its absence is believed only after some time, unless asking again is safe anyway."""
        for question in range(1 if once else QUESTIONS):
            if question:
                await asyncio.sleep(PAUSE * 2**question)
            try:
                job = await self._desk.provider.find(entry.client_reference)
            except Unavailable as error:
                raise Unavailable(f"{self._purchase.id}: an order's reply was lost and {error.message}") from error
            if job is not None:
                return job
        return None

    def _spent_sendings(self) -> bool:
        return self._sendings >= SENDINGS or self._now() + self._pause() > self._deadline

    def _pause(self) -> float:
        return float(PAUSE * 2 ** max(0, self._sendings - 1))

    async def _media(self) -> dict[str, bytes]:
        return {file.sha256: await self._desk.input_bytes(file) for file in self._purchase.request.media()}

    async def _wait(self, entry: Entry) -> Entry:
        """Asks for the job until it ends. Reads that fail are repeated; running out of time leaves it open."""
        pause = self._desk.provider.entry.poll_seconds
        failures = 0
        while True:
            try:
                job = await self._desk.provider.poll(str(entry.job_id))
                failures = 0
            except Unavailable as error:
                failures += 1
                if self._now() > self._deadline:
                    raise
                await asyncio.sleep(error.retry_after or min(PAUSE * 2**failures, 30.0))
                continue
            if job.status.final:
                return await self._ended(entry, job)
            progress.report(self._purchase.id, "rendering", percent=job.progress)
            if self._now() > self._deadline:
                raise Unavailable(
                    f"{self._purchase.id}: job {entry.job_id} has not ended after "
                    f"{self._desk.settings.wait_seconds:.0f} s; it stays bought, run again to go on"
                )
            await asyncio.sleep(job.retry_after or pause)

    async def _ended(self, entry: Entry, job: Job) -> Entry:
        ledger = self._desk.ledger
        if job.status is JobStatus.SUCCEEDED and job.delivery is not None:
            delivery = job.delivery.model_copy(update={"cost": job.charge})
            entry = await ledger.happen(entry, Event.DELIVERED, result=delivery.model_dump(mode="json"))
            faults.reach("buy.ready")
            return entry
        reason = f"{job.error_code or job.status}: {job.error or 'no reason was given'}"[:1000]
        charged = Money(amount=job.charge, currency=entry.quoted.currency) if job.charge is not None else entry.quoted
        if job.error_code is not None and "moderation" in job.error_code:
            await ledger.happen(entry, Event.MODERATED, reason, error=reason, charged=charged)
            raise Moderated(f"{self._purchase.id}: the content was refused: {reason}", code=job.error_code)
        await ledger.happen(entry, Event.FAILED, reason, error=reason, charged=charged)
        raise JobFailed(f"{self._purchase.id}: job {job.job_id} failed: {reason}; charged {charged}")

    async def _store(self, entry: Entry) -> Entry:
        delivery = Delivery.model_validate(entry.result)
        assets = await fetch_assets(self._purchase, delivery, entry.job_id, self._desk, self._deadline)
        faults.reach("buy.put")
        rows = [asset.model_dump(mode="json") for asset in assets]
        entry = await self._desk.ledger.happen(entry, Event.STORED, assets=rows)
        faults.reach("buy.stored")
        return entry

    async def _settle(self, entry: Entry) -> Entry:
        """Books the real charge, the quote where the provider does not say; a charge above the quote is said aloud."""
        cost = Delivery.model_validate(entry.result).cost
        charged = entry.quoted if cost is None else Money(amount=cost, currency=entry.quoted.currency)
        note = f"charged {charged}" + (f", above the quoted {entry.quoted}" if charged > entry.quoted else "")
        if charged > entry.quoted:
            progress.report(self._purchase.id, "charged above its quote", note=note)
        entry = await self._desk.ledger.happen(entry, Event.SETTLED, note, charged=charged)
        faults.reach("buy.settled")
        return entry

    async def _again(self, entry: Entry) -> Entry:
        """A new attempt at what was refused or failed before this call, when it cost nothing."""
        if entry.charged is not None and entry.charged.amount > 0:
            raise JobFailed(
                f"{self._purchase.id}: failed before ({entry.error}) and {entry.charged} was charged; "
                "to pay again order another take"
            )
        return await self._desk.ledger.happen(entry, Event.AGAIN, entry.error or "", cap=self._cap)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
