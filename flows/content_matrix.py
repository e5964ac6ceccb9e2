"""Content matrix: one message becomes a video for each platform and language, cut from shots that they share.

Reads a `MatrixBrief`. Writes each video into the bucket with a manifest of its own, then an index and a calendar. Many
videos are made in parts, by runs of `matrix_part`.
Started by `callsheet make`, from the Prefect UI, by a schedule or by `run_deployment`.
"""

from __future__ import annotations

from typing import Any

from prefect.runtime import flow_run

from callsheet.briefs.matrix import MatrixBrief
from callsheet.desk import open_desk
from callsheet.production import (
    Production,
    all_published,
    based,
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
from tasks.in_parts import make_in_parts
from tasks.quoting import quoted


@product("content-matrix", MatrixBrief, "From one message to a video for each platform, cut from shared shots.")
async def content_matrix(asked: Asked) -> dict[str, Any]:
    """From one message to a video for each platform; gives the manifests, and why a cell is missing."""
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
        key_shots = [order for order in orders if order.purchase.basis is None]
        bought = await gathered(key_shots, [BUY[order.purchase.request.feature](order) for order in key_shots])
        transitions = await based(orders, bought.receipts, desk)
        bought += await gathered(transitions, [BUY[order.purchase.request.feature](order) for order in transitions])

        possible, failed = bought.sorted_out(made.works)
        manifests, more = await make_in_parts(asked, production, possible, bought.receipts)
        failed += more
        return (await conclude(production, manifests, failed)).model_dump(mode="json")
