"""Reconcile: puts the ledger right with the provider. Meant for a schedule; orders nothing.

Reads the ledger and the provider's jobs. Writes the ledger, and clips that had finished while nobody waited for them.
"""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.artifacts import acreate_table_artifact

from blocks import settings_from_blocks
from callsheet.desk import open_desk
from callsheet.ledger.reconcile import Reconciliation
from tasks import reconcile_ledger


@flow(
    name="reconcile",
    description="Adopts what nobody waits for, gives stale reservations back, and compares the charges.",
    persist_result=True,
    result_serializer="json",
)
async def reconcile_purchases(
    provider_block: str | None = None, bucket_block: str | None = None, ledger_block: str | None = None
) -> dict[str, Any]:
    """Puts the ledger right with the provider; gives what was done.

    Args:
        provider_block: Name of a saved video provider block; the environment's settings without it.
        bucket_block: Name of a saved media bucket block; the environment's settings without it.
        ledger_block: Name of a saved purchase ledger block; the environment's settings without it.
    """
    settings = await settings_from_blocks(provider=provider_block, bucket=bucket_block, ledger=ledger_block)
    async with open_desk(settings):
        done = Reconciliation.model_validate(await reconcile_ledger())
    await acreate_table_artifact(
        key="reconciliation",
        table=[line.model_dump(mode="json") for line in done.lines],
        description=f"{len(done.lines)} purchases at {done.provider}, {done.open_questions} need a person",
    )
    return done.model_dump(mode="json")
