"""The sums that are held against the caps, for each production, campaign, day and month.

A rehearsal bills nobody. Its sums are kept apart from real money, under the same caps, so that it stops where the real
thing would stop.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from callsheet.budget import Caps
from callsheet.errors import BudgetError
from callsheet.ledger.money import from_millionths
from callsheet.ledger.tables import purchases
from callsheet.money import Money

LOW = Decimal("0.8")
"""The part of a cap from which on people are told that it runs low."""


@dataclass(frozen=True)
class Account:
    """Who pays, and on which day (ISO 8601, in the budget's time zone)."""

    production_id: str
    campaign: str | None
    rehearsal: bool
    day: str


@dataclass(frozen=True)
class Scope:
    """One cap and the purchases that count against it."""

    name: str
    cap: Money
    counted: ColumnElement[bool]


def scopes(caps: Caps, account: Account) -> list[Scope]:
    """What a purchase on this account has to fit into, in a fixed order, so that locks are always taken in the same."""
    return sorted(_scopes(caps, account), key=lambda scope: scope.name)


def _scopes(caps: Caps, account: Account) -> Iterator[Scope]:
    column = purchases.c
    kind = column.rehearsal == int(account.rehearsal)
    if caps.production is not None:
        counted = column.production_id == account.production_id
        yield Scope(f"production {account.production_id}", caps.production, counted)
    if caps.campaign is not None and account.campaign is not None:
        yield Scope(f"campaign {account.campaign}", caps.campaign, (column.campaign == account.campaign) & kind)
    if caps.day is not None:
        yield Scope(f"day {account.day}", caps.day, (column.booked_on == account.day) & kind)
    if caps.month is not None:
        month = account.day[:7]
        within = column.booked_on.between(f"{month}-01", f"{month}-31")
        yield Scope(f"month {month}", caps.month, within & kind)


async def lock(connection: AsyncConnection, names: list[str]) -> None:
    """Holds others off these names until the transaction ends. SQLite's transactions hold off everybody anyway."""
    if connection.dialect.name == "postgresql":
        for name in names:
            statement = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
            await connection.execute(statement, {"name": name})


async def committed(connection: AsyncConnection, counted: ColumnElement[bool], currency: str) -> Money:
    """What is spent or reserved by these purchases in one currency."""
    total = select(func.coalesce(func.sum(purchases.c.held), 0)).where(counted, purchases.c.currency == currency)
    return from_millionths(int((await connection.execute(total)).scalar_one()), currency)


async def admit(
    connection: AsyncConnection, within: list[Scope], price: Money, without: ColumnElement[bool]
) -> list[tuple[Scope, Money]]:
    """Raises `BudgetError` when `price` more than what all purchases but those of `without` hold would pass a cap.

    Gives the caps that are nearly used up by it, `LOW` of them or more, with what is. A production's own cap is not
    among them: it is made to be used up.
    """
    low = []
    for scope in within:
        if scope.cap.currency != price.currency:
            raise BudgetError(f"{scope.name}: its cap is in {scope.cap.currency} and {price} is to be bought")
        held = await committed(connection, scope.counted & ~without, price.currency)
        if held + price > scope.cap:
            refused = BudgetError(
                f"{scope.name}: {price} more would pass the cap of {scope.cap}; {held} is spent or reserved already"
            )
            refused.scope = scope.name
            raise refused
        used = held + price
        if used.amount >= LOW * scope.cap.amount and not scope.name.startswith("production "):
            low.append((scope, used))
    return low
