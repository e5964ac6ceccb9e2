"""Files for engines that don't run here: what can be read of them is compared with what the code needs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.settings.models.server.services import ServerServicesSettings

from deployments.serving import BATCHES, several_servers

FOLDER = Path(__file__).parents[2] / "deployments"


def compose() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    return data


def test_the_servers_of_the_compose_file_are_set_as_those_of_the_end_to_end_test() -> None:
    ours = several_servers("postgresql+asyncpg://prefect@postgres/prefect", "redis:6379/0")
    ours["PREFECT_API_DATABASE_CONNECTION_URL"] = ours.pop("PREFECT_SERVER_DATABASE_CONNECTION_URL")
    for name in ("api", "services", "migrate"):
        theirs = compose()["services"][name]["environment"]
        same = {key: value for key, value in ours.items() if "DATABASE" not in key}
        assert {key: theirs[key] for key in same} == same
        assert set(ours) <= set(theirs)
        assert theirs["PREFECT_SERVER_DATABASE_MIGRATE_ON_START"] == "false"


def test_no_service_of_the_server_turns_round_without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in BATCHES.items():
        monkeypatch.setenv(name, value)
    waits = ServerServicesSettings().task_run_recorder.flush_interval
    assert int(waits) == waits >= 1  # its service makes an int of it


def test_every_service_has_no_rights_and_is_watched() -> None:
    services = compose()["services"]
    for name, service in services.items():
        assert "healthcheck" in service or service["restart"] == "no", name
        if "callsheet" in service["image"]:
            assert service["cap_drop"] == ["ALL"], name
            assert service["read_only"] is True, name
    assert [ports for service in services.values() for ports in service.get("ports", [])] == ["127.0.0.1:4200:4200"]
    named = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])}
    assert named == set(compose()["volumes"])


def test_the_image_runs_as_nobody_and_installs_what_is_locked() -> None:
    text = (FOLDER / "Dockerfile").read_text()
    assert "--require-hashes -r requirements.lock" in text
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)
    for folder in re.findall(r"^COPY (\w+) \w+$", text, re.MULTILINE):
        assert (FOLDER.parent / folder).is_dir()


def test_the_policy_allows_each_call_to_s3_and_nothing_else() -> None:
    policy = json.loads((FOLDER / "iam-policy.json").read_text())
    allowed = {action for statement in policy["Statement"] for action in statement["Action"]}
    source = "\n".join(path.read_text() for path in (FOLDER.parent / "callsheet" / "storage").glob("*.py"))
    calls = set(re.findall(r"client\.([a-z0-9_]+)\(", source)) | set(re.findall(r'get_paginator\("(\w+)"', source))
    needs = {
        "get_object": "s3:GetObject",
        "head_object": "s3:GetObject",
        "generate_presigned_url": "s3:GetObject",
        "put_object": "s3:PutObject",
        "create_multipart_upload": "s3:PutObject",
        "upload_part": "s3:PutObject",
        "complete_multipart_upload": "s3:PutObject",
        "delete_object": "s3:DeleteObject",
        "abort_multipart_upload": "s3:AbortMultipartUpload",
        "list_objects_v2": "s3:ListBucket",
        "list_multipart_uploads": "s3:ListBucketMultipartUploads",
        "get_paginator": None,
    }
    assert calls <= set(needs), calls - set(needs)
    assert {needs[call] for call in calls} - {None} == allowed
    assert all(statement["Resource"].startswith("arn:aws:s3:::BUCKET") for statement in policy["Statement"])
    assert "*" not in allowed


def test_pods_of_workers_have_limits_and_no_rights() -> None:
    documents = [*yaml.safe_load_all((FOLDER / "kubernetes" / "workers.yaml").read_text())]
    workers = [one for one in documents if one["kind"] == "Deployment"]
    assert {one["metadata"]["labels"]["pool"] for one in workers} == {"studio", "render"}
    for one in workers:
        pod = one["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert set(container["resources"]) == {"requests", "limits"}
        assert "livenessProbe" in container
