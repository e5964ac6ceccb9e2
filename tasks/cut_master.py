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
from callsheet.production import Production, cut_key, cut_production
from tasks.buying import may_repeat, place


@dataclass
class CutKey(CachePolicy):
    """`cut/v1/<place>/<production>/<digest of timeline and clips>`."""

    def compute_key(
        self, task_ctx: TaskRunContext, inputs: dict[str, Any], flow_parameters: dict[str, Any], **kwargs: Any
    ) -> str | None:
        """The key of this cut; None, so no caching, when the plan is not there to name it."""
        plan, assets, production = inputs.get("plan"), inputs.get("assets"), inputs.get("production_id")
        if not isinstance(plan, Plan) or not isinstance(assets, list):
            return None
        return f"cut/v1/{place(settings_in_use())}/{production}/{cut_key(plan, assets)}"


@task(
    name="cut master",
    task_run_name="cut master: {production_id}",
    tags=["callsheet", "renders"],
    retries=1,
    retry_delay_seconds=5,
    retry_condition_fn=may_repeat,
    cache_policy=CutKey(),
    persist_result=True,
    result_serializer="json",
)
async def cut_master(production_id: str, plan: Plan, assets: list[Asset]) -> dict[str, Any]:
    """Cuts the bought clips into master, stems, captions, edit lists, poster and contact sheet, all in the bucket.

    Args:
        production_id: The production that the work belongs to.
        plan: Its plan, with the timeline.
        assets: The clips, in the order of the plan's purchases.
    """
    async with desk_in_use() as desk:
        return (await cut_production(Production(plan, desk), assets)).model_dump(mode="json")
