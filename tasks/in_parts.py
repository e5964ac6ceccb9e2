"""All works of a production: in this process when they are few, else in runs of their own that each make some.

What was made is judged by what is published in the bucket. What the server says of a run is only a reason.
"""

from __future__ import annotations

from collections.abc import Sequence

from prefect.artifacts import acreate_progress_artifact
from prefect.logging import get_run_logger
from prefect.runtime import deployment

from callsheet.errors import CallsheetError
from callsheet.ledger.order import Bought
from callsheet.manifest import Manifest
from callsheet.plan.model import Work
from callsheet.production import Failure, Production, all_of, failure, hand_over, part_report, parts_of
from tasks.artifacts import kept
from tasks.commissioned import Asked
from tasks.make_works import make_works
from tasks.part_runs import DEPLOYMENT, Ended, Part, PartRuns, can_be_started


async def make_in_parts(
    asked: Asked, production: Production, works: Sequence[Work], purchases: Sequence[Bought]
) -> tuple[list[Manifest], list[Failure]]:
    """The manifests of what is published in the end, in the plan's order, and why the others are not.

    Parts are made by other runs when this one is a deployment's, and the server has the deployment of parts. Otherwise
    they are made here, one work after the other.
    """
    settings = production.desk.settings
    names = parts_of([work.id for work in works], settings.works_per_run)
    if len(names) < 2 or not await _elsewhere():
        return await make_works(production, works, purchases)
    handed = await hand_over(production, purchases)
    there = {work.id for work, found in zip(works, await all_of(production, works), strict=True) if found}
    parts = [Part(production.id, handed, part, number, len(names)) for number, part in enumerate(names, 1)]
    left = [part for part in parts if not there.issuperset(part.works)]
    blocks = {name: getattr(asked.commission, name) for name in ("bucket_block", "ledger_block")}
    given = {name: block for name, block in blocks.items() if block}
    done = len(parts) - len(left)

    async def seen(ended: Ended) -> None:
        nonlocal done
        done += 1
        said = f"{done} of {len(parts)} parts have ended"
        percent = 100 * done / len(parts)
        await kept(acreate_progress_artifact(progress=percent, key=f"parts-{production.id}", description=said))

    get_run_logger().info("%d works are made in %d runs of %s", len(works), len(left), DEPLOYMENT)
    ended = await PartRuns(given, settings.runs_at_once, settings.cut_seconds).make(left, seen)
    return await _judged(production, works, ended)


async def _elsewhere() -> bool:
    if deployment.id is None:
        return False
    if await can_be_started():
        return True
    get_run_logger().warning("the server has no deployment %s: all works are made in this process", DEPLOYMENT)
    return False


async def _judged(
    production: Production, works: Sequence[Work], ended: Sequence[Ended]
) -> tuple[list[Manifest], list[Failure]]:
    reasons: dict[str, Failure] = {}
    for one in ended:
        found = await part_report(production, one.key)
        said = CallsheetError(f"the run of part {one.part.number} {one.said}")
        reasons |= {work: failure(work, said) for work in one.part.works}
        reasons |= {failed.work: failed for failed in found.failed} if found else {}
    manifests, failed = [], []
    for work, manifest in zip(works, await all_of(production, works), strict=True):
        if manifest is not None:
            manifests.append(manifest)
        else:
            lost = CallsheetError(f"{work.id}: its manifest is not in the bucket any more")
            failed.append(reasons.get(work.id, failure(work.id, lost)))
    return manifests, failed
