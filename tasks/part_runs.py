"""The runs that make a production's parts: each is started once, followed, started again when it died, and judged.

A run is known by the production, what was handed over, its works, and which attempt it is. Whoever was killed while it
waited finds the same runs again and starts no others.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from prefect import get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.exceptions import ObjectNotFound
from prefect.logging import get_logger
from prefect.states import Cancelling

from callsheet.canonical import digest
from callsheet.errors import CallsheetError

DEPLOYMENT = "matrix-part/main"
TAG = "callsheet-part"
TRIES = 3
"""Starts of a part by one run of its production: the first one, and two after its process has died."""
MOST_ATTEMPTS = 100
"""Attempts at a part by all runs of its production; somebody has to look at it then."""
LOOK_SECONDS = 2.0
AWAY_SECONDS = 600.0
"""How long the server may be away while its runs are followed."""
IDLE_SECONDS = 3600.0
"""How long runs may wait for a worker before anybody has taken one."""
GRACE_SECONDS = 600.0
"""Beside the time for its works: what a run's start may take, and after that, what its end may."""
T = TypeVar("T")


@dataclass(frozen=True)
class Part:
    """Some works of a production. `handed` is the SHA-256 of what its maker is given; `number` counts from 1."""

    production_id: str
    handed: str
    works: tuple[str, ...]
    number: int
    count: int

    def key(self, attempt: int) -> str:
        """By what the run of this attempt, and its report, is known: 64 hex digits."""
        return digest([self.production_id, self.handed, self.works, attempt])


@dataclass(frozen=True)
class Ended:
    """How the last run of a part ended: the key of its report, and what the server says of it."""

    part: Part
    key: str
    said: str


@dataclass
class _Following:
    part: Part
    attempt: int
    tries: int
    limit: float
    """Seconds that it may run."""
    begun: dt.datetime | None = None
    told: bool = False
    """Whether it was asked to stop."""


async def can_be_started() -> bool:
    """Whether the server has the deployment that makes parts."""
    async with get_client() as client:
        try:
            await client.read_deployment_by_name(DEPLOYMENT)
        except ObjectNotFound:
            return False
    return True


