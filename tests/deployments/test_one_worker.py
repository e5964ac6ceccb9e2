"""A worker with a limit that is given a run again whose process has not ended yet, as after a quick approval."""

from __future__ import annotations

from uuid import uuid4

import anyio
import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import WorkerFlowRunResponse
from prefect.workers.base import BaseWorker
from prefect.workers.process import ProcessWorker

from deployments.one_worker import pass_over_what_is_ending


async def test_a_run_that_is_still_counted_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BaseWorker, "_submit_scheduled_flow_runs", BaseWorker._submit_scheduled_flow_runs)
    worker = ProcessWorker(work_pool_name="studio", limit=2)
    worker._limiter = anyio.CapacityLimiter(2)
    run = FlowRun(id=uuid4(), flow_id=uuid4(), name="lamp")
    given = [WorkerFlowRunResponse(work_pool_id=uuid4(), work_queue_id=uuid4(), flow_run=run)]
    worker._limiter.acquire_on_behalf_of_nowait(run.id)
    with pytest.raises(RuntimeError, match="already holding one of this CapacityLimiter's tokens"):
        await worker._submit_scheduled_flow_runs(given)  # what ends the whole worker
    pass_over_what_is_ending()
    assert await worker._submit_scheduled_flow_runs(given) == []
    assert worker._limiter.borrowed_tokens == 1
