"""Storyboard film: a list of shots becomes a film whose shots belong together.

Reads a `StoryboardBrief`, its file of shots and its reference image. Buys the shots, measures whether they belong
together, buys those that don't again within the repair budget, cuts and publishes. Started by `callsheet make`, from
the Prefect UI, by a schedule or by `run_deployment`.
"""

from __future__ import annotations

from typing import Any, cast

from prefect.runtime import flow_run

from callsheet.briefs.storyboard import StoryboardBrief
from callsheet.desk import open_desk
from callsheet.ledger.order import Bought, Order
from callsheet.manifest import ConsistencyRecord
from callsheet.media.consistency import Consistency
from callsheet.money import Money
from callsheet.plan.model import Plan
from callsheet.plan.storyboard import shot_names
from callsheet.production import CutRecord, Production, begin, note_published, published, stage_inputs, together
from callsheet.production.repairing import record_of_check, record_of_repair, with_takes
from callsheet.repair import Repaired
from flows.product import product
from tasks import BUY, check_consistency, cut_master, publish_production, repair_sequence
from tasks.approval import approved
from tasks.artifacts import show_plan
from tasks.commissioned import Asked, planned
from tasks.quoting import quoted


@product("storyboard-film", StoryboardBrief, "From a list of shots to a film whose shots belong together.")
async def storyboard_film(asked: Asked) -> dict[str, Any]:
    """From a list of shots to a film; gives the manifest, with the record of how well the shots belong together."""
    plan = await planned(asked)
    if asked.commission.dry_run:
        return await quoted(plan)
    prepared = await approved(asked, plan)
    made, brief = prepared.plan, cast(StoryboardBrief, prepared.brief)
    async with open_desk(prepared.settings, features=made.features) as desk:
        production = Production(made, desk)
        (work,) = made.works
        finished = await published(production, work)
        if finished:
            await note_published(production)
            return finished.model_dump(mode="json")

        orders = prepared.orders(production)
        await begin(production, orders, run=flow_run.id)
        await show_plan(production)
        await stage_inputs(production, prepared.files)
        receipts = await together([BUY[order.purchase.request.feature](order) for order in orders])
        bought = [Bought.model_validate(receipt) for receipt in receipts]
        bought, consistency = await _belonging(made, brief, orders, bought)

        cut = CutRecord.model_validate(await cut_master(production.id, made, work.id, bought))
        return await publish_production(production.id, made, work.id, bought, cut, consistency)


async def _belonging(
    plan: Plan, brief: StoryboardBrief, orders: list[Order], bought: list[Bought]
) -> tuple[list[Bought], ConsistencyRecord | None]:
    """The receipts after the shots were measured and, within what the plan allows, repaired. One shot has no others."""
    ours = {clip for order in orders for clip in order.purchase.clips}
    clips = [clip for clip in plan.works[0].timeline.clips if clip in ours]
    if len(clips) < 2:
        return bought, None
    items: list[str] = [*brief.consistency]
    seen = dict(zip(shot_names(brief), brief.shows_character(), strict=True))
    absent = [number for number, clip in enumerate(clips, 1) if not seen.get(clip, True)]
    places = dict(zip(shot_names(brief), brief.scenes(), strict=True))
    scenes = [places.get(clip, "") for clip in clips]
    there = {asset.clip: asset for one in bought for asset in one.assets}
    found = Consistency.model_validate(await check_consistency([there[clip] for clip in clips], items, absent, scenes))
    if not found.inconsistent_shots or plan.further is None:
        return bought, record_of_check(items, found)
    budget = Money(amount=plan.further.amount, currency=plan.total.currency)
    tries = plan.further.tries
    done = await repair_sequence(orders, bought, clips, budget, tries, items, absent, scenes)
    repaired = Repaired.model_validate(done)
    return with_takes(bought, repaired), record_of_repair(items, repaired)
