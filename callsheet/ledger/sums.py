"""What a report is made of: one light row for each purchase, without its request and its result."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import ColumnElement, func, select, true

from callsheet.ledger.states import State
from callsheet.ledger.store import Ledger
from callsheet.ledger.tables import history, productions, purchases, uses
from callsheet.money import CENT


@dataclass(frozen=True)
class Sale:
    """A purchase as far as money goes.

    `product` is the kind of the production, None of one that was never recorded. `day` is the one that pays, in the
    budget's time zone. `others` are the productions that use it and don't pay for it. `besides` are the jobs that the
    provider has of it beyond the one that counts.
    """

    state: State
    production: str
    campaign: str | None
    feature: str
    provider: str
    tier: str
    rehearsal: bool
    day: str
    currency: str
    quoted: Decimal
    charged: Decimal | None
    others: int = 0
    besides: int = 0
    product: str | None = None


async def sales(ledger: Ledger, *, since: str | None = None, until: str | None = None) -> list[Sale]:
    """The purchases of the days from `since` to `until` (ISO 8601, both included), oldest first."""
    column = purchases.c
    paying = func.coalesce(column.booked_on, func.substr(column.created_at, 1, 10))
    within: ColumnElement[bool] = true()
    if since is not None:
        within = within & (paying >= since)
    if until is not None:
        within = within & (paying <= until)
    users = (
        select(uses.c.key, func.count().label("others"))
        .join(purchases, (uses.c.key == column.key) & (uses.c.production_id != column.production_id))
        .group_by(uses.c.key)
        .subquery()
    )
    statement = (
        select(
            column.key,
            column.state,
            column.production_id,
            column.campaign,
            column.feature,
            column.provider,
            column.tier,
            column.rehearsal,
            column.currency,
            column.quoted,
            column.charged,
            paying.label("day"),
            func.coalesce(users.c.others, 0).label("others"),
            productions.c.kind.label("product"),
        )
        .select_from(
            purchases.outerjoin(users, users.c.key == column.key).outerjoin(
                productions, productions.c.id == column.production_id
            )
        )
        .where(within)
        .order_by(column.created_at, column.key)
    )
    async with ledger.reading() as connection:
        rows = (await connection.execute(statement)).all()
        noted = (
            await connection.execute(select(history.c.key, history.c.note).where(history.c.event == "besides"))
        ).all()
    extra: dict[str, set[str]] = defaultdict(set)
    for key, note in noted:
        extra[key].add(str(note).partition(" was bought besides")[0])  # the same job may have turned up more than once
    return [
        Sale(
            state=State(row.state),
            production=row.production_id,
            campaign=row.campaign,
            feature=row.feature,
            provider=row.provider,
            tier=row.tier,
            rehearsal=bool(row.rehearsal),
            day=row.day,
            currency=row.currency,
            quoted=Decimal(row.quoted),
            charged=None if row.charged is None else Decimal(row.charged),
            others=row.others,
            besides=len(extra[row.key]),
            product=row.product,
        )
        for row in rows
    ]


def plain(amount: Decimal) -> str:
    """An amount with at least two decimal places and without an exponent; nothing is rounded: `0.60`, `0.0625`."""
    cents = amount.quantize(CENT)
    return f"{cents if cents == amount else amount.normalize():f}"
