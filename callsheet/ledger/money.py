"""What a purchase counts against the caps, as a whole number that SQL can add up exactly."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

from callsheet.ledger.states import RESERVING, State
from callsheet.money import Money

MILLIONTHS = 1_000_000


def millionths(amount: Decimal) -> int:
    """The amount in millionths of its currency; a finer fraction is counted as a whole one."""
    return int((amount * MILLIONTHS).to_integral_value(ROUND_CEILING))


def from_millionths(count: int, currency: str) -> Money:
    """The money of a sum."""
    return Money(amount=Decimal(count) / MILLIONTHS, currency=currency)


def held_of(state: State | str, quoted: str, charged: str | None) -> int:
    """What one purchase counts: its charge where that is known, its quote while it is reserved, else nothing."""
    if charged is not None:
        return millionths(Decimal(charged))
    return millionths(Decimal(quoted)) if State(state) in RESERVING else 0
