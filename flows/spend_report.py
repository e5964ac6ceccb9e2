"""Spend report: what the last days have cost, by day, campaign, product and provider. Meant for a schedule.

Reads the ledger. Writes a page among Prefect's artifacts and a CSV file into the bucket, `reports/spend-….csv`.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from prefect import flow
from prefect.artifacts import acreate_link_artifact, acreate_markdown_artifact
from pydantic import Field

from blocks import settings_from_blocks
from callsheet.desk import open_desk
from callsheet.ledger.spend import spend, yesterday


@flow(
    name="spend-report",
    description="What the last days have cost, by day, campaign, product and provider.",
    persist_result=True,
    result_serializer="json",
    validate_parameters=True,
)
async def spend_report(
    days: Annotated[int, Field(ge=1, le=366)] = 7,
    until: dt.date | None = None,
    bucket_block: str | None = None,
    ledger_block: str | None = None,
) -> dict[str, Any]:
    """Adds up what some days have cost; gives the totals and where the CSV file lies.

    Args:
        days: How many days, the last of them included.
        until: The last day; yesterday in the budget's time zone without it.
        bucket_block: Name of a saved media bucket block; the environment's settings without it.
        ledger_block: Name of a saved purchase ledger block; the environment's settings without it.
    """
    settings = await settings_from_blocks(bucket=bucket_block, ledger=ledger_block)
    async with open_desk(settings, buying=False) as desk:
        made = await spend(desk.ledger, until=until.isoformat() if until else yesterday(desk.ledger), days=days)
        # A spreadsheet takes a CSV file for UTF-8 only when it begins with the mark.
        await desk.bucket.put_bytes(made.key, made.csv().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
        link = desk.bucket.uri(made.key)
    said = "; ".join(made.totals()) or "nothing was bought"
    await acreate_markdown_artifact(key="spend", markdown=made.markdown(), description=said)
    await acreate_link_artifact(key="spend-csv", link=link, link_text="as CSV", description=said)
    return {"since": made.since, "until": made.until, "totals": made.totals(), "csv": link}
