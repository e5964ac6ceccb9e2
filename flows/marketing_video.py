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
from callsheet.briefs.images import read_images
from callsheet.briefs.marketing import MarketingBrief
from callsheet.desk import open_desk
from callsheet.ledger.order import Bought, orders_of
from callsheet.money import Money, price_list
from callsheet.plan import plan_marketing
from callsheet.plan.quote import REFERENCE
from callsheet.production import CutRecord, Production, begin, incomplete, published, stage_inputs, together
from callsheet.provider.choice import approve_choice, choose
from callsheet.provider.options import options_of, wished
from tasks import animate_image, cut_master, generate_video, give_up, publish_production, shoot_sequence


@flow(
    name="marketing-video",
    flow_run_name="marketing: {brief.name}",
    description="From a product brief to a finished marketing video.",
    persist_result=True,
    result_serializer="json",
    validate_parameters=True,
    on_cancellation=[give_up],
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
    """
    settings = await settings_from_blocks(provider=provider_block, bucket=bucket_block, ledger=ledger_block)
    if brand_block:
        brief = (await BrandKit.named(brand_block)).dress(brief)
    images = read_images(brief.product_images)
    reference = plan_marketing(brief, [media for media, _ in images], price_list(REFERENCE))
    name, model = (provider, model) if provider_block else wished(brief, provider, model)
    options = options_of(reference, settings, name=name, model=model)
    choice = await choose(options, insist=bool(provider or provider_block))
    plan = choice.plan
    approved_in = approve_currency or choice.currency
    up_to = None if approve_up_to is None else Money(amount=approve_up_to, currency=approved_in)
    own = brief.caps(choice.currency)
    cap = approve_choice(choice, caps=own, up_to=up_to, auto_below=settings.auto_approve_below)

    caps = (await caps_from_block(budget_block)).with_(own)

    async with open_desk(choice.settings, features=plan.features) as desk:
        production = Production(plan, desk)
        finished = await published(production)
        if finished:
            return finished.model_dump(mode="json")

        orders = orders_of(plan, production.id, cap=cap, campaign=brief.campaign, caps=caps)
        await begin(production, orders, run=flow_run.id)
        await stage_inputs(production, images)
        buy = {"text_to_video": generate_video, "image_to_video": animate_image, "sequence": shoot_sequence}
        receipts = await together([buy[order.purchase.request.feature](order) for order in orders])
        purchases = [Bought.model_validate(receipt) for receipt in receipts]

        assets = [asset for purchase in purchases for asset in purchase.assets]
        cut = CutRecord.model_validate(await cut_master(production.id, plan, assets))
        if await incomplete(production, cut):  # the cut was found again, and one of its files has been deleted since
            renewed = cut_master.with_options(refresh_cache=True)
            cut = CutRecord.model_validate(await renewed(production.id, plan, assets))

        return await publish_production(production.id, plan, purchases, cut)
