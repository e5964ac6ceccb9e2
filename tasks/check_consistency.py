"""Consistency check."""

from __future__ import annotations

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from callsheet.desk import desk_in_use
from callsheet.ledger.assets import Asset
from callsheet.media.consistency import ITEMS
from callsheet.repair import measure
from tasks.buying import may_repeat


@task(
    name="consistency check",
    tags=["callsheet", "consistency_check"],
    retries=2,
    retry_delay_seconds=2,
    retry_condition_fn=may_repeat,
    cache_policy=NO_CACHE,
)
async def check_consistency(
    assets: list[Asset],
    items: list[str] | None = None,
    absent: list[int] | None = None,
    scenes: list[str] | None = None,
) -> dict[str, Any]:
    """Measures how well clips belong together: scores by item, shot and pair, and the shots that don't fit.

    Args:
        assets: Two clips of the bucket or more, in order.
        absent: Clips, from 1, in which no character is seen: they are not judged by one.
        items: Some of character_appearance, environment_match, lighting_continuity, color_consistency; all without.
        scenes: Where each clip plays: only clips of one scene have to agree in place, light and colours. Without, all.
    """
    async with desk_in_use() as desk:
        found = await measure(assets, desk, tuple(items or ITEMS), absent or (), scenes or ())
        return found.model_dump(mode="json")
