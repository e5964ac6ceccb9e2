"""What Prefect adds: the time from a trigger to the first purchase, and a task beside a plain coroutine.

``python -m benchmarks.prefect_overhead [--tasks 200] [--rounds 3]``. A server on SQLite and a process worker are
started for it; the studio is the one inside the run's process, so that no other clock is asked.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median

BRIEF = {
    "kind": "marketing",
    "name": "Lamp",
    "description": "a brass lamp",
    "slogan": "Light.",
    "language": "en-US",
    "tier": "prototype",
    "duration": 5,
}
LIMIT = 300.0
LOOK = 0.05


async def nothing(number: int) -> int:
    """What both contestants do."""
    return number


def task_beside_coroutine(count: int, rounds: int) -> None:
    """CPU seconds of this process for each call: as a coroutine, as a task that keeps its result, as ours do."""
    from prefect import flow, task

    kept = task(persist_result=True, result_serializer="json", cache_key_fn=lambda _, given: f"bench/{given}")(nothing)

    @flow
    async def many(start: int) -> None:
        await asyncio.gather(*(kept(number) for number in range(start, start + count)))

    async def plain() -> None:
        await asyncio.gather(*(nothing(number) for number in range(count)))

    @flow
    async def empty() -> None:
        """What the flow costs by itself."""

    for name, run in (("coroutine", lambda _: plain()), ("empty flow", lambda _: empty()), ("flow of tasks", many)):
        walls, cpus = [], []
        for turn in range(rounds):
            wall, cpu = time.monotonic(), time.process_time()
            asyncio.run(run(turn * count))
            walls.append(time.monotonic() - wall)
            cpus.append(time.process_time() - cpu)
        calls = 1 if name == "empty flow" else count
        each = 1000 * median(cpus) / calls
        print(f"| {name} | {calls} | {median(walls):.2f} | {median(cpus):.2f} | {each:.3f} |", flush=True)


def from_trigger_to_purchase(home: Path, rounds: int) -> None:
    """Seconds from the call that creates a run to its process, to its first order, and to the studio's answer."""
    from prefect.settings import get_current_settings

    from callsheet.settings import Settings
    from deployments.bootstrap import Wishes, set_up
    from deployments.client import submit_sync, wait_sync

    asyncio.run(set_up(Settings(), Wishes()))
    environment = {**os.environ, **get_current_settings().to_environment_variables(exclude_unset=True)}
    environment |= {"PREFECT_WORKER_QUERY_SECONDS": "2", "CALLSHEET_HOME": str(home)}
    with worker(environment, home):
        for turn in range(rounds):
            began = dt.datetime.now(dt.UTC)
            run = submit_sync({**BRIEF, "name": f"Lamp {turn}", "description": f"brass lamp number {turn}"})
            outcome = wait_sync(run, LIMIT)
            started, intended, submitted = asyncio.run(moments(run.id, outcome.production_id))
            steps = [(when - began).total_seconds() for when in (started, intended, submitted)]
            print("| " + " | ".join([str(turn + 1), *(f"{step:.1f}" for step in steps)]) + " |", flush=True)


async def moments(run: object, production: str) -> tuple[dt.datetime, dt.datetime, dt.datetime]:
    """When the run began, when its first purchase was written down, and when the provider had taken it."""
    from uuid import UUID

    from prefect import get_client

    from callsheet.ledger.queries import entries, history_of
    from callsheet.ledger.store import open_ledger
    from callsheet.settings import Settings

    async with get_client() as client:
        started = (await client.read_flow_run(UUID(str(run)))).start_time
    ledger = await open_ledger(Settings().ledger_address())
    try:
        (first, *_) = await entries(ledger, production=production)
        history = await history_of(ledger, first.key)
    finally:
        await ledger.close()
    at = {state: dt.datetime.fromisoformat(when) for when, _, state, _ in history}
    assert started is not None
    return started, at["intended"], at["submitted"]


@contextmanager
def worker(environment: dict[str, str], home: Path):  # type: ignore[no-untyped-def]
    """A process worker of the pool `studio`, ended with the block."""
    with (home / "worker.log").open("wb") as log:
        command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "studio"]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            yield
        finally:
            os.killpg(process.pid, 9)
            process.wait()


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--tasks", type=int, default=200)
    arguments.add_argument("--rounds", type=int, default=3)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        os.environ |= {
            "PREFECT_HOME": str(home / "prefect"),
            "CALLSHEET_HOME": str(home),
            "DO_NOT_TRACK": "1",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_LOGGING_LEVEL": "ERROR",
        }
        from prefect.testing.utilities import prefect_test_harness

        (home / "prefect").mkdir(exist_ok=True)
        with prefect_test_harness(server_startup_timeout=180):
            print("| what | calls | wall s | CPU s | CPU ms each |\n|---|---|---|---|---|")
            task_beside_coroutine(chosen.tasks, chosen.rounds)
            print("\n| turn | run begins s | first purchase written s | taken by the provider s |\n|---|---|---|---|")
            from_trigger_to_purchase(home, chosen.rounds)


if __name__ == "__main__":
    main()
