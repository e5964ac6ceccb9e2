"""Each deployment started in each way that it can be: by schedule, by REST as the UI does it, by the typed client."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from deployments import client
from deployments.deploying import deployment_file, full_name, read_deployments
from tests.deployments.stage import Stage

BY_OTHERS = {"matrix-part/main", "resume/main"}
"""Started by a run and by an automation: nobody else has their parameters."""
AHEAD = dt.timedelta(seconds=20)
"""From now until a schedule is due for the first time. What is due before the scheduler's next look is never made up
for, so it is due again and again.
"""
EVERY = dt.timedelta(seconds=60)
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")

Started = tuple[str, str, str]
"""Deployment, way, and the id of the run."""


def products_and_operations() -> tuple[dict[str, Any], dict[str, Any]]:
    """The deployments of `prefect.yaml` that a person, a program or the clock starts, by their full names."""
    declared = {full_name(one): one for one in read_deployments(deployment_file())}
    wanted = {name: one for name, one in declared.items() if name not in BY_OTHERS}
    products = {name: one for name, one in wanted.items() if "callsheet-product" in one["tags"]}
    return products, {name: one for name, one in wanted.items() if name not in products}


def by_rest(stage: Stage, name: str, parameters: dict[str, Any]) -> Started:
    """As the UI's form does it."""
    id = stage.ask(f"/deployments/name/{name}")["id"]
    body = {"state": {"type": "SCHEDULED"}, "parameters": parameters}
    return name, "REST", str(stage.ask(f"/deployments/{id}/create_flow_run", body)["id"])


def by_program(name: str, brief: dict[str, Any], **parameters: Any) -> Started:
    return name, "client", str(client.submit_sync(brief, **parameters).id)


@contextmanager
def by_schedule(stage: Stage, names: list[str], parameters: dict[str, Any]) -> Iterator[list[Started]]:
    """The first runs of schedules that are due soon, instead of the deployments' own; ended with the block."""
    due = dt.datetime.now(dt.UTC) + AHEAD
    every = {"interval": EVERY.total_seconds(), "anchor_date": due.isoformat()}
    ours: list[tuple[str, str]] = []
    ids = {name: str(stage.ask(f"/deployments/name/{name}")["id"]) for name in names}
    try:
        for id in ids.values():
            for one in stage.ask(f"/deployments/{id}")["schedules"]:
                _switch(stage, id, one["id"], on=False)
            plan = {"schedule": every, "active": True, "parameters": parameters}
            (made,) = stage.ask(f"/deployments/{id}/schedules", [plan])
            ours.append((id, made["id"]))
        yield [
            (name, "schedule", stage.until(lambda id=id: _taken(stage, id, due), f"{name} by schedule"))
            for name, id in ids.items()
        ]
    finally:
        for id, schedule in ours:
            _switch(stage, id, schedule, on=False)


def ended_as(stage: Stage, run: str) -> str | None:
    """The name of the state in which a run has ended."""
    found = stage.ask(f"/flow_runs/{run}")
    return str(found["state_name"]) if found["state_type"] in ENDED else None


def _switch(stage: Stage, deployment: str, schedule: str, *, on: bool) -> None:
    stage.ask(f"/deployments/{deployment}/schedules/{schedule}", {"active": on}, method="PATCH")


def _taken(stage: Stage, deployment: str, since: dt.datetime) -> str | None:
    """The first run of the clock that a worker has taken."""
    wanted = {
        "deployments": {"id": {"any_": [deployment]}},
        "flow_runs": {"start_time": {"after_": since.isoformat()}},
        "sort": "START_TIME_ASC",
    }
    return next((run["id"] for run in stage.ask("/flow_runs/filter", wanted) if run["auto_scheduled"]), None)
