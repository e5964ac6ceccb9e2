"""Starting productions from a program: submit, wait, result, cancel; each async, and with `_sync` for the others.

A brief is checked here by the lines of the command line, before a run exists. The same brief with the same parameters
is one run, however often it is submitted: the idempotency key is made of both, unless one is given.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import State, StateType
from prefect.deployments.flow_runs import arun_deployment
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.states import Cancelling

from blocks import settings_from_blocks
from callsheet import errors
from callsheet.briefs import Brief, parse_brief
from callsheet.canonical import digest
from callsheet.cli.planning import options_for
from callsheet.commission import named_in
from callsheet.errors import BriefError, CallsheetError, SettingsError, StorageError, Unavailable
from callsheet.fetching import bucket_of
from callsheet.production import Outcome, outcome_of
from callsheet.provider.choice import expect
from callsheet.settings import settings_from_environment
from callsheet.staging import staged
from deployments.automations import KINDS
from deployments.server import server_address

LOOK_SECONDS = 1.0
"""Between two looks at a run that is waited for."""
_ENDED_WITH = re.compile(r"encountered an exception: (?:[\w.]+\.)?(\w+): (.*)", re.DOTALL)

T = TypeVar("T")


@dataclass(frozen=True)
class Run:
    """A production under way: the run's id and address, and the key under which it is submitted once."""

    id: UUID
    deployment: str
    idempotency_key: str
    page: str


async def submit(
    brief: Brief | Mapping[str, Any],
    *,
    approve_up_to: Decimal | None = None,
    approve_currency: str | None = None,
    provider: str | None = None,
    model: str | None = None,
    idempotency_key: str | None = None,
    deployment: str | None = None,
    files_are_here: bool = True,
    tags: tuple[str, ...] = (),
    **parameters: Any,
) -> Run:
    """Starts the production of a brief and comes back at once; `parameters` are more of the flow's.

    Raises `BriefError` with a line for each wrong field, as `callsheet quote` prints them, `Incapable` when nobody can
    make it, `SettingsError` when the server has no such deployment, `Unavailable` when it doesn't answer.

    Images that the brief names are put into the bucket, under keys of their content: that of `bucket_block`, or of the
    settings here, which the worker's have to be. `files_are_here` is false where the brief names keys already: then
    they are not looked at here.

    Submitted again it is the same run, also one that has failed: give another `idempotency_key` to try that again.
    """
    read = brief if isinstance(brief, Brief) else parse_brief(brief)
    server_address()
    if files_are_here:
        read = read.with_texts()
        expect(options_for(read, settings_from_environment(), provider, model))
    if files_are_here and (named_in(read) or read.brand):
        async with _server():
            settings = await settings_from_blocks(bucket=parameters.get("bucket_block"))
        read = await staged(read, bucket_of(settings))
    given: dict[str, Any] = {
        "approve_up_to": None if approve_up_to is None else str(approve_up_to),
        "approve_currency": approve_currency,
        "provider": provider,
        "model": model,
        **parameters,
    }
    said = {name: value for name, value in given.items() if value is not None}
    said["brief"] = read.model_dump(mode="json", exclude_defaults=True) | {"kind": read.kind}
    name = deployment or f"{KINDS[read.kind]}/main"
    key = idempotency_key or f"callsheet-{digest([name, said])[:32]}"
    async with _server() as client:
        try:
            # Neither a part of the caller's own flow nor waited for: a caller that dies takes nothing with it.
            run = await arun_deployment(
                name, client, parameters=said, timeout=0, idempotency_key=key, tags=tags, as_subflow=False
            )
        except ObjectNotFound as error:
            raise SettingsError(f"there is no deployment {name} at {client.api_url}; run `callsheet setup`") from error
        return Run(run.id, name, key, f"{str(client.api_url).rstrip('/').removesuffix('/api')}/runs/flow-run/{run.id}")


async def wait(run: Run | UUID, timeout: float) -> Outcome:  # noqa: ASYNC109 - a wait has a limit
    """Waits until the run has ended; what came of it. Raises `TimeoutError`, naming its state, after `timeout` seconds.

    One that waits for a person's approval is waited for as well.
    """
    async with _server() as client:
        state = await _state(client, _id(run))
        try:
            async with asyncio.timeout(timeout):
                while not state.is_final():
                    await asyncio.sleep(LOOK_SECONDS)
                    state = await _state(client, _id(run))
        except TimeoutError:
            raise TimeoutError(f"the run {_id(run)} is {state.name} after {timeout:g} s, and goes on") from None
        return await _outcome(state)


