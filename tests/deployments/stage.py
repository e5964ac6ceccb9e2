"""A whole installation on this machine: Prefect on PostgreSQL and Redis, an S3 server, a served studio, workers.

With several servers, as `deployments/compose.yaml` describes it: two API servers, and the services by themselves.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from callsheet.studio.app import PREFIX, studio_app
from callsheet.studio.books import Books
from callsheet.studio.jobs import Studio
from callsheet.testing import flat_renderer, serving
from deployments.serving import several_servers
from tests.databases import fresh_database
from tests.servers import S3Server, free_port, wait_for_http

REQUIRED = os.environ.get("CALLSHEET_TEST_REDIS") == "required"
LIMIT = 300.0
"""Seconds for anything that is waited for: far above what it takes."""


@dataclass
class Stage:
    """Where everything is, and who works there."""

    folder: Path
    apis: list[str]
    environment: dict[str, str]
    studio_home: Path
    gate: threading.Event
    """The studio renders only while it is set."""
    ordered: threading.Event
    """Set when the studio has begun to render something."""
    s3: S3Server
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def work(self, pool: str, name: str) -> None:
        """Starts a worker, as on a machine of its own: with folders and a process group of its own. One that works
        already is left to it.
        """
        if name in self.workers and self.workers[name].poll() is None:
            return
        home = self.folder / name
        (home / "prefect").mkdir(parents=True, exist_ok=True)
        # Each asks another of the servers.
        own = {
            "PREFECT_API_URL": self.apis[len(self.workers) % len(self.apis)],
            "CALLSHEET_HOME": str(home),
            "PREFECT_HOME": str(home / "prefect"),
        }
        environment = {**self.environment, **own}
        arguments = ["worker", "start", "--pool", pool, "--name", name, "--limit", "2"]
        self.workers[name] = launch(["deployments.one_worker", *arguments], environment, self.folder / f"{name}.log")

    @property
    def api(self) -> str:
        """The address that everybody but a worker asks."""
        return self.apis[0]

    def ask(self, path: str, body: Any = None, method: str | None = None) -> Any:
        """A call to the server's API as any program would make it; 503 is an invitation to ask again."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - on loopback
            f"{self.api}{path}", data=data, headers={"content-type": "application/json"}, method=method
        )
        for _ in range(20):
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                    return json.loads(answer.read() or "null")
            except urllib.error.HTTPError as error:
                if error.code != 503:
                    raise AssertionError(f"{path}: {error.code} {error.read().decode()}") from error
        raise AssertionError(f"{path}: 503 again and again")

    def runs(self, deployment: str) -> list[dict[str, Any]]:
        """The runs of a deployment that have begun, the first one first."""
        id = self.ask(f"/deployments/name/{deployment}")["id"]
        found = self.ask("/flow_runs/filter", {"deployments": {"id": {"any_": [id]}}, "sort": "START_TIME_ASC"})
        return [run for run in found if run["state_type"] != "SCHEDULED" or run["run_count"]]

    def ended(self, deployment: str) -> list[dict[str, Any]]:
        """The runs of a deployment that have ended well. Fails at once where one has failed."""
        runs = self.runs(deployment)
        failed = [run for run in runs if run["state_type"] == "FAILED"]
        assert not failed, (failed[0]["state"]["message"], self.logs())
        return [run for run in runs if run["state_type"] == "COMPLETED"]

    def until(self, condition: Callable[[], Any], what: str, limit: float = LIMIT) -> Any:
        """What the condition gives when it gives something."""
        deadline = time.monotonic() + limit
        while not (found := condition()):
            assert time.monotonic() < deadline, f"waited {limit:g} s for {what}\n{self.logs()}"
            threading.Event().wait(0.3)
        return found

    def logs(self) -> str:
        """The ends of all logs."""
        return "\n".join(
            f"== {path.name}\n{path.read_text(errors='replace')[-3000:]}" for path in self.folder.glob("*.log")
        )

    @property
    def charges(self) -> list[tuple[str, Any, str]]:
        """The studio's own books."""
        return Books(self.studio_home / "books.sqlite").charges()

    def published(self) -> list[str]:
        """The manifests in the bucket, by the S3 server's word."""
        pages = self.s3.client().get_paginator("list_objects_v2").paginate(Bucket=self.s3.bucket, Prefix="works/")
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        return [key for key in keys if key.endswith("manifest.json")]


