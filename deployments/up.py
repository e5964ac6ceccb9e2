"""`callsheet up`: server, workers and studio on one machine, until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import State, StateType
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import AwaitingRetry
from pydantic import SecretStr

from callsheet.errors import CallsheetError, SettingsError
from callsheet.provider.places import place_of
from callsheet.settings import Settings
from callsheet.studio.app import PREFIX
from deployments.bootstrap import Wishes, set_up
from deployments.pools import POOLS
from deployments.processes import Served, serve
from deployments.serving import ONE_SERVER, home_of

START_SECONDS = 180.0
"""The first start migrates a database: 16 s on two idle cores (2026-11), several times that on busy ones."""
STOP_SECONDS = 15.0
LOOK_SECONDS = 0.2
QUERY_SECONDS = "2"
"""How often a worker asks for work. Prefect's own 10 s are half of the time from a click to the first order."""
ANY_KEY = "studio"
"""The studio takes any, unless CALLSHEET_STUDIO_KEY names one."""


@dataclass
class Plan:
    """Where things are to listen, and how many runs a worker takes at a time."""

    host: str = "127.0.0.1"
    port: int = 4200
    studio_port: int = 8700
    runs: int = 4
    tell: Callable[[str], None] = print

    @property
    def api(self) -> str:
        return f"http://{self.host}:{self.port}/api"


async def up(settings: Settings, plan: Plan) -> None:
    """Serves until SIGINT or SIGTERM. Raises `SettingsError` for a port that is taken, `CallsheetError` when one ends.

    What was running when it stops is put back into the queue, and the next start goes on with it from the ledger.
    """
    with _told_to_stop() as told:
        for option, port in (("--port", plan.port), ("--studio-port", plan.studio_port)):
            _check_free(option, plan.host, port)
        async with _started(settings, plan, told) as served:
            if not told.is_set():
                plan.tell("ready; stop with Ctrl-C")
            ended = await _until(served, told)
            plan.tell("stopping")
        if ended:
            raise CallsheetError(f"the {ended.name} ended with {ended.process.returncode}; its log says why")


@contextlib.asynccontextmanager
async def _started(settings: Settings, plan: Plan, told: asyncio.Event) -> AsyncIterator[list[Served]]:
    logs = settings.home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    own = {**ONE_SERVER, **home_of(settings.home), **os.environ}
    own |= {"PREFECT_API_URL": plan.api, "PREFECT_WORKER_QUERY_SECONDS": QUERY_SECONDS}
    servers: list[Served] = []
    workers: list[Served] = []

    async def start(where: list[Served], name: str, *module: str) -> Served:
        one = await serve(name, module, environment=own, log=logs / f"{name.replace(' ', '-')}.log")
        where.append(one)
        return one

    try:
        # Alone at first: the server's first start takes the whole machine.
        command = ["deployments.one_server", "server", "start"]
        server = await start(servers, "server", *command, "--host", plan.host, "--port", str(plan.port))
        await _answers(f"{plan.api}/health", server, told, logs)
        plan.tell(f"Prefect      http://{plan.host}:{plan.port}")
        plan.tell(f"API          export PREFECT_API_URL={plan.api}")
        if place_of(settings).in_process:
            own |= {"CALLSHEET_PROVIDER_URL": f"http://{plan.host}:{plan.studio_port}{PREFIX}"}
            own |= {"CALLSHEET_PROVIDER_KEY": own.get("CALLSHEET_STUDIO_KEY") or ANY_KEY}
            where = ["--host", plan.host, "--port", str(plan.studio_port)]
            studio = await start(servers, "studio", "callsheet", "studio", *where)
            await _answers(f"http://{plan.host}:{plan.studio_port}/", studio, told, logs)
            plan.tell(f"studio       {own['CALLSHEET_PROVIDER_URL']}")
        plan.tell(f"logs         {logs}")
        with temporary_settings({PREFECT_API_URL: plan.api}):
            if not told.is_set():
                await set_up(_as_served(settings, own), Wishes())
            for pool in POOLS if not told.is_set() else ():
                arguments = ["--pool", pool, "--name", f"{pool} {socket.gethostname()}", "--limit", str(plan.runs)]
                await start(workers, f"worker {pool}", "deployments.one_worker", "worker", "start", *arguments)
            yield [*servers, *workers]
    finally:
        await asyncio.gather(*(worker.stop(STOP_SECONDS) for worker in workers))
        if servers and not servers[0].ended and workers:
            with temporary_settings({PREFECT_API_URL: plan.api}):
                await _back_into_the_queue()
        await asyncio.gather(*(server.stop(STOP_SECONDS) for server in servers))


def _as_served(settings: Settings, environment: dict[str, str]) -> Settings:
    """The settings with which the workers run, for the blocks that are saved of them."""
    key = environment.get("CALLSHEET_PROVIDER_KEY")
    update = {
        "provider_url": environment.get("CALLSHEET_PROVIDER_URL"),
        "provider_key": SecretStr(key) if key else None,
    }
    return settings.model_copy(update=update)


async def _back_into_the_queue() -> None:
    """A process worker that stops ends its runs without a word, and the server would believe in them for ever."""
    under_way = FlowRunFilterStateType(any_=[StateType.RUNNING, StateType.PENDING])
    async with get_client() as client:
        for run in await client.read_flow_runs(flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=under_way))):
            if run.deployment_id is not None:
                again: State[None] = AwaitingRetry(message="The worker was stopped; it goes on from the ledger.")
                await client.set_flow_run_state(run.id, again, force=True)


@contextlib.contextmanager
def _told_to_stop() -> Iterator[asyncio.Event]:
    """Set at SIGINT and SIGTERM. A caught signal is not ignored by the processes that are started meanwhile, as it
    would be where a shell has started us in the background: a worker that ignores SIGINT never stops.
    """
    told, loop = asyncio.Event(), asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)
    for number in signals:
        loop.add_signal_handler(number, told.set)
    try:
        yield told
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


def _check_free(option: str, host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((host, port))
        except OSError as error:
            raise SettingsError(f"{option}: {port} at {host} can't be listened at: {error.strerror}") from error


async def _answers(url: str, served: Served, told: asyncio.Event, logs: Path) -> None:
    """Until something is heard from `url`, or we are told to stop. Raises `CallsheetError` when that takes too long."""
    try:
        async with asyncio.timeout(START_SECONDS):
            while not told.is_set() and not await asyncio.to_thread(_heard, url):
                if served.ended:
                    raise CallsheetError(f"the {served.name} ended with {served.process.returncode}: see {logs}")
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError as error:
        raise CallsheetError(f"the {served.name} did not answer in {START_SECONDS:g} s: see {logs}") from error


def _heard(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - an address that was put together above
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


async def _until(served: list[Served], told: asyncio.Event) -> Served | None:
    """Waits for the word to stop; the process that ended before it, if one did."""
    waiting = {asyncio.ensure_future(one.process.wait()): one for one in served}
    stop = asyncio.ensure_future(told.wait())
    done, others = await asyncio.wait({stop, *waiting}, return_when=asyncio.FIRST_COMPLETED)
    for other in others:
        other.cancel()
    return None if stop in done else waiting[next(iter(done))]
