"""A matrix that is made in parts, on a real server: killed and started again, with a part whose process dies.

The test is the worker, so that it can die where it is wanted. The cuts are there from the beginning: what is tested is
who makes what, and each cut is found in the bucket as a rerun finds it.
"""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterTags
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import SetStateStatus
from prefect.flow_engine import run_flow_async
from prefect.states import Crashed, Pending, Running

from benchmarks.works import buy_all, lay_cut
from callsheet.briefs import parse_brief
from callsheet.desk import open_desk
from callsheet.errors import BudgetError, StorageError
from callsheet.ledger.order import Bought
from callsheet.ledger.queries import production_rows, set_status
from callsheet.plan.model import Plan
from callsheet.production import (
    Production,
    hand_over,
    handed_over,
    outcome_of,
    prepare,
    taken_over,
)
from callsheet.settings import Settings, settings_from_environment
from callsheet.studio import jobs
from callsheet.studio.books import Books
from callsheet.studio.jobs import Studio
from callsheet.testing import flat_renderer
from deployments.deploying import deployment_file, full_name, read_deployments
from tasks import part_runs

LIMIT = 300.0
PLATFORMS = ("tiktok", "douyin", "instagram_reels", "youtube_shorts", "xiaohongshu")
BRIEF: dict[str, Any] = {
    "kind": "matrix",
    "name": "Lamp",
    "message": "Light, kept simple.",
    "language": "en-US",
    "tier": "prototype",
    "cells": [{"platform": platform, "seconds": 8} for platform in PLATFORMS],
}
UNCUT = "xiaohongshu"
"""The one that is not cut yet, and can't be in the time that is given."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(jobs, "Studio", functools.partial(Studio, renderer=flat_renderer(2)))
    monkeypatch.setattr(part_runs, "LOOK_SECONDS", 0.1)
    for name, value in {
        "HOME": str(tmp_path),
        "WORKS_PER_RUN": "2",
        "RUNS_AT_ONCE": "2",
        "CUT_SECONDS": "1e-3",
    }.items():
        monkeypatch.setenv(f"CALLSHEET_{name}", value)
    return tmp_path


async def bought_and_cut() -> tuple[Production, list[Bought], Settings]:
    """The production with its clips bought, and every work but one cut."""
    prepared = await prepare(parse_brief(BRIEF), settings_from_environment())
    async with open_desk(prepared.settings, features=prepared.plan.features) as desk:
        production = Production(prepared.plan, desk)
        bought = await buy_all(production, prepared.orders(production))
        for work in prepared.plan.works:
            if work.id != UNCUT:
                await lay_cut(production, work, bought.assets)
        return production, list(bought.receipts), prepared.settings


async def deployed(client: PrefectClient) -> tuple[Any, Any]:
    """Deployments of the matrix and of its parts, as `callsheet setup` makes them."""
    from flows.content_matrix import content_matrix
    from flows.matrix_part import matrix_part

    await client.create_work_pool(WorkPoolCreate(name="parts", type="process"), overwrite=True)
    made = []
    for flow in (content_matrix, matrix_part):
        id = await client.create_flow_from_name(flow.name)
        made.append(await client.create_deployment(flow_id=id, name="main", work_pool_name="parts"))
    return made[0], made[1]


async def parts(client: PrefectClient, production: str) -> list[FlowRun]:
    tagged = FlowRunFilter(tags=FlowRunFilterTags(all_=["callsheet-part", production]))
    return await client.read_flow_runs(flow_run_filter=tagged)


async def until(condition: Callable[[], Awaitable[Any]]) -> Any:
    async with asyncio.timeout(LIMIT):
        while True:
            if found := await condition():
                return found
            await asyncio.sleep(0.05)


async def start(client: PrefectClient, deployment: Any) -> asyncio.Task[Any]:
    from flows.content_matrix import content_matrix

    run = await client.create_flow_run_from_deployment(deployment, parameters={"brief": BRIEF})
    return asyncio.create_task(run_flow_async(content_matrix, flow_run=run, parameters={"brief": BRIEF}))


async def work(client: PrefectClient, run: FlowRun, *, dies: bool = False) -> None:
    """What a worker does with a run; its process may die in the middle."""
    from flows.matrix_part import matrix_part

    await client.set_flow_run_state(run.id, Pending())
    if dies:
        await client.set_flow_run_state(run.id, Running())
        await client.set_flow_run_state(run.id, Crashed(message="killed"))
        return
    await run_flow_async(matrix_part, flow_run=run, parameters=run.parameters)


async def test_parts_are_found_again_after_a_kill_and_a_dead_one_is_started_again(
    prefect_server: None, home: Path
) -> None:
    production, _, _ = await bought_and_cut()
    async with get_client() as client:
        deployment, _ = await deployed(client)

        async def waiting(count: int = 1) -> list[FlowRun]:
            found = [run for run in await parts(client, production.id) if run.state and run.state.is_scheduled()]
            return found if len(found) >= count else []

        # Killed while its parts wait for a worker: the next run of it finds them, and starts no others.
        first = await start(client, deployment)
        begun = {run.id for run in await until(lambda: waiting(2))}
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        assert {run.id for run in await parts(client, production.id)} == begun
        again = await start(client, deployment)
        (dead, *_) = await until(lambda: waiting(2))
        assert {run.id for run in await parts(client, production.id)} == begun
        await work(client, dead, dies=True)
        while not again.done():
            for run in await waiting():
                await work(client, run)
            await asyncio.wait([again], timeout=0.05)
        outcome = outcome_of(await again)
        runs = await parts(client, production.id)
        assert begun <= {run.id for run in runs}
        assert len(runs) == 3 + 1, "three parts of at most two works, and one of them twice"
        assert max(len(run.parameters["works"]) for run in runs) == 2

        # Published is what the bucket says; the cell that failed has its own reason, and stopped no other.
        assert [manifest.work for manifest in outcome.manifests] == [
            w.id for w in production.plan.works if w.id != UNCUT
        ]
        assert [(one.work, one.error) for one in outcome.failed] == [(UNCUT, f"{UNCUT} was not cut within 0.001 s")]
        index = json.loads((home / "bucket" / production.id / "production.json").read_text())
        charges = Books(home / "studio" / "books.sqlite").charges()
        assert len(charges) == len(production.plan.purchases) == 2
        total = sum((amount for _, amount, _ in charges), Decimal(0))
        assert total == production.plan.total.amount == Decimal(index["charged"])

        # Run again, only the part with something left is made; when that is cancelled, the cell says so.
        third = await start(client, deployment)
        (left,) = await until(waiting)
        assert UNCUT in left.parameters["works"]
        await part_runs.cancel_parts(production.id)
        (failed,) = outcome_of(await asyncio.wait_for(third, LIMIT)).failed
        assert failed.work == UNCUT
        assert "ended as Cancelled" in failed.error
        assert len(await parts(client, production.id)) == 3 + 2
        assert Books(home / "studio" / "books.sqlite").charges() == charges


async def test_where_every_limit_is_one_a_run_and_its_parts_do_not_wait_for_each_other(
    prefect_server: None, home: Path
) -> None:
    """One run at a time in each pool, of each deployment and of each worker, in the pools that are declared."""
    from flows.content_matrix import content_matrix
    from flows.matrix_part import matrix_part

    await bought_and_cut()
    pools = {full_name(one): f"{one['work_pool']['name']}-of-one" for one in read_deployments(deployment_file())}
    bodies: dict[UUID, Any] = {}
    at_work: dict[str, asyncio.Task[Any]] = {}
    most: dict[str, int] = {}

    async def take(client: PrefectClient, pool: str) -> None:
        """What a worker of one run does: it asks the server for what is due, and begins it when the server agrees."""
        for due in await client.get_scheduled_flow_runs_for_work_pool(pool):
            run = due.flow_run
            if (await client.set_flow_run_state(run.id, Pending())).status == SetStateStatus.ACCEPT:
                at_work[pool] = asyncio.create_task(
                    run_flow_async(bodies[run.flow_id], flow_run=run, parameters=run.parameters)
                )
                most[pool] = most.get(pool, 0) + 1
                return

    async with get_client() as client:
        made = []
        for flow in (content_matrix, matrix_part):
            name = pools[f"{flow.name}/main"]
            one = WorkPoolCreate(name=name, type="process", concurrency_limit=1)
            await client.create_work_pool(one, overwrite=True)
            id = await client.create_flow_from_name(flow.name)
            bodies[id] = flow
            made.append(await client.create_deployment(id, name="main", work_pool_name=name, concurrency_limit=1))
        parent = await client.create_flow_run_from_deployment(made[0], parameters={"brief": BRIEF})
        async with asyncio.timeout(LIMIT):
            while not at_work or not all(task.done() for task in at_work.values()):
                for pool in {pools["content-matrix/main"], pools["matrix-part/main"]}:
                    if pool not in at_work or at_work[pool].done():
                        await take(client, pool)
                if at_work:
                    await asyncio.wait(at_work.values(), timeout=0.5)
        state = (await client.read_flow_run(parent.id)).state
        for deployment in made:
            await client.delete_deployment(deployment)
    assert state is not None and state.is_completed(), state
    outcome = outcome_of(await state.aresult())
    assert len(outcome.manifests) == len(PLATFORMS) - 1
    assert most[pools["matrix-part/main"]] == 3


async def test_a_part_is_made_only_of_what_the_ledger_knows(prefect_server: None, home: Path) -> None:
    production, bought, settings = await bought_and_cut()
    async with open_desk(settings, buying=False) as desk:
        production = Production(production.plan, desk)
        handed = await hand_over(production, bought)
        assert await hand_over(production, bought) == handed
        given = await handed_over(desk.bucket, production.id, handed)
        assert (await taken_over(given, desk)).plan.digest == production.plan.digest

        stranger = bought[0].model_copy(update={"key": "0" * 64})
        with pytest.raises(BudgetError, match="no settled purchase 000000000000"):
            await taken_over(given.model_copy(update={"purchases": (stranger,)}), desk)
        renamed = Plan.model_validate(given.plan.model_dump() | {"name": "Another"})
        with pytest.raises(BudgetError, match="is not what this plan is called at studio"):
            await taken_over(given.model_copy(update={"plan": renamed}), desk)
        with pytest.raises(StorageError):
            await handed_over(desk.bucket, production.id, "0" * 64)

        await set_status(desk.ledger, "cancelled", id=production.id)
        with pytest.raises(BudgetError, match="was cancelled"):
            await taken_over(given, desk)
        (row,) = await production_rows(desk.ledger)
        assert row.status == "cancelled"
