"""What is asked of the ledger without changing a purchase: lists, sums, histories, productions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, true, update
from sqlalchemy.engine import Row

from callsheet.ledger import caps as capping
from callsheet.ledger.entry import Entry, entry_of
from callsheet.ledger.states import IN_FLIGHT, State
from callsheet.ledger.store import Ledger
from callsheet.ledger.tables import history, productions, purchases, uses
from callsheet.ledger.tables import jobs as recorded
from callsheet.ledger.telling import about_production, tell
from callsheet.money import Money


@dataclass(frozen=True)
class ProductionRow:
    """A production as the ledger knows it: what it is to cost, and whether it is still wanted."""

    id: str
    kind: str
    name: str
    campaign: str | None
    provider: str
    digest: str
    quoted: Money
    status: str
    run: str | None
    needs: tuple[str, ...]
    created_at: str
    updated_at: str


def _production(row: Row[Any]) -> ProductionRow:
    fields = dict(row._mapping)
    fields["quoted"] = Money(amount=fields["quoted"], currency=fields.pop("currency"))
    fields["needs"] = tuple(fields["needs"] or ())
    return ProductionRow(**fields)


async def entries(
    ledger: Ledger,
    *,
    states: Sequence[State] = (),
    production: str | None = None,
    campaign: str | None = None,
    provider: str | None = None,
    since: str | None = None,
    key: str | None = None,
    job: str | None = None,
) -> list[Entry]:
    """Purchases, oldest first. `production` is any that uses them; `since` a day; `key` its first letters."""
    columns = purchases.c
    wanted: list[ColumnElement[bool]] = [true()]
    if states:
        wanted.append(columns.state.in_(states))
    if production is not None:
        wanted.append(columns.key.in_(select(uses.c.key).where(uses.c.production_id == production)))
    if campaign is not None:
        wanted.append(columns.campaign == campaign)
    if provider is not None:
        wanted.append(columns.provider == provider)
    if job is not None:
        wanted.append(columns.job_id == job)
    if since is not None:
        wanted.append(columns.booked_on >= since)
    if key is not None:
        wanted.append(columns.key.startswith(key, autoescape=True))
    statement = select(purchases).where(and_(*wanted)).order_by(columns.created_at, columns.key)
    async with ledger.reading() as connection:
        return [entry_of(row) for row in await connection.execute(statement)]


async def committed(ledger: Ledger, production: str, currency: str) -> Money:
    """What a production has spent, and what is reserved for what it is buying."""
    async with ledger.reading() as connection:
        return await capping.committed(connection, purchases.c.production_id == production, currency)


async def settled(ledger: Ledger, keys: Sequence[str]) -> set[str]:
    """Those of `keys` that are bought and paid for."""
    statement = select(purchases.c.key).where(purchases.c.key.in_(keys), purchases.c.state == State.SETTLED)
    async with ledger.reading() as connection:
        return set((await connection.execute(statement)).scalars())


async def known_jobs(ledger: Ledger, provider: str, jobs: Sequence[str]) -> set[str]:
    """Those of these jobs that were recorded for some purchase, in whatever attempt."""
    statement = select(recorded.c.job_id).where(recorded.c.provider == provider, recorded.c.job_id.in_(jobs))
    async with ledger.reading() as connection:
        return {str(job) for job in (await connection.execute(statement)).scalars()}


async def history_of(ledger: Ledger, key: str) -> list[tuple[str, str, str, str]]:
    """(time, event, state that followed, note) of everything that happened to a key, in order."""
    statement = select(history).where(history.c.key == key).order_by(history.c.id)
    async with ledger.reading() as connection:
        return [(row.at, row.event, row.state, row.note or "") for row in await connection.execute(statement)]


async def users(ledger: Ledger, key: str) -> list[str]:
    """The productions that use a purchase, the first one first."""
    statement = select(uses.c.production_id).where(uses.c.key == key).order_by(uses.c.at)
    async with ledger.reading() as connection:
        return [str(name) for name in (await connection.execute(statement)).scalars()]


async def use(ledger: Ledger, production: str, keys: Sequence[str]) -> None:
    """Records that a production uses these purchases, where `intend` has not."""
    at = ledger.clock.stamp()
    async with ledger.writing() as connection:
        for key in keys:
            values = {"production_id": production, "key": key, "at": at}
            await connection.execute(ledger.insert(uses).values(values).on_conflict_do_nothing())


async def open_production(ledger: Ledger, fields: dict[str, Any], quoted: Money, run: str | None) -> None:
    """Records that a production is being made, by a flow run where there is one. A cancelled one is open again."""
    at = ledger.clock.stamp()
    values = {
        "needs": [],
        **fields,
        "currency": quoted.currency,
        "quoted": str(quoted.amount),
        "status": "open",
        "run": run,
    }
    values |= {"created_at": at, "updated_at": at}
    again = {name: values[name] for name in ("status", "run", "campaign", "needs", "updated_at")}
    statement = ledger.insert(productions).values(values)
    async with ledger.writing() as connection:
        await connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=again))


async def set_status(ledger: Ledger, status: str, *, id: str | None = None, run: str | None = None) -> list[str]:
    """Sets the status of a production, or of the open ones of a flow run; gives the names of those that changed."""
    which = productions.c.id == id if id is not None else (productions.c.run == run) & (productions.c.status == "open")
    at = ledger.clock.stamp()
    changed = update(productions).where(which, productions.c.status != status).returning(productions)
    async with ledger.writing() as connection:
        rows = list(await connection.execute(changed.values(status=status, updated_at=at)))
        if status == "published":
            facts = [about_production(row, status, {"folder": f"{row.id}/"}, once=at) for row in rows]
            await tell(ledger, connection, facts)
    return [str(row.id) for row in rows]


async def production_rows(ledger: Ledger, *, status: str | None = None, id: str | None = None) -> list[ProductionRow]:
    """Productions, oldest first."""
    statement = select(productions).order_by(productions.c.created_at)
    if status is not None:
        statement = statement.where(productions.c.status == status)
    if id is not None:
        statement = statement.where(productions.c.id == id)
    async with ledger.reading() as connection:
        return [_production(row) for row in await connection.execute(statement)]


async def in_flight(ledger: Ledger, provider: str) -> int:
    """Jobs that may be under way at a provider."""
    statement = select(func.count()).where(purchases.c.provider == provider, purchases.c.state.in_(IN_FLIGHT))
    async with ledger.reading() as connection:
        return int((await connection.execute(statement)).scalar_one())
