"""Another perspective on a clip."""

from __future__ import annotations

from typing import Any

from prefect import task

from callsheet.ledger.order import Order
from tasks.buying import BUYING, bought


@task(
    name="perspective change",
    task_run_name="perspective change: {order.purchase.id}",
    tags=["callsheet", "buys", "perspective_change"],
    **BUYING,
)
async def change_perspective(order: Order) -> dict[str, Any]:
    """Shows a clip from another perspective.

    Args:
        order: A purchase whose request is of the feature `perspective_change`.
    """
    return await bought(order)
