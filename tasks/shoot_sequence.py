"""Multi-shot sequence."""

from __future__ import annotations

from typing import Any

from prefect import task

from callsheet.ledger.order import Order
from tasks.buying import BUYING, bought


@task(
    name="multi-shot sequence",
    task_run_name="multi-shot sequence: {order.purchase.id}",
    tags=["callsheet", "buys", "sequence"],
    **BUYING,
)
async def shoot_sequence(order: Order) -> dict[str, Any]:
    """Buys several shots that belong together, in one order.

    Args:
        order: A purchase whose request is of the feature `sequence`.
    """
    return await bought(order)
