"""The requests of docs/studio.md, in their order, sent to a served studio: they do what the page says."""

from __future__ import annotations

import base64
import json
import shlex
import time
from pathlib import Path
from typing import Any

import httpx

from callsheet.studio.app import PREFIX, studio_app
from callsheet.studio.jobs import Studio
from callsheet.testing import flat_renderer, serving
from tests.markdown import examples

PAGE = "docs/studio.md"
LIMIT = 30.0
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
VALUED = {"-H": "headers", "-d": "data", "--data-binary": "file", "-F": "form", "-X": "method", "-o": "out"}


def commands() -> list[str]:
    return [line for example in examples("sh", PAGE) for line in example.text.splitlines() if line.startswith("curl ")]


def sent(command: str, values: dict[str, str]) -> httpx.Response:
    """What curl would send. An option or variable that is not known here is an error."""
    for name in sorted(values, key=len, reverse=True):
        command = command.replace(f"${name}", values[name])
    assert "$" not in command, command
    found: dict[str, list[str]] = {kind: [] for kind in VALUED.values()}
    words = iter(shlex.split(command)[1:])
    address = ""
    for word in words:
        if word in VALUED:
            found[VALUED[word]].append(next(words))
        elif word.startswith("-"):
            assert word == "-sS", word
        else:
            address = word
    content: dict[str, Any] = {}
    if found["form"]:
        parts = dict(part.split("=", maxsplit=1) for part in found["form"])
        content["files"] = {n: (v[1:], PNG) for n, v in parts.items() if v.startswith("@")}
        content["data"] = {n: v for n, v in parts.items() if not v.startswith("@")}
    elif found["file"]:
        content["content"] = PNG
    elif found["data"]:
        content["content"] = found["data"][0].encode()
    method = found["method"][0] if found["method"] else "POST" if content else "GET"
    headers = dict(header.split(": ", maxsplit=1) for header in found["headers"])
    return httpx.request(method, address, headers=headers, timeout=LIMIT, trust_env=False, **content)


def ended(address: str) -> Any:
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        job = httpx.get(address, headers={"Authorization": "Bearer x"}, timeout=LIMIT, trust_env=False).json()
        if job["status"] not in ("queued", "running"):
            return job
    raise TimeoutError(address)


def test_the_pages_requests_do_what_it_says(tmp_path: Path) -> None:
    held, accepted, image, sequence, work, *changing, find, look, stop, fetch = commands()
    upload, extend, turn, evolve, transfer, styled = changing
    result, job, uploaded, refusal = (json.loads(example.text) for example in examples("json", PAGE))
    app = studio_app(Studio(tmp_path, renderer=flat_renderer(8)), serve=True)
    with serving(app) as server:
        values = {"STUDIO": server + PREFIX, "KEY": "anything"}

        response = sent(held, values)
        assert (response.status_code, set(response.json()), response.json()["audio_url"]) == (200, set(result), None)
        assert response.json()["cost"] == result["cost"]
        values["VIDEO_URL"] = response.json()["video_url"]

        response = sent(accepted, values)
        assert (response.status_code, set(response.json())) == (202, set(job))
        assert response.headers["preference-applied"] == "respond-async"
        assert (response.json()["cost"], response.json()["client_reference"]) == (job["cost"], job["client_reference"])
        values["JOB"] = response.json()["job_id"]
        assert sent(accepted, values).json()["job_id"] == values["JOB"]

        assert sent(image, values).status_code == 200
        assert [shot["duration"] for shot in sent(sequence, values).json()["shots"]] == [2, 1]
        assert {"audio_tracks", "subtitle_urls", "edl_url"} <= set(sent(work, values).json())

        kept = sent(upload, values)
        assert (kept.status_code, set(kept.json())) == (200, set(uploaded))
        assert sent(upload, values).json() == kept.json()
        values["STYLE_URL"] = kept.json()["url"]
        for command, seconds, cost in ((extend, 5, 0.5), (turn, 2, 0.4), (evolve, 2, 0.4), (transfer, 2, 0.2)):
            response = sent(command, values)
            assert response.status_code == 200, response.text
            assert (response.json()["duration"], response.json()["cost"]) == (seconds, cost)
        assert sent(styled, values).json()["cost"] == 0.2

        assert [one["job_id"] for one in sent(find, values).json()["data"]] == [values["JOB"]]
        assert sent(look, values).json()["job_id"] == values["JOB"]
        assert ended(f"{server}{PREFIX}/jobs/{values['JOB']}")["status"] == "succeeded"
        assert sent(stop, values).json()["status"] == "succeeded"
        assert sent(fetch, values).content[4:8] == b"ftyp"

        wrong = sent(held.replace('"duration": 2', '"duration": 61'), values)
        assert wrong.status_code == 400
        assert {**wrong.json()["error"], "request_id": refusal["error"]["request_id"]} == refusal["error"]
