"""The comparison of variants, beside their folders: a table for programs and a sheet for eyes."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Mapping, Sequence

from callsheet.manifest import COMPARISON_SHEET, COMPARISON_TABLE, Manifest
from callsheet.plan.model import Plan
from callsheet.production.production import Production
from callsheet.scratch import scratch_folder

LARGEST_TABLE = 4 * 1024 * 1024


async def compare(production: Production, manifests: Sequence[Manifest]) -> None:
    """Writes `comparison.csv` and `comparison.jpg` below the production, unless they are there for these very works."""
    from callsheet.media.comparison import Row, comparison, looks_of

    bucket, plan = production.desk.bucket, production.plan
    text = table(plan, manifests).encode("utf-8-sig")  # with its mark, spreadsheets read Chinese as what it is
    key, sheet = f"{production.id}/{COMPARISON_TABLE}", f"{production.id}/{COMPARISON_SHEET}"
    there = await bucket.stat(key) is not None and await bucket.stat(sheet) is not None
    if there and await bucket.get_bytes(key, LARGEST_TABLE) == text:
        return
    masters = masters_of(manifests)
    rows = []
    async with scratch_folder(production.desk.settings.scratch()) as folder:
        for work in plan.works:
            differing = {axis: value for axis, value in work.variant.items() if axis != "key"}
            if work.id not in masters:
                rows.append(Row(work.id, differing, work.timeline.seconds, ()))
                continue
            path = folder / f"{work.id}.mp4"
            await bucket.get_file(f"{work.path(production.id)}/master.mp4", path, sha256=masters[work.id])
            pictures = await asyncio.to_thread(looks_of, path, work.timeline.frames, work.timeline.fps)
            path.unlink()
            rows.append(Row(work.id, differing, work.timeline.seconds, pictures))
    size = (plan.works[0].timeline.width, plan.works[0].timeline.height)
    data = await asyncio.to_thread(comparison, plan.name, rows, size)
    await bucket.put_bytes(sheet, data, content_type="image/jpeg")
    await bucket.put_bytes(key, text, content_type="text/csv")


def masters_of(manifests: Sequence[Manifest]) -> dict[str, str]:
    """The digest of each published master, by its work."""
    return {
        manifest.work: item.sha256 for manifest in manifests for item in manifest.deliverables if item.kind == "master"
    }


def table(plan: Plan, manifests: Sequence[Manifest]) -> str:
    """One row for each variant, in the plan's order: its key, its values, its master.

    With columns `impressions` and `clicks` (or `conversions`) added to it, it is what `callsheet variants score` reads.
    """
    masters = masters_of(manifests)
    axes = list(dict.fromkeys(axis for work in plan.works for axis in work.variant if axis != "key"))
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["variant", *axes, "length", "published", "master", "sha256"])
    for work in plan.works:
        there = work.id in masters
        values: Mapping[str, str] = work.variant
        rows.writerow(
            [
                work.id,
                *(values.get(axis, "") for axis in axes),
                f"{work.timeline.seconds:g}",
                "yes" if there else "no",
                f"{work.folder}/master.mp4" if there else "",
                masters.get(work.id, ""),
            ]
        )
    return out.getvalue()
