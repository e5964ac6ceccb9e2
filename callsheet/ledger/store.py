"""The ledger in SQL: every write is one short transaction, and each records its event in the history."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, delete, false, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callsheet.budget import Caps
from callsheet.errors import LeaseLost, SettingsError
from callsheet.ledger import caps as capping
from callsheet.ledger import pace as pacing
from callsheet.ledger.caps import Account
from callsheet.ledger.clock import Clock, stamp
from callsheet.ledger.engine import READING, answering, ledger_engine
from callsheet.ledger.entry import Entry, Intent, entry_of, storable
from callsheet.ledger.lease import adoptable
from callsheet.ledger.migrations import migrate
from callsheet.ledger.money import held_of
from callsheet.ledger.pace import Limits, Wait
from callsheet.ledger.states import Event, State, after
from callsheet.ledger.tables import callbacks, history, jobs, productions, purchases, uses
from callsheet.ledger.telling import PREFECT, budget_low, refusals_told, tell
from callsheet.money import Money

LEASED = frozenset({State.INTENDED, State.SUBMITTING, State.SUBMITTED, State.READY, State.STORED})
"""States in which there is something to do; in every other one the lease is given back."""


class Ledger:
    """The purchases, in one database. Made by `open_ledger`; `close` it when done.

    `clock` is its time; `zone` the time zone whose days and months the caps are for; `addresses` the names of those who
    are told of facts.
    """

    def __init__(self, engine: AsyncEngine, clock: Clock, zone: dt.tzinfo = dt.UTC) -> None:
        self._engine = engine
        self.clock = clock
        self.zone = zone
        self.addresses: tuple[str, ...] = (PREFECT,)
        self.insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    async def close(self) -> None:
        """Gives the connections back."""
        await self._engine.dispose()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that may write."""
        with answering():
            async with self._engine.begin() as connection:
                yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads, and waits for nobody."""
        with answering():
            async with self._engine.connect() as connection:
                yield await connection.execution_options(**{READING: True})

    def today(self) -> str:
        """The day that pays for what is bought now, in ISO 8601."""
        return self.clock.now().astimezone(self.zone).date().isoformat()

    async def intend(self, intents: Sequence[Intent], caps: Caps) -> list[Entry]:
        """The entries of these keys, all reserved or, with a `BudgetError`, none.

        Written in one transaction: new ones with their price; ones that were given back, refused or refunded, begun
        again; ones that nobody works on, booked on this account. What another open production has reserved stays its
        own until one of them sends it: it has to fit into these caps too, as either may be the one who pays.
        """
        first = intents[0]
        settled = await self._settled(intents)
        if settled is not None:
            return settled
        account = Account(first.production_id, first.campaign, first.rehearsal, self.today())
        within = capping.scopes(caps, account)
        async with refusals_told(self, account), self.writing() as connection:
            await capping.lock(connection, [scope.name for scope in within])
            reserved = Money.zero(first.quoted.currency)
            mine: ColumnElement[bool] = false()
            for intent in sorted(intents, key=lambda one: one.key):
                if await self._reserve(connection, intent, account):
                    reserved = reserved + intent.quoted
                    mine = mine | (purchases.c.key == intent.key)
            if reserved.amount:
                low = await capping.admit(connection, within, reserved, mine)
                await tell(self, connection, [budget_low(*one, account) for one in low])
            rows = await connection.execute(
                select(purchases).where(purchases.c.key.in_([intent.key for intent in intents]))
            )
            found = {row.key: entry_of(row) for row in rows}
        return [found[intent.key] for intent in intents]

    async def _settled(self, intents: Sequence[Intent]) -> list[Entry] | None:
        """The entries of these keys when nothing has to be written: all are bought, and used here."""
        wanted = {intent.key: intent for intent in intents}
        used = select(uses.c.key).where(uses.c.production_id == intents[0].production_id, uses.c.key.in_(wanted))
        async with self.reading() as connection:
            rows = await connection.execute(select(purchases).where(purchases.c.key.in_(used)))
            found = {row.key: entry_of(row) for row in rows}
        if len(found) < len(wanted):
            return None
        if any(entry.state is not State.SETTLED for entry in found.values()):
            return None
        return [found[intent.key] for intent in intents]

    async def _reserve(self, connection: AsyncConnection, intent: Intent, account: Account) -> bool:
        """Writes one intent. Whether its price has to fit into the caps now."""
        at = self.clock.stamp()
        held = held_of(State.INTENDED, str(intent.quoted.amount), None)
        booked: dict[str, Any] = _account(account)
        booked |= {"currency": intent.quoted.currency, "quoted": str(intent.quoted.amount), "held": held}
        values = {**intent.__dict__, **booked, "state": State.INTENDED, "attempt": 1}
        values |= {"rehearsal": int(intent.rehearsal), "clips": list(intent.clips), "created_at": at, "updated_at": at}
        new = await connection.execute(self.insert(purchases).values(values).on_conflict_do_nothing())
        entry = await self._entry(connection, intent.key, locked=True)
        reserved = new.rowcount == 1
        if reserved:
            await self._record(connection, intent.key, "intend", State.INTENDED, f"quoted {intent.quoted}")
        elif entry.state is State.INTENDED and adoptable(entry, at):
            reserved = True
            same = all(getattr(entry, name) == value for name, value in _account(account).items())
            if same and entry.quoted == intent.quoted:
                await self._change(connection, entry, State.INTENDED, {})  # it is wanted as of now
            elif not await self._wanted_elsewhere(connection, entry, account):
                await self._change(connection, entry, State.INTENDED, {**booked, "purchase_id": intent.purchase_id})
                note = f"reserved by {account.production_id} at {intent.quoted}"
                await self._record(connection, intent.key, "reserve", State.INTENDED, note)
        elif entry.given_back:
            state = after(entry.state, Event.AGAIN)
            fresh = {"attempt": entry.attempt + 1, "job_id": None, "result": None, "error": None, "charged": None}
            await self._change(connection, entry, state, {**booked, **fresh, "purchase_id": intent.purchase_id})
            await self._record(connection, intent.key, Event.AGAIN, state, f"{entry.error or ''}"[:900])
            reserved = True
        use = {"production_id": account.production_id, "key": intent.key, "at": at}
        await connection.execute(self.insert(uses).values(use).on_conflict_do_nothing())
        return reserved

    @staticmethod
    async def _wanted_elsewhere(connection: AsyncConnection, entry: Entry, account: Account) -> bool:
        """Whether another production, which is being made, has reserved it as part of its whole."""
        if entry.production_id == account.production_id:
            return False
        other = select(productions.c.id).where(productions.c.id == entry.production_id, productions.c.status == "open")
        return (await connection.execute(other)).first() is not None

    async def begin(self, entry: Entry, owner: str, account: Account, caps: Caps, limits: Limits) -> Entry | Wait:
        """Records, before it happens, that an order is about to be sent: on this account, within its caps and limits.

        The holder of the lease sends it at once, or records that it did not. Raises `BudgetError`, `LeaseLost`.
        """
        state = after(entry.state, Event.SUBMIT)
        account = replace(account, day=self.today())  # it may have waited over midnight
        within = capping.scopes(caps, account)
        paced = limits.in_flight is not None or limits.per_minute is not None
        names = [scope.name for scope in within] + [f"provider {entry.provider}"]
        async with refusals_told(self, account), self.writing() as connection:
            await capping.lock(connection, sorted(names) if paced else names[:-1])
            low = await capping.admit(connection, within, entry.quoted, purchases.c.key == entry.key)
            await tell(self, connection, [budget_low(*one, account) for one in low])
            now = self.clock.now()
            wait = await pacing.take_place(connection, self.insert, entry.provider, entry.key, limits, now)
            if wait is not None:
                return wait
            values = {**_account(account), "submitted_at": stamp(now)}
            begun = await self._change(connection, entry, state, values, owner=owner)
            await self._record(connection, entry.key, Event.SUBMIT, state, f"booked on {account.production_id}")
            return begun

    async def happen(
        self, entry: Entry, what: Event, note: str = "", *, owner: str | None = None, **values: Any
    ) -> Entry:
        """Records that `what` happened to `entry`, with the values that it brought, in one transaction.

        With `owner` only while it holds the lease: `LeaseLost` otherwise. Raises `TransitionError` when the table of
        states does not allow it, or another process was faster.
        """
        state = after(entry.state, what)
        if isinstance(values.get("charged"), Money):
            values["charged"] = str(values["charged"].amount)
        charged = values.get("charged", str(entry.charged.amount) if entry.charged else None)
        values["held"] = held_of(state, str(entry.quoted.amount), charged)
        async with self.writing() as connection:
            changed = await self._change(connection, entry, state, values, owner=owner)
            if values.get("job_id"):
                mine = {
                    "provider": entry.provider,
                    "job_id": changed.job_id,
                    "key": entry.key,
                    "attempt": entry.attempt,
                }
                await connection.execute(self.insert(jobs).values(mine).on_conflict_do_nothing())
            await self._record(connection, entry.key, what, state, note)
            return changed

    async def found(self, key: str, attempt: int, job_id: str, note: str) -> Entry:
        """Records a job that the provider has of ours, whoever holds the lease: such a word is never lost.

        When the purchase has another job by now, this one is noted in its history as bought besides. A job that was
        recorded for another purchase, or for an earlier attempt at this one, is not this order's: nothing is recorded.
        """
        async with self.writing() as connection:
            provider = (await self._entry(connection, key)).provider
            await capping.lock(connection, [f"job {job_id} of {provider}"])
            entry = await self._entry(connection, key, locked=True)
            mine = {"provider": provider, "job_id": job_id, "key": key, "attempt": attempt}
            await connection.execute(self.insert(jobs).values(mine).on_conflict_do_nothing())
            same = select(jobs).where(jobs.c.provider == provider, jobs.c.job_id == job_id)
            known = (await connection.execute(same)).one()
            if (known.key, known.attempt) != (key, attempt):
                return entry
            what = Event.ACCEPTED if entry.state is State.SUBMITTING else Event.FOUND
            return await self._told(connection, entry, attempt, what, {"job_id": job_id}, f"job {job_id}", note)

    async def delivered(self, key: str, attempt: int, result: dict[str, Any]) -> Entry:
        """Records a final reply to an order, whoever holds the lease, as `found` records a job."""
        async with self.writing() as connection:
            entry = await self._entry(connection, key, locked=True)
            return await self._told(connection, entry, attempt, Event.FINAL, {"result": result}, "a result", "")

    async def _told(
        self,
        connection: AsyncConnection,
        entry: Entry,
        attempt: int,
        what: Event,
        values: dict[str, Any],
        told: str,
        note: str,
    ) -> Entry:
        takes = (State.SUBMITTING, State.INTENDED, State.RELEASED, State.IN_DOUBT)
        if entry.attempt == attempt and entry.state in takes:
            state = after(entry.state, what)
            held = held_of(state, str(entry.quoted.amount), None)
            changed = await self._change(connection, entry, state, {**values, "error": None, "held": held})
            await self._record(connection, entry.key, what, state, note)
            return changed
        if any(getattr(entry, name) != value for name, value in values.items()):
            await self._record(connection, entry.key, "besides", entry.state, f"{told} was bought besides; {note}")
        return entry

    async def _change(
        self, connection: AsyncConnection, entry: Entry, state: State, values: dict[str, Any], owner: str | None = None
    ) -> Entry:
        """From the state in which the entry was read to another one, or an error that says who was faster.

        Without an owner the entry must be the very one that was read: it may have come back to its state meanwhile.
        """
        condition = (purchases.c.key == entry.key) & (purchases.c.state == entry.state)
        if owner is not None:
            condition = condition & (purchases.c.lease_owner == owner)
        else:
            condition = condition & (purchases.c.updated_at == entry.updated_at)
        values = {name: storable(value) for name, value in values.items()}
        values = {**values, "state": state, "updated_at": self.clock.stamp()}
        if state not in LEASED:
            values |= {"lease_owner": None, "lease_until": None}
        statement = update(purchases).where(condition).values(values).returning(purchases)
        row = (await connection.execute(statement)).first()
        if row is not None:
            return entry_of(row)
        found = await self._entry(connection, entry.key)
        if found.updated_at != entry.updated_at or (owner is not None and found.lease_owner != owner):
            raise LeaseLost(f"{entry.purchase_id}: another process has taken it over; it is {found.state}")
        raise RuntimeError(f"{entry.key}: it could not be changed from {entry.state} to {state}")

    async def lease(self, key: str, owner: str, seconds: float) -> bool:
        """Makes `owner` the one who works on `key` for `seconds`; False while another's lease runs. Renews its own."""
        free = purchases.c.lease_owner.is_(None) | (purchases.c.lease_owner == owner)
        if await self._take_lease((purchases.c.key == key) & free, owner, seconds):
            return True
        async with self.reading() as connection:
            seen = await self._entry(connection, key)
        now = self.clock.stamp()
        if seen.lease_owner != owner and not adoptable(seen, now):
            return False
        same = (purchases.c.key == key) & (purchases.c.state == seen.state)
        same &= purchases.c.lease_owner.is_not_distinct_from(seen.lease_owner)
        same &= purchases.c.lease_until.is_not_distinct_from(seen.lease_until)
        return await self._take_lease(same, owner, seconds)

    async def _take_lease(self, where: ColumnElement[bool], owner: str, seconds: float) -> bool:
        values = {"lease_owner": owner, "lease_until": self.clock.stamp(seconds)}
        async with self.writing() as connection:
            return (await connection.execute(update(purchases).where(where).values(values))).rowcount == 1

    async def renew(self, keys: Sequence[str], owner: str, seconds: float) -> set[str]:
        """Renews the leases that `owner` still holds, and says which these are."""
        mine = purchases.c.key.in_(keys) & (purchases.c.lease_owner == owner)
        async with self.writing() as connection:
            await connection.execute(update(purchases).where(mine).values(lease_until=self.clock.stamp(seconds)))
            return set((await connection.execute(select(purchases.c.key).where(mine))).scalars())

    async def release(self, key: str, owner: str) -> None:
        """Gives the lease back, if it is still `owner`'s."""
        statement = update(purchases).where(purchases.c.key == key, purchases.c.lease_owner == owner)
        async with self.writing() as connection:
            await connection.execute(statement.values(lease_owner=None, lease_until=None))

    async def close_provider(self, provider: str, seconds: float) -> None:
        """The provider asked everybody to wait so long before the next order."""
        async with self.writing() as connection:
            await capping.lock(connection, [f"provider {provider}"])
            await pacing.close(connection, self.insert, provider, self.clock.stamp(seconds))

    async def closed_for(self, provider: str) -> float:
        """Seconds for which a provider has asked everybody to wait, 0 where it has not."""
        async with self.reading() as connection:
            return await pacing.closed_for(connection, provider, self.clock.now())

    async def first(self, webhook_id: str) -> bool:
        """Whether a callback of this id is seen for the first time, by any process."""
        values = {"webhook_id": webhook_id, "at": self.clock.stamp()}
        async with self.writing() as connection:
            new = await connection.execute(self.insert(callbacks).values(values).on_conflict_do_nothing())
            return new.rowcount == 1

    async def forget(self, webhook_id: str) -> None:
        """What was to be done about a callback failed: when it comes again it counts as the first."""
        async with self.writing() as connection:
            await connection.execute(delete(callbacks).where(callbacks.c.webhook_id == webhook_id))

    async def get(self, key: str) -> Entry | None:
        """The entry of a key, None when it was never intended."""
        async with self.reading() as connection:
            row = (await connection.execute(select(purchases).where(purchases.c.key == key))).first()
        return None if row is None else entry_of(row)

    @staticmethod
    async def _entry(connection: AsyncConnection, key: str, *, locked: bool = False) -> Entry:
        statement = select(purchases).where(purchases.c.key == key)
        return entry_of((await connection.execute(statement.with_for_update() if locked else statement)).one())

    async def _record(self, connection: AsyncConnection, key: str, what: str, state: State, note: str) -> None:
        values = {
            "key": key,
            "at": self.clock.stamp(),
            "event": str(what),
            "state": str(state),
            "note": storable(note[:1000]),
        }
        await connection.execute(history.insert().values(values))


