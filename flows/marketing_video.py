"""Marketing video: a brief becomes a finished work with stems, captions, edit lists and a manifest.

Reads a `MarketingBrief` and its images. Writes the production into the bucket. Started by `callsheet make`, from the
Prefect UI, by a schedule or by `run_deployment`.
"""

from __future__ import annotations

from typing import Any

from prefect.runtime import flow_run

from callsheet.briefs.marketing import MarketingBrief
from callsheet.desk import open_desk
from callsheet.ledger.order import Bought
from callsheet.production import CutRecord, Production, begin, note_published, published, stage_inputs, together
from flows.product import product
from tasks import BUY, cut_master, publish_production
from tasks.approval import approved
from tasks.artifacts import show_plan
from tasks.commissioned import Asked, planned
from tasks.quoting import quoted


@product("marketing-video", MarketingBrief, "From a product brief to a finished marketing video.")
async def marketing_video(asked: Asked) -> dict[str, Any]:
    """From a product brief to a finished marketing video; gives the manifest."""
    plan = await planned(asked)
    if asked.commission.dry_run:
        return await quoted(plan)
    prepared = await approved(asked, plan)
    async with open_desk(prepared.settings, features=prepared.plan.features) as desk:
        production = Production(prepared.plan, desk)
        (work,) = prepared.plan.works
        finished = await published(production, work)
        if finished:
            await note_published(production)
            return finished.model_dump(mode="json")

        orders = prepared.orders(production)
        await begin(production, orders, run=flow_run.id)
        await show_plan(production)
        await stage_inputs(production, prepared.files)
        receipts = await together([BUY[order.purchase.request.feature](order) for order in orders])
        purchases = [Bought.model_validate(receipt) for receipt in receipts]

        cut = CutRecord.model_validate(await cut_master(production.id, prepared.plan, work.id, purchases))
        return await publish_production(production.id, prepared.plan, work.id, purchases, cut)
