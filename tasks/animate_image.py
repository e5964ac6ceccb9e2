"""Image to animation."""

from __future__ import annotations

from typing import Any

from prefect import task

from callsheet.ledger.order import Order
from tasks.buying import BUYING, bought


@task(
    name="image to animation",
    task_run_name="image to animation: {order.purchase.id}",
    tags=["callsheet", "buys", "image_to_video"],
    **BUYING,
)
async def animate_image(order: Order) -> dict[str, Any]:
    """Buys one clip in which a given image moves.

    Args:
        order: A purchase whose request is of the feature `image_to_video`.
    """
    return await bought(order)
