"""Cutting: the one task that renders here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from prefect import task
from prefect.cache_policies import CachePolicy
from prefect.context import TaskRunContext

from callsheet.desk import desk_in_use, settings_in_use
from callsheet.ledger.assets import Asset
from callsheet.plan.model import Plan
from callsheet.production import Production, cut_key, cut_work
from tasks.buying import may_repeat, place


@dataclass
class CutKey(CachePolicy):
    """`cut/v2/<place>/<production>/<work>/<digest of timeline and clips>`."""

    def compute_key(
        self, task_ctx: TaskRunContext, inputs: dict[str, Any], flow_parameters: dict[str, Any], **kwargs: Any
    ) -> str | None:
        """The key of this cut; None, so no caching, when the plan is not there to name it."""
        plan, assets, production = inputs.get("plan"), inputs.get("assets"), inputs.get("production_id")
        if not isinstance(plan, Plan) or not isinstance(assets, list):
            return None
        work = next(work for work in plan.works if work.id == inputs.get("work_id"))
        return f"cut/v2/{place(settings_in_use())}/{production}/{work.id}/{cut_key(work, assets)}"


@task(
    name="cut master",
    task_run_name="cut master: {production_id} {work_id}",
    tags=["callsheet", "renders"],
    retries=1,
    retry_delay_seconds=5,
    retry_condition_fn=may_repeat,
    cache_policy=CutKey(),
    persist_result=True,
    result_serializer="json",
)
async def cut_master(production_id: str, plan: Plan, work_id: str, assets: list[Asset]) -> dict[str, Any]:
    """Cuts the bought clips into master, stems, captions, edit lists, poster and contact sheet, all in the bucket.

    Args:
        production_id: The production that the work belongs to.
        plan: Its plan, with the timelines.
        work_id: Which of its works.
        assets: The clips, in the order of the plan's purchases.
    """
    async with desk_in_use() as desk:
        production = Production(plan, desk)
        return (await cut_work(production, production.work(work_id), assets)).model_dump(mode="json")
