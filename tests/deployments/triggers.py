"""Each deployment started in each way that it can be: by schedule, by REST as the UI does it, by the typed client."""

from __future__ import annotations

import datetime as dt
import functools
from typing import Any

from deployments import client
from deployments.deploying import deployment_file, full_name, read_deployments
from tests.deployments.stage import Stage

BY_OTHERS = {"matrix-part/main", "resume/main"}
"""Started by a run and by an automation: nobody else has their parameters."""
AHEAD = dt.timedelta(seconds=15)
"""From now until a schedule is due for the first time. What is due before the scheduler's next look is never made up
for, so it is due again and again.
"""
EVERY = dt.timedelta(seconds=120)
SLACK = dt.timedelta(seconds=1)
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


def let_no_other_start(stage: Stage, names: list[str]) -> None:
    """Switches the deployments' own schedules off, which would start other runs beside ours."""
    for name in names:
        found = stage.ask(f"/deployments/name/{name}")
        for one in found["schedules"]:
            _switch_off(stage, found["id"], one["id"])


def by_schedule(stage: Stage, parameters: dict[str, dict[str, Any]]) -> list[Started]:
    """The first run of a schedule of each, once a worker has taken it; the schedules are switched off again.

    `parameters` are the deployments, and what each is given.
    """
    due = dt.datetime.now(dt.UTC) + AHEAD
    every = {"interval": EVERY.total_seconds(), "anchor_date": due.isoformat()}
    started = []
    ids = {name: str(stage.ask(f"/deployments/name/{name}")["id"]) for name in parameters}
    plans = {name: {"schedule": every, "active": True, "parameters": given} for name, given in parameters.items()}
    made = {name: stage.ask(f"/deployments/{id}/schedules", [plans[name]])[0]["id"] for name, id in ids.items()}
    for name, id in ids.items():
        run = stage.until(functools.partial(_taken, stage, id, due), f"{name} by schedule")
        _switch_off(stage, id, made[name])
        started.append((name, "schedule", str(run)))
    return started


def ended_as(stage: Stage, run: str) -> str | None:
    """The name of the state in which a run has ended."""
    found = stage.ask(f"/flow_runs/{run}")
    return str(found["state_name"]) if found["state_type"] in ENDED else None


def _switch_off(stage: Stage, deployment: str, schedule: str) -> None:
    stage.ask(f"/deployments/{deployment}/schedules/{schedule}", {"active": False}, method="PATCH")


def _taken(stage: Stage, deployment: str, since: dt.datetime) -> str | None:
    """The first run of the clock that a worker has taken."""
    wanted = {
        "deployments": {"id": {"any_": [deployment]}},
        "flow_runs": {"expected_start_time": {"after_": (since - SLACK).isoformat()}},
        "sort": "EXPECTED_START_TIME_ASC",
    }
    runs = [run for run in stage.ask("/flow_runs/filter", wanted) if run["auto_scheduled"] and run["start_time"]]
    # One that came while another run of its deployment was at work is cancelled, as it should be.
    runs = [run for run in runs if run["state_type"] != "CANCELLED"]
    return str(runs[0]["id"]) if runs else None
