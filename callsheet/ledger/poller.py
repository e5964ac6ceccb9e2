"""The one who waits: asks for every job of this process that is under way, until it ends.

One task for all jobs, with a bounded number of questions at a time. A callback only hurries a question: what it says is
never believed.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass

from callsheet.errors import Unavailable
from callsheet.provider.protocol import Job, Provider

AT_ONCE = 16
"""Questions that are under way at a time."""
PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds after the first question that failed, doubled each time, up to the longest."""


@dataclass
class _Wait:
    job_id: str
    ended: asyncio.Future[Job]
    on_job: Callable[[Job], None]
    failures: int = 0
    trouble: Unavailable | None = None
    turn: int = 0
    asking: bool = False
    hinted: bool = False


class Poller:
    """Waits for jobs of one provider. `every` is the seconds between two questions where it names none itself."""

    def __init__(self, provider: Provider, every: float) -> None:
        self._provider = provider
        self._every = every
        self._waits: dict[str, _Wait] = {}
        self._due: list[tuple[float, int, str]] = []
        self._turns = itertools.count()
        self._closed_until = 0.0
        self._free = AT_ONCE
        self._stir = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None
        self._questions: set[asyncio.Task[None]] = set()

    async def ended(self, job_id: str, *, deadline: float, on_job: Callable[[Job], None]) -> Job:
        """The job when it has ended; `on_job` is called with each answer before that.

        Raises `Unavailable` when it has not ended by `deadline` (seconds of the running loop), and what the provider
        answers when it refuses to tell.
        """
        loop = asyncio.get_running_loop()
        wait = self._waits[job_id] = _Wait(job_id, loop.create_future(), on_job)
        self._schedule(wait, 0.0)
        if self._loop is None or self._loop.done():
            self._loop = asyncio.create_task(self._run())
        try:
            async with asyncio.timeout_at(deadline):
                return await wait.ended
        except TimeoutError:
            if wait.trouble is not None:
                raise wait.trouble from None
            raise Unavailable(f"job {job_id} has not ended; it stays bought, run again to go on") from None
        finally:
            del self._waits[job_id]
            self._stir.set()

    def nudge(self, job_id: str) -> None:
        """Asks for a job now, if anybody here waits for it."""
        wait = self._waits.get(job_id)
        if wait is None:
            return
        if wait.asking:
            wait.hinted = True  # the answer that is on its way may be older than the hint
        else:
            self._schedule(wait, 0.0)

    def _schedule(self, wait: _Wait, seconds: float) -> None:
        wait.turn = next(self._turns)
        heapq.heappush(self._due, (asyncio.get_running_loop().time() + seconds, wait.turn, wait.job_id))
        self._stir.set()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waits:
            self._stir.clear()
            pause: float | None = None
            while self._due and self._free:
                at, turn, job_id = self._due[0]
                wait = self._waits.get(job_id)
                if wait is None or wait.turn != turn:  # nobody waits any more, or it was put forward
                    heapq.heappop(self._due)
                    continue
                pause = max(at, self._closed_until) - loop.time()
                if pause > 0:
                    break
                heapq.heappop(self._due)
                self._free -= 1
                wait.asking = True
                question = asyncio.create_task(self._ask(wait))
                self._questions.add(question)
                question.add_done_callback(self._questions.discard)
                pause = None
            try:
                await asyncio.wait_for(self._stir.wait(), pause)
            except TimeoutError:
                continue

    async def _ask(self, wait: _Wait) -> None:
        try:
            job = await self._provider.poll(wait.job_id)
        except Unavailable as error:
            wait.failures += 1
            wait.trouble = error
            pause = error.retry_after if error.retry_after is not None else PAUSE * 2 ** (wait.failures - 1)
            if error.status == 429:
                self._closed_until = asyncio.get_running_loop().time() + min(pause, LONGEST_PAUSE)
            self._schedule(wait, min(pause, LONGEST_PAUSE))
        except Exception as error:
            if not wait.ended.done():
                wait.ended.set_exception(error)  # whoever waits for the job hears of it
        else:
            wait.failures, wait.trouble = 0, None
            if not job.status.final:
                wait.on_job(job)
                self._schedule(wait, 0.0 if wait.hinted else job.retry_after or self._every)
                wait.hinted = False
            elif not wait.ended.done():
                wait.ended.set_result(job)
        finally:
            wait.asking = False
            self._free += 1
            self._stir.set()
