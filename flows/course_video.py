"""Course video: a script becomes a finished course with chapters, slides, captions, a transcript and a manifest.

Reads a `CourseBrief`. The script is spoken first: what it takes drives the cut, and a script that doesn't fill the
course is refused while no clip has been bought. Writes the production into the bucket. Started by `callsheet make`,
from the Prefect UI, by a schedule or by `run_deployment`.
"""

from __future__ import annotations

from typing import Any, cast

from prefect.runtime import flow_run

from callsheet.briefs.course import CourseBrief
from callsheet.desk import open_desk
from callsheet.ledger.order import Bought
from callsheet.production import CutRecord, Production, begin, note_published, published, stage_inputs, together
from callsheet.production.narrating import Narrated, compiled
from flows.product import product
from tasks import BUY, cut_master, narrate, publish_production
from tasks.approval import approved
from tasks.artifacts import show_plan
from tasks.commissioned import Asked, planned
from tasks.quoting import quoted


@product("course-video", CourseBrief, "From a script to a finished course video.")
async def course_video(asked: Asked) -> dict[str, Any]:
    """From a script to a finished course video; gives the manifest."""
    plan = await planned(asked)
    if asked.commission.dry_run:
        return await quoted(plan)
    prepared = await approved(asked, plan)
    brief = cast(CourseBrief, prepared.brief)
    async with open_desk(prepared.settings, features=prepared.plan.features) as desk:
        production = Production(prepared.plan, desk)
        (work,) = prepared.plan.works
        finished = await published(production, work)
        if finished:
            await note_published(production)
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