class PartRuns:
    """Runs of one production's parts, `at_once` of them under way. Every wait in it has a limit.

    `blocks` are parameters that each run is given as well, `work_seconds` is what one work may take.
    """

    def __init__(self, blocks: dict[str, Any], at_once: int, work_seconds: float) -> None:
        self._blocks, self._at_once, self._work_seconds = blocks, at_once, work_seconds
        self._began = dt.datetime.now(dt.UTC)
        self._log = get_logger("callsheet.parts")

    async def make(self, parts: Sequence[Part], seen: Callable[[Ended], Coroutine[Any, Any, None]]) -> list[Ended]:
        """Has all parts made; `seen` is told of each that has ended. Raises `CallsheetError` when nobody takes them."""
        each = self._work_seconds
        waiting = [_Following(part, 1, 1, GRACE_SECONDS + len(part.works) * each) for part in reversed(parts)]
        under_way: dict[UUID, _Following] = {}
        ended: list[Ended] = []
        idle_since = dt.datetime.now(dt.UTC)
        async with get_client() as client:
            deployment = (await client.read_deployment_by_name(DEPLOYMENT)).id
            try:
                while waiting or under_way:
                    while waiting and len(under_way) < self._at_once:
                        one = waiting.pop()
                        under_way[await self._start(client, deployment, one)] = one
                    await asyncio.sleep(LOOK_SECONDS)
                    runs = await self._patiently(lambda: _read(client, [*under_way]))
                    for id in under_way.keys() - {run.id for run in runs}:
                        waiting.append(self._again(under_way.pop(id)))  # somebody has deleted it
                    for run in runs:
                        one, state = under_way[run.id], run.state
                        if state is None or (not state.is_final() and not await self._overdue(client, one, run)):
                            idle_since = dt.datetime.now(dt.UTC) if one.begun else idle_since
                            continue
                        del under_way[run.id]
                        idle_since = dt.datetime.now(dt.UTC)
                        if _died(state) and one.tries < TRIES:
                            self._log.warning("%s %s; it is started again", run.name, _said(state))
                            waiting.append(self._again(one))
                            continue
                        ended.append(Ended(one.part, one.part.key(one.attempt), _said(state)))
                        await seen(ended[-1])
                    if under_way and _since(idle_since) > IDLE_SECONDS:
                        raise CallsheetError(
                            f"no worker has taken a part in {IDLE_SECONDS:g} s: is one up for the pool of {DEPLOYMENT}?"
                        )
            except CallsheetError as error:
                await _cancel(client, await _read(client, [*under_way]), error.message)
                raise
        return ended

    async def _overdue(self, client: PrefectClient, one: _Following, run: FlowRun) -> bool:
        """Asks a run to stop whose time is over; whether it has not done so in the time that is given for it."""
        if run.state is not None and run.state.is_running():
            one.begun = one.begun or dt.datetime.now(dt.UTC)
        if one.begun is None or _since(one.begun) < one.limit:
            return False
        if not one.told:
            one.told = True
            await _cancel(client, [run], f"it took longer than {one.limit:g} s")
        return _since(one.begun) > one.limit + GRACE_SECONDS

    def _again(self, one: _Following) -> _Following:
        return _Following(one.part, one.attempt + 1, one.tries + 1, one.limit)

    async def _start(self, client: PrefectClient, deployment: UUID, one: _Following) -> UUID:
        """The run of the attempt. Attempts that had ended before we began are passed over: they left works undone."""
        part = one.part
        while one.attempt <= MOST_ATTEMPTS:
            run = await self._patiently(functools.partial(self._create, client, deployment, part, one.attempt))
            state = run.state
            if state is None or not state.is_final() or state.timestamp > self._began:
                return run.id
            one.attempt += 1
        raise CallsheetError(f"part {part.number} has been tried {MOST_ATTEMPTS} times; a person has to look at it")

    async def _create(self, client: PrefectClient, deployment: UUID, part: Part, attempt: int) -> FlowRun:
        key = part.key(attempt)
        parameters = {
            "production": part.production_id,
            "handed": part.handed,
            "works": [*part.works],
            "part": key,
            **self._blocks,
        }
        return await client.create_flow_run_from_deployment(
            deployment,
            parameters=parameters,
            name=f"{part.production_id}: part {part.number} of {part.count}",
            tags=["callsheet", TAG, part.production_id],
            idempotency_key=key,
        )

    async def _patiently(self, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """A call that is made again while the server is away, for `AWAY_SECONDS` at most."""
        since = dt.datetime.now(dt.UTC)
        while True:
            try:
                return await call()
            except Exception as error:  # whatever Prefect's client raises, HTTP's errors among it
                if _since(since) > AWAY_SECONDS:
                    raise CallsheetError(f"the Prefect server was away for {AWAY_SECONDS:g} s: {error}") from error
                self._log.warning("the Prefect server is asked again: %s", " ".join(str(error).split())[:300])
                await asyncio.sleep(LOOK_SECONDS)


async def cancel_parts(production_id: str) -> None:
    """Asks for every run of a production's parts to be cancelled that has not ended."""
    living = [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING, StateType.PAUSED]
    which = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[TAG, production_id]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=living)),
    )
    async with get_client() as client:
        await _cancel(client, await client.read_flow_runs(flow_run_filter=which), f"{production_id} was cancelled")


async def _cancel(client: PrefectClient, runs: Sequence[FlowRun], why: str) -> None:
    for run in runs:
        asked: State[None] = Cancelling(message=why)
        await client.set_flow_run_state(run.id, asked)


async def _read(client: PrefectClient, ids: list[UUID]) -> list[FlowRun]:
    return await client.read_flow_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=ids))) if ids else []


def _died(state: State[Any]) -> bool:
    """Whether it ended without having tried all of its works. One that somebody has cancelled is not wanted."""
    return state.is_crashed() or state.is_failed()


def _said(state: State[Any]) -> str:
    return f"ended as {state.name}: {' '.join((state.message or 'no reason is given').split())}"[:500]


def _since(when: dt.datetime) -> float:
    return (dt.datetime.now(dt.UTC) - when).total_seconds()
