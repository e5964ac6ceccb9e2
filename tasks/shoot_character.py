"""One character through several scenes."""

from __future__ import annotations

from typing import Any

from prefect import task

from callsheet.ledger.order import Order
from tasks.buying import BUYING, bought


@task(
    name="character sequence",
    task_run_name="character sequence: {order.purchase.id}",
    tags=["callsheet", "buys", "character_sequence"],
    **BUYING,
)
async def shoot_character(order: Order) -> dict[str, Any]:
    """Buys several scenes with one character.

    Args:
        order: A purchase whose request is of the feature `character_sequence`.
    """
    return await bought(order)
