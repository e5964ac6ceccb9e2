"""The studio's `/v1/videos` against OpenAI's published document, by requests that schemathesis makes up."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode

from callsheet.studio.app import studio_app
from callsheet.studio.jobs import Studio
from callsheet.testing import serving
from tests.studio.films import film, one_film
from tests.studio.published import videos_document

KEY = {"Authorization": "Bearer sk-test"}
EXAMPLES = 8
LIMIT = 30.0
OPERATIONS = (
    "createVideo",
    "ListVideos",
    "GetVideo",
    "DeleteVideo",
    "RetrieveVideoContent",
    "CreateVideoRemix",
    "CreateVideoEdit",
    "CreateVideoExtend",
    "CreateVideoCharacter",
    "GetVideoCharacter",
)
VALID, INVALID = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
ANY_TEXT_IS_VALID = ("GetVideo", "DeleteVideo", "GetVideoCharacter")
CASES = [(name, VALID) for name in OPERATIONS] + [(n, INVALID) for n in OPERATIONS if n not in ANY_TEXT_IS_VALID]


@dataclass(frozen=True)
class Served:
    """A studio with a finished video, and a character."""

    address: str
    schema: Any
    video: str
    character: str

    def order(self, prompt: str) -> str:
        """A new video that has ended."""
        made = httpx.post(f"{self.address}/v1/videos", json={"prompt": prompt}, headers=KEY).json()
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            status = httpx.get(f"{self.address}/v1/videos/{made['id']}", headers=KEY).json()["status"]
            if status == "completed":
                return str(made["id"])
        raise TimeoutError(prompt)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    studio = Studio(tmp_path_factory.mktemp("published") / "studio", renderer=one_film())
    schema = schemathesis.openapi.from_dict(videos_document())
    # Fields that the document does not name are left unread, and the key is always the right one.
    schema.config.generation.update(allow_extra_parameters=False, with_security_parameters=False)
    with serving(studio_app(studio, key=SecretStr("sk-test"), serve=True)) as address:
        first = Served(address, schema, "", "")
        video = first.order("a lamp")
        files = {"video": ("a.mp4", film(), "video/mp4")}
        made = httpx.post(f"{address}/v1/videos/characters", data={"name": "Ada"}, files=files, headers=KEY).json()
        yield Served(address, schema, video, made["id"])


def test_the_document_has_these_operations(served: Served) -> None:
    names = {operation.ok().definition.raw["operationId"] for operation in served.schema.get_all_operations()}
    assert names == set(OPERATIONS)


@pytest.mark.parametrize(("name", "mode"), CASES)
def test_an_operation_is_as_published(served: Served, name: str, mode: GenerationMode) -> None:
    operation = served.schema.find_operation_by_id(name)
    statuses = []

    @given(case=operation.as_strategy(generation_mode=mode), ours=st.booleans())
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=[*HealthCheck],
    )
    def hold(case: Any, ours: bool) -> None:
        if mode is VALID:
            meant(case, served, ours)
        response = case.call(base_url=f"{served.address}/v1", headers=KEY)
        # Where the studio renders no such thing yet, 501 is what it has to say.
        unbuilt = "501" in operation.definition.raw["responses"] and response.status_code == 501
        case.validate_response(response, excluded_checks=[not_a_server_error] if unbuilt else [])
        statuses.append(response.status_code)

    hold()
    assert len(statuses) >= (EXAMPLES if mode is VALID else 1)
    if mode is VALID:
        assert any(status in (200, 501) for status in statuses)
    else:
        assert all(400 <= status < 500 for status in statuses)


def test_a_departure_is_found(served: Served) -> None:
    case = served.schema.find_operation_by_id("GetVideo").Case(path_parameters={"video_id": served.video})
    answer = case.call(base_url=f"{served.address}/v1", headers=KEY)
    case.validate_response(answer)
    answer_time = dt.timedelta(seconds=answer.elapsed)
    for change in ({"seconds": 4}, {"status": "running"}, {"size": "big"}, {"error": "no"}, {"progress": 1.5}):
        body = {**answer.json(), **change}
        changed = httpx.Response(200, json=body, request=httpx.Request("GET", served.address))
        changed.elapsed = answer_time
        with pytest.raises(FailureGroup):
            case.validate_response(changed)


def meant(case: Any, served: Served, ours: bool) -> None:
    """Fills in what a document can't say: which ids there are, and that a file is an image or a clip."""
    if ours and "video_id" in (case.path_parameters or {}):
        deleting = case.method.upper() == "DELETE"
        case.path_parameters["video_id"] = served.order("to be deleted") if deleting else served.video
    if ours and "character_id" in (case.path_parameters or {}):
        case.path_parameters["character_id"] = served.character
    if ours and "after" in (case.query or {}):
        case.query["after"] = served.video
    body = case.body
    if not isinstance(body, dict):
        return
    assume(str(body.get("prompt", "x")).strip())
    body.pop("input_reference", None)
    if body.get("size", "").startswith(("1024", "1792")):
        body["model"] = "sora-2-pro"  # the other does not make it, as only the guide says
    if case.path == "/videos/edits":
        body["prompt"] = f"by night: {body['prompt']}"
    if "video" in body:
        uploading = case.path == "/videos/characters"
        body["video"] = film() if uploading else {"id": served.video}
