"""Batches in the studio: one job with many results, each item priced, rendered and booked by itself."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from callsheet.features import AnyRequest, DiscountedBatch, TextToVideo, VariantsBatch
from callsheet.features.batches import ordered_items
from callsheet.money import PriceList
from callsheet.studio.items import Draft, Item
from callsheet.studio.moderation import refused_word
from callsheet.studio.rendering import Stopped

if TYPE_CHECKING:
    from callsheet.studio.books import JobRow
    from callsheet.studio.jobs import Studio

BATCHES = ("variants_batch", "discounted_batch")
LATER = 1
"""Rank of a discounted batch at normal priority: its items are begun when nothing else waits."""
BEAT = 1.0
"""Seconds between two heartbeats of a batch."""


def drafts_of(request: AnyRequest, prices: PriceList) -> list[Draft]:
    """The items of a batch with their prices, none for what is no batch.

    Raises `BriefError` for what a batch can't consist of.
    """
    if not isinstance(request, VariantsBatch | DiscountedBatch):
        return []
    share = Decimal(1)
    if isinstance(request, DiscountedBatch) and request.apply_discount:
        share -= prices.on(prices.newest).batch_discount.get(request.priority, Decimal(0))
    drafts = []
    for item in ordered_items(request):
        full = prices.price(request.feature, item.resolution, item.duration).amount
        drafts.append(Draft(item.model_dump(mode="json"), full, full * share))
    return drafts


def refused_batch(drafts: Sequence[Draft]) -> str | None:
    """The refused word of a batch none of whose items may be rendered, else None: then those that may are."""
    words = [refused_word(TextToVideo.model_validate(draft.request)) for draft in drafts]
    return words[0] if all(words) else None


def batch_result(job: JobRow, items: Sequence[Item], link: Callable[[str], str]) -> dict[str, Any]:
    """A batch's result as JSON: each item in its order, with its end."""
    results = []
    for item in items:
        output = item.output or {}
        results.append(
            {
                "index": item.number,
                "status": "succeeded" if item.output else "failed",
                "video_url": link(str(output["name"])) if item.output else None,
                "duration": output.get("seconds"),
                "cost": float(item.cost) if item.output else 0.0,
                "error": None if item.output else item.error or job.error,
            }
        )
    return {"results": results, "cost": float(job.cost), **amounts(job, items)}


def amounts(job: JobRow, items: Sequence[Item]) -> dict[str, float]:
    """What a discounted batch was ordered for, without and with its discount; what failed since is not left out."""
    if job.feature != "discounted_batch":
        return {}
    full = sum((item.full_cost for item in items), Decimal(0))
    asked = sum((item.cost for item in items), Decimal(0))
    return {"original_cost": float(full), "discounted_cost": float(asked), "saved_amount": float(full - asked)}


def rank_of(job: JobRow) -> int:
    """Who pays less for having time is rendered after the others."""
    return LATER if job.feature == "discounted_batch" and job.request["priority"] == "normal" else 0


async def render_batch(studio: Studio, job: JobRow) -> None:
    """Renders what is not yet rendered of a batch, and ends it; an item that fails does not stop the others."""
    if not studio.books.claim(job.job_id, studio.runner):
        return
    stop = studio.stop_of(job.job_id)
    try:
        await _Batch(studio, job, stop).run()
    finally:
        studio.forget(job.job_id)


class _Batch:
    def __init__(self, studio: Studio, job: JobRow, stop: threading.Event) -> None:
        self._studio, self._job, self._stop = studio, job, stop
        self._items = studio.books.items.of(job.job_id)
        self._shares = {item.number: float(item.status != "waiting") for item in self._items}
        self._begun = False

    async def run(self) -> None:
        waiting = [item for item in self._items if item.status == "waiting"]
        tasks = {asyncio.create_task(self._item(item)) for item in waiting}
        try:
            while tasks:
                done, tasks = await asyncio.wait(tasks, timeout=BEAT, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
                if not await asyncio.to_thread(self._beat):
                    return
        finally:
            if tasks:
                self._stop.set()
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        self._studio.books.items.end(self._job.job_id, self._studio.runner)
        self._studio.sweep(self._job.job_id)

    def _beat(self) -> bool:
        books, job_id, runner = self._studio.books, self._job.job_id, self._studio.runner
        if not self._begun:
            return books.claim(job_id, runner)
        return books.beat(job_id, runner, round(99 * sum(self._shares.values()) / len(self._shares), 1))

    async def _item(self, item: Item) -> None:
        books, job_id, runner = self._studio.books, self._job.job_id, self._studio.runner
        request = TextToVideo.model_validate(item.request)
        word = refused_word(request)
        if word is not None:
            reason = {"code": "moderation_blocked", "message": f"the content is refused: {word!r}"}
            books.items.fail(job_id, item.number, runner, reason)
            return
        async with self._studio.turn(item.cost, rank_of(self._job)):
            if self._stop.is_set():
                return
            if not self._begun:
                self._begun = True
                self._beat()
            try:
                await self._studio.in_thread(self._render, item, request)
            except Stopped:
                return
            except Exception as error:
                books.items.fail(job_id, item.number, runner, self._studio.reason_of(error, self._job))
        self._shares[item.number] = 1.0

    def _render(self, item: Item, request: TextToVideo) -> None:
        """In a thread: the item's clip, beside those of the other items, and its line in the books."""
        studio, job_id = self._studio, self._job.job_id

        def heartbeat(share: float) -> None:
            if self._stop.is_set():
                raise Stopped(job_id)
            self._shares[item.number] = share

        folder = studio.home / "media" / f"{job_id}.{studio.runner}.{item.number}"
        try:
            outputs = studio.render_into(folder, request, heartbeat)
            clip = next(output for output in outputs if output["kind"] == "video")
            path = studio.output_path(job_id, f"item-{item.number}.mp4")
            path.parent.mkdir(parents=True, exist_ok=True)
            (folder / clip["name"]).replace(path)
            studio.books.items.succeed(job_id, item.number, studio.runner, {**clip, "name": path.name})
        finally:
            shutil.rmtree(folder, ignore_errors=True)
