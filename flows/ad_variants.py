"""Variants of an advertisement: one brief becomes the works of an A/B test, cut from pictures that are bought once.

Reads a `VariantsBrief`. Writes each work into the bucket with a manifest of its own, then an index and the comparison
of all of them. Started by `callsheet make`, from the Prefect UI, by a schedule or by `run_deployment`.
"""

from __future__ import annotations

from typing import Any

from prefect.runtime import flow_run

from callsheet.briefs.variants import VariantsBrief
from callsheet.desk import open_desk
from callsheet.production import (
    Production,
    all_published,
    begin,
    conclude,
    gathered,
    stage_inputs,
)
from flows.product import product
from tasks import BUY
from tasks.approval import approved
from tasks.artifacts import show_plan
from tasks.commissioned import Asked, planned
from tasks.make_works import make_works
from tasks.quoting import quoted


@product("ad-variants", VariantsBrief, "From one advertisement to the variants of an A/B test.")
async def ad_variants(asked: Asked) -> dict[str, Any]:
    """From one advertisement to its variants; gives the manifests, and why a variant is missing."""
    plan = await planned(asked)
    if asked.commission.dry_run:
        return await quoted(plan)
    prepared = await approved(asked, plan)
    made = prepared.plan
    async with open_desk(prepared.settings, features=made.features) as desk:
        production = Production(made, desk)
        finished = await all_published(production)
        if finished:
            return (await conclude(production, finished)).model_dump(mode="json")

        orders = prepared.orders(production)
        await begin(production, orders, run=flow_run.id)
        await show_plan(production)
        await stage_inputs(production, prepared.files)
        bought = await gathered(orders, [BUY[order.purchase.request.feature](order) for order in orders])

        possible, failed = bought.sorted_out(made.works)
        manifests, more = await make_works(production, possible, bought.receipts)
        return (await conclude(production, manifests, failed + more)).model_dump(mode="json")
