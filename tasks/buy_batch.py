"""Many clips at a discount."""

from __future__ import annotations

from typing import Any

from prefect import task

from callsheet.ledger.order import Order
from tasks.buying import BUYING, bought


@task(
    name="discounted batch",
    task_run_name="discounted batch: {order.purchase.id}",
    tags=["callsheet", "buys", "discounted_batch"],
    **BUYING,
)
async def buy_batch(order: Order) -> dict[str, Any]:
    """Buys many clips as one discounted order.

    Args:
        order: A purchase whose request is of the feature `discounted_batch`.
    """
    return await bought(order)
