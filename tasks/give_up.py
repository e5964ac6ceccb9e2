"""What a cancelled run leaves behind: its productions are not wanted any more."""

from __future__ import annotations

from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import FlowRun, State

from blocks import settings_from_blocks
from callsheet.ledger.queries import set_status
from callsheet.ledger.store import open_ledger
from tasks.part_runs import cancel_parts


async def give_up(flow: Flow[Any, Any], flow_run: FlowRun, state: State[Any]) -> None:
    """A flow's `on_cancellation` hook: marks the run's productions as cancelled in the ledger, and cancels their parts.

    Nothing is paid back here. The flow `reconcile` cancels their jobs at the provider, and books what it says.
    """
    settings = await settings_from_blocks(ledger=flow_run.parameters.get("ledger_block"))
    ledger = await open_ledger(settings.ledger_address(), settings.budget_time_zone)
    try:
        given_up = await set_status(ledger, "cancelled", run=str(flow_run.id))
    finally:
        await ledger.close()
    for production in given_up:
        await cancel_parts(production)
