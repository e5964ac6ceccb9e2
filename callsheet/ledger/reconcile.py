"""Puts the ledger right with the provider, without ordering anything: meant to run on a schedule.

Adopts what nobody waits for, fetches what has finished meanwhile, gives stale reservations back, cancels the jobs of
cancelled productions, asks again about what is in doubt and applies the rule for it, and compares the charges.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Awaitable, Callable

from pydantic import BaseModel, ConfigDict

from callsheet import logs
from callsheet.desk import Desk
from callsheet.errors import CallsheetError, JobFailed, LeaseLost, Moderated, Rejected, Unavailable
from callsheet.ledger.adopt import abandoned, adopt
from callsheet.ledger.clarify import find_again
from callsheet.ledger.clock import stamp
from callsheet.ledger.entry import Entry
from callsheet.ledger.queries import entries, production_rows, users
from callsheet.ledger.resolve import lose
from callsheet.ledger.states import UNFINISHED, Event, State
from callsheet.money import Money

COMPARED_DAYS = 3
"""Charges of so many days are compared with the provider's; a late refund or correction shows up within them."""


GONE = (404, 410)
"""Answers to a question for a job that say that it is not there."""

logger = logging.getLogger(__name__)


class Line(BaseModel):
    """What was done about one purchase. `needs` says what a person has to do, where one has to."""

    model_config = ConfigDict(frozen=True)

    key: str
    production_id: str
    purchase_id: str
    did: str
    price: str
    needs: str | None = None

    def __str__(self) -> str:
        text = f"{self.key[:12]}  {self.production_id}/{self.purchase_id}  {self.price}  {self.did}"
        return f"{text}: {self.needs}" if self.needs else text


class Reconciliation(BaseModel):
    """All that was done, in order."""

    model_config = ConfigDict(frozen=True)

    provider: str
    lines: tuple[Line, ...]

    @property
    def open_questions(self) -> int:
        """Purchases that need a person."""
        return sum(line.needs is not None for line in self.lines)


