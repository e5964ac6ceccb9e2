"""Processes that serve: when they are stopped nothing of them is left, whatever they have started."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from deployments.processes import finished, serve

STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(15, 1); time.sleep(600)"])
open("pids", "w").write(f"{os.getpid()} {child.pid}")
os.rename("pids", "said")
time.sleep(600)
"""


def alive(pid: int) -> bool:
    """Whether it runs; one that has ended and waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_nothing_is_left_of_what_does_not_want_to_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stubborn.py").write_text(STUBBORN)
    monkeypatch.chdir(tmp_path)
    served = await serve("stubborn", ["stubborn"], environment=os.environ, log=tmp_path / "log")
    said = tmp_path / "said"
    await until(said.exists)
    pids = [int(pid) for pid in said.read_text().split()]
    assert all(alive(pid) for pid in pids)
    await served.stop(0.2)
    assert served.ended
    await until(lambda: not any(alive(pid) for pid in pids))


async def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - nobody else knows when it is so
            await asyncio.sleep(0.02)


async def test_a_command_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError):
        await finished(["http.server", "0", "--bind", "127.0.0.1"], folder=tmp_path, environment={}, seconds=1)


async def test_what_a_command_says_is_handed_on(tmp_path: Path) -> None:
    code, output = await finished(["json.tool", "nothing.json"], folder=tmp_path, environment={}, seconds=60)
    assert code != 0
    assert "nothing.json" in output
