"""What several calls that buy came to: what is there, and what went wrong with the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from callsheet.errors import CallsheetError, JobFailed
from callsheet.ledger.assets import Asset
from callsheet.ledger.order import Bought, Order
from callsheet.plan.model import Work
from callsheet.plan.speech import lines_of
from callsheet.production.outcome import Failure, failure

BOUGHT_AT_ONCE = 64
"""More than providers take at a time, and no more tasks than one process follows with ease."""


@dataclass(frozen=True)
class Gathered:
    """Receipts of what was bought, and the errors of what was not, by the names of the clips that are missing."""

    receipts: tuple[Bought, ...] = ()
    errors: Mapping[str, CallsheetError] = field(default_factory=dict)

    def __add__(self, other: Gathered) -> Gathered:
        return Gathered(self.receipts + other.receipts, {**self.errors, **other.errors})

    @property
    def assets(self) -> list[Asset]:
        """Every clip that is there."""
        return [asset for receipt in self.receipts for asset in receipt.assets]

    def raise_for(self, work: Work) -> None:
        """Raises the error that keeps a work from being made: that of the first clip of it that is missing."""
        there = {asset.clip for asset in self.assets}
        for line in sorted(lines_of(work) & self.errors.keys()):
            raise self.errors[line]
        for clip in work.timeline.clips:
            if clip in self.errors:
                raise self.errors[clip]
            if clip not in there:
                raise JobFailed(f"{work.id}: {clip} was not delivered")

    def sorted_out(self, works: Sequence[Work]) -> tuple[list[Work], list[Failure]]:
        """Those of the works that have all their clips, and why the others can't be made."""
        possible, failed = [], []
        for work in works:
            try:
                self.raise_for(work)
                possible.append(work)
            except CallsheetError as error:
                failed.append(failure(work.id, error))
        return possible, failed


async def gathered(orders: Sequence[Order], calls: Sequence[Awaitable[dict[str, Any]]]) -> Gathered:
    """All of them, each tried: one that fails does not stop the others. `calls` buy `orders`, in their order, and
    `BOUGHT_AT_ONCE` of them at a time.

    An error that is not one of ours is raised when all have ended.
    """
    receipts: list[Bought] = []
    errors: dict[str, CallsheetError] = {}
    places = asyncio.Semaphore(BOUGHT_AT_ONCE)

    async def in_turn(call: Awaitable[dict[str, Any]]) -> dict[str, Any]:
        async with places:
            return await call

    results = await asyncio.gather(*map(in_turn, calls), return_exceptions=True)
    for order, result in zip(orders, results, strict=True):
        if isinstance(result, CallsheetError):
            errors |= dict.fromkeys(order.purchase.clips, result)
        elif isinstance(result, BaseException):
            raise result
        else:
            receipt = Bought.model_validate(result)
            receipts.append(receipt)
            for clip, reason in receipt.missing.items():
                said = f"{clip} failed at the provider: {reason}; the rest of {receipt.purchase_id} is there"
                errors[clip] = JobFailed(f"{said}; to buy it again order another take of {clip}")
    return Gathered(tuple(receipts), errors)
