"""Text to video."""

from __future__ import annotations

from typing import Any

from prefect import task

from callsheet.ledger.order import Order
from tasks.buying import BUYING, bought


@task(
    name="text to video",
    task_run_name="text to video: {order.purchase.id}",
    tags=["callsheet", "buys", "text_to_video"],
    **BUYING,
)
async def generate_video(order: Order) -> dict[str, Any]:
    """Buys one clip from words.

    Args:
        order: A purchase whose request is of the feature `text_to_video`.
    """
    return await bought(order)
