"""Another light, weather or season for a clip."""

from __future__ import annotations

from typing import Any

from prefect import task

from callsheet.ledger.order import Order
from tasks.buying import BUYING, bought


@task(
    name="scene evolution",
    task_run_name="scene evolution: {order.purchase.id}",
    tags=["callsheet", "buys", "scene_evolution"],
    **BUYING,
)
async def evolve_scene(order: Order) -> dict[str, Any]:
    """Changes a clip's light, weather or season.

    Args:
        order: A purchase whose request is of the feature `scene_evolution`.
    """
    return await bought(order)
