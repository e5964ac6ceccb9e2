"""Cutting: the one task that renders here."""

from __future__ import annotations

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from callsheet.desk import desk_in_use
from callsheet.ledger.order import Bought
from callsheet.plan.model import Plan
from callsheet.production import Production, cut_work
from callsheet.timeline import Timeline
from tasks.buying import may_repeat


# What was cut is found again in the bucket, by a record that names all that went into it: on every machine, and only
# while the files are there. Prefect's own cache would know neither.
@task(
    name="cut master",
    task_run_name="cut master: {production_id} {work_id}",
    tags=["callsheet", "renders"],
    retries=1,
    retry_delay_seconds=5,
    retry_condition_fn=may_repeat,
    cache_policy=NO_CACHE,
    persist_result=True,
    result_serializer="json",
)
async def cut_master(
    production_id: str, plan: Plan, work_id: str, purchases: list[Bought], timeline: Timeline | None = None
) -> dict[str, Any]:
    """Cuts the bought clips into master, stems, captions, edit lists and stills; makes, checks and signs renditions.

    Args:
        production_id: The production that the work belongs to.
        plan: Its plan, with the timelines.
        work_id: Which of its works.
        purchases: What was bought, with its clips in the bucket.
        timeline: What is cut, where it differs from what was planned.
    """
    async with desk_in_use() as desk:
        production = Production(plan, desk)
        cut = await cut_work(production, production.work(work_id), purchases, timeline)
        return cut.model_dump(mode="json")
