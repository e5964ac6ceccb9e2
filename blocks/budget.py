"""A budget as a block."""

from __future__ import annotations

from typing import ClassVar

from prefect.blocks.core import Block
from pydantic import Field

from blocks.saved import Saved, load
from callsheet.budget import Caps
from callsheet.money import Amount, Money


class Budget(Block):
    """What may be spent, whoever starts the flow. It can only lower what settings and briefs allow.

    Example:
        ```python
        from blocks import Budget

        budget = Budget.load("BLOCK_NAME")
        ```
    """

    _block_type_name: ClassVar[str | None] = "Callsheet budget"
    _block_type_slug: ClassVar[str | None] = "callsheet-budget"

    currency: str = Field(default="CNY", pattern=r"^[A-Z]{3}$", description="Of all four, as in the price list.")
    production: Amount | None = Field(default=None, gt=0, description="The most that one production may cost.")
    campaign: Amount | None = Field(default=None, gt=0, description="The most that each campaign may cost.")
    day: Amount | None = Field(default=None, gt=0, description="The most that may be spent in a day.")
    month: Amount | None = Field(default=None, gt=0, description="The most that may be spent in a calendar month.")

    def caps(self) -> Caps:
        """These caps."""
        amounts = {"production": self.production, "campaign": self.campaign, "day": self.day, "month": self.month}
        return Caps(
            **{
                kind: Money(amount=amount, currency=self.currency)
                for kind, amount in amounts.items()
                if amount is not None
            }
        )


async def caps_from_block(saved: Saved | None) -> Caps:
    """The caps of a saved budget block; none without one. Raises `SettingsError` for one that isn't there."""
    return (await load(Budget, saved)).caps() if saved else Caps()
