"""The style of a picture for a clip."""

from __future__ import annotations

from typing import Any

from prefect import task

from callsheet.ledger.order import Order
from tasks.buying import BUYING, bought


@task(
    name="style transfer",
    task_run_name="style transfer: {order.purchase.id}",
    tags=["callsheet", "buys", "style_transfer"],
    **BUYING,
)
async def transfer_style(order: Order) -> dict[str, Any]:
    """Gives a clip the style of a picture.

    Args:
        order: A purchase whose request is of the feature `style_transfer`.
    """
    return await bought(order)