def _account(account: Account) -> dict[str, Any]:
    return {"production_id": account.production_id, "campaign": account.campaign, "booked_on": account.day}


async def open_ledger(url: str, zone: str = "UTC", addresses: Sequence[str] = ()) -> Ledger:
    """The ledger at a database address: `sqlite:///PATH` or `postgresql://USER@HOST/NAME`; brought up to date first.

    `addresses` are the names of those who are told of facts, beside Prefect.

    Raises `SettingsError` for an address of another kind or a database that does not answer.
    """
    try:
        engine = ledger_engine(url)
        days = zoneinfo.ZoneInfo(zone)
    except zoneinfo.ZoneInfoNotFoundError as error:
        allowed = "it must be a time zone such as Asia/Shanghai"
        raise SettingsError(f"CALLSHEET_BUDGET_TIME_ZONE: {zone} is not allowed; {allowed}") from error
    except (OSError, ValueError) as error:
        raise SettingsError(f"the ledger can't be opened: {type(error).__name__}") from error
    try:
        async with engine.begin() as connection:
            await connection.run_sync(migrate)
            start = dt.datetime.now(dt.UTC)
            if engine.dialect.name == "postgresql":
                start = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
    except (DatabaseError, OSError) as error:
        await engine.dispose()
        reason = " ".join(str(getattr(error, "orig", error)).split())
        place = make_url(url).set(query={}).render_as_string(hide_password=True)  # a query may hold a password too
        raise SettingsError(f"the ledger {place} can't be opened: {reason}") from error
    ledger = Ledger(engine, Clock(start), days)
    ledger.addresses += tuple(addresses)
    return ledger
