"""What a run shows in the Prefect UI: plan and price, how much is bought, checks, and links to what was made.

An artifact that can't be written is a warning in the run's log: what has been paid for does not fail for it. They hold
names, prices and places in the bucket; no address with a key in it.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from prefect.artifacts import (
    acreate_link_artifact,
    acreate_markdown_artifact,
    acreate_progress_artifact,
    acreate_table_artifact,
)
from prefect.logging import get_logger

from callsheet.desk import Desk
from callsheet.ledger.queries import entries
from callsheet.ledger.states import State
from callsheet.manifest import Manifest
from callsheet.media.check.report import shown
from callsheet.plan.model import Plan
from callsheet.production import Production
from callsheet.storage.keys import review_key


async def show_plan(production: Production) -> None:
    """The shots with their prices, as a table of a page."""
    key = f"plan-{production.id}"
    await kept(acreate_markdown_artifact(key=key, markdown=plan_table(production.plan), description="plan and price"))


def plan_table(plan: Plan) -> str:
    """The plan in Markdown: a row for each purchase, and its digest. What a brief says can't leave its cell."""
    rows = [
        f"| {_cell(one.id)} | {one.request.feature.replace('_', ' ')} | {one.take} | {one.price} |"
        for one in plan.purchases
    ]
    head = [f"# {_cell(plan.name)}", "", "| Shot | Feature | Take | Price |", "|---|---|---|---|"]
    works = ", ".join(f"{work.id} ({work.timeline.seconds:g} s)" for work in plan.works)
    foot = [f"| **total** | | | **{plan.total}** |", "", f"{works}. Plan `{plan.digest[:16]}`."]
    return "\n".join([*head, *rows, *foot])


def _cell(text: str) -> str:
    """Words in a table: nothing in them is markup."""
    plain = "".join(f"\\{letter}" if letter in "\\`*_{}[]()#+-!|~" else letter for letter in " ".join(text.split()))
    return plain.replace("&", "&amp;").replace("<", "&lt;")


async def show_progress(production_id: str, desk: Desk) -> None:
    """How many purchases of the production are settled."""
    found = await entries(desk.ledger, production=production_id)
    done = sum(entry.state is State.SETTLED for entry in found)
    percent = 100 * done / len(found) if found else 0.0
    said = f"{done} of {len(found)} purchases are settled"
    await kept(acreate_progress_artifact(progress=percent, key=f"bought-{production_id}", description=said))


async def show_work(production: Production, manifest: Manifest) -> None:
    """The checks of a work's renditions as a table, and links to its contact sheet and to the review."""
    work, bucket = production.work(manifest.work), production.desk.bucket
    name = f"{production.id}-{work.id}"
    if manifest.checks:
        said = f"{work.id}: each rendition against its platform"
        await kept(acreate_table_artifact(table=check_rows(manifest), key=f"checks-{name}", description=said))
    for key, place, words in (
        (f"contact-sheet-{name}", f"{work.path(production.id)}/contact-sheet.jpg", f"contact sheet of {work.id}"),
        (f"review-{production.id}", review_key(production.id), "review of the production"),
    ):
        await kept(acreate_link_artifact(link=bucket.uri(place), link_text=words, key=key))


def check_rows(manifest: Manifest) -> list[dict[str, Any]]:
    """A row for each point that the platform asks for; those that fail come first."""
    rows: list[dict[str, Any]] = [
        {
            "platform": report.platform,
            "point": point.name,
            "measured": shown(point.value, point.unit),
            "allowed": point.limit or "",
            "result": "holds" if point.passed else "FAILS",
        }
        for report in manifest.checks
        for point in report.points
        if point.passed is not None
    ]
    return sorted(rows, key=lambda row: row["result"] != "FAILS")


async def kept(artifact: Awaitable[Any]) -> None:
    """Writes an artifact, or warns that it was not written."""
    try:
        await artifact
    except Exception as error:  # whatever Prefect's client raises, HTTP's errors among it
        get_logger("callsheet.artifacts").warning("an artifact was not written: %s", " ".join(str(error).split()))
