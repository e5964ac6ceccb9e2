"""Course video: a script becomes a finished course with chapters, slides, captions, a transcript and a manifest.

Reads a `CourseBrief`. The script is spoken first: what it takes drives the cut, and a script that doesn't fill the
course is refused while no clip has been bought. Writes the production into the bucket. Started by `callsheet make`,
from the Prefect UI, by a schedule or by `run_deployment`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from prefect import flow
from prefect.runtime import flow_run

from blocks import BrandKit, caps_from_block, settings_from_blocks
from callsheet.briefs.course import CourseBrief
from callsheet.desk import open_desk
from callsheet.ledger.order import Bought
from callsheet.production import CutRecord, Production, begin, prepare, published, stage_inputs, together
from callsheet.production.narrating import Narrated, compiled
from tasks import BUY, cut_master, give_up, narrate, publish_production
from tasks.artifacts import show_plan
from tasks.tell import tell_failure


@flow(
    name="course-video",
    flow_run_name="course: {brief.name}",
    description="From a script to a finished course video.",
    persist_result=True,
    result_serializer="json",
    validate_parameters=True,
    on_cancellation=[give_up],
    on_failure=[tell_failure],
    on_crashed=[tell_failure],
)
async def course_video(
    brief: CourseBrief,
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
    """From a script to a finished course video; gives the manifest.

    Args:
        brief: The script, the concepts that it explains, the length, and the languages.
        approve_up_to: The most that this work may cost. Needed for a paid provider.
        approve_currency: Its currency; that of the first choice's price list without it.
        provider: Who is to make it, as in the catalogue; without it the block, the brief or the environment says.
        model: The model to order, where the provider sells several.
        provider_block: Name of a saved video provider block; the environment's settings without it.
        bucket_block: Name of a saved media bucket block; the environment's settings without it.
        ledger_block: Name of a saved purchase ledger block; the environment's settings without it.
        brand_block: Name of a saved brand kit block.
        budget_block: Name of a saved budget block: its caps hold beside those of the brief and of the settings.
        plan: A plan file's content, with absolute paths: what it orders is bought, for the brief that it holds.
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
        brand=kit.brand() if kit else None,
        plan=plan,
    )
    brief = cast(CourseBrief, prepared.brief)
    async with open_desk(prepared.settings, features=prepared.plan.features) as desk:
        production = Production(prepared.plan, desk)
        (work,) = prepared.plan.works
        finished = await published(production, work)
        if finished:
            return finished.model_dump(mode="json")

        orders = prepared.orders(production)
        lines = [order for order in orders if order.feature == "speech"]
        if lines:
            await begin(production, lines, run=flow_run.id)
        said = [Bought.model_validate(one) for one in await together([BUY["speech"](order) for order in lines])]
        spoken = Narrated.model_validate(await narrate(brief, prepared.files.brand, said))
        timeline = compiled(brief, prepared.files, spoken.longest, prepared.plan)

        await begin(production, orders, run=flow_run.id)
        await show_plan(production)
        await stage_inputs(production, prepared.files)
        receipts = await together([BUY[order.purchase.request.feature](order) for order in orders])
        purchases = [Bought.model_validate(receipt) for receipt in receipts]

        cut = CutRecord.model_validate(await cut_master(production.id, prepared.plan, work.id, purchases, timeline))
        return await publish_production(production.id, prepared.plan, work.id, purchases, cut)
