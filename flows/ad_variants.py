"""Variants of an advertisement: one brief becomes the works of an A/B test, cut from pictures that are bought once.

Reads a `VariantsBrief`. Writes each work into the bucket with a manifest of its own, then an index and the comparison
of all of them. Started by `callsheet make`, from the Prefect UI, by a schedule or by `run_deployment`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from prefect import flow
from prefect.runtime import flow_run

from blocks import caps_from_block, settings_from_blocks
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
    prepare,
    published,
    stage_inputs,
)
from callsheet.production.comparing import compare
from tasks import BUY, cut_master, give_up, publish_production
from tasks.artifacts import show_plan
from tasks.tell import tell_failure, tell_rest


@flow(
    name="ad-variants",
    flow_run_name="variants: {brief.name}",
    description="From one advertisement to the variants of an A/B test.",
    persist_result=True,
    result_serializer="json",
    validate_parameters=True,
    on_cancellation=[give_up],
    on_completion=[tell_rest],
    on_failure=[tell_failure],
    on_crashed=[tell_failure],
)
async def ad_variants(
    brief: VariantsBrief,
    approve_up_to: Decimal | None = None,
    approve_currency: str | None = None,
    provider: str | None = None,
    model: str | None = None,
    provider_block: str | None = None,
    bucket_block: str | None = None,
    ledger_block: str | None = None,
    budget_block: str | None = None,
    plan: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """From one advertisement to its variants; gives the manifests, and why a variant is missing.

    Args:
        brief: The advertisement, and what differs between its variants.
        approve_up_to: The most that all variants together may cost. Needed for a paid provider.
        approve_currency: Its currency; that of the first choice's price list without it.
        provider: Who is to make it, as in the catalogue; without it the block, the brief or the environment says.
        model: The model to order, where the provider sells several.
        provider_block: Name of a saved video provider block; the environment's settings without it.
        bucket_block: Name of a saved media bucket block; the environment's settings without it.
        ledger_block: Name of a saved purchase ledger block; the environment's settings without it.
        budget_block: Name of a saved budget block: its caps hold beside those of the brief and of the settings.
        plan: A plan file's content, with absolute paths, which is made as it stands.
    """
    settings = await settings_from_blocks(provider=provider_block, bucket=bucket_block, ledger=ledger_block)
    prepared = await prepare(
        brief,
        settings,
        provider=provider,
        model=model,
        insist=provider_block is not None,
        approve_up_to=approve_up_to,
        approve_currency=approve_currency,
        caps=await caps_from_block(budget_block),
        plan=plan,
    )
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
