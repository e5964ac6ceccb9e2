"""Approvals: somebody said yes to one plan, by its digest, at one provider, up to one sum.

The digest holds every prompt, length, take, title and price, the identity the model: with any of them changed it is
another plan, which nobody has approved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Row

from callsheet.ledger.store import Ledger
from callsheet.ledger.tables import approvals
from callsheet.money import Money


@dataclass(frozen=True)
class Approval:
    """One yes. `quoted` is the plan's price, `up_to` the most that it may cost; `at` is UTC in ISO 8601."""

    digest: str
    provider: str
    name: str
    quoted: Money
    up_to: Money
    by: str
    at: str

    def record(self) -> dict[str, str]:
        """As plain JSON."""
        return {
            "digest": self.digest,
            "provider": self.provider,
            "name": self.name,
            "currency": self.up_to.currency,
            "quoted": str(self.quoted.amount),
            "up_to": str(self.up_to.amount),
            "by": self.by,
            "at": self.at,
        }


async def record_approval(
    ledger: Ledger, *, digest: str, provider: str, name: str, quoted: Money, up_to: Money, by: str
) -> Approval:
    """Writes an approval down. An earlier one of the same plan stays in the list, and the newest counts."""
    made = Approval(digest, provider, name[:200], quoted, up_to, by[:120], ledger.clock.stamp())
    async with ledger.writing() as connection:
        await connection.execute(approvals.insert().values(**made.record()))
    return made


async def approval_of(ledger: Ledger, digest: str, provider: str) -> Approval | None:
    """The newest approval of a plan at a provider, None where nobody has given one."""
    columns = approvals.c
    statement = select(approvals).where(columns.digest == digest, columns.provider == provider)
    async with ledger.reading() as connection:
        row = (await connection.execute(statement.order_by(columns.id.desc()).limit(1))).first()
    return None if row is None else _approval(row)


async def approvals_of(ledger: Ledger) -> list[Approval]:
    """All approvals, the oldest first."""
    async with ledger.reading() as connection:
        return [_approval(row) for row in await connection.execute(select(approvals).order_by(approvals.c.id))]


def _approval(row: Row[Any]) -> Approval:
    fields = dict(row._mapping)
    currency = fields.pop("currency")
    del fields["id"]
    for name in ("quoted", "up_to"):
        fields[name] = Money(amount=fields[name], currency=currency)
    return Approval(**fields)
