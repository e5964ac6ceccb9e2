"""An extension of a clip, before or after it."""

from __future__ import annotations

from typing import Any

from prefect import task

from callsheet.ledger.order import Order
from tasks.buying import BUYING, bought


@task(
    name="extension",
    task_run_name="extension: {order.purchase.id}",
    tags=["callsheet", "buys", "extension"],
    **BUYING,
)
async def extend_video(order: Order) -> dict[str, Any]:
    """Extends a clip.

    Args:
        order: A purchase whose request is of the feature `extension`.
    """
    return await bought(order)
