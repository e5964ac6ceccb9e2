"""The ledger in SQL: every write is one short transaction, and each records its event in the history.

SQLite runs in WAL mode and begins each transaction with the write lock (``BEGIN IMMEDIATE``), so that reading a sum and
writing a reservation can't interleave with another process. On PostgreSQL the row of the cap is locked instead.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import event, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Row
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from callsheet.errors import BudgetError, SettingsError
from callsheet.ledger.states import RESERVING, Event, State, after
from callsheet.ledger.tables import caps, history, metadata, purchases, uses
from callsheet.money import Money

LOCK_WAIT = 30.0
"""Seconds to wait for another process's write."""


def now() -> dt.datetime:
    """The time, in UTC."""
    return dt.datetime.now(dt.UTC)


def stamp(time: dt.datetime) -> str:
    """ISO 8601 in UTC to the microsecond: text that sorts as time does."""
    return time.astimezone(dt.UTC).isoformat(timespec="microseconds")


@dataclass(frozen=True)
class Entry:
    """One purchase as it stands in the ledger."""

    key: str
    state: State
    attempt: int
    production_id: str
    purchase_id: str
    feature: str
    provider: str
    tier: str
    take: int
    request: dict[str, Any]
    quoted: Money
    charged: Money | None
    job_id: str | None
    result: dict[str, Any] | None
    assets: tuple[dict[str, Any], ...]
    error: str | None
    lease_owner: str | None
    lease_until: str | None
    created_at: str
    updated_at: str

    @property
    def client_reference(self) -> str:
        """The name this attempt has at the provider: the key, with the attempt's number from the second one on."""
        return self.key if self.attempt == 1 else f"{self.key}-{self.attempt}"


def _entry(row: Row[Any]) -> Entry:
    fields = dict(row._mapping)
    currency = fields.pop("currency")
    charged = fields.pop("charged")
    return Entry(
        **{
            **fields,
            "state": State(fields["state"]),
            "quoted": Money(amount=fields["quoted"], currency=currency),
            "charged": None if charged is None else Money(amount=charged, currency=currency),
            "assets": tuple(fields["assets"] or ()),
        }
    )


