"""What is declared in files: `prefect.yaml` and the templates of the work pools."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from callsheet.briefs import parse_brief
from callsheet.cli.planning import options_for
from callsheet.provider.choice import expect
from callsheet.settings import Settings
from deployments.automations import KINDS, automations
from deployments.deploying import deployment_file, full_name, read_deployments
from tests.markdown import codes, table

FILE = Path(__file__).parents[2] / "prefect.yaml"
DECLARED = read_deployments(FILE)
PRODUCTS = [one for one in DECLARED if "callsheet-product" in one["tags"]]


def test_the_file_is_found_from_anywhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert deployment_file() == FILE
    assert yaml.safe_load(FILE.read_text())["pull"] == []


def test_each_flow_has_its_deployment() -> None:
    names = [full_name(one) for one in DECLARED]
    assert len(names) == len(set(names))
    assert {f"{flow}/main" for flow in KINDS.values()} == {full_name(one) for one in PRODUCTS}
    assert {"reconcile/main", "resume/main"} <= set(names)


@pytest.mark.parametrize("deployment", PRODUCTS, ids=lambda one: str(one["tags"][-1]))
def test_the_example_of_a_product_is_a_brief_that_the_studio_can_make(deployment: dict[str, Any]) -> None:
    brief = parse_brief(deployment["parameters"]["brief"])
    assert KINDS[brief.kind] == full_name(deployment).removesuffix("/main")
    expected = expect(options_for(brief, Settings(), None, None))
    assert expected.entry.rehearsal
    assert expected.plan.total.amount > 0


def test_what_buys_on_a_schedule_waits_to_be_switched_on() -> None:
    scheduled = {full_name(one): one["schedules"] for one in DECLARED if one["schedules"]}
    assert {name for name, plans in scheduled.items() if not plans[0]["active"]} == {
        "content-matrix/main",
        "course-video/main",
    }
    assert all(plan["timezone"] == "{{ prefect.variables.callsheet_time_zone }}" for (plan,) in scheduled.values())


def test_a_template_gives_prefect_every_value_that_it_asks_for() -> None:
    from prefect.server.schemas.actions import WorkPoolCreate
    from prefect.utilities.schema_tools import validate

    from deployments.pools import INFRASTRUCTURES, job_template

    for kind in INFRASTRUCTURES:
        template = job_template(kind, None if kind == "process" else "registry.example/callsheet:7")
        WorkPoolCreate(name="studio", type=kind, base_job_template=template)
        variables = template["variables"]
        asked = set(re.findall(r"\{\{ (\w+) \}\}", json.dumps(template["job_configuration"])))
        assert asked == set(variables["properties"])
        said = {name: value["default"] for name, value in variables["properties"].items() if value.get("default")}
        validate(said, variables, raise_on_error=True)
        assert kind == "process" or said["image"] == "registry.example/callsheet:7"


def test_containers_have_resources_and_no_rights() -> None:
    from deployments.pools import job_template

    docker = job_template("docker")["job_configuration"]
    assert docker["privileged"] is False
    assert docker["container_create_kwargs"]["cap_drop"] == ["ALL"]
    pod = job_template("kubernetes")["job_configuration"]["job_manifest"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert set(container["resources"]) == {"limits", "requests"}


def test_a_repair_that_crashes_does_not_start_itself() -> None:
    from uuid import uuid4

    ids = {flow: uuid4() for flow in (*KINDS.values(), "resume")}
    found = {automation.name: automation for automation in automations(ids)}
    operations = {tag for one in DECLARED if one not in PRODUCTS for tag in one["tags"]}
    related = found["callsheet-crashed-run"].trigger.model_dump()["match_related"]
    assert related["prefect.resource.id"].removeprefix("prefect.tag.") not in operations
    assert len(found) == 6 + len(KINDS)


def test_the_page_lists_the_deployments_as_they_are_declared() -> None:
    rows = {codes(row[0])[0]: row for row in table("docs/deploy.md", "Deployment", "Pool")}
    assert list(rows) == [full_name(one) for one in DECLARED]
    for one in DECLARED:
        _, pool, schedule, limit = rows[full_name(one)]
        assert codes(pool)[0] == one["work_pool"]["name"]
        assert [plan["slug"] for plan in one["schedules"]] == codes(schedule)[: len(one["schedules"])]
        assert ("**off**" in schedule) == any(not plan["active"] for plan in one["schedules"])
        said = one.get("concurrency_limit")
        assert limit.startswith(str(said["limit"]) if said else "no limit")
