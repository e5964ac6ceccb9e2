"""Complete productions of the studio, rendered for real at a small size."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from callsheet.media.probe import probe
from callsheet.studio.app import studio_app
from callsheet.studio.effects.reading import open_clip, read
from callsheet.studio.effects.seam import FROZEN, differences
from callsheet.studio.jobs import Studio
from callsheet.timeline import timecode_to_frames
from tests.studio.films import film
from tests.studio.test_wire import PNG

KEY = {"Authorization": "Bearer any"}
SIZE = "320x180"
SPECS = {"prompt": "Premium smartwatch on a pedestal, studio light", "duration": 10, "resolution": SIZE}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(studio_app(Studio(tmp_path), serve=True), base_url="http://studio.local") as client:
        yield client


def order(client: TestClient, path: str, body: Any) -> Any:
    return client.post(f"/v1/sora{path}", json=body, headers=KEY)


def fetched(client: TestClient, url: str, path: Path) -> Path:
    path.write_bytes(client.get(url).content)
    return path


def test_a_work_from_a_prompt_has_shots_voice_music_and_an_edit_list(client: TestClient, tmp_path: Path) -> None:
    voice = {"text": "Redefining healthy living.", "language": "en-US", "voice": "professional_male"}
    music = {"enabled": True, "mood": "energetic", "volume": -18}
    body = {"project_name": "watch", "video_specs": SPECS}
    response = order(
        client, "/complete-production", {**body, "audio_specs": {"voice_over": voice, "background_music": music}}
    )
    assert response.status_code == 200, response.text
    result = response.json()
    found = probe(fetched(client, result["video_url"], tmp_path / "work.mp4"))
    assert (found.frames, found.width, found.height) == (300, 320, 180)
    assert set(result["audio_tracks"]) == {"voice", "music", "ambient", "foley"}
    edl = fetched(client, result["edl_url"], tmp_path / "cut.edl").read_text()
    assert edl.count("FROM CLIP NAME") == 2
    assert timecode_to_frames("00:00:10:00", 30) == 300
    assert "00:00:10:00" in edl
    captions = fetched(client, result["subtitle_urls"]["srt"], tmp_path / "c.srt").read_text()
    assert "Redefining healthy living." in captions
    assert result["cost"] == 1.0


def test_clips_of_the_studio_are_joined(client: TestClient, tmp_path: Path) -> None:
    shots = [{"prompt": "a red car", "duration": 2}, {"prompt": "a forest", "duration": 2}]
    clips = [
        shot["video_url"] for shot in order(client, "/sequence", {"shots": shots, "resolution": SIZE}).json()["shots"]
    ]
    specs = {**SPECS, "duration": 3}
    formats = {"separate_tracks": False}
    body = {"project_name": "two", "video_clips": clips, "video_specs": specs, "output_format": formats}
    result = order(client, "/complete-production", body).json()
    assert probe(fetched(client, result["video_url"], tmp_path / "work.mp4")).frames == 90
    assert result["audio_tracks"] == {}


def test_too_few_seconds_of_clips_are_shown_again_and_no_frame_stands_still(client: TestClient, tmp_path: Path) -> None:
    made = order(client, "/generate", {"prompt": "a sailing boat at sea", "duration": 2, "resolution": SIZE}).json()
    clip = client.get(made["video_url"]).content
    upload = client.post("/v1/sora/uploads", content=clip, headers=KEY).json()["url"]
    before = made["cost"]
    body = {"project_name": "sea", "video_clips": [{"shot_number": 1, "video_url": made["video_url"]}, upload]}
    specs = {"prompt": None, "duration": 9, "resolution": SIZE}
    response = order(client, "/complete-production", {**body, "video_specs": specs})
    assert response.status_code == 200, response.text
    result = response.json()
    path = fetched(client, result["video_url"], tmp_path / "work.mp4")
    assert probe(path).frames == 270
    steps, _ = differences(frame for frame in read(open_clip(path)))
    assert min(steps) > FROZEN
    assert max(steps) < 6 * sorted(steps)[len(steps) // 2]  # nothing starts anew with a jump
    assert (before, result["cost"]) == (0.2, 0.9)  # the seconds of the work, and not those of its clips again
    edl = fetched(client, result["edl_url"], tmp_path / "cut.edl").read_text()
    assert edl.count("FROM CLIP NAME") >= 5


def test_clips_that_make_no_work_are_refused_before_the_order(client: TestClient) -> None:
    def refused(clips: Any, duration: int = 4) -> tuple[int, str]:
        specs = {**SPECS, "duration": duration}
        response = order(
            client, "/complete-production", {"project_name": "x", "video_clips": clips, "video_specs": specs}
        )
        return response.status_code, response.json()["error"]["param"]

    def upload(data: bytes) -> str:
        return str(client.post("/v1/sora/uploads", content=data, headers=KEY).json()["url"])

    own = order(client, "/generate", {"prompt": "a cat", "duration": 1, "resolution": SIZE}).json()
    blink = upload(film(frames=12))
    assert refused([own["video_url"], blink]) == (400, "video_clips")
    assert refused([own["video_url"]] * 12) == (400, "video_clips")
    assert refused([own["video_url"]], 600) == (400, "video_clips")
    assert refused([own["video_url"]], 601) == (400, "video_specs.duration")
    assert refused([own["video_url"], own["video_url"].replace("signature=", "signature=0")]) == (400, "video_clips[1]")
    assert refused([upload(PNG)]) == (400, "video_clips[0]")
    assert refused([own["audio_url"]]) == (400, "video_clips[0]")
    assert refused(["https://example.com/video.mp4"]) == (400, "video_clips[0]")
    assert refused([{"shot_number": 1}]) == (400, "video_clips[0]")
    assert client.get("/v1/sora/jobs?created_after=0", headers=KEY).json()["data"][1:] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"video_clips": ["https://elsewhere.example/a.mp4"]}, "video_clips[0]"),
        ({"audio_specs": {"include_ambient": False}}, "audio_specs.include_ambient"),
        ({"audio_specs": {"background_music": {"mood": "angry"}}}, "audio_specs.background_music.mood"),
        ({"audio_specs": {"voice_over": {"text": "x", "language": "fr-FR"}}}, "audio_specs.voice_over.language"),
        (
            {"audio_specs": {"voice_over": {"text": "x", "language": "en-US", "voice": "y"}}},
            "audio_specs.voice_over.voice",
        ),
        ({"output_format": {"bitrate": "50M"}}, "output_format.bitrate"),
        ({"audio_specs": {"voice_over": {"text": "…!", "language": "en-US"}}}, "audio_specs.voice_over.text"),
        ({"audio_specs": {"voice_over": {"text": "很长" * 99, "language": "zh-CN"}}}, "audio_specs.voice_over.text"),
    ],
)
def test_what_the_studio_can_not_do_is_said_at_the_order(client: TestClient, change: Any, field: str) -> None:
    response = order(client, "/complete-production", {"project_name": "x", "video_specs": SPECS, **change})
    assert (response.status_code, response.json()["error"]["param"]) == (400, field)


def test_a_reference_elsewhere_is_not_fetched(client: TestClient) -> None:
    shots = [{"prompt": "x", "duration": 1}]
    response = order(client, "/sequence", {"shots": shots, "reference_image": "https://elsewhere.example/a.jpg"})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "reference_image")
    assert urllib.parse.urlsplit("https://elsewhere.example/a.jpg").netloc in response.json()["error"]["message"]