class Ledger:
    """The purchases, in one database. Made by `open_ledger`; `close` it when done."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    async def close(self) -> None:
        """Gives the connections back."""
        await self._engine.dispose()

    @asynccontextmanager
    async def _write(self) -> AsyncIterator[AsyncConnection]:
        async with self._engine.begin() as connection:
            yield connection

    async def intend(self, fields: Mapping[str, Any], quoted: Money, cap: Money | None) -> tuple[Entry, bool]:
        """The entry of `fields["key"]`, and whether it is new.

        A new one is written with its price reserved in the same transaction. Raises `BudgetError` when that would
        take its production past `cap`; then nothing is written.
        """
        key, production = fields["key"], fields["production_id"]
        at = stamp(now())
        async with self._write() as connection:
            row = (await connection.execute(select(purchases).where(purchases.c.key == key))).first()
            if row is None:
                await self._admit(connection, production, quoted, cap)
                values = {**fields, "state": State.INTENDED, "attempt": 1, "created_at": at, "updated_at": at}
                values |= {"currency": quoted.currency, "quoted": str(quoted.amount)}
                statement = self._insert(purchases).values(values).on_conflict_do_nothing()
                new = (await connection.execute(statement)).rowcount == 1
                if new:
                    await self._record(connection, key, "intend", State.INTENDED, f"quoted {quoted}")
                row = (await connection.execute(select(purchases).where(purchases.c.key == key))).one()
            else:
                new = False
            entry = _entry(row)
            use = {"production_id": production, "key": key, "at": at}
            use |= {"reused": int(entry.production_id != production)}
            await connection.execute(self._insert(uses).values(use).on_conflict_do_nothing())
        return entry, new

    async def _admit(self, connection: AsyncConnection, production: str, price: Money, cap: Money | None) -> None:
        if cap is None:
            return
        scope = f"production:{production}"
        values = {"scope": scope, "currency": cap.currency, "amount": str(cap.amount)}
        await connection.execute(self._insert(caps).values(values).on_conflict_do_nothing())
        lock = select(caps).where(caps.c.scope == scope).with_for_update()  # holds others off until the commit
        await connection.execute(lock)
        committed = await self._committed(connection, production, cap.currency)
        if committed + price > cap:
            raise BudgetError(
                f"{production}: {price} more would pass the cap of {cap}; {committed} is spent or reserved already"
            )

    @staticmethod
    async def _committed(connection: AsyncConnection, production: str, currency: str) -> Money:
        columns = (purchases.c.state, purchases.c.quoted, purchases.c.charged)
        rows = await connection.execute(select(*columns).where(purchases.c.production_id == production))
        return Money.total((_held(state, quoted, charged, currency) for state, quoted, charged in rows), currency)

    async def committed(self, production: str, currency: str) -> Money:
        """What a production has spent, and what is reserved for what it is buying."""
        async with self._engine.connect() as connection:
            return await self._committed(connection, production, currency)

    async def lease(self, key: str, owner: str, seconds: float) -> bool:
        """Makes `owner` the one who works on `key` for `seconds`; False while another's lease runs. Renews its own."""
        time = now()
        free = (purchases.c.lease_owner.is_(None)) | (purchases.c.lease_owner == owner)
        statement = (
            update(purchases)
            .where(purchases.c.key == key, free | (purchases.c.lease_until < stamp(time)))
            .values(lease_owner=owner, lease_until=stamp(time + dt.timedelta(seconds=seconds)))
        )
        async with self._write() as connection:
            return (await connection.execute(statement)).rowcount == 1

    async def release(self, key: str, owner: str) -> None:
        """Gives the lease back, if it is still `owner`'s."""
        statement = update(purchases).where(purchases.c.key == key, purchases.c.lease_owner == owner)
        async with self._write() as connection:
            await connection.execute(statement.values(lease_owner=None, lease_until=None))

    async def happen(
        self, entry: Entry, what: Event, note: str = "", *, cap: Money | None = None, **values: Any
    ) -> Entry:
        """Records that `what` happened to `entry`, with the values that it brought, in one transaction.

        `cap` is that of the production, for an attempt that is begun again. Raises `TransitionError` when the table of
        states does not allow it, or another process was faster.
        """
        state = after(entry.state, what)
        if isinstance(values.get("charged"), Money):
            values["charged"] = str(values["charged"].amount)
        if what is Event.AGAIN:
            values |= {"attempt": entry.attempt + 1, "job_id": None, "result": None, "error": None, "charged": None}
        async with self._write() as connection:
            if what is Event.AGAIN:  # its price is reserved once more
                await self._admit(connection, entry.production_id, entry.quoted, cap)
            statement = (
                update(purchases)
                .where(purchases.c.key == entry.key, purchases.c.state == entry.state)
                .values(state=state, updated_at=stamp(now()), **values)
            )
            if (await connection.execute(statement)).rowcount != 1:
                found = (await connection.execute(select(purchases).where(purchases.c.key == entry.key))).one()
                after(State(found.state), what)
                raise RuntimeError(f"{entry.key}: changed by another process while its lease was held")
            await self._record(connection, entry.key, what, state, note)
            row = (await connection.execute(select(purchases).where(purchases.c.key == entry.key))).one()
        return _entry(row)

    async def get(self, key: str) -> Entry | None:
        """The entry of a key, None when it was never intended."""
        async with self._engine.connect() as connection:
            row = (await connection.execute(select(purchases).where(purchases.c.key == key))).first()
        return None if row is None else _entry(row)

    async def use(self, production: str, keys: Sequence[str]) -> None:
        """Records that a production uses these purchases, where `intend` has not."""
        at = stamp(now())
        async with self._write() as connection:
            for key in keys:
                found = await connection.execute(select(purchases.c.production_id).where(purchases.c.key == key))
                use: dict[str, Any] = {"production_id": production, "key": key, "at": at}
                use |= {"reused": int(found.scalar_one() != production)}
                await connection.execute(self._insert(uses).values(use).on_conflict_do_nothing())

    async def settled(self, keys: Sequence[str]) -> set[str]:
        """Those of `keys` that are bought and paid for."""
        statement = select(purchases.c.key).where(purchases.c.key.in_(keys), purchases.c.state == State.SETTLED)
        async with self._engine.connect() as connection:
            return set((await connection.execute(statement)).scalars())

    async def of_production(self, production: str) -> list[Entry]:
        """Every purchase that a production uses, its own and the reused ones, oldest first."""
        statement = (
            select(purchases)
            .join(uses, uses.c.key == purchases.c.key)
            .where(uses.c.production_id == production)
            .order_by(purchases.c.created_at, purchases.c.key)
        )
        async with self._engine.connect() as connection:
            return [_entry(row) for row in await connection.execute(statement)]

    async def history(self, key: str) -> list[tuple[str, str, str, str]]:
        """(time, event, state that followed, note) of everything that happened to a key, in order."""
        statement = select(history).where(history.c.key == key).order_by(history.c.id)
        async with self._engine.connect() as connection:
            return [(row.at, row.event, row.state, row.note or "") for row in await connection.execute(statement)]

    @staticmethod
    async def _record(connection: AsyncConnection, key: str, what: str, state: State, note: str) -> None:
        values = {"key": key, "at": stamp(now()), "event": str(what), "state": str(state), "note": note[:1000]}
        await connection.execute(history.insert().values(values))


def _held(state: str, quoted: str, charged: str | None, currency: str) -> Money:
    """What one purchase counts against a cap: its charge where that is known, its quote while it is reserved."""
    if charged is not None:
        return Money(amount=Decimal(charged), currency=currency)
    if State(state) in RESERVING:
        return Money(amount=Decimal(quoted), currency=currency)
    return Money.zero(currency)


async def open_ledger(url: str) -> Ledger:
    """The ledger at a database address: `sqlite:///PATH` or `postgresql://USER@HOST/NAME`; tables are made if missing.

    Raises `SettingsError` for an address of another kind or a database that does not answer.
    """
    try:
        engine = _engine(url)
    except (OSError, ValueError) as error:
        raise SettingsError(f"the ledger can't be opened: {type(error).__name__}") from error
    try:
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
    except (DatabaseError, OSError) as error:
        await engine.dispose()
        reason = " ".join(str(getattr(error, "orig", error)).split())
        raise SettingsError(f"the ledger {make_url(url)!r} can't be opened: {reason}") from error
    return Ledger(engine)


def _engine(url: str) -> AsyncEngine:
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise SettingsError("the ledger's address must be sqlite:///PATH or postgresql://USER@HOST/NAME") from error
    kind = address.get_backend_name()
    if kind == "postgresql":
        return create_async_engine(address.set(drivername="postgresql+asyncpg"), pool_pre_ping=True)
    if kind != "sqlite":
        raise SettingsError(f"the ledger's address must be sqlite:/// or postgresql://, not {kind}://")
    if address.database and address.database != ":memory:":
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(address.set(drivername="sqlite+aiosqlite"), connect_args={"timeout": LOCK_WAIT})

    @event.listens_for(engine.sync_engine, "connect")
    def _pragmas(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver would begin without the write lock; we begin ourselves
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")  # a purchase that was recorded survives a power cut
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
