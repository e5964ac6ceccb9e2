"""Runs that wait for an approval: how they are known, announced, and let go on."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

from prefect import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateName
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import SetStateStatus

from callsheet.canonical import digest
from callsheet.ledger.store import open_ledger
from callsheet.ledger.telling import Fact, tell
from callsheet.notices import addresses_of
from callsheet.production import Planned
from tasks.events import emit
from tasks.tell import tell_due

MARK = "callsheet-approval-"
AWAITING = "callsheet.production.awaiting-approval"
REMINDER = "callsheet.production.awaiting-approval.reminder"
MOST_RUNS = 200
"""Waiting runs that one look finds: Prefect's own limit of a page."""


def approval_mark(plan_digest: str, provider: str) -> str:
    """By what a waiting run is found again when its plan has been approved at its provider elsewhere."""
    return f"{MARK}{digest([plan_digest, provider])[:24]}"


async def announce(planned: Planned, *, page: str, until: dt.datetime, run: str, key: str) -> None:
    """Tells that a run waits for a person: as a notice, and as the event `AWAITING`. Each offer of a run only once."""
    payload = {
        "production": planned.production_id,
        "name": planned.plan.name,
        "plan_digest": planned.plan.digest,
        "provider": planned.choice.identity,
        "price": str(planned.plan.total),
        "storyboard": page,
        "flow_run": run,
        "until": until.isoformat(timespec="seconds"),
    }
    resource = f"callsheet.production.{planned.production_id}"
    fact = Fact(AWAITING.removeprefix("callsheet."), resource, payload, once=f"{run}/{key}")
    settings = planned.settings
    ledger = await open_ledger(settings.ledger_address(), settings.budget_time_zone, [*addresses_of(settings)])
    try:
        async with ledger.writing() as connection:
            await tell(ledger, connection, [fact])
        await tell_due(ledger, settings)
    finally:
        await ledger.close()


async def remind(run: FlowRun, left: dt.timedelta) -> None:
    """Emits that a run still waits; once, however often it is called."""
    payload = {"flow_run": str(run.id), "name": run.name, "hours_left": round(left.total_seconds() / 3600, 1)}
    await emit(REMINDER, f"prefect.flow-run.{run.id}", payload, _event(f"{run.id}/reminder", pause_key(run)))


def _event(run: str, key: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{run}/{key}"))


async def waiting_runs() -> list[FlowRun]:
    """The runs that wait for an approval of a plan."""
    suspended = FlowRunFilter(state=FlowRunFilterState(name=FlowRunFilterStateName(any_=["Suspended"])))
    async with get_client() as client:
        found = await client.read_flow_runs(flow_run_filter=suspended, limit=MOST_RUNS)
    return [run for run in found if pause_key(run).startswith(MARK)]


def pause_key(run: FlowRun) -> str:
    """Under which a run waits; empty for one that doesn't."""
    return (run.state.state_details.pause_key if run.state else None) or ""


async def release(approvals: Iterable[tuple[str, str]], by: str) -> list[str]:
    """Lets the runs go on whose plan was approved, by plan digest and provider; gives their names.

    They look into the ledger themselves: what is said here decides nothing.
    """
    marks = {approval_mark(*one) for one in approvals}
    let = [run for run in await waiting_runs() if pause_key(run)[: len(MARK) + 24] in marks]
    return [run.name for run in let if await answer(run, {"decision": "look again", "by": by})]


async def answer(run: FlowRun, answer: dict[str, Any]) -> bool:
    """Resumes a waiting run with an answer to its form; whether it was taken. One that goes on already takes none."""
    async with get_client() as client:
        done = await client.resume_flow_run(run.id, run_input=answer)
    return done.status == SetStateStatus.ACCEPT


async def tell_approved(plan_digest: str, provider: str, by: str) -> list[str]:
    """Called by `callsheet approve`: lets waiting runs go on, where the environment names a Prefect server."""
    from prefect.settings import PREFECT_API_URL

    return await release([(plan_digest, provider)], by) if PREFECT_API_URL.value() else []
