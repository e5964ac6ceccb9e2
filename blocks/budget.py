"""A budget as a block."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import ClassVar, cast

from prefect.blocks.core import Block
from pydantic import Field

from callsheet.budget import Caps
from callsheet.errors import SettingsError
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


async def caps_from_block(name: str | None) -> Caps:
    """The caps of the budget block of this name; none without a name. Raises `SettingsError` for one not saved."""
    if not name:
        return Caps()
    try:
        block = await cast(Awaitable[Budget], Budget.aload(name))
    except ValueError as error:
        raise SettingsError(f"there is no block {Budget._block_type_slug}/{name}: {error}") from error
    return block.caps()
