"""A part of a content matrix: some of its works cut, checked and published. Started by the matrix's own run.

It buys nothing. What it works from was approved, bought and written down by the run that started it.
"""

from __future__ import annotations

from typing import Any

from prefect import flow

from blocks import settings_from_blocks
from callsheet.desk import open_desk
from callsheet.fetching import bucket_of
from callsheet.production import handed_over, report_part, taken_over
from tasks.make_works import make_works

Saved = str | dict[str, Any] | None


@flow(
    name="matrix-part",
    description="Makes some works of a content matrix; started by the matrix's own run, and buys nothing.",
    persist_result=True,
    result_serializer="json",
)
async def matrix_part(
    production: str,
    handed: str,
    works: list[str],
    part: str,
    bucket_block: Saved = None,
    ledger_block: Saved = None,
) -> dict[str, Any]:
    """Makes some works of a content matrix; gives those that are published, and why the others are not.

    Args:
        production: The production that they belong to.
        handed: SHA-256 of its plan and receipts in the bucket.
        works: Which works.
        part: Under what the report about them is written: 64 hex digits.
        bucket_block: A saved media bucket; the worker's settings without it.
        ledger_block: A saved purchase ledger; the worker's settings without it.
    """
    settings = await settings_from_blocks(bucket=bucket_block, ledger=ledger_block)
    given = await handed_over(bucket_of(settings), production, handed)
    async with open_desk(given.at(settings), buying=False) as desk:
        making = await taken_over(given, desk)
        manifests, failed = await make_works(making, [making.work(name) for name in works], given.purchases)
        await report_part(making, part, failed)
    return {
        "published": [manifest.work for manifest in manifests],
        "failed": [failure.model_dump(mode="json") for failure in failed],
    }
