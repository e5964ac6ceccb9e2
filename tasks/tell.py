"""Tells what has happened: notices to addresses, events to Prefect. What nobody takes now is told later by another run.

A notice that can't be told is a warning in the run's log: what has been paid for does not fail for it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid5

from prefect import Flow
from prefect.client.schemas.objects import FlowRun, State
from prefect.logging import get_logger
from prefect.states import get_state_exception

from blocks import settings_from_blocks
from callsheet.desk import Desk
from callsheet.errors import BudgetError, CallsheetError
from callsheet.ledger.notices import Notice, NoticeBox, event_of, tell_of
from callsheet.ledger.store import Ledger, open_ledger
from callsheet.ledger.telling import PREFECT
from callsheet.notices import SENDING, addresses_of, send_notices
from callsheet.settings import Settings
from callsheet.webhooks.sending import Fault, Sender
from tasks.events import emit

_SPACE = UUID("9d3e3f0e-9a86-4b56-8b1b-2a6e2f0f3c57")
"""The name space of the events' ids; any will do that stays the same."""


async def tell_due(ledger: Ledger, settings: Settings) -> None:
    """Tells everything that is due, to the addresses of the settings and to Prefect."""
    try:
        await Sender(NoticeBox(ledger, {PREFECT: ""}), _as_event).drain(SENDING)
        await send_notices(ledger, settings)
    except Exception as error:  # the ledger is away, or a setting is wrong: what was made stays made
        said = " ".join(str(error).split())
        get_logger("callsheet.tell").warning("notices are left for the next time: %s", said)


async def tell_from(desk: Desk) -> None:
    """`tell_due` for a desk."""
    await tell_due(desk.ledger, desk.settings)


async def _as_event(notice: Notice) -> Fault | None:
    name, payload = event_of(notice)
    try:
        await emit(name, notice.resource, payload, str(uuid5(_SPACE, notice.webhook_id)))
    except Exception as error:  # whatever Prefect's client raises, HTTP's errors among it
        return Fault(" ".join(str(error).split()))
    return None


async def tell_failure(flow: Flow[Any, Any], flow_run: FlowRun, state: State[Any]) -> None:
    """A flow's `on_failure` and `on_crashed` hook: tells that the run's productions were not published.

    A cap that refused the run has been told by itself.
    """
    async with _ledger_of(flow_run) as (ledger, settings):
        error = None if state.data is None else await _exception(state)
        if not isinstance(error, BudgetError):
            again = not isinstance(error, CallsheetError) or error.retryable
            said = error.message if isinstance(error, CallsheetError) else state.message or state.name
            data = {"error": str(said)[:1000], "state": str(state.name), "may_be_repeated": again}
            await tell_of(ledger, "failed", data, once=str(flow_run.id), run=str(flow_run.id))
        await tell_due(ledger, settings)


async def tell_rest(flow: Flow[Any, Any], flow_run: FlowRun, state: State[Any]) -> None:
    """A flow's `on_completion` hook: tells what was noted after its last task, such as works that failed."""
    async with _ledger_of(flow_run) as (ledger, settings):
        await tell_due(ledger, settings)


@asynccontextmanager
async def _ledger_of(flow_run: FlowRun) -> AsyncIterator[tuple[Ledger, Settings]]:
    settings = await settings_from_blocks(ledger=flow_run.parameters.get("ledger_block"))
    ledger = await open_ledger(settings.ledger_address(), settings.budget_time_zone, [*addresses_of(settings)])
    try:
        yield ledger, settings
    finally:
        await ledger.close()


async def _exception(state: State[Any]) -> BaseException:
    found: Any = get_state_exception(state)  # a coroutine here, whatever its type says
    error: BaseException = await found
    return error
