"""Variations of one configuration."""

from __future__ import annotations

from typing import Any

from prefect import task

from callsheet.ledger.order import Order
from tasks.buying import BUYING, bought


@task(
    name="variants batch",
    task_run_name="variants batch: {order.purchase.id}",
    tags=["callsheet", "buys", "variants_batch"],
    **BUYING,
)
async def make_variants(order: Order) -> dict[str, Any]:
    """Buys variations of one configuration as one order.

    Args:
        order: A purchase whose request is of the feature `variants_batch`.
    """
    return await bought(order)
