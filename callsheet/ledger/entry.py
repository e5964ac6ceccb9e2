"""One purchase: as it is going to be ordered, and as it stands in the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Row

from callsheet.features import REQUEST
from callsheet.ledger.states import State
from callsheet.money import Money
from callsheet.plan.model import Purchase


@dataclass(frozen=True)
class Intent:
    """What a production is going to buy."""

    key: str
    production_id: str
    campaign: str | None
    purchase_id: str
    feature: str
    provider: str
    rehearsal: bool
    tier: str
    take: int
    request: dict[str, Any]
    clips: tuple[str, ...]
    quoted: Money


@dataclass(frozen=True)
class Entry(Intent):
    """A row of the purchases. `purchase` makes of it what was ordered, so that any process can go on with it."""

    state: State
    attempt: int
    charged: Money | None
    held: int
    booked_on: str | None
    job_id: str | None
    result: dict[str, Any] | None
    assets: tuple[dict[str, Any], ...]
    error: str | None
    lease_owner: str | None
    lease_until: str | None
    submitted_at: str | None
    created_at: str
    updated_at: str

    @property
    def client_reference(self) -> str:
        """The name this attempt has at the provider: the key, with the attempt's number from the second one on."""
        return self.key if self.attempt == 1 else f"{self.key}-{self.attempt}"

    @property
    def given_back(self) -> bool:
        """Whether nothing is held for it and it may be begun again: released, refused, or failed and refunded."""
        refunded = self.state in (State.REJECTED, State.FAILED) and not (self.charged and self.charged.amount)
        return self.state is State.RELEASED or refunded

    def purchase(self) -> Purchase:
        """What was ordered."""
        return Purchase(
            id=self.purchase_id,
            request=REQUEST.validate_python(self.request),
            clips=self.clips,
            take=self.take,
            price=self.quoted,
        )


def entry_of(row: Row[Any]) -> Entry:
    """The entry of a row."""
    fields = dict(row._mapping)
    currency = fields.pop("currency")
    charged = fields.pop("charged")
    return Entry(
        **{
            **fields,
            "state": State(fields["state"]),
            "rehearsal": bool(fields["rehearsal"]),
            "quoted": Money(amount=fields["quoted"], currency=currency),
            "charged": None if charged is None else Money(amount=charged, currency=currency),
            "clips": tuple(fields["clips"] or (fields["purchase_id"],)),
            "assets": tuple(fields["assets"] or ()),
        }
    )


def storable(value: Any) -> Any:
    """Text as any database takes it: no half characters and no zero bytes, which a provider's message may hold."""
    if not isinstance(value, str) or isinstance(value, State):
        return value
    return value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
