"""Writes facts that others are told into the ledger, in the transaction of the fact itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.asyncio import AsyncConnection

from callsheet.canonical import canonical_json, digest
from callsheet.errors import BudgetError
from callsheet.ledger.caps import Account, Scope
from callsheet.ledger.tables import notices
from callsheet.money import Money

if TYPE_CHECKING:
    from callsheet.ledger.store import Ledger

PREFECT = "prefect"
"""The address of Prefect's own events."""


@dataclass(frozen=True)
class Fact:
    """Something that happened to a resource, `callsheet.<kind>.<name>`. Two of one `type`, `resource` and `once` are
    the same fact, and told once."""

    type: str
    resource: str
    data: dict[str, Any] = field(hash=False)
    once: str

    @property
    def id(self) -> str:
        """The webhook-id."""
        return f"msg_{digest([self.type, self.resource, self.once])[:32]}"


async def tell(ledger: Ledger, connection: AsyncConnection, facts: Iterable[Fact]) -> None:
    """Notes facts for every address that the ledger was opened with. One that was noted before is not noted again."""
    at = ledger.clock.stamp()
    for fact in facts:
        body = canonical_json({"type": fact.type, "timestamp": at, "data": fact.data})
        for address in ledger.addresses:
            row: dict[str, Any] = {
                "id": fact.id,
                "address": address,
                "type": fact.type,
                "resource": fact.resource[:200],
                "body": body,
            }
            row |= {"state": "due", "attempts": 0, "due_at": at, "at": at}
            await connection.execute(ledger.insert(notices).values(row).on_conflict_do_nothing())


def about_production(row: Any, kind: str, data: Mapping[str, Any], *, once: str) -> Fact:
    """A fact about a production, from its row. It is the same one whenever `once` is."""
    names = ("kind", "name", "campaign", "provider", "digest", "quoted", "currency", "run")
    told = {name: getattr(row, name) for name in names}
    return Fact(
        type=f"production.{kind}",
        resource=f"callsheet.production.{row.id}",
        data={"production_id": row.id, **told, **data},
        once=once,
    )


def budget_low(scope: Scope, used: Money, account: Account) -> Fact:
    """That a cap is nearly used up: told once for each cap of each day, month or campaign."""
    data = {"scope": scope.name, "cap": str(scope.cap), "committed": str(used), "rehearsal": account.rehearsal}
    once = f"{scope.name} {scope.cap} {account.rehearsal}"
    return Fact(type="budget.low", resource=_budget(scope.name), data=data, once=once)


def budget_refused(error: BudgetError, account: Account) -> Fact:
    """That a cap has refused a production: told once a day for each."""
    data = {"scope": error.scope, "production_id": account.production_id, "rehearsal": account.rehearsal}
    once = f"{error.scope} {account.production_id} {account.day} {error.message}"
    return Fact(
        type="budget.refused", resource=_budget(str(error.scope)), data={**data, "error": error.message}, once=once
    )


def _budget(scope: str) -> str:
    return f"callsheet.budget.{scope.partition(' ')[0]}"


@asynccontextmanager
async def refusals_told(ledger: Ledger, account: Account) -> AsyncIterator[None]:
    """Notes that a cap has refused the transaction in the block, when that has been taken back."""
    try:
        yield
    except BudgetError as error:
        if error.scope is not None:
            async with ledger.writing() as connection:
                await tell(ledger, connection, [budget_refused(error, account)])
        raise