async def result(run: Run | UUID) -> Outcome | None:
    """What came of a run; None while it is under way. Raises the error that it ended with."""
    async with _server() as client:
        state = await _state(client, _id(run))
        return await _outcome(state) if state.is_final() else None


async def cancel(run: Run | UUID) -> bool:
    """Asks for a run to be cancelled; whether the server took it, which it does not of one that has ended.

    What was bought stays bought; jobs at the provider are cancelled by the run's own clean-up.
    """
    async with _server() as client:
        before = await _state(client, _id(run))
        asked: State[None] = Cancelling(message="cancelled by a program")
        answer = await client.set_flow_run_state(_id(run), asked)
        # One that no worker has taken yet is cancelled at once, and that answer is called a refusal.
        at_once = not before.is_final() and answer.state is not None and answer.state.is_cancelled()
        return answer.status.value == "ACCEPT" or at_once


def submit_sync(brief: Brief | Mapping[str, Any], **options: Any) -> Run:
    """As `submit`, where there is no event loop."""
    return _now(submit(brief, **options))


def wait_sync(run: Run | UUID, timeout: float) -> Outcome:
    """As `wait`, where there is no event loop."""
    return _now(wait(run, timeout))


def result_sync(run: Run | UUID) -> Outcome | None:
    """As `result`, where there is no event loop."""
    return _now(result(run))


def cancel_sync(run: Run | UUID) -> bool:
    """As `cancel`, where there is no event loop."""
    return _now(cancel(run))


@asynccontextmanager
async def _server() -> AsyncIterator[PrefectClient]:
    """The server's client; what goes wrong between it and us is an error of ours."""
    try:
        async with get_client() as client:
            yield client
    except PrefectHTTPStatusError as error:
        raise _refused(error) from error
    except Exception as error:
        if not type(error).__module__.startswith("httpx"):
            raise
        said = " ".join(str(error).split()) or type(error).__name__
        raise Unavailable(f"the Prefect server at {server_address()} does not answer: {said}") from error


def _now(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def _id(run: Run | UUID) -> UUID:
    return run.id if isinstance(run, Run) else run


async def _state(client: PrefectClient, run: UUID) -> State[Any]:
    try:
        found = (await client.read_flow_run(run)).state
    except ObjectNotFound as error:
        raise SettingsError(f"there is no run {run} at {client.api_url}") from error
    if found is None:
        raise CallsheetError(f"the run {run} has no state")
    return found


async def _outcome(state: State[Any]) -> Outcome:
    if state.type != StateType.COMPLETED:
        raise error_of(state)
    import blocks  # noqa: F401 - the type of the block in which results are kept

    try:
        made = await state.aresult()
    except Exception as error:  # whatever a file system of Prefect's raises
        raise StorageError(
            f"the run has ended well, but its result can't be read here: {error}; workers and callers need the same "
            "PREFECT_DEFAULT_RESULT_STORAGE_BLOCK"
        ) from error
    return outcome_of(made)


def error_of(state: State[Any]) -> CallsheetError:
    """The error that a run ended with, of its own class, so that its exit code and `retryable` are known."""
    message = state.message or ""
    found = _ENDED_WITH.search(message)
    kind = getattr(errors, found[1], None) if found else None
    if found and isinstance(kind, type) and issubclass(kind, CallsheetError):
        return kind(found[2])
    return CallsheetError(f"the run is {state.name}: {message or 'no reason is given'}")


def _refused(error: PrefectHTTPStatusError) -> CallsheetError:
    """What the server objects to in the parameters, as a brief's error."""
    if error.response.status_code in (409, 422):
        said = error.response.json()
        return BriefError(f"refused by the server: {said.get('detail') or said.get('exception_detail') or said}")
    kind = Unavailable if error.response.status_code >= 500 else CallsheetError
    return kind(f"the Prefect server answered {error.response.status_code}: {error.response.text[:500]}")
