"""Puts the ledger right with the provider."""

from __future__ import annotations

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from callsheet.desk import desk_in_use
from callsheet.ledger.reconcile import reconcile
from tasks.tell import tell_from


@task(name="reconcile with the provider", tags=["callsheet", "reconcile"], cache_policy=NO_CACHE)
async def reconcile_ledger() -> dict[str, Any]:
    """What was done about each purchase, as plain JSON. It is not repeated: the next schedule does it again."""
    async with desk_in_use() as desk:
        done = await reconcile(desk)
        await tell_from(desk)
        return done.model_dump(mode="json")
