"""Housekeeping: removes what nobody needs any more, by rule. Meant for a schedule; orders nothing.

Reads the bucket's manifests and the ledger. Removes orphaned objects, unfinished uploads, and on the worker's machine
folders of killed processes, cut segments that were not used for long and the studio's old renders; never what a
manifest names.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from prefect import flow
from prefect.artifacts import acreate_table_artifact
from pydantic import Field

from blocks import settings_from_blocks
from callsheet.desk import open_desk
from callsheet.housekeeping import Rules, tidy

SHOWN = 1000
"""Rows of the artifact; the sums speak of all."""


@flow(
    name="housekeeping",
    description="Removes temporary and orphaned objects by rule, never what a manifest names.",
    persist_result=True,
    result_serializer="json",
    validate_parameters=True,
)
async def housekeeping(
    dry_run: bool = True,
    orphans_after_days: Annotated[int, Field(ge=1, le=3650)] = 30,
    uploads_after_hours: Annotated[int, Field(ge=1, le=8760)] = 24,
    segments_after_days: Annotated[int, Field(ge=1, le=3650)] = 14,
    renders_after_days: Annotated[int, Field(ge=1, le=3650)] = 30,
    bucket_block: str | None = None,
    ledger_block: str | None = None,
) -> dict[str, Any]:
    """Removes what nobody needs any more; gives how much of each kind.

    Args:
        dry_run: Only show what would be removed.
        orphans_after_days: Days after which an object that no manifest, purchase or open production names is removed.
        uploads_after_hours: Hours after which an unfinished upload is given up.
        segments_after_days: Days after which a cut segment that no cut has used is removed from this machine's cache.
        renders_after_days: Days after which what the studio of this machine rendered is removed.
        bucket_block: Name of a saved media bucket block; the environment's settings without it.
        ledger_block: Name of a saved purchase ledger block; the environment's settings without it.
    """
    settings = await settings_from_blocks(bucket=bucket_block, ledger=ledger_block)
    rules = Rules(
        objects=dt.timedelta(days=orphans_after_days),
        uploads=dt.timedelta(hours=uploads_after_hours),
        segments=dt.timedelta(days=segments_after_days),
        renders=dt.timedelta(days=renders_after_days),
    )
    async with open_desk(settings, buying=False) as desk:
        done = await tidy(desk, rules, remove=not dry_run)
    rows = [one.model_dump(mode="json") for one in done.found]
    await acreate_table_artifact(key="housekeeping", table=rows[:SHOWN], description=str(done))
    kinds = sorted({one.what for one in done.found})
    counts = {kind: sum(one.what == kind for one in done.found) for kind in kinds}
    return {"removed": done.removed, "bytes": done.bytes, "found": counts}
