"""Cancelling a task ends the thread that works for it, and what the thread had begun is cleaned up."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from callsheet.storage.files import arriving
from callsheet.storage.threads import Stop, StoppedError, in_thread
from tests.storage.test_contract import inside


async def test_the_result_and_the_error_come_through() -> None:
    assert await in_thread(lambda stop: 42) == 42

    def fail(stop: Stop) -> None:
        raise KeyError("why")

    with pytest.raises(KeyError, match="why"):
        await in_thread(fail)


async def test_cancelling_waits_until_the_half_written_file_is_gone(tmp_path: Path) -> None:
    begun, ended = threading.Event(), threading.Event()

    def work(stop: Stop) -> None:
        never = threading.Event()
        try:
            with arriving(tmp_path / "out.mp4") as out:
                out.write(b"half of it")
                begun.set()
                for _ in range(3000):
                    never.wait(0.01)
                    stop.check()
        finally:
            ended.set()

    task = asyncio.create_task(in_thread(work))
    assert await asyncio.to_thread(begun.wait, 30)
    assert len(inside(tmp_path)) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()
    assert inside(tmp_path) == []


def test_an_action_runs_when_stopped_and_at_once_if_that_was_before() -> None:
    stop, done = Stop(), [""]
    stop.check()
    stop.then(lambda: done.append("first"))
    assert done == [""]
    stop.set()
    stop.then(lambda: done.append("second"))
    stop.set()
    assert done == ["", "first", "second"]
    with pytest.raises(StoppedError):
        stop.check()
