"""A run that is cancelled in the UI, really: a server, a worker, a studio that is served, a job that renders."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.settings import PREFECT_API_URL
from prefect.states import Cancelling

from callsheet.ledger.queries import committed, entries, production_rows
from callsheet.ledger.states import State
from callsheet.ledger.store import open_ledger
from callsheet.money import Money
from callsheet.studio.app import studio_app
from callsheet.studio.books import Books
from callsheet.studio.jobs import Studio
from callsheet.testing import serving
from flows.marketing_video import marketing_video
from flows.reconcile import reconcile_purchases
from tests.studio.served import Bench

LIMIT = 240.0
"""Seconds for a worker and a run to start on a machine that is busy."""
BRIEF = {"name": "Lamp", "description": "a slow brass lamp", "slogan": "Light.", "language": "en-US", "duration": 5}
POOL = "cancelling"


async def until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    """Asks again and again, as another process brings it about."""
    try:
        async with asyncio.timeout(LIMIT):
            while True:
                if await condition():
                    return
                await asyncio.sleep(0.1)
    except TimeoutError:
        pytest.fail(f"not within {LIMIT:g} s: {what}")


@contextlib.contextmanager
def worker(folder: Path, environment: dict[str, str]) -> Iterator[Path]:
    """A worker of the pool, as a process with the signals that a service has; the file of what it says."""
    log = folder / "worker.log"
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process"]
    with (
        log.open("wb") as out,
        subprocess.Popen(command, env=environment, stdout=out, stderr=out, start_new_session=True) as process,
    ):
        try:
            yield log
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


@contextlib.asynccontextmanager
async def deployed() -> AsyncIterator[tuple[PrefectClient, Any]]:
    """A deployment of the marketing video on a pool of processes."""
    async with get_client() as client:
        await client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        made: Any = await marketing_video.ato_deployment(name="cancelling")
        flow_id = await client.create_flow_from_name(marketing_video.name)
        made_id = await client.create_deployment(
            flow_id=flow_id,
            name="cancelling",
            work_pool_name=POOL,
            entrypoint="flows.marketing_video.marketing_video",
            pull_steps=[],
            parameter_openapi_schema=made._parameter_openapi_schema.model_dump(),
            enforce_parameter_schema=True,
        )
        yield client, made_id


async def test_cancelling_in_the_ui_cancels_the_job_within_one_reconcile(
    prefect_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(LIMIT)
    shop = studio_app(Studio(tmp_path / "shop", renderer=bench), serve=True)
    home = tmp_path / "home"
    with serving(shop) as at:
        ours = {"CALLSHEET_HOME": str(home), "CALLSHEET_PROVIDER_URL": f"{at}/v1/sora", "CALLSHEET_PROVIDER_KEY": "any"}
        for name, value in ours.items():
            monkeypatch.setenv(name, value)
        environment = {
            **os.environ,
            "PREFECT_API_URL": str(PREFECT_API_URL.value()),
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "PREFECT_HOME": str(tmp_path / "prefect"),
        }
        async with deployed() as (client, deployment):
            with worker(tmp_path, environment) as log:
                run = await client.create_flow_run_from_deployment(
                    deployment, parameters={"brief": {**BRIEF, "tier": "prototype"}}
                )

                async def rendering() -> bool:
                    state = (await client.read_flow_run(run.id)).state
                    assert state is None or not state.is_final(), f"{state}\n{log.read_text()[-3000:]}"
                    return bool(bench.begun)

                await until(rendering, "the studio renders the run's order")
                ledger = await open_ledger(f"sqlite:///{home / 'ledger.sqlite'}")

                async def submitted() -> bool:
                    return any(entry.state is State.SUBMITTED for entry in await entries(ledger))

                await until(submitted, "the ledger knows the job")
                (production,) = await production_rows(ledger)
                await client.set_flow_run_state(run.id, Cancelling())  # what the button does

                async def given_up() -> bool:
                    return [row.status for row in await production_rows(ledger)] == ["cancelled"]

                await until(given_up, "the hook marks the production")

                async def ended() -> bool:
                    state = (await client.read_flow_run(run.id)).state
                    return state is not None and state.is_cancelled()

                await until(ended, "the run is cancelled")
        books = Books(tmp_path / "shop" / "books.sqlite")
        (job,) = [entry.job_id for entry in await entries(ledger)]
        assert job is not None
        done = await reconcile_purchases()  # the schedule's next one
        found = books.get(job)
        assert found is not None and found.status == "cancelled", done
        (entry,) = await entries(ledger)
        assert entry.held == 0, entry.state
        assert await committed(ledger, production.id, "CNY") == Money.zero("CNY")
        assert sum(amount for _, amount, _ in books.charges()) == 0, "what was accepted is given back"
        await ledger.close()
        bench.go.set()
