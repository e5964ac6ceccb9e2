"""The whole installation at work: started by REST, by a program and by schedule, with a worker killed in the middle.

What was published is read from the S3 server, what was charged from the studio's own books.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Coroutine, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from prefect.settings import PREFECT_API_URL, PREFECT_DEFAULT_RESULT_STORAGE_BLOCK, temporary_settings
from pydantic import SecretStr

from blocks import VideoProvider
from callsheet.errors import BriefError
from callsheet.settings import Settings
from deployments import client
from deployments.blocks import set_up_blocks
from tests.deployments.prefect_ui import opened
from tests.deployments.stage import Stage, staged
from tests.deployments.triggers import (
    by_program,
    by_rest,
    by_schedule,
    ended_as,
    let_no_other_start,
    products_and_operations,
)
from tests.servers import S3Server

PAGE = (Path(__file__).parents[2] / "docs" / "deploy.md").read_text()
CALL = next(text for text in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) if "create_flow_run" in text)
LAMP: dict[str, Any] = json.loads(CALL[CALL.index("-d '") + 4 : CALL.rindex("'")])["parameters"]["brief"]
TEST: dict[str, Any] = {
    "kind": "variants",
    "name": "Lamps",
    "description": "a brass lamp",
    "language": "en-US",
    "tier": "prototype",
    "seconds": 3,
    "hook": "Light.",
    "call_to_action": "Buy.",
    "variations": [{"style": "modern"}, {"style": "vintage"}],
}


EVERY_WAY = os.environ.get("CALLSHEET_TEST_TRIGGERS") == "all"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, postgres_cluster: str, s3_server: S3Server) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("stage"), postgres_cluster, s3_server, several=EVERY_WAY) as found:
        yield found


@pytest.fixture
def here(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """The test itself as a program of that installation."""
    for name, value in stage.environment.items():
        if name.startswith("CALLSHEET_"):
            monkeypatch.setenv(name, value)
    block = stage.environment["PREFECT_DEFAULT_RESULT_STORAGE_BLOCK"]
    with temporary_settings({PREFECT_API_URL: stage.api, PREFECT_DEFAULT_RESULT_STORAGE_BLOCK: block}):
        yield stage


def set_up(stage: Stage) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "callsheet", "setup", "--time-zone", "Asia/Shanghai"],
        env=stage.environment,
        cwd=stage.folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def called(stage: Stage) -> Any:
    """The call of the documentation, as it stands there."""
    environment = {"PATH": os.environ["PATH"], "PREFECT_API_URL": stage.api}
    done = subprocess.run(
        ["/bin/sh", "-c", CALL], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(done.stdout)


def snapshot(stage: Stage) -> Any:
    """What a person would see of it: with the times at which each thing was changed last."""
    asked = [stage.ask(f"/{kind}/filter", {"limit": 100}) for kind in ("deployments", "work_pools", "automations")]
    # A worker's and a schedule's doings are not ours.
    passing = {"status", "last_polled", "default_queue_id", "updated"}
    return [[{name: value for name, value in one.items() if name not in passing} for one in kind] for kind in asked]


def test_setting_up_again_changes_nothing(stage: Stage) -> None:
    first = set_up(stage)
    assert all(line.endswith("made") for line in first)
    before = snapshot(stage)
    assert {line.rsplit(maxsplit=1)[0] for line in first if line.startswith("deployment")}
    again = set_up(stage)
    assert [line for line in again if not line.endswith("as it was")] == []
    assert len(again) == len(first)
    assert snapshot(stage) == before
    # What the studio's address is, `callsheet up` knows, and a shell beside it doesn't.
    unsaid = Settings(home=stage.folder)
    with temporary_settings({PREFECT_API_URL: stage.api}):
        assert [str(one) for one in asyncio.run(set_up_blocks(unsaid)) if one.did != "as it was"] == []
    zones = {plan["schedule"]["timezone"] for one in before[0] for plan in one["schedules"]}
    assert zones == {"Asia/Shanghai"}


def test_bad_input_is_refused_before_a_run_exists(here: Stage) -> None:
    with pytest.raises(BriefError, match="duration: 4 is not allowed; it must be at least 5"):
        client.submit_sync({**LAMP, "duration": 4})
    assert here.runs("marketing-video/main") == []


def test_a_worker_is_killed_in_the_middle_and_everything_is_bought_once(here: Stage) -> None:
    """By REST, as the UI does it: the run whose worker is killed while the provider renders is made by the other."""
    stage = here
    stage.gate.clear()
    stage.work("studio", "first")
    run = called(stage)
    assert called(stage)["id"] == run["id"]
    stage.until(stage.ordered.is_set, "the first order")
    os.kill(stage.workers["first"].pid, signal.SIGKILL)

    # By a program, meanwhile: the same brief is the same run.
    stage.work("studio", "second")
    stage.work("render", "cutter")  # has its time to be heard of before the doctor comes
    submitted = client.submit_sync(TEST)
    assert client.submit_sync(TEST).id == submitted.id
    assert client.result_sync(submitted) is None
    stage.gate.set()
    outcome = client.wait_sync(submitted, 300)
    assert [manifest.work for manifest in outcome.manifests] == ["v01-modern", "v02-vintage"]

    (ended,) = stage.until(lambda: stage.ended("marketing-video/main"), "the run whose worker was killed")
    assert ended["id"] == run["id"]
    made = client.result_sync(ended["id"])
    assert made is not None
    assert made.manifests[0].cost.charged == Decimal("0.50")

    keys = [charge[0] for charge in stage.charges]
    assert len(keys) == len(set(keys))
    assert sum(charge[1] for charge in stage.charges) == Decimal("0.50") + sum(
        {manifest.production_id: manifest.cost.charged for manifest in outcome.manifests}.values()
    )
    assert len(stage.published()) == 1 + len(outcome.manifests)


def test_what_is_due_is_started(here: Stage) -> None:
    """The operations and a product by schedule; with `CALLSHEET_TEST_TRIGGERS=all` each deployment by schedule, by REST
    and by a program, on several servers, which takes three minutes more.

    Products make a dry run: in what follows, the ways don't differ.
    """
    for name in ("second", "third"):
        here.work("studio", name)
    products, operations = products_and_operations()
    assert (len(products), len(operations)) == (5, 5)
    before = here.charges
    dry = {"dry_run": True}
    let_no_other_start(here, [*products, *operations])
    ended = {}
    if EVERY_WAY:
        started = [by_rest(here, name, dry) for name in products]
        started += [by_program(name, one["parameters"]["brief"], **dry) for name, one in products.items()]
        started += [by_rest(here, name, {}) for name in operations]
        ended = {(name, way): wait_for(here, name, run) for name, way, run in started}
        assert len(ended) == 5 * 2 + 5
    key = "inbox/lamp.yaml"
    here.s3.client().put_object(Bucket=here.s3.bucket, Key=f"works/{key}", Body=yaml.safe_dump(LAMP).encode())
    due = products if EVERY_WAY else ["marketing-video/main"]
    given: dict[str, dict[str, Any]] = {**dict.fromkeys(due, dry), **{name: {} for name in operations}}
    for name, way, run in by_schedule(here, given):
        ended[name, way] = wait_for(here, name, run)
    assert {key: state for key, state in ended.items() if state != "Completed"} == {}
    assert {name for name, way in ended if way == "schedule"} == {*given}
    # The brief in the inbox was seen, and an automation started what makes it. It is the one that was made above.
    here.until(lambda: made_of(here, key), "the run of the brief in the inbox")
    assert len(here.charges) == max(len(before), 1)


def made_of(stage: Stage, key: str) -> bool:
    return any(run["parameters"].get("brief_key") == key for run in stage.ended("marketing-video/main"))


def wait_for(stage: Stage, name: str, run: str) -> str:
    return str(stage.until(lambda: ended_as(stage, run), f"{name} {run}"))


def test_a_person_starts_approves_and_sees_it_in_the_ui(here: Stage) -> None:
    """The form filled in with a block picked, the price approved in the form of the waiting run, the artifacts seen."""
    till = VideoProvider(provider="sora", url=here.environment["CALLSHEET_PROVIDER_URL"], key=SecretStr("told"))
    asyncio.run(cast(Coroutine[Any, Any, Any], till.asave("till")))
    here.work("studio", "second")
    before = list(here.charges)
    with opened(here.api.removesuffix("/api")) as ui:
        ui.open_form(here.ask("/deployments/name/marketing-video/main")["id"])
        for title, text in (("Name", "Lantern"), ("Description", "a brass lantern"), ("Slogan", "Glow.")):
            ui.write(title, text)
        ui.write("Duration", "5")
        ui.pick("Provider block", "till")
        run = ui.submit()
        assert (run["parameters"]["brief"]["name"], run["parameters"]["brief"]["duration"]) == ("Lantern", 5)
        assert set(run["parameters"]["provider_block"]) == {"$ref"}, "a reference, and nothing of what is in it"
        ui.open_run(run["id"])
        ui.press("Resume")
        ui.shows("0.60 CNY")
        assert here.charges == before, "nothing is bought before the answer"
        ui.write("By", "Mia")
        ui.pick("Decision", "approve")
        ui.press("Submit")
        ui.shows("Completed")
        ui.open_artifacts()
        for said in ("purchases", "contact", "review"):
            ui.shows(said)
    assert sum(charge[1] for charge in here.charges[len(before) :]) == Decimal("0.60")


def test_the_doctor_finds_it_well(here: Stage) -> None:
    here.work("studio", "second")
    here.work("render", "cutter")
    seen = here.until(lambda: examined(here), "a doctor who is content", 120)
    assert len(seen) == 12


def examined(stage: Stage) -> dict[str, str] | None:
    done = subprocess.run(
        [sys.executable, "-m", "callsheet", "doctor", "--json"],
        env=stage.environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    report = json.loads(done.stdout)
    # A worker is up when the server has heard of it, which takes it some seconds.
    return {one["name"]: one["seen"] for one in report["findings"]} if report["well"] else None
