"""Repair of a sequence: shots that don't fit are bought again."""

from __future__ import annotations

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from callsheet.desk import desk_in_use
from callsheet.ledger.order import Bought, Order
from callsheet.media.consistency import ITEMS
from callsheet.money import Money
from callsheet.repair import repair_shots
from tasks.buying import RETRY_DELAYS, may_repeat


@task(
    name="repair sequence",
    task_run_name="repair sequence: {orders[0].purchase.id}",
    tags=["callsheet", "buys", "sequence"],
    retries=len(RETRY_DELAYS),
    retry_delay_seconds=RETRY_DELAYS,
    retry_condition_fn=may_repeat,
    cache_policy=NO_CACHE,
)
async def repair_sequence(
    orders: list[Order],
    bought: list[Bought],
    clips: list[str],
    budget: Money,
    tries: int = 2,
    items: list[str] | None = None,
    absent: list[int] | None = None,
    scenes: list[str] | None = None,
) -> dict[str, Any]:
    """Buys further takes of shots that don't fit, and keeps the better ones.

    Args:
        orders: What the shots were ordered by: a sequence, or single clips where the provider has no sequences.
        bought: The receipts.
        clips: The shots by their names, in the order in which they are shown.
        budget: What all further takes together may cost, within what was approved.
        tries: Takes of one shot at most.
        items: What is measured; all without.
        absent: Shots, from 1, in which no character is seen: they are not judged by one.
        scenes: Where each shot plays: only shots of one scene have to agree in place, light and colours. Without, all.
    """
    async with desk_in_use() as desk:
        done = await repair_shots(
            orders,
            bought,
            clips,
            desk,
            budget=budget,
            tries=tries,
            items=items or ITEMS,
            absent=absent or (),
            scenes=scenes or (),
        )
        return done.model_dump(mode="json")
