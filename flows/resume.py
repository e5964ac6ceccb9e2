"""Resume: puts a production whose process died back into the queue. Started by an automation; buys nothing itself.

What the dead process had bought stands in the ledger and in the bucket: the next one goes on from there.
"""

from __future__ import annotations

from uuid import UUID

from prefect import flow, get_client, get_run_logger
from prefect.client.schemas.objects import State
from prefect.states import AwaitingRetry


@flow(
    name="resume",
    flow_run_name="resume: {flow_run_id}",
    description="Puts a production whose process died back into the queue, a few times at most.",
)
async def resume(flow_run_id: UUID, attempts: int = 3) -> bool:
    """Puts a crashed run back into the queue; says whether it did.

    Args:
        flow_run_id: The run that crashed.
        attempts: After so many starts of that run it is left to a person.
    """
    log = get_run_logger()
    async with get_client() as client:
        run = await client.read_flow_run(flow_run_id)
        if run.state is None or not run.state.is_crashed():
            log.info("%s is %s and is left alone", run.name, run.state and run.state.name)
            return False
        if run.run_count >= attempts:
            log.warning("%s has crashed in %d starts; a person has to look at it", run.name, run.run_count)
            return False
        message = f"Its process died in start {run.run_count}; it goes on from the ledger."
        again: State[bool] = AwaitingRetry(message=message)
        result = await client.set_flow_run_state(flow_run_id, again)
    log.info("%s: %s", run.name, result.status.value)
    return result.status.value == "ACCEPT"
