"""A spoken line."""

from __future__ import annotations

from typing import Any

from prefect import task

from callsheet.ledger.order import Order
from tasks.buying import BUYING, bought


@task(
    name="spoken line",
    task_run_name="spoken line: {order.purchase.id}",
    tags=["callsheet", "buys", "speech"],
    **BUYING,
)
async def speak_line(order: Order) -> dict[str, Any]:
    """Buys one line from the service of speech that the settings name.

    Args:
        order: A purchase whose request is of the feature `speech`.
    """
    return await bought(order)
