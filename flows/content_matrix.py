"""Content matrix: one message becomes a video for each platform and language, cut from shots that they share.

Reads a `MatrixBrief`. Writes each video into the bucket with a manifest of its own, then an index and a calendar.
Started by `callsheet make`, from the Prefect UI, by a schedule or by `run_deployment`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from prefect import flow
from prefect.runtime import flow_run

from blocks import caps_from_block, settings_from_blocks
from callsheet.briefs.matrix import MatrixBrief
from callsheet.desk import open_desk
from callsheet.errors import CallsheetError
from callsheet.manifest import Manifest
from callsheet.production import (
    CutRecord,
    Production,
    all_published,
    based,
    begin,
    conclude,
    failure,
    gathered,
    prepare,
    published,
    stage_inputs,
)
from tasks import BUY, cut_master, give_up, publish_production
from tasks.artifacts import show_plan
from tasks.tell import tell_failure, tell_rest


@flow(
    name="content-matrix",
    flow_run_name="matrix: {brief.name}",
    description="From one message to a video for each platform, cut from shared shots.",
    persist_result=True,
    result_serializer="json",
    validate_parameters=True,
    on_cancellation=[give_up],
    on_completion=[tell_rest],
    on_failure=[tell_failure],
    on_crashed=[tell_failure],
)
async def content_matrix(
    brief: MatrixBrief,
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
    """From one message to a video for each platform; gives the manifests, and why a cell is missing.

    Args:
        brief: The message, its audience, the cells, the languages, and how far shots are shared.
        approve_up_to: The most that the matrix may cost. Needed for a paid provider.
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
            return (await conclude(production, finished)).model_dump(mode="json")

        orders = prepared.orders(production)
        await begin(production, orders, run=flow_run.id)
        await show_plan(production)
        await stage_inputs(production, prepared.files)
        key_shots = [order for order in orders if order.purchase.basis is None]
        bought = await gathered(key_shots, [BUY[order.purchase.request.feature](order) for order in key_shots])
        transitions = await based(orders, bought.receipts, desk)
        bought += await gathered(transitions, [BUY[order.purchase.request.feature](order) for order in transitions])

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
        return (await conclude(production, manifests, failed)).model_dump(mode="json")
