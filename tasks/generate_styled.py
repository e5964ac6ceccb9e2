"""Text to video in a style preset."""

from __future__ import annotations

from typing import Any

from prefect import task

from callsheet.ledger.order import Order
from tasks.buying import BUYING, bought


@task(
    name="styled generation",
    task_run_name="styled generation: {order.purchase.id}",
    tags=["callsheet", "buys", "styled_generate"],
    **BUYING,
)
async def generate_styled(order: Order) -> dict[str, Any]:
    """Buys one clip from words, in a style.

    Args:
        order: A purchase whose request is of the feature `styled_generate`.
    """
    return await bought(order)
