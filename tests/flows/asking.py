"""Runs of deployments that wait for a person: started, brought as far as they go, answered as the UI answers."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.exceptions import Pause
from prefect.flow_engine import run_flow_async
from prefect.settings import PREFECT_API_URL

from callsheet.studio.books import Books
from flows.product import Product

LIMIT = 240.0
"""Seconds for a process that makes a whole work on a busy machine."""


@dataclass
class Asking:
    """An installation whose provider bills, and what it was made to do. `rendered` has an entry for each clip."""

    home: Path
    shop: Path
    environment: dict[str, str]
    rendered: list[str]

    @property
    def charges(self) -> list[tuple[str, Any, str]]:
        """The provider's own books."""
        return Books(self.shop / "books.sqlite").charges()

    @property
    def nothing_happened(self) -> bool:
        """Nothing charged, nothing rendered, nothing published."""
        return not self.charges and not self.rendered and not list((self.home / "bucket").rglob("manifest.json"))


async def started(product: Product, entrypoint: str, **parameters: Any) -> UUID:
    """A run of a deployment of the product, scheduled and nobody's."""
    async with get_client() as client:
        flow_id = await client.create_flow_from_name(product.name)
        deployment = await client.create_deployment(
            flow_id=flow_id, name="asking", entrypoint=entrypoint, pull_steps=[], enforce_parameter_schema=False
        )
        return (await client.create_flow_run_from_deployment(deployment, parameters=parameters)).id


async def step(product: Product, run: UUID) -> Any:
    """Runs it as far as it goes, as a fresh process would: from its beginning. Gives the state that it is in then."""
    async with get_client() as client:
        flow_run = await client.read_flow_run(run)
        with contextlib.suppress(Pause):
            await run_flow_async(product, flow_run=flow_run, return_type="state", parameters=flow_run.parameters)
        return (await client.read_flow_run(run)).state


def in_a_process(run: UUID, environment: dict[str, str]) -> str:
    """The same by the command of a worker, in a process of its own; gives what that wrote."""
    done = subprocess.run(
        [sys.executable, "-m", "prefect.engine"],
        env={**environment, "PREFECT__FLOW_RUN_ID": str(run), "PREFECT_API_URL": str(PREFECT_API_URL.value())},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


async def state_of(run: UUID) -> Any:
    """The state that a run is in."""
    async with get_client() as client:
        return (await client.read_flow_run(run)).state


async def resumed(run: UUID, **answer: Any) -> Any:
    """The server's answer to what the form sends."""
    async with get_client() as client:
        body = {"run_input": answer}
        reply = await client.request("POST", "/flow_runs/{id}/resume", path_params={"id": str(run)}, json=body)
        return reply.json()


async def asked(run: UUID) -> tuple[str, list[str]]:
    """What the form of a waiting run says above its fields, and the fields."""
    async with get_client() as client:
        found = (await client.read_flow_run(run)).state
        assert found is not None and found.state_details.run_input_keyset is not None
        keys = found.state_details.run_input_keyset
        schema = await client.read_flow_run_input(run, keys["schema"])
        said = await client.read_flow_run_input(run, keys["description"])
    return str(json.loads(said)), [*json.loads(schema)["properties"]]


async def shown(run: UUID) -> dict[str, Any]:
    """The run's artifacts by the first word of their keys."""
    async with get_client() as client:
        wanted = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run]))
        return {str(one.key).partition("-")[0]: one.data for one in await client.read_artifacts(artifact_filter=wanted)}