def launch(module: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", *module],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def kill(process: subprocess.Popen[bytes]) -> None:
    """As when a machine loses its power: the process and all that it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait(30)


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """``HOST:PORT`` of a Redis of the test's own, that keeps nothing on the disk."""
    program = shutil.which("redis-server")
    if program is None:
        if REQUIRED:
            pytest.fail("Redis is required and not installed")
        pytest.skip("Redis is not installed")
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
    process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        kill(process)


@contextmanager
def staged(folder: Path, cluster: str, s3: S3Server, *, several: bool) -> Iterator[Stage]:
    """The installation without workers, of one server or of several; whatever was started is ended with the block."""
    gate, ordered = threading.Event(), threading.Event()
    ports = [free_port(), free_port()][: 1 + several]
    gate.set()
    flat = flat_renderer(8)

    def render(*arguments: Any) -> Any:
        ordered.set()
        assert gate.wait(LIMIT)
        return flat(*arguments)

    with ExitStack() as stack:
        redis = stack.enter_context(redis_server(folder))
        studio = Studio(folder / "studio", renderer=render)
        address = stack.enter_context(serving(studio_app(studio, key=SecretStr("told"), serve=True)))
        database = fresh_database(cluster).replace("postgresql://", "postgresql+asyncpg://")
        base = {name: value for name, value in os.environ.items() if not name.startswith(("CALLSHEET_", "PREFECT_"))}
        apis = [f"http://127.0.0.1:{port}/api" for port in ports]
        api = apis[0]
        environment = {
            **base,
            "PREFECT_API_URL": api,
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
            "PREFECT_DEFAULT_RESULT_STORAGE_BLOCK": "callsheet-results/default",
            "CALLSHEET_HOME": str(folder / "home"),
            "CALLSHEET_BUCKET": f"s3://{s3.bucket}/works",
            "CALLSHEET_BUCKET_ENDPOINT": s3.endpoint,
            "CALLSHEET_BUCKET_ACCESS_KEY": s3.access_key,
            "CALLSHEET_BUCKET_SECRET_KEY": s3.secret_key,
            "CALLSHEET_LEDGER_URL": fresh_database(cluster),
            "CALLSHEET_PROVIDER_URL": f"{address}{PREFIX}",
            "CALLSHEET_PROVIDER_KEY": "told",
        }
        own = {**base, **several_servers(database, redis), "PREFECT_HOME": str(folder / "prefect")}
        own |= {"PREFECT_UI_API_URL": api}  # the UI asks there; it isn't told of --port
        stage = Stage(folder, apis, environment, folder / "studio", gate, ordered, s3)
        servers: list[subprocess.Popen[bytes]] = []

        def serve(name: str, *arguments: str) -> None:
            log = folder / f"{name}.log"
            servers.append(launch(["prefect", "server", *arguments], own, log))

        try:
            alone = ["--no-services"] if several else []
            for number, (address, port) in enumerate(zip(apis, ports, strict=True), 1):
                serve(f"api-{number}", "start", *alone, "--port", str(port))
                wait_for_http(f"{address}/health", servers[-1], folder / f"api-{number}.log")
                # The first one has set the database up.
                own["PREFECT_SERVER_DATABASE_MIGRATE_ON_START"] = "false"
            if several:
                serve("services", "services", "start")
            yield stage
        finally:
            for process in (*stage.workers.values(), *servers):
                kill(process)
