"""Approvals: looks after the runs that wait for a person. Meant for a schedule; orders nothing, approves nothing.

Reads the waiting runs and the ledger. Lets those go on whose plan has been approved, reminds at half of the time, and
ends those whose time is over.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import FlowRun

from blocks import Saved, settings_from_blocks
from callsheet.desk import open_desk
from callsheet.ledger.approvals import approvals_of
from tasks.approval import GRACE_HOURS
from tasks.waiting import answer, release, remind, waiting_runs


def now() -> dt.datetime:
    """The time by which it is judged, in UTC."""
    return dt.datetime.now(dt.UTC)


@flow(
    name="approvals",
    description="Lets approved runs go on, reminds of those that wait, and ends those that waited too long.",
    persist_result=True,
    result_serializer="json",
    validate_parameters=False,
)
async def approvals(ledger_block: Saved | None = None) -> dict[str, Any]:
    """Looks after the runs that wait for an approval; gives their names by what was done.

    Args:
        ledger_block: Name of a saved purchase ledger block; the environment's settings without it.
    """
    settings = await settings_from_blocks(ledger=ledger_block)
    async with open_desk(settings, buying=False) as desk:
        known = [(one.digest, one.provider) for one in await approvals_of(desk.ledger)]
    released = await release(known, "the ledger")
    reminded, ended = [], []
    for run in await waiting_runs():
        begun, until = _span(run)
        if now() >= until:
            hours = round((until - begun).total_seconds() / 3600, 2)
            said = {"decision": "reject", "reason": f"nobody has decided within {hours:g} hours", "by": "callsheet"}
            if await answer(run, said):
                ended.append(run.name)
        elif now() >= begun + (until - begun) / 2:
            await remind(run, until - now())
            reminded.append(run.name)
    get_run_logger().info("%d released, %d reminded of, %d ended", len(released), len(reminded), len(ended))
    return {"released": released, "reminded": reminded, "ended": ended}


def _span(run: FlowRun) -> tuple[dt.datetime, dt.datetime]:
    """Since when a run waits, and until when it may: Prefect's own time without the grace."""
    state = run.state
    assert state is not None and state.state_details.pause_timeout is not None  # noqa: S101 (it waits with a limit)
    return state.timestamp, state.state_details.pause_timeout - dt.timedelta(hours=GRACE_HOURS)
