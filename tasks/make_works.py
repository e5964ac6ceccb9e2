"""Works cut and published one after the other, by whoever makes them: the run of a production, or that of a part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prefect.utilities.annotations import quote

from callsheet.errors import CallsheetError, MediaError
from callsheet.ledger.order import Bought
from callsheet.manifest import Manifest
from callsheet.plan.model import Work
from callsheet.production import CutRecord, Failure, Production, failure, published, still_wanted
from tasks.cut_master import cut_master
from tasks.publish_production import publish_production


async def make_works(
    production: Production, works: Sequence[Work], purchases: Sequence[Bought]
) -> tuple[list[Manifest], list[Failure]]:
    """Makes the works that are not published yet; one that fails does not stop the others.

    Raises `BudgetError` before the next work when the production has been cancelled.
    """
    # Prefect would walk through everything in the plan several times for each of its works.
    plan: Any = quote(production.plan)
    bought: Any = quote([*purchases])
    manifests, failed = [], []
    for work in works:
        await still_wanted(production)
        try:
            manifest = await published(production, work)
            if manifest is None:
                cut = CutRecord.model_validate(await cut_master(production.id, plan, work.id, bought))
                written = await publish_production(production.id, plan, work.id, bought, cut)
                manifest = Manifest.model_validate(written)
            manifests.append(manifest)
        except CallsheetError as error:
            failed.append(failure(work.id, error))
        except TimeoutError:
            limit = production.desk.settings.cut_seconds
            failed.append(failure(work.id, MediaError(f"{work.id} was not cut within {limit:g} s")))
    return manifests, failed
