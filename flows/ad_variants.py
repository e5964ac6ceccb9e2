"""Variants of an advertisement: one brief becomes the works of an A/B test, cut from pictures that are bought once.

Reads a `VariantsBrief`. Writes each work into the bucket with a manifest of its own, then an index and the comparison
of all of them. Started by `callsheet make`, from the Prefect UI, by a schedule or by `run_deployment`.
"""

from __future__ import annotations

from typing import Any

from prefect.runtime import flow_run

from callsheet.briefs.variants import VariantsBrief
from callsheet.desk import open_desk
from callsheet.errors import CallsheetError
from callsheet.manifest import Manifest
from callsheet.production import (
    CutRecord,
    Production,
    all_published,
    begin,
    conclude,
    failure,
    gathered,
    published,
    stage_inputs,
)
from callsheet.production.comparing import compare
from flows.product import product
from tasks import BUY, cut_master, publish_production
from tasks.approval import approved
from tasks.artifacts import show_plan
from tasks.commissioned import Asked, planned
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
            await compare(production, finished)
            return (await conclude(production, finished)).model_dump(mode="json")

        orders = prepared.orders(production)
        await begin(production, orders, run=flow_run.id)
        await show_plan(production)
        await stage_inputs(production, prepared.files)
        bought = await gathered(orders, [BUY[order.purchase.request.feature](order) for order in orders])

        purchases, manifests, failed = list(bought.receipts), [], []
        for work in made.works:
            try:
                bought.raise_for(work)
                manifest = await published(production, work)
                if manifest is None:
                    cut = CutRecord.model_validate(await cut_master(production.id, made, work.id, purchases))
                    written = await publish_production(production.id, made, work.id, purchases, cut)
                    manifest = Manifest.model_validate(written)
                manifests.append(manifest)
            except CallsheetError as error:
                failed.append(failure(work.id, error))
        await compare(production, manifests)
        return (await conclude(production, manifests, failed)).model_dump(mode="json")
