"""Addresses that an order may name: uploads, own results, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from callsheet.media.ffmpeg import encode_frames
from callsheet.studio import uploads
from callsheet.studio.inputs import PLACE
from tests.studio.test_wire import KEY, ORDER, PNG, Site, error

EXTEND = {"extension_prompt": "on", "extension_duration": 3}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    with made.client:
        yield made


def video(tmp_path: Path, width: int = 128, height: int = 96, frames: int = 75) -> bytes:
    import numpy as np

    path = tmp_path / "made.mp4"
    pictures = (np.full((height, width, 3), n, np.uint8) for n in range(frames))
    size = {"width": width, "height": height, "fps": 30}
    encode_frames(pictures, **size, out=path, audio=None, crf=30, preset="ultrafast", timeout=60)
    return path.read_bytes()


def put(site: Site, data: bytes, headers: Any = None) -> Any:
    return site.client.post("/v1/sora/uploads", content=data, headers=headers or KEY)


def test_an_upload_is_named_by_its_content_and_billed_by_its_length(site: Site, tmp_path: Path) -> None:
    data = video(tmp_path)
    first = put(site, data)
    assert first.status_code == 200
    assert first.json()["bytes"] == len(data)
    assert first.json()["url"].endswith(f"/v1/sora/uploads/{first.json()['sha256']}.mp4")
    assert put(site, data).json() == first.json()
    assert len(list((site.studio.home / "inputs").iterdir())) == 1
    assert site.studio.books.charges() == []
    result = site.post("/extend-video", {"video_url": first.json()["url"], **EXTEND}).json()
    assert result["cost"] == pytest.approx(0.6)  # 2.5 s are 3 begun ones, and 3 more
    edit = {"video_url": first.json()["url"], "edit_type": "scene_evolution", "weather": "rainy"}
    assert site.post("/re-edit", edit).json()["cost"] == pytest.approx(0.6)
    assert site.studio.books.charged() == Decimal("1.20")


def test_the_same_clip_by_its_address_or_as_an_upload_is_the_same_order(site: Site) -> None:
    clip = site.post("/generate", ORDER).json()["video_url"]
    uploaded = put(site, site.client.get(clip).content).json()["url"]
    headers = {**KEY, "Idempotency-Key": "e"}
    first = site.post("/extend-video", {"video_url": clip, **EXTEND}, headers)
    assert first.status_code == 200
    again = site.post("/extend-video", {"video_url": uploaded, **EXTEND}, headers)
    assert again.json()["job_id"] == first.json()["job_id"]
    job = site.studio.books.get(first.json()["job_id"])
    assert job is not None
    assert job.request["video_url"] == f"{PLACE}/{uploaded.rpartition('/')[2]}"
    origin = next((site.studio.home / "inputs").glob("*.origin.json"))
    assert '"prompt": "a cat"' in origin.read_text()


def test_an_expired_address_is_refused_unless_the_order_is_known(tmp_path: Path) -> None:
    made = Site(tmp_path)
    with made.client:
        clip = made.post("/generate", ORDER).json()["job_id"]
        fresh = made.get(f"/jobs/{clip}").json()["result"]["video_url"]
        headers = {**KEY, "Idempotency-Key": "e"}
        order = {"video_url": fresh, **EXTEND}
        first = made.post("/extend-video", order, headers).json()
        made.studio.link_seconds = -10
        order["video_url"] = made.get(f"/jobs/{clip}").json()["result"]["video_url"]
        assert error(made.post("/extend-video", order)) == (400, "invalid_field", "video_url")
        assert made.post("/extend-video", order, headers).json()["job_id"] == first["job_id"]


def test_any_other_address_is_refused(site: Site) -> None:
    clip = site.post("/generate", ORDER).json()["video_url"]
    for url in (
        "http://elsewhere.example/clip.mp4",
        clip.replace("signature=", "signature=0"),
        clip.partition("?")[0],
        clip.replace("video.mp4", "..%2Fbooks.sqlite"),
        f"http://studio.local/v1/sora/uploads/{'0' * 64}.mp4",
        "http://studio.local/v1/sora/uploads/../books.sqlite",
    ):
        assert error(site.post("/extend-video", {"video_url": url, **EXTEND})) == (400, "invalid_field", "video_url"), (
            url
        )
    image = put(site, PNG).json()["url"]
    assert error(site.post("/extend-video", {"video_url": image, **EXTEND})) == (400, "invalid_field", "video_url")
    style = {"content_video_url": clip, "style_reference_url": "http://elsewhere.example/a.png"}
    assert error(site.post("/style-transfer", style)) == (400, "invalid_field", "style_reference_url")


def test_what_is_no_clip_or_too_large(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert error(put(site, b"text"))[:2] == (400, "invalid_field")
    assert error(put(site, b""))[:2] == (400, "invalid_field")
    small = put(site, video(tmp_path, 24, 48, 3)).json()["url"]
    assert error(site.post("/extend-video", {"video_url": small, **EXTEND})) == (400, "invalid_field", "video_url")
    monkeypatch.setattr(uploads, "LARGEST_VIDEO", 1000)
    assert error(put(site, video(tmp_path)))[:2] == (413, "too_large")
    assert not list((site.studio.home / "inputs").glob(".upload*"))


def test_an_upload_needs_the_key(tmp_path: Path) -> None:
    made = Site(tmp_path, key=SecretStr("right"))
    with made.client:
        assert error(put(made, PNG, {"Authorization": "Bearer wrong"}))[:2] == (401, "invalid_key")
        assert put(made, PNG, {"Authorization": "Bearer right"}).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("/styled-generate", {"prompt": "x", "style_preset": "clean", "custom_style": {"foo": 1}}, "custom_style.foo"),
        (
            "/re-edit",
            {"video_url": "http://x/y", "edit_type": "perspective_change", "new_perspective": "mars"},
            "new_perspective",
        ),
    ],
)
def test_what_the_studio_does_not_know_is_named(site: Site, path: str, body: Any, param: str) -> None:
    assert error(site.post(path, body)) == (400, "invalid_field", param)
