"""Repair of a sequence: shots that don't fit are bought again."""

from __future__ import annotations

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from callsheet.desk import desk_in_use
from callsheet.ledger.order import Bought, Order
from callsheet.money import Money
from callsheet.repair import repair
from tasks.buying import RETRY_DELAYS, may_repeat


@task(
    name="repair sequence",
    task_run_name="repair sequence: {order.purchase.id}",
    tags=["callsheet", "buys", "sequence"],
    retries=len(RETRY_DELAYS),
    retry_delay_seconds=RETRY_DELAYS,
    retry_condition_fn=may_repeat,
    cache_policy=NO_CACHE,
)
async def repair_sequence(order: Order, bought: Bought, budget: Money, tries: int = 2) -> dict[str, Any]:
    """Buys further takes of the shots of a sequence that don't fit, and keeps the better ones.

    Args:
        order: The sequence as it was ordered.
        bought: Its receipt.
        budget: What all further takes together may cost.
        tries: Takes of one shot at most.
    """
    async with desk_in_use() as desk:
        return (await repair(order, bought, desk, budget=budget, tries=tries)).model_dump(mode="json")
