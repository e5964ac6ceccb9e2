"""The official `openai` package drives the studio's `/v1/videos`, in versions that send differently.

2.24 sends text orders as JSON, 2.54 and later always as a form; 3.x speaks through another HTTP library. Responses are
validated strictly by the package's own models.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pydantic import SecretStr
from standardwebhooks import Webhook

from callsheet.provider.catalogue import catalogue_entry
from callsheet.studio.app import studio_app
from callsheet.studio.jobs import Studio
from callsheet.testing import serving
from tests.studio.films import one_film

ROOT = Path(__file__).parents[2]
VERSIONS = ("2.24", "2.54", "3.54")
LIMIT = 120.0


def package(version: str) -> Path:
    """The folder with one version, as `make test` installs it; installed here when pytest was started without it."""
    folder = Path(sys.prefix) / f"openai-{version}"
    if not (folder / ".installed").exists():
        lock = ROOT / f"requirements-openai-{version}.lock"
        options = [
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--no-compile",
            "--require-hashes",
            "--upgrade",
        ]
        subprocess.run(
            [sys.executable, "-m", "pip", "install", *options, "--target", folder, "-r", lock], check=True, timeout=300
        )
        (folder / ".installed").touch()
    return folder


@dataclass(frozen=True)
class Sessions:
    """What each version saw, and the studio's books afterwards."""

    seen: dict[str, dict[str, Any]]
    studio: Studio


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sessions]:
    studio = Studio(tmp_path_factory.mktemp("openai") / "studio", renderer=one_film())
    folders = {version: package(version) for version in VERSIONS}
    app = studio_app(studio, key=SecretStr("sk-right"), serve=True)
    with serving(app) as address, ThreadPoolExecutor() as pool:  # they mostly wait for the same studio
        found = pool.map(lambda version: session(folders[version], address, version, studio), VERSIONS)
        seen = dict(zip(VERSIONS, found, strict=True))
    yield Sessions(seen, studio)


def session(folder: Path, address: str, version: str, studio: Studio) -> dict[str, Any]:
    image = io.BytesIO()
    Image.new("RGB", (1280, 720), "navy").save(image, "PNG")
    secret, now = studio.callbacks.secret.get_secret_value(), dt.datetime.now(dt.UTC)
    body = '{"job_id":"job_1","status":"succeeded"}'
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", now, body),
    }
    webhook = {"body": body, "headers": headers, "secret": secret}
    facts = {"name": version, "image": image.getvalue().hex(), "webhook": webhook}
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("openai_session.py"), f"{address}/v1"],
        input=json.dumps(facts),
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(params=VERSIONS)
def seen(request: pytest.FixtureRequest, sessions: Sessions) -> dict[str, Any]:
    found = sessions.seen[request.param]
    assert found["version"].startswith(request.param)
    return found


def test_an_order_becomes_a_video(seen: dict[str, Any]) -> None:
    created, ended = seen["created"], seen["ended"]
    assert created["status"] in ("queued", "in_progress")
    assert {name: created[name] for name in ("model", "prompt", "seconds", "size", "error", "completed_at")} == {
        "model": "sora-2",
        "prompt": "a lighthouse",
        "seconds": "4",
        "size": "1280x720",
        "error": None,
        "completed_at": None,
    }
    assert (ended["id"], ended["status"], ended["progress"]) == (created["id"], "completed", 100)
    assert ended["expires_at"] == ended["completed_at"] + 3600 or ended["expires_at"] == ended["completed_at"] + 3601


def test_an_image_is_sent_as_a_file(seen: dict[str, Any], sessions: Sessions) -> None:
    assert (seen["pictured"]["status"], seen["pictured"]["seconds"]) == ("completed", "8")
    job = sessions.studio.books.get(seen["pictured"]["id"].replace("video_", "job_"))
    assert job is not None
    assert (job.feature, job.request["animation_prompt"]) == ("image_to_video", "it turns")


def test_the_same_key_is_the_same_video(seen: dict[str, Any]) -> None:
    assert len(set(seen["same"])) == 1
    assert seen["same"][0] != seen["created"]["id"]


def test_a_remix_names_what_it_repeats(seen: dict[str, Any], sessions: Sessions) -> None:
    remixed = seen["remixed"]
    assert (remixed["status"], remixed["prompt"]) == ("completed", "a lighthouse in fog")
    assert remixed["remixed_from_video_id"] == seen["created"]["id"]
    job = sessions.studio.books.get(remixed["id"].replace("video_", "job_"))
    assert job is not None
    assert job.feature == "remix"


def test_every_variant_of_the_content(seen: dict[str, Any]) -> None:
    kinds = {variant: kind for variant, (kind, _) in seen["contents"].items()}
    heads = {variant: bytes.fromhex(head) for variant, (_, head) in seen["contents"].items()}
    assert kinds == {
        "None": "video/mp4",
        "video": "video/mp4",
        "thumbnail": "image/webp",
        "spritesheet": "image/jpeg",
    }
    assert heads["video"] == heads["None"]
    assert heads["video"][4:8] == b"ftyp"
    assert (heads["thumbnail"][:4], heads["thumbnail"][8:12]) == (b"RIFF", b"WEBP")
    assert heads["spritesheet"][:3] == b"\xff\xd8\xff"


def test_the_list_is_walked_page_by_page(seen: dict[str, Any]) -> None:
    mine = [seen[name]["id"] for name in ("created", "pictured", "remixed")]
    places = [seen["listed"].index(video) for video in mine]
    assert places == sorted(places)
    assert len(seen["newest"]) == 2
    assert seen["has_more"] is True


def test_refusals_are_the_packages_own_errors(seen: dict[str, Any]) -> None:
    assert seen["refusals"] == {
        "unknown": ["NotFoundError", 404, "not_found", "video_id"],
        "size of image": ["BadRequestError", 400, "invalid_image_size", "input_reference"],
        "seconds": ["BadRequestError", 400, "invalid_value", "seconds"],
        "model": ["NotFoundError", 404, "model_not_found", "model"],
        "content": ["BadRequestError", 400, "moderation_blocked", "prompt"],
        "key": ["AuthenticationError", 401, "invalid_api_key", None],
        "idempotency": ["ConflictError", 409, "idempotency_conflict", None],
    }


def test_a_deleted_video_is_gone(seen: dict[str, Any]) -> None:
    gone = ["NotFoundError", 404, "not_found", "video_id"]
    assert seen["deleted"] == ["video.deleted", True, seen["same"][0], gone]


def test_what_newer_versions_can(seen: dict[str, Any]) -> None:
    if seen["version"].startswith("2.24"):
        assert "later" not in seen
        return
    later = seen["later"]
    assert later["character"] == [True, "Ada"]
    able = catalogue_entry("studio").features
    for name, feature, seconds in (("extended", "extension", "8"), ("edited", "scene_evolution", "4")):
        if feature in able:
            assert (later[name]["status"], later[name]["seconds"]) == ("completed", seconds)
        else:
            assert later[name] == [501, "not_built"]


def test_callbacks_verify(seen: dict[str, Any]) -> None:
    assert seen["webhook"] == "verified"


def test_every_video_is_charged_once_in_its_own_currency(sessions: Sessions) -> None:
    books = sessions.studio.books
    assert books.charged() == 0
    able = catalogue_entry("studio").features
    # A second costs 0.10 USD: two orders and a remix of 4 s and one of 8 s in each version, and what newer ones can.
    newer = 4 * ("extension" in able) + 4 * ("scene_evolution" in able)
    assert books.charged("USD") * 10 == 3 * 20 + 2 * newer
