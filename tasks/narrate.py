"""Narration: the script is spoken, and its times drive the cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from callsheet.brand import Brand
from callsheet.briefs.course import CourseBrief
from callsheet.ledger.order import Bought
from callsheet.production.narrating import narrated


# What was spoken is kept sentence by sentence in the cache of speech: a script that is changed in one place is spoken
# anew there only. Prefect's cache would know the whole or nothing.
@task(
    name="narrate",
    task_run_name="narrate: {brief.name}",
    tags=["callsheet", "speaks"],
    cache_policy=NO_CACHE,
    persist_result=True,
    result_serializer="json",
)
async def narrate(brief: CourseBrief, brand: Brand | None = None, lines: Sequence[Bought] = ()) -> dict[str, Any]:
    """Speaks the script of a course, offline and at no charge; gives the seconds of each sentence by language.

    Args:
        brief: The course, with its script and the languages in which it is spoken.
        brand: Whose pronunciation is followed.
        lines: The sentences as they were bought, where they were: these are measured instead.
    """
    return (await narrated(brief, brand, lines)).model_dump(mode="json")
