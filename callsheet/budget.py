"""Caps: the most that a production, a campaign, a day and a month may cost."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from callsheet.errors import BudgetError
from callsheet.money import Money

KINDS = ("production", "campaign", "day", "month")


class Caps(BaseModel):
    """Caps of one origin, each None where it sets none."""

    model_config = ConfigDict(frozen=True)

    production: Money | None = None
    campaign: Money | None = None
    day: Money | None = None
    month: Money | None = None

    def with_(self, other: Caps) -> Caps:
        """The lower of both for each. Raises `BudgetError` where they are of two currencies."""
        return Caps(**{kind: _lower(kind, getattr(self, kind), getattr(other, kind)) for kind in KINDS})


def _lower(kind: str, one: Money | None, other: Money | None) -> Money | None:
    if one is None or other is None:
        return one or other
    if one.currency != other.currency:
        raise BudgetError(f"the cap for a {kind} is set in {one.currency} and in {other.currency}; set it in one")
    return one if one <= other else other
