"""The one who waits, against a provider that says what the test wants."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any, cast

import pytest

from callsheet.errors import Rejected, Unavailable
from callsheet.ledger import poller as polling
from callsheet.ledger.poller import AT_ONCE, Poller
from callsheet.provider.protocol import Job, JobStatus, Provider

LIMIT = 20.0


class Says:
    """A provider whose jobs are asked of `answer(job_id, how often asked before)`."""

    def __init__(self, answer: Callable[[str, int], Job]) -> None:
        self.answer = answer
        self.asked: Counter[str] = Counter()
        self.open = self.most = 0

    async def poll(self, job_id: str) -> Job:
        before = self.asked[job_id]
        self.asked[job_id] += 1
        self.open += 1
        self.most = max(self.most, self.open)
        await asyncio.sleep(0)
        self.open -= 1
        return self.answer(job_id, before)


def after(times: int, **last: Any) -> Callable[[str, int], Job]:
    def answer(job_id: str, before: int) -> Job:
        status = JobStatus.SUCCEEDED if before >= times else JobStatus.RUNNING
        return Job(job_id=job_id, status=status, progress=10.0 * before, **last)

    return answer


def waiting(provider: Says, every: float = 0.001) -> Poller:
    return Poller(cast(Provider, provider), every)


def quiet(_: Job) -> None:
    return None


def deadline(seconds: float = LIMIT) -> float:
    return asyncio.get_running_loop().time() + seconds


async def test_many_jobs_are_waited_for_by_one_with_a_bounded_number_of_questions() -> None:
    provider = Says(after(3))
    poller = waiting(provider)
    calls = [poller.ended(f"job_{n}", deadline=deadline(), on_job=quiet) for n in range(300)]
    jobs = await asyncio.gather(*calls)
    assert {job.status for job in jobs} == {JobStatus.SUCCEEDED}
    assert [job.job_id for job in jobs] == [f"job_{n}" for n in range(300)]
    assert set(provider.asked.values()) == {4}
    assert provider.most <= AT_ONCE


async def test_progress_is_told_until_the_end() -> None:
    seen: list[float] = []
    await waiting(Says(after(3))).ended("job", deadline=deadline(), on_job=lambda job: seen.append(job.progress))
    assert seen == [0.0, 10.0, 20.0]


async def test_a_question_that_fails_is_repeated_and_a_refusal_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "PAUSE", 0.001)

    def answer(job_id: str, before: int) -> Job:
        if before < 3:
            raise Unavailable("503", status=503)
        if job_id == "unknown":
            raise Rejected("404", status=404)
        return Job(job_id=job_id, status=JobStatus.SUCCEEDED)

    provider = Says(answer)
    poller = waiting(provider)
    good, bad = await asyncio.gather(
        poller.ended("good", deadline=deadline(), on_job=quiet),
        poller.ended("unknown", deadline=deadline(), on_job=quiet),
        return_exceptions=True,
    )
    assert isinstance(good, Job)
    assert isinstance(bad, Rejected)
    assert set(provider.asked.values()) == {4}


async def test_too_many_questions_hold_back_all_of_them() -> None:
    loop = asyncio.get_running_loop()
    told: list[float] = []
    first_after: list[float] = []

    def answer(job_id: str, before: int) -> Job:
        if job_id == "a" and not before:
            told.append(loop.time())
            raise Unavailable("429", status=429, retry_after=0.3)
        if told:
            first_after.append(loop.time() - told[0])
        return Job(job_id=job_id, status=JobStatus.SUCCEEDED if first_after else JobStatus.RUNNING)

    poller = waiting(Says(answer))
    await asyncio.gather(*(poller.ended(name, deadline=deadline(), on_job=quiet) for name in "abc"))
    late = [seconds for seconds in first_after if seconds > 0.1]
    assert late
    assert min(late) >= 0.29


async def test_running_out_of_time_says_so_and_the_last_trouble_where_there_was_one() -> None:
    with pytest.raises(Unavailable, match="job slow has not ended; it stays bought"):
        await waiting(Says(after(10**9))).ended("slow", deadline=deadline(0.05), on_job=quiet)

    def broken(_: str, __: int) -> Job:
        raise Unavailable("the door is shut")

    with pytest.raises(Unavailable, match="the door is shut"):
        await waiting(Says(broken)).ended("slow", deadline=deadline(0.05), on_job=quiet)


async def test_a_hint_hurries_the_question() -> None:
    asked = asyncio.Event()
    finished = False

    def answer(job_id: str, _: int) -> Job:
        asked.set()
        return Job(job_id=job_id, status=JobStatus.SUCCEEDED if finished else JobStatus.RUNNING)

    poller = waiting(Says(answer), every=3600)
    wait = asyncio.create_task(poller.ended("job", deadline=deadline(), on_job=quiet))
    async with asyncio.timeout(LIMIT):
        await asked.wait()
        finished = True
        poller.nudge("nobody waits for this one")
        while not wait.done():
            poller.nudge("job")
            await asyncio.sleep(0)
    assert wait.result().status is JobStatus.SUCCEEDED
