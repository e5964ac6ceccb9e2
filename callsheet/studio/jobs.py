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
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

from callsheet.errors import CallsheetError
from callsheet.features import REQUEST, AnyRequest
from callsheet.media.images import Media
from callsheet.studio.books import STALE, Books, JobRow
from callsheet.studio.inputs import kept_sources
from callsheet.studio.rendering import Stopped, render

logger = logging.getLogger(__name__)

RUNNERS = 2
"""Renders at a time: what two cores can do; each render uses about one."""
GATHER = 0.05
"""Seconds for which a new job lets others of the same moment arrive before the longest is picked."""
BEAT = 1.0
"""Seconds between two heartbeats of a running job."""


class Studio:
    """The studio whose books and files are below `home`.

    `link_seconds` is how long the address of a result holds.
    """

    def __init__(self, home: Path, *, link_seconds: float = 3600, renderer: Callable[..., Any] = render) -> None:
        self.home = home
        self.books = Books(home / "books.sqlite")
        self.link_seconds = link_seconds
        self._renderer = renderer
        self._runner = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._pool = ThreadPoolExecutor(RUNNERS, thread_name_prefix="studio")
        self._stops: dict[str, threading.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._free = RUNNERS
        self._waiting: list[tuple[Decimal, int, asyncio.Future[None]]] = []
        self._arrivals = itertools.count()

    async def start(self) -> None:
        """Takes up the jobs that a stopped or killed studio left behind."""
        (self.home / "media").mkdir(parents=True, exist_ok=True)
        for job in self.books.unfinished():
            self.take(job)

    async def stop(self) -> None:
        """Stops rendering. What is unfinished is put back and goes on with the next start."""
        for event in self._stops.values():
            event.set()
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await asyncio.to_thread(self._pool.shutdown, wait=True, cancel_futures=True)
        self.books.put_back(self._runner)

    def take(self, job: JobRow) -> None:
        """Renders a job, unless it has ended or somebody is at it."""
        if job.status not in ("queued", "running") or job.job_id in self._tasks:
            return
        if job.runner not in (None, self._runner) and time.time() - job.beat < STALE:
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
    async def _turn(self, cost: Decimal) -> AsyncIterator[None]:
        """One of the runners, when it is this job's turn.

        The dearest goes first, as the longest: begun last, it would leave one core idle until it ends.
        """
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (-cost, next(self._arrivals), place))
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
            place = heapq.heappop(self._waiting)[2]
            if not place.done():
                self._free -= 1
                place.set_result(None)

    async def _run(self, job: JobRow) -> None:
        async with self._turn(job.cost):
            if not self.books.claim(job.job_id, self._runner):
                return
            stop = self._stops[job.job_id] = threading.Event()
            try:
                loop = asyncio.get_running_loop()
                outputs = await loop.run_in_executor(self._pool, self._render, job, stop)
            except Stopped:
                return
            except Exception as error:
                # Whatever went wrong, the customer must hear that the job has ended; a fault of ours is also logged.
                if not isinstance(error, CallsheetError):
                    logger.exception("job %s (%s) failed", job.job_id, job.feature)
                words = f"{type(error).__name__}: {error}" if not isinstance(error, CallsheetError) else error.message
                reason = {"code": "render_failed", "message": " ".join(words.split())[:500]}
                self.books.end_without_result(job.job_id, "failed", reason)
            else:
                self.books.succeed(job.job_id, self._runner, outputs)
            finally:
                self._stops.pop(job.job_id, None)

    def _render(self, job: JobRow, stop: threading.Event) -> list[dict[str, Any]]:
        """In a thread: renders into a folder of its own, which then becomes the job's."""
        request: AnyRequest = REQUEST.validate_python(job.request)
        images = {media.sha256: self.input_path(media) for media in request.media()}
        images |= kept_sources(request, self.home)
        folder = self.home / "media" / f"{job.job_id}.{self._runner}"
        folder.mkdir(parents=True, exist_ok=True)
        last = 0.0

        def heartbeat(share: float) -> None:
            nonlocal last
            if stop.is_set():
                raise Stopped(job.job_id)
            if time.monotonic() - last >= BEAT:
                last = time.monotonic()
                if not self.books.beat(job.job_id, self._runner, round(99 * share, 1)):
                    raise Stopped(job.job_id)

        try:
            outputs: list[dict[str, Any]] = self._renderer(request, folder, images, heartbeat, self.output_path)
            _name_by_content(outputs, folder)
            final = self.home / "media" / job.job_id
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(final)
            folder.rename(final)
            return outputs
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _name_by_content(outputs: list[dict[str, Any]], folder: Path) -> None:
    """Notes the SHA-256 of each clip, by which it is known again when an order names it."""
    for output in outputs:
        path = folder / str(output["name"])
        if output["kind"] == "video" and path.is_file():
            with path.open("rb") as file:
                output["sha256"] = hashlib.file_digest(file, "sha256").hexdigest()
