"""`review.html`: written beside a production when its works have been published."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from callsheet.errors import StorageError
from callsheet.manifest import Manifest
from callsheet.plan.model import Plan
from callsheet.review.content import Seen, content, screening
from callsheet.review.rendering import page, ui_of
from callsheet.storage.keys import review_key
from callsheet.storage.protocol import Bucket

LARGEST_PICTURE = 32 * 1024 * 1024
LARGEST_CAPTIONS = 4 * 1024 * 1024
TALLEST = 72
"""Of the window's height, in per cent, a player may have."""


def review_page(
    plan: Plan,
    production_id: str,
    manifests: Sequence[Manifest],
    failed: Mapping[str, str] | None = None,
    seen: Mapping[str, Seen] | None = None,
) -> str:
    """The page as HTML. It stands in the production's folder, and links to the files there."""
    made = content(plan, production_id, manifests, failed, seen)
    return page("review.html", ui_of(plan.language), made, _shapes(made["works"]))


def _shapes(works: Sequence[Mapping[str, Any]]) -> str:
    """A style rule for each shape of picture, as a page may have no style of its own elsewhere."""
    shapes = {(version["width"], version["height"]) for work in works for version in work["versions"]}
    return "".join(
        f"\n.f{width}x{height}{{aspect-ratio:{width}/{height};max-width:calc({TALLEST}vh*{width / height:.4f})}}"
        for width, height in sorted(shapes)
    )


async def write_review(
    bucket: Bucket, plan: Plan, production_id: str, manifests: Sequence[Manifest], failed: Mapping[str, str]
) -> None:
    """Writes the page of a production into the bucket, with what its small pictures and captions are made from."""
    shown = screening(plan, manifests, failed)
    seen = {one.work: await _seen(bucket, plan, production_id, one) for one in manifests if one.work in shown}
    text = await asyncio.to_thread(review_page, plan, production_id, manifests, failed, seen)
    await bucket.put_bytes(review_key(production_id), text.encode(), content_type="text/html; charset=utf-8")


async def _seen(bucket: Bucket, plan: Plan, production_id: str, manifest: Manifest) -> Seen:
    """Posters, stills and captions of a work. Raises `StorageError` for a picture that can't be read."""
    from callsheet.review.pictures import poster, shots_of

    folder = next(work for work in plan.works if work.id == manifest.work).path(production_id)
    posters, stills, captions = {}, {}, {}
    for item in manifest.deliverables:
        key = f"{folder}/{item.path}"
        try:
            if item.kind in ("poster", "cover"):
                data = await bucket.get_bytes(key, LARGEST_PICTURE)
                posters[item.path] = await asyncio.to_thread(poster, data)
            elif item.kind == "contact_sheet":
                data = await bucket.get_bytes(key, LARGEST_PICTURE)
                stills = await asyncio.to_thread(shots_of, data, manifest.timeline)
            elif item.kind == "captions" and item.path.endswith(".vtt"):
                data = await bucket.get_bytes(key, LARGEST_CAPTIONS)
                captions[item.path.rpartition("/")[2].removesuffix(".vtt")] = data.decode("utf-8")
        except (OSError, ValueError) as error:  # what PIL raises for a file that is no picture
            raise StorageError(f"{key} can't be shown in the review: {' '.join(str(error).split())}") from error
    return Seen(posters, stills, captions)
