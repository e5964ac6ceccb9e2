"""Publishing: the manifest, written last."""

from __future__ import annotations

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from callsheet.desk import desk_in_use
from callsheet.ledger.order import Bought
from callsheet.manifest import ConsistencyRecord
from callsheet.plan.model import Plan
from callsheet.production import CutRecord, Production, publish
from tasks.artifacts import show_work
from tasks.buying import RETRY_DELAYS, may_repeat
from tasks.tell import tell_from


@task(
    name="publish production",
    task_run_name="publish production: {production_id} {work_id}",
    tags=["callsheet", "publishes"],
    retries=len(RETRY_DELAYS),
    retry_delay_seconds=RETRY_DELAYS,
    retry_condition_fn=may_repeat,
    cache_policy=NO_CACHE,
    persist_result=True,
    result_serializer="json",
)
async def publish_production(
    production_id: str,
    plan: Plan,
    work_id: str,
    purchases: list[Bought],
    cut: CutRecord,
    consistency: ConsistencyRecord | None = None,
) -> dict[str, Any]:
    """Writes the manifest: from then on the work is published.

    Args:
        production_id: The production.
        plan: Its plan.
        work_id: Which of its works.
        purchases: Everything that it was made from, in the plan's order.
        cut: What the cut left in the bucket.
        consistency: How well its shots belong together, where that was measured.
    """
    async with desk_in_use() as desk:
        production = Production(plan, desk)
        made = await publish(production, production.work(work_id), purchases, cut, consistency)
        await show_work(production, made)
        await tell_from(desk)
        return made.model_dump(mode="json")
