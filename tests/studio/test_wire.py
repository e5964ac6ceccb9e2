"""The `sora` dialect as it goes over the wire, asked with plain HTTP."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from callsheet.provider.catalogue import catalogue_entry
from callsheet.studio import app
from callsheet.studio.app import PATHS, studio_app
from callsheet.studio.jobs import Studio
from callsheet.testing import flat_renderer

KEY = {"Authorization": "Bearer anything"}
ASYNC = {**KEY, "Prefer": "respond-async"}
ORDER = {"prompt": "a cat", "duration": 2, "resolution": "480p"}
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
LIMIT = 30.0


class Site:
    def __init__(self, home: Path, **options: Any) -> None:
        self.studio = Studio(home, renderer=flat_renderer(8), link_seconds=options.pop("link_seconds", 3600))
        self.client = TestClient(studio_app(self.studio, serve=True, **options), base_url="http://studio.local")

    def post(self, path: str, body: Any = None, headers: Any = None, **content: Any) -> Any:
        if body is not None:
            content["json"] = body
        return self.client.post(f"/v1/sora{path}", headers=headers or KEY, **content)

    def get(self, path: str, headers: Any = None) -> Any:
        return self.client.get(f"/v1/sora{path}", headers=headers or KEY)

    def ended(self, job_id: str) -> Any:
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            job = self.get(f"/jobs/{job_id}").json()
            if job["status"] not in ("queued", "running"):
                return job
        raise TimeoutError(job_id)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    with made.client:
        yield made


def error(response: Any) -> tuple[int, str, str | None]:
    body = response.json()["error"]
    assert set(body) == {"code", "message", "param", "request_id"}
    assert "\n" not in body["message"]
    return response.status_code, body["code"], body["param"]


def test_an_order_is_answered_with_its_result(site: Site) -> None:
    response = site.post("/generate", ORDER)
    assert response.status_code == 200
    result = response.json()
    assert result["duration"] == 2
    assert result["cost"] == 0.2
    video = site.client.get(result["video_url"])
    assert video.content[4:8] == b"ftyp"
    assert video.headers["content-type"] == "video/mp4"


def test_or_accepted_where_that_is_preferred(site: Site) -> None:
    response = site.post("/generate", ORDER, ASYNC)
    assert response.status_code == 202
    accepted = response.json()
    assert accepted["status"] in ("queued", "running")
    assert accepted["result"] is None
    job = site.ended(accepted["job_id"])
    assert (job["status"], job["progress"], job["cost"], job["error"]) == ("succeeded", 100, 0.2, None)
    assert job["result"]["video_url"].startswith("http://studio.local/v1/sora/media/")


def test_the_same_key_with_the_same_body_is_the_same_job_charged_once(site: Site) -> None:
    headers = {**ASYNC, "Idempotency-Key": "k1"}
    first, again = site.post("/generate", ORDER, headers).json(), site.post("/generate", ORDER, headers).json()
    assert first["job_id"] == again["job_id"]
    assert first["client_reference"] == "k1"
    assert site.studio.books.charges() == [("k1", Decimal("0.20"), "accepted")]
    assert error(site.post("/generate", {**ORDER, "duration": 3}, headers)) == (409, "idempotency_conflict", None)
    assert [job["job_id"] for job in site.get("/jobs?client_reference=k1").json()["data"]] == [first["job_id"]]
    assert site.get("/jobs?client_reference=k2").json() == {"data": []}


def test_an_image_comes_as_a_file(site: Site) -> None:
    fields = {"animation_prompt": "turns", "duration": "3", "preserve_style": "true", "resolution": "480p"}
    response = site.post("/image-to-video", data=fields, files={"image": ("../../x.jpg", PNG, "image/jpeg")})
    assert response.status_code == 200
    assert response.json()["cost"] == 0.3
    job = site.studio.books.get(response.json()["job_id"])
    assert job is not None
    assert job.request["image"]["media_type"] == "image/png"
    assert [path.name for path in (site.studio.home / "inputs").iterdir()] == [f"{job.request['image']['sha256']}.png"]


def test_a_sequence_has_a_result_for_each_shot(site: Site) -> None:
    reference = "data:image/png;base64," + base64.b64encode(PNG).decode()
    shots = [{"prompt": "one", "duration": 1}, {"prompt": "two", "duration": 2}]
    result = site.post("/sequence", {"shots": shots, "reference_image": reference, "resolution": "480p"}).json()
    assert [(shot["shot_number"], shot["duration"], shot["cost"]) for shot in result["shots"]] == [
        (1, 1, 0.1),
        (2, 2, 0.2),
    ]
    assert result["cost"] == pytest.approx(0.3)
    assert len({site.client.get(shot["video_url"]).content for shot in result["shots"]}) == 2


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("/generate", {**ORDER, "duration": 61}, "duration"),
        ("/generate", {**ORDER, "resolution": "tiny"}, "resolution"),
        ("/generate", {"duration": 2, "resolution": "480p"}, "prompt"),
        ("/generate", {**ORDER, "style": "rococo"}, "style"),
        ("/sequence", {"shots": [{"prompt": "x", "duration": 0}]}, "shots[0].duration"),
        (
            "/sequence",
            {"shots": [{"prompt": "x", "duration": 1}], "reference_image": "data:nonsense"},
            "reference_image",
        ),
        ("/image-to-video", {"animation_prompt": "x"}, "image"),
        ("/re-edit", {"video_url": "http://x/y", "edit_type": "scene_evolution", "weather": "frogs"}, "weather"),
    ],
)
def test_a_bad_field_is_named(site: Site, path: str, body: Any, param: str) -> None:
    assert error(site.post(path, body)) == (400, "invalid_field", param)
    assert site.studio.books.charges() == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"content": b"{", "headers": {**KEY, "Content-Type": "application/json"}}, "invalid_json"),
        ({"content": b"[]", "headers": {**KEY, "Content-Type": "application/json"}}, "invalid_json"),
        ({"content": b"x", "headers": {**KEY, "Content-Type": "text/plain"}}, "bad_content_type"),
    ],
)
def test_a_body_that_can_not_be_read(site: Site, content: Any, code: str) -> None:
    assert error(site.post("/generate", **content))[:2] == (400, code)


def test_a_body_that_is_too_large(site: Site) -> None:
    assert error(site.post("/generate", {**ORDER, "prompt": "x" * 33 * 1024 * 1024}))[:2] == (413, "too_large")


def test_a_file_that_is_no_image(site: Site) -> None:
    response = site.post("/image-to-video", data={"animation_prompt": "x"}, files={"image": ("a.jpg", b"text")})
    assert error(response) == (400, "invalid_field", "image")


def test_no_key_and_a_wrong_key(tmp_path: Path) -> None:
    made = Site(tmp_path, key=SecretStr("right"))
    with made.client:
        assert error(made.client.post("/v1/sora/generate", json=ORDER))[:2] == (401, "missing_key")
        assert error(made.post("/generate", ORDER, {"Authorization": "Bearer wrong"}))[:2] == (401, "invalid_key")
        assert error(made.get("/jobs/x", {"Authorization": "Basic right"}))[:2] == (401, "missing_key")
        assert made.post("/generate", ORDER, {"Authorization": "Bearer right"}).status_code == 200


def test_a_balance_that_is_used_up(tmp_path: Path) -> None:
    made = Site(tmp_path, balance=Decimal("0.30"))
    with made.client:
        headers = {**KEY, "Idempotency-Key": "paid"}
        assert made.post("/generate", ORDER, headers).status_code == 200
        assert error(made.post("/generate", ORDER))[:2] == (402, "insufficient_balance")
        assert made.post("/generate", ORDER, headers).status_code == 200  # that one is paid for


def test_content_that_is_refused(site: Site) -> None:
    assert error(site.post("/generate", {**ORDER, "prompt": "much gore"}))[:2] == (422, "moderation_blocked")
    assert site.post("/generate", {**ORDER, "prompt": "a gored skirt"}).status_code == 200


def test_what_is_not_built_says_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = catalogue_entry("studio").model_copy(update={"features": ("text_to_video",)})
    monkeypatch.setattr(app, "catalogue_entry", lambda _: fewer)
    assert error(site.post("/styled-generate", {"prompt": "x", "style_preset": "clean"}))[:2] == (501, "not_built")
    assert len(PATHS) == 12  # thirteen features: both re-edits share a path


def test_what_is_not_there(site: Site) -> None:
    assert error(site.get("/jobs/job_none"))[:2] == (404, "not_found")
    assert error(site.get("/nowhere"))[0] == 404
    assert error(site.client.get("/v1/sora/generate"))[0] == 405


def test_an_address_that_was_changed_or_has_expired(tmp_path: Path) -> None:
    made = Site(tmp_path, link_seconds=-1)
    with made.client:
        result = made.post("/generate", ORDER).json()
        assert error(made.client.get(result["video_url"]))[:2] == (410, "expired")
        made.studio.link_seconds = 60
        fresh = made.get(f"/jobs/{result['job_id']}").json()["result"]["video_url"]
        assert made.client.get(fresh).status_code == 200
        assert error(made.client.get(fresh.replace("expires=", "expires=9")))[0] == 404
        assert error(made.client.get(fresh.replace("video.mp4", "..%2Fbooks.sqlite")))[0] == 404
        (made.studio.output_path(result["job_id"], "video.mp4")).unlink()
        assert error(made.client.get(fresh))[:2] == (410, "expired")


def test_a_cancelled_job_gives_its_charge_back(site: Site) -> None:
    job = site.post("/generate", {**ORDER, "duration": 20}, {**ASYNC, "Idempotency-Key": "c"}).json()
    ended = site.client.delete(f"/v1/sora/jobs/{job['job_id']}", headers=KEY).json()
    assert (ended["status"], ended["cost"]) == ("cancelled", 0)
    assert site.ended(job["job_id"])["status"] == "cancelled"
    assert site.studio.books.charged() == 0


def test_a_job_left_by_a_stopped_studio_goes_on(tmp_path: Path) -> None:
    first = Site(tmp_path)
    with first.client:
        jobs = [
            first.post("/generate", {**ORDER, "prompt": f"cat {n}", "duration": 20}, ASYNC).json() for n in range(4)
        ]
    assert len(first.studio.books.unfinished()) >= 1
    second = Site(tmp_path)
    with second.client:
        assert {second.ended(job["job_id"])["status"] for job in jobs} == {"succeeded"}
    assert second.studio.books.charged() == 8
    assert {path.name for path in (tmp_path / "media").iterdir()} == {job["job_id"] for job in jobs}


def test_a_fault_in_the_renderer_ends_the_job_and_gives_the_charge_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = Site(tmp_path)

    def broken(*_: Any) -> None:
        raise ZeroDivisionError("division by zero")

    made.studio._renderer = broken
    with made.client:
        job = made.post("/generate", ORDER, ASYNC).json()
        assert made.ended(job["job_id"])["error"] == {
            "code": "render_failed",
            "message": "ZeroDivisionError: division by zero",
        }
    assert made.studio.books.charged() == 0
    assert "failed" in caplog.text
