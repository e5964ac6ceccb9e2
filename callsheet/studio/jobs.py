"""The studio's floor: renders the accepted jobs two at a time, the longest of those that wait first."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import heapq
import hmac
import itertools
import logging
import os
import shutil
import sqlite3
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from callsheet.errors import CallsheetError
from callsheet.media.images import Media
from callsheet.studio.batches import BATCHES, render_batch
from callsheet.studio.books import STALE, Books, JobRow
from callsheet.studio.callbacks import CallbackPolicy, Callbacks, kept_secret
from callsheet.studio.inputs import kept_sources
from callsheet.studio.orders import ORDER, Order
from callsheet.studio.rendering import Heartbeat, Output, Stopped, render

logger = logging.getLogger(__name__)

RUNNERS = 2
"""Renders at a time: what two cores can do; each render uses about one."""
GATHER = 0.05
"""Seconds for which a new job lets others of the same moment arrive before the longest is picked."""
BEAT = 1.0
"""Seconds between two heartbeats of a running job."""
Result = TypeVar("Result")


class Studio:
    """The studio whose books and files are below `home`.

    `link_seconds` is how long the address of a result holds.
    """

    def __init__(
        self,
        home: Path,
        *,
        link_seconds: float = 3600,
        renderer: Callable[..., Any] = render,
        callbacks: CallbackPolicy | None = None,
    ) -> None:
        self.home = home
        self.books = Books(home / "books.sqlite")
        self.link_seconds = link_seconds
        self._renderer = renderer
        policy = callbacks or CallbackPolicy()
        self.callbacks = Callbacks(self.books.outbox, policy, policy.secret or kept_secret(home))
        self.runner = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._pool = ThreadPoolExecutor(RUNNERS, thread_name_prefix="studio")
        self._stops: dict[str, threading.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._free = RUNNERS
        self._waiting: list[tuple[int, Decimal, int, asyncio.Future[None]]] = []
        self._arrivals = itertools.count()
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Takes up the jobs that a stopped or killed studio left behind."""
        (self.home / "media").mkdir(parents=True, exist_ok=True)
        self.callbacks.start()
        for job in self.books.unfinished():
            self.take(job)
        self._watch = asyncio.create_task(self._look_after())

    async def stop(self) -> None:
        """Stops rendering and telling. What is unfinished is put back and goes on with the next start."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        await self.callbacks.stop()
        for event in self._stops.values():
            event.set()
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await asyncio.to_thread(self._pool.shutdown, wait=True, cancel_futures=True)
        self.books.put_back(self.runner)

    async def _look_after(self) -> None:
        """Takes over the jobs of killed processes, also when nobody asks for them."""
        while True:
            await asyncio.sleep(STALE / 3)
            try:
                unfinished = await asyncio.to_thread(self.books.unfinished)
            except sqlite3.Error:
                logger.exception("the books can't be read")
                continue
            for job in unfinished:
                if job.runner is not None:
                    self.take(job)

    def take(self, job: JobRow) -> None:
        """Renders a job, unless it has ended or somebody is at it."""
        if job.status not in ("queued", "running") or job.job_id in self._tasks:
            return
        if job.runner not in (None, self.runner) and time.time() - job.beat < STALE:
            return
        task = asyncio.create_task(self._run(job))
        self._tasks[job.job_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(job.job_id, None))

    async def ended(self, job_id: str, seconds: float) -> JobRow | None:
        """The job when it has ended, or as it is after `seconds`."""
        task = self._tasks.get(job_id)
        if task is not None:
            await asyncio.wait([task], timeout=seconds)
        return self.books.get(job_id)

    def cancel(self, job_id: str) -> None:
        """Stops a job; a finished one stays as it is."""
        self.books.end_without_result(job_id, "cancelled", {"code": "cancelled", "message": "cancelled on request"})
        if job_id in self._stops:
            self._stops[job_id].set()
        self.callbacks.wake()

    def keep_input(self, media: Media, data: bytes) -> None:
        """Keeps the bytes of an ordered image, under its digest."""
        path = self.input_path(media)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{uuid.uuid4().hex}")
        temporary.write_bytes(data)
        temporary.replace(path)

    def input_path(self, media: Media) -> Path:
        """Where an ordered image is kept."""
        return self.home / "inputs" / f"{media.sha256}{media.suffix}"

    def output_path(self, job_id: str, name: str) -> Path:
        """Where a finished file is kept."""
        return self.home / "media" / job_id / name

    def signature(self, job_id: str, name: str, expires: int) -> str:
        """What makes an address of a result valid until `expires` (seconds since 1970)."""
        text = f"{job_id}/{name}?{expires}".encode()
        return hmac.new(self.books.secret.encode(), text, hashlib.sha256).hexdigest()

    @contextlib.asynccontextmanager
    async def turn(self, cost: Decimal, rank: int = 0) -> AsyncIterator[None]:
        """One of the runners, when it is this order's turn: none of a lower rank waits.

        In a rank the dearest goes first, as the longest: begun last, it would leave one core idle until it ends.
        """
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (rank, -cost, next(self._arrivals), place))
        # Orders of one moment have all arrived before the first of them is picked.
        asyncio.get_running_loop().call_later(GATHER, self._call_next)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._leave()
            raise
        try:
            yield
        finally:
            self._leave()

    def _leave(self) -> None:
        self._free += 1
        self._call_next()

    def _call_next(self) -> None:
        while self._free and self._waiting:
            place = heapq.heappop(self._waiting)[-1]
            if not place.done():
                self._free -= 1
                place.set_result(None)

    async def _run(self, job: JobRow) -> None:
        if job.feature in BATCHES:
            await render_batch(self, job)
            self.callbacks.wake()
            return
        async with self.turn(job.cost):
            if not self.books.claim(job.job_id, self.runner):
                return
            stop = self.stop_of(job.job_id)
            try:
                outputs = await self.in_thread(self._render, job, stop)
            except Stopped:
                return
            except Exception as error:
                # Whatever went wrong, the customer must hear that the job has ended.
                self.books.end_without_result(job.job_id, "failed", self.reason_of(error, job))
            else:
                self.books.succeed(job.job_id, self.runner, outputs)
                self.sweep(job.job_id)
            finally:
                self._stops.pop(job.job_id, None)
                self.callbacks.wake()

    def stop_of(self, job_id: str) -> threading.Event:
        """What is set when the job has to stop."""
        return self._stops.setdefault(job_id, threading.Event())

    def sweep(self, job_id: str) -> None:
        """Removes what killed processes left of a job, once it has ended: before that another may be at it."""
        job = self.books.get(job_id)
        if job is None or job.status in ("queued", "running"):
            return
        for folder in (self.home / "media").glob(f"{job_id}.*"):
            shutil.rmtree(folder, ignore_errors=True)

    def reason_of(self, error: Exception, job: JobRow) -> dict[str, Any]:
        """What the customer is told of a failed render. A fault of ours is also logged."""
        if isinstance(error, CallsheetError):
            words = error.message
        else:
            logger.error("job %s (%s) failed", job.job_id, job.feature, exc_info=error)
            words = f"{type(error).__name__}: {error}"
        return {"code": "render_failed", "message": " ".join(words.split())[:500]}

    def forget(self, job_id: str) -> None:
        """The job is not rendered any more."""
        self._stops.pop(job_id, None)

    async def in_thread(self, call: Callable[..., Result], *args: Any) -> Result:
        """A call in one of the renderers' threads."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, call, *args)

    def _render(self, job: JobRow, stop: threading.Event) -> list[Output]:
        """In a thread: renders into a folder of its own, which then becomes the job's."""
        folder = self.home / "media" / f"{job.job_id}.{self.runner}"
        last = 0.0

        def heartbeat(share: float) -> None:
            nonlocal last
            if stop.is_set():
                raise Stopped(job.job_id)
            if time.monotonic() - last >= BEAT:
                last = time.monotonic()
                if not self.books.beat(job.job_id, self.runner, round(99 * share, 1)):
                    raise Stopped(job.job_id)

        try:
            outputs = self.render_into(folder, ORDER.validate_python(job.request), heartbeat)
            final = self.home / "media" / job.job_id
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(final)
            folder.rename(final)
            return outputs
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def render_into(self, folder: Path, request: Order, heartbeat: Heartbeat) -> list[Output]:
        """In a thread: the files of an order, in a folder that is made for them."""
        images = {media.sha256: self.input_path(media) for media in request.media()}
        images |= kept_sources(request, self.home)
        folder.mkdir(parents=True, exist_ok=True)
        outputs: list[Output] = self._renderer(request, folder, images, heartbeat, self.output_path)
        _name_by_content(outputs, folder)
        return outputs


def _name_by_content(outputs: list[dict[str, Any]], folder: Path) -> None:
    """Notes the SHA-256 of each clip, by which it is known again when an order names it."""
    for output in outputs:
        path = folder / str(output["name"])
        if output["kind"] == "video" and path.is_file():
            with path.open("rb") as file:
                output["sha256"] = hashlib.file_digest(file, "sha256").hexdigest()
