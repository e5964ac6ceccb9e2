"""`python -m deployments.one_worker worker start …`: Prefect's own command, for workers with a `--limit`.

A run that waits for a person is suspended, and its process ends some seconds later. Prefect's worker counts it until
then, and ends itself, with all its runs, when the person has answered meanwhile and it is given that run again. Here it
passes such a run over until the process has ended; it asks again every few seconds anyway.
"""

from __future__ import annotations

import runpy
from typing import Any

from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import WorkerFlowRunResponse
from prefect.workers.base import BaseWorker

Worker = BaseWorker[Any, Any, Any]


def pass_over_what_is_ending() -> None:
    """Makes the workers of this process leave a run alone that they still count among those under way."""
    submit = BaseWorker._submit_scheduled_flow_runs

    async def others(self: Worker, flow_run_response: list[WorkerFlowRunResponse]) -> list[FlowRun]:
        counted = self._limiter.statistics().borrowers if self._limiter else ()
        return await submit(self, [entry for entry in flow_run_response if entry.flow_run.id not in counted])

    BaseWorker._submit_scheduled_flow_runs = others  # type: ignore[method-assign]


if __name__ == "__main__":
    pass_over_what_is_ending()
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)
