"""Storyboard film: a list of shots becomes a film whose shots belong together.

Reads a `StoryboardBrief`, its file of shots and its reference image. Buys the shots, measures whether they belong
together, buys those that don't again within the repair budget, cuts and publishes. Started by `callsheet make`, from
the Prefect UI, by a schedule or by `run_deployment`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from prefect import flow
from prefect.runtime import flow_run

from blocks import caps_from_block, settings_from_blocks
from callsheet.briefs.storyboard import StoryboardBrief
from callsheet.desk import open_desk
from callsheet.ledger.order import Bought, Order
from callsheet.manifest import ConsistencyRecord
from callsheet.media.consistency import Consistency
from callsheet.money import Money
from callsheet.plan.model import Plan
from callsheet.production import CutRecord, Production, begin, prepare, published, stage_inputs, together
from callsheet.production.repairing import record_of_check, record_of_repair, with_takes
from callsheet.repair import Repaired
from tasks import BUY, check_consistency, cut_master, give_up, publish_production, repair_sequence
from tasks.artifacts import show_plan
from tasks.tell import tell_failure


@flow(
    name="storyboard-film",
    flow_run_name="storyboard: {brief.name}",
    description="From a list of shots to a film whose shots belong together.",
    persist_result=True,
    result_serializer="json",
    validate_parameters=True,
    on_cancellation=[give_up],
    on_failure=[tell_failure],
    on_crashed=[tell_failure],
)
async def storyboard_film(
    brief: StoryboardBrief,
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
    """From a list of shots to a film; gives the manifest, with the record of how well the shots belong together.

    Args:
        brief: The shots or the file with them, what they share, and what a repair may cost.
        approve_up_to: The most that the film may cost, its repair included. Needed for a paid provider.
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
    brief = brief.with_texts()
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
        (work,) = made.works
        finished = await published(production, work)
        if finished:
            return finished.model_dump(mode="json")

        orders = prepared.orders(production)
        await begin(production, orders, run=flow_run.id)
        await show_plan(production)
        await stage_inputs(production, prepared.files)
        receipts = await together([BUY[order.purchase.request.feature](order) for order in orders])
        bought = [Bought.model_validate(receipt) for receipt in receipts]
        bought, consistency = await _belonging(made, orders, bought, list(brief.consistency))

        cut = CutRecord.model_validate(await cut_master(production.id, made, work.id, bought))
        return await publish_production(production.id, made, work.id, bought, cut, consistency)


async def _belonging(
    plan: Plan, orders: list[Order], bought: list[Bought], items: list[str]
) -> tuple[list[Bought], ConsistencyRecord | None]:
    """The receipts after the shots were measured and, within what the plan allows, repaired. One shot has no others."""
    ours = {clip for order in orders for clip in order.purchase.clips}
    clips = [clip for clip in plan.works[0].timeline.clips if clip in ours]
    if len(clips) < 2:
        return bought, None
    there = {asset.clip: asset for one in bought for asset in one.assets}
    found = Consistency.model_validate(await check_consistency([there[clip] for clip in clips], items))
    if not found.inconsistent_shots or plan.further is None:
        return bought, record_of_check(items, found)
    budget = Money(amount=plan.further.amount, currency=plan.total.currency)
    done = Repaired.model_validate(await repair_sequence(orders, bought, clips, budget, plan.further.tries, items))
    return with_takes(bought, done), record_of_repair(items, done)