class _Reconciler:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.ledger = desk.ledger
        self.lines: list[Line] = []

    def note(self, entry: Entry, did: str, needs: str | None = None, price: Money | None = None) -> None:
        self.lines.append(
            Line(
                key=entry.key,
                production_id=entry.production_id,
                purchase_id=entry.purchase_id,
                did=did,
                price=str(price or entry.charged or entry.quoted),
                needs=needs,
            )
        )

    async def each(self, found: list[Entry], act: Callable[[Entry], Awaitable[None]]) -> None:
        """One that fails does not keep the others from their turn."""
        for entry in found:
            try:
                with logs.about(production=entry.production_id, purchase=entry.purchase_id, key=entry.key):
                    await act(entry)
            except (LeaseLost, Unavailable) as error:
                self.note(entry, f"left for the next time ({error.message})")
            except CallsheetError as error:
                self.note(entry, "failed", needs=error.message)
            except Exception as error:
                # A fault of ours, or an answer that nobody thought of: the others must have their turn all the same.
                logger.exception("%s of %s", entry.purchase_id, entry.production_id)
                self.note(entry, "failed", needs=f"{type(error).__name__}; see the log")

    async def of_cancelled(self) -> None:
        """Cancels what was ordered for productions that nobody wants any more, unless another one uses it."""
        for entry in await abandoned(self.desk, frozenset({State.INTENDED, State.SUBMITTED})):
            # Asked anew for each: a production may be wanted again while others are being cancelled.
            unwanted = {row.id for row in await production_rows(self.ledger, status="cancelled")}
            if {*await users(self.ledger, entry.key), entry.production_id} <= unwanted:
                await self.each([entry], self._cancel)

    async def _cancel(self, entry: Entry) -> None:
        if entry.state is State.INTENDED:
            await self._release(entry)
            return
        async with self.desk.leases.held(entry.key, deadline=None) as lease:
            if lease is None or (await self._now(entry)).updated_at != entry.updated_at:
                return  # somebody works on it, or has brought it further
            try:
                await self.desk.provider.cancel(str(entry.job_id))
            except Rejected as error:
                self.note(entry, "goes on", needs=f"the provider does not cancel it: {error.message}")
                return
        try:
            after = await adopt(self.desk, entry, fetch=False)
        except (JobFailed, Moderated):
            after = await self._now(entry)
        self.note(after, "cancelled" if after.state is State.FAILED else "asked to cancel", price=after.charged)

    async def adopt_abandoned(self) -> None:
        await self.each(await abandoned(self.desk, UNFINISHED), self._adopt)

    async def _adopt(self, entry: Entry) -> None:
        try:
            after = await adopt(self.desk, entry)
        except (JobFailed, Moderated) as error:
            self.note(await self._now(entry), "ended without a clip", needs=error.message)
            return
        except (Rejected, Unavailable) as error:
            if not self._long_gone(entry, error):
                raise
            lost = f"the provider does not give it out any more: {error.message}"[:1000]
            after = await self.ledger.happen(await self._now(entry), Event.DOUBT, lost, error=lost)
            self.note(after, "is in doubt", needs=lost)
            return
        if after.state is not entry.state:
            did = {State.SETTLED: "fetched and settled", State.SUBMITTED: "found at the provider"}
            self.note(after, did.get(after.state, f"is {after.state}"))
        elif after.state is State.SUBMITTED:
            self.note(after, "still renders")

    def _long_gone(self, entry: Entry, error: Rejected | Unavailable) -> bool:
        """Whether a person has to decide: its job or its clips are gone, and not only since a moment ago."""
        hours = dt.timedelta(hours=self.desk.settings.in_doubt_hours)
        old = (entry.submitted_at or entry.created_at) < stamp(self.ledger.clock.now() - hours)
        gone = isinstance(error, Rejected) and error.status in GONE
        return old and (gone or entry.state is State.READY) and entry.state in (State.SUBMITTED, State.READY)

    async def release_stale(self) -> None:
        hours = dt.timedelta(hours=self.desk.settings.reservation_hours)
        before = stamp(self.ledger.clock.now() - hours)
        stale = [
            entry for entry in await abandoned(self.desk, frozenset({State.INTENDED})) if entry.updated_at < before
        ]
        await self.each(stale, self._release)

    async def _release(self, entry: Entry) -> None:
        async with self.desk.leases.held(entry.key, deadline=None) as lease:
            now = await self._now(entry)
            if lease is None or now.updated_at != entry.updated_at:
                return  # somebody has reserved or sent it meanwhile
            await self.ledger.happen(now, Event.RELEASE, owner=lease.owner)
            lease.ended = True
        self.note(entry, "reservation given back")

    async def settle_doubts(self) -> None:
        found = await entries(self.ledger, states=(State.IN_DOUBT,), provider=self.desk.identity)
        await self.each(found, self._doubt)

    async def _doubt(self, entry: Entry) -> None:
        job = await find_again(self.desk, entry)
        if job is not None:
            after = await self.ledger.found(entry.key, entry.attempt, job.job_id, f"found on reconciling: {job.job_id}")
            self.note(after, "was in doubt and is found")
            await self._adopt(after)
            return
        settings = self.desk.settings
        old = stamp(self.ledger.clock.now() - dt.timedelta(hours=settings.in_doubt_hours))
        if settings.in_doubt_rule == "hold" or entry.updated_at >= old:
            say = f"ask the provider for {entry.client_reference}, then resolve {entry.key[:12]} as bought or lost"
            self.note(entry, "in doubt", needs=say)
            return
        note = f"by the rule after {settings.in_doubt_hours:g} hours"
        if settings.in_doubt_rule == "lost":
            await lose(self.ledger, entry, note)
            self.note(entry, "taken for lost by the rule")
        else:
            error = f"taken for bought {note}; its clip can't be fetched"
            charged = entry.charged or entry.quoted
            await self.ledger.happen(entry, Event.WRITTEN_OFF, note, charged=charged, error=error)
            self.note(entry, "taken for bought by the rule; its clip can't be fetched")

    async def compare(self) -> None:
        since = (self.ledger.clock.now() - dt.timedelta(days=COMPARED_DAYS)).astimezone(self.ledger.zone).date()
        states = (State.SETTLED, State.FAILED, State.MODERATED)
        found = await entries(self.ledger, states=states, provider=self.desk.identity, since=since.isoformat())
        await self.each([entry for entry in found if entry.job_id], self._compare)

    async def _compare(self, entry: Entry) -> None:
        try:
            job = await self.desk.provider.poll(str(entry.job_id))
        except Rejected:
            return  # it keeps its jobs for a shorter time: its word was booked when it was given
        if job.charge is None or not job.status.final:
            return
        said = Money(amount=job.charge, currency=entry.quoted.currency)
        if entry.charged is not None and said.amount == entry.charged.amount:
            return
        note = f"booked {entry.charged}, the provider says {said}"
        after = await self.ledger.happen(entry, Event.CORRECTED, note, charged=said)
        self.note(after, f"corrected: {note}")

    async def _now(self, entry: Entry) -> Entry:
        return await self.ledger.get(entry.key) or entry


async def reconcile(desk: Desk) -> Reconciliation:
    """Does all of it once, for the purchases at this desk's provider."""
    work = _Reconciler(desk)
    await work.of_cancelled()
    await work.adopt_abandoned()
    await work.release_stale()
    await work.settle_doubts()
    await work.compare()
    return Reconciliation(provider=desk.identity, lines=tuple(work.lines))
