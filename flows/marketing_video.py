"""Marketing video: a brief becomes a finished work with stems, captions, edit lists and a manifest.

Reads a `MarketingBrief` and its images. Writes the production into the bucket. Started by `callsheet make`, from the
Prefect UI, by a schedule or by `run_deployment`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from prefect import flow
from prefect.runtime import flow_run

from blocks import BrandKit, caps_from_block, settings_from_blocks
from callsheet.briefs.marketing import MarketingBrief
from callsheet.desk import open_desk
from callsheet.ledger.order import Bought
from callsheet.production import CutRecord, Production, begin, prepare, published, stage_inputs, together
from tasks import BUY, cut_master, give_up, publish_production
from tasks.artifacts import show_plan
from tasks.tell import tell_failure


@flow(
    name="marketing-video",
    flow_run_name="marketing: {brief.name}",
    description="From a product brief to a finished marketing video.",
    persist_result=True,
    result_serializer="json",
    validate_parameters=True,
    on_cancellation=[give_up],
    on_failure=[tell_failure],
    on_crashed=[tell_failure],
)
async def marketing_video(
    brief: MarketingBrief,
    approve_up_to: Decimal | None = None,
    approve_currency: str | None = None,
    provider: str | None = None,
    model: str | None = None,
    provider_block: str | None = None,
    bucket_block: str | None = None,
    ledger_block: str | None = None,
    brand_block: str | None = None,
    budget_block: str | None = None,
    plan: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """From a product brief to a finished marketing video; gives the manifest.

    Args:
        brief: The product, how it looks, where it is used, and the sentence to remember.
        approve_up_to: The most that this work may cost. Needed for a paid provider.
        approve_currency: Its currency; that of the first choice's price list without it.
        provider: Who is to make it, as in the catalogue; without it the block, the brief or the environment says.
        model: The model to order, where the provider sells several.
        provider_block: Name of a saved video provider block; the environment's settings without it.
        bucket_block: Name of a saved media bucket block; the environment's settings without it.
        ledger_block: Name of a saved purchase ledger block; the environment's settings without it.
        brand_block: Name of a saved brand kit block.
        budget_block: Name of a saved budget block: its caps hold beside those of the brief and of the settings.
        plan: A plan file's content, with absolute paths, which is made as it stands.
    """
    settings = await settings_from_blocks(provider=provider_block, bucket=bucket_block, ledger=ledger_block)
    kit = await BrandKit.named(brand_block) if brand_block else None
    brief = kit.dress(brief) if kit else brief
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
        brand=kit.brand() if kit else None,
    )
    async with open_desk(prepared.settings, features=prepared.plan.features) as desk:
        production = Production(prepared.plan, desk)
        (work,) = prepared.plan.works
        finished = await published(production, work)
        if finished:
            return finished.model_dump(mode="json")

        orders = prepared.orders(production)
        await begin(production, orders, run=flow_run.id)
        await show_plan(production)
        await stage_inputs(production, prepared.files)
        receipts = await together([BUY[order.purchase.request.feature](order) for order in orders])
        purchases = [Bought.model_validate(receipt) for receipt in receipts]

        cut = CutRecord.model_validate(await cut_master(production.id, prepared.plan, work.id, purchases))
        return await publish_production(production.id, prepared.plan, work.id, purchases, cut)
