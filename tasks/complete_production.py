"""Complete audiovisual work."""

from __future__ import annotations

from typing import Any

from prefect import task

from callsheet.ledger.order import Order
from tasks.buying import BUYING, bought


@task(
    name="complete production",
    task_run_name="complete production: {order.purchase.id}",
    tags=["callsheet", "buys", "complete_production"],
    **BUYING,
)
async def complete_production(order: Order) -> dict[str, Any]:
    """Buys a finished work from a provider that makes them whole.

    Args:
        order: A purchase whose request is of the feature `complete_production`.
    """
    return await bought(order)
