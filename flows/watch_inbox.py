"""Watch inbox: tells about briefs that were dropped into the bucket's `inbox/`. Meant for a schedule; orders nothing.

Reads the briefs there and plans them. Writes `<name>.errors.txt` beside a bad one, and for a good one, once, the event
`callsheet.brief.dropped`, upon which an automation starts the deployment that makes it.
"""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.artifacts import acreate_table_artifact

from blocks import settings_from_blocks
from callsheet.desk import open_desk
from callsheet.inbox import Dropped, look
from tasks.events import emit


@flow(
    name="watch-inbox",
    description="Tells about the briefs that were dropped into the bucket's inbox.",
    persist_result=True,
    result_serializer="json",
    validate_parameters=True,
)
async def watch_inbox(
    folder: str = "inbox", bucket_block: str | None = None, ledger_block: str | None = None
) -> dict[str, Any]:
    """Looks for briefs that nobody has told about; gives what was found.

    Args:
        folder: The folder of the bucket in which briefs are dropped.
        bucket_block: Name of a saved media bucket block; the environment's settings without it.
        ledger_block: Name of a saved purchase ledger block; the environment's settings without it.
    """
    settings = await settings_from_blocks(bucket=bucket_block, ledger=ledger_block)
    async with open_desk(settings, buying=False) as desk:
        found = await look(desk, _tell, folder)
    rows = [{"brief": one.key, "is": f"told to {one.deployment}"} for one in found.told]
    rows += [{"brief": one.key, "is": one.errors} for one in found.refused]
    if rows:
        said = f"{len(found.told)} new, {len(found.refused)} with errors, {found.known} known"
        await acreate_table_artifact(key="inbox", table=rows, description=said)
    return {
        "told": [one.model_dump() for one in found.told],
        "refused": [one.model_dump() for one in found.refused],
        "known": found.known,
    }


async def _tell(brief: Dropped) -> None:
    payload = {"key": brief.key, "kind": brief.kind, "deployment": brief.deployment}
    labels = {"callsheet.brief.kind": brief.kind}
    await emit("callsheet.brief.dropped", f"callsheet.brief.{brief.key}", payload, brief.event, labels)
