"""Productions started from a program: on a real server, with one that does not answer, with runs that end badly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from callsheet.errors import BriefError, CallsheetError, NotApproved, SettingsError, Unavailable
from callsheet.testing import serving
from deployments import client
from flows.marketing_video import marketing_video
from tests.flows.asking import step

LAMP: dict[str, Any] = {
    "name": "Lamp",
    "description": "a brass lamp",
    "slogan": "Light.",
    "language": "en-US",
    "tier": "prototype",
    "duration": 8,
}
NAME = "marketing-video/client"


@pytest.fixture
async def here(prefect_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings of caller and worker, and a deployment that nobody's worker takes."""
    monkeypatch.setenv("CALLSHEET_HOME", str(tmp_path / "home"))
    async with get_client() as server:
        flow_id = await server.create_flow_from_name(marketing_video.name)
        entrypoint = "flows.marketing_video.marketing_video"
        await server.create_deployment(flow_id=flow_id, name="client", entrypoint=entrypoint, pull_steps=[])
    return tmp_path


async def test_a_callers_images_are_put_into_the_bucket_and_found_by_the_run(here: Path) -> None:
    image = here / "front.png"
    Image.new("RGB", (640, 640), "red").save(image)
    brief = {**LAMP, "product_images": [str(image)]}
    run = await client.submit(brief, deployment=NAME, dry_run=True)
    (stored,) = (here / "home" / "bucket" / "clips").rglob("*.png")
    assert stored.read_bytes() == image.read_bytes()
    async with get_client() as server:
        given = (await server.read_flow_run(run.id)).parameters["brief"]["product_images"]
    assert given == [f"clips/{stored.name[:2]}/{stored.name}"]
    image.rename(here / "another-name.png")
    again = await client.submit(
        {**LAMP, "product_images": [str(here / "another-name.png")]}, deployment=NAME, dry_run=True
    )
    assert again.id == run.id, "the same content is the same commission"
    assert await client.result(run) is None
    state = await step(marketing_video, run.id)
    assert state.is_completed(), state.message
    with pytest.raises(BriefError, match=r"brand: .* has to be in the bucket"):
        (here / "brand.yaml").write_text(json.dumps({"name": "Acme"}))
        await client.submit({**LAMP, "brand": str(here / "brand.yaml")}, deployment=NAME)


async def test_a_run_that_ended_badly_raises_its_own_error(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = {**LAMP, "product_images": ["nowhere.png"]}
    run = await client.submit(missing, deployment=NAME, files_are_here=False)
    await step(marketing_video, run.id)
    with pytest.raises(BriefError, match=r"product_images\[0\]: nowhere.png is not allowed; there is no such key"):
        await client.wait(run, 10)
    monkeypatch.setenv("CALLSHEET_PROVIDER", "sora")
    monkeypatch.setenv("CALLSHEET_PROVIDER_URL", "http://127.0.0.1:1/v1/sora")
    run = await client.submit(LAMP, deployment=NAME, wait_for_approval_hours=0)
    await step(marketing_video, run.id)
    with pytest.raises(CallsheetError) as caught:
        await client.result(run)
    assert isinstance(caught.value, NotApproved), caught.value


async def test_cancelling_is_taken_once_and_a_wait_has_an_end(here: Path) -> None:
    run = await client.submit({**LAMP, "name": "Cancelled"}, deployment=NAME)
    with pytest.raises(TimeoutError, match=f"the run {run.id} is Scheduled after 0.1 s, and goes on"):
        await client.wait(run, 0.1)
    assert await client.cancel(run) is True
    assert await client.cancel(run) is False
    with pytest.raises(CallsheetError, match="the run is Cancelled"):
        await client.wait(run, 5)
    with pytest.raises(SettingsError, match="there is no deployment marketing-video/none at "):
        await client.submit(LAMP, deployment="marketing-video/none")


@pytest.fixture
def refusing() -> Iterator[str]:
    """A server that answers 503 to everything."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 503, "headers": []})
        await send({"type": "http.response.body", "body": b"busy"})

    with serving(app) as url:
        yield f"{url}/api"


async def test_a_server_that_does_not_answer_is_said_in_one_line(here: Path, refusing: str) -> None:
    run = await client.submit({**LAMP, "name": "Away"}, deployment=NAME)
    for address, said in ((refusing, "503"), ("http://127.0.0.1:1/api", "does not answer")):
        with temporary_settings({PREFECT_API_URL: address, PREFECT_CLIENT_MAX_RETRIES: 0}):
            with pytest.raises(Unavailable, match=said) as caught:
                await client.cancel(run)
            assert "\n" not in caught.value.message and caught.value.retryable
