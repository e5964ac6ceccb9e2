"""The published workflows, from one reply to the next, by the `requests` library and with nothing changed but the host.

Where the description names a file of its reader, that file lies in the folder of `--inputs`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from callsheet.studio.app import PREFIX, studio_app
from callsheet.studio.jobs import Studio
from callsheet.testing import flat_renderer, serving
from tests.studio.films import film
from tests.studio.test_wire import PNG

requests: Any = importlib.import_module("requests")  # it has no types
LIMIT = 120.0
SAME = dict.fromkeys(("characters", "environment", "lighting", "color_grade"), True)


class Customer:
    """Who orders as the description does: JSON, or a form as `requests` writes it."""

    def __init__(self, host: str) -> None:
        self.host = host

    def post(self, path: str, body: Any = None, *, status: int = 200, **form: Any) -> Any:
        headers = {"Authorization": "Bearer your_key"}
        content = form if body is None else {"json": body}
        response = requests.post(self.host + PREFIX + path, headers=headers, timeout=LIMIT, **content)
        assert response.status_code == status, response.text
        return response.json()

    def clip(self, prompt: str, duration: int, resolution: str) -> str:
        body = {"model": "sora-2", "prompt": prompt, "duration": duration, "resolution": resolution, "audio": True}
        reply = self.post("/generate", {**body, "quality": "high"})
        assert {"video_url", "audio_url", "duration", "cost"} <= set(reply)
        return str(reply["video_url"])

    def animated(self, seconds: int) -> str:
        data = {"animation_prompt": "it turns", "duration": seconds, "preserve_style": True}
        files = {"image": ("input.jpg", PNG, "image/jpeg")}
        reply = self.post("/image-to-video", files=files, data={**data, "motion_intensity": "medium"})
        return str(reply["video_url"])

    def shots(self, *shots: dict[str, Any]) -> list[dict[str, Any]]:
        body = {"shots": list(shots), "maintain_consistency": SAME, "transition_style": "cut"}
        reply = self.post("/sequence", {**body, "reference_image": "character_ref.jpg"})
        return list(reply["shots"])

    def work(self, name: str, clips: list[Any], seconds: int, voice: dict[str, str]) -> Any:
        """A work of clips as it is ordered there, whose words are nothing beside its clips."""
        body = {
            "project_name": name,
            "video_clips": clips,
            "video_specs": {"duration": seconds, "resolution": "1080p", "fps": 30, "style": "cinematic"},
            "audio_specs": {
                "include_ambient": True,
                "include_foley": True,
                "background_music": {"enabled": True, "mood": "uplifting", "volume": -18},
                "voice_over": voice,
            },
            "output_format": {"video_codec": "h264", "audio_codec": "aac", "bitrate": "10M", "separate_tracks": True},
            "post_production_ready": {"color_grade": "rec709", "export_edl": True, "timecode_start": "00:00:00:00"},
        }
        return self.post("/complete-production", body)


@pytest.fixture(scope="module")
def customer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Customer]:
    """Of a studio that renders flat colours in small frames, and cuts, joins and checks nothing."""
    folder: Path = tmp_path_factory.mktemp("works")
    (folder / "open").mkdir()
    (folder / "open" / "character_ref.jpg").write_bytes(PNG)
    for name in ("original.mp4", "original_scene.mp4"):
        (folder / "open" / name).write_bytes(film(frames=60))
    (folder / "secret.mp4").write_bytes(film(frames=60))
    (folder / "open" / "link.mp4").symlink_to(folder / "secret.mp4")
    (folder / "open" / "text.mp4").write_text("no clip", encoding="utf-8")
    studio = Studio(folder / "studio", renderer=flat_renderer(20))
    with serving(studio_app(studio, serve=True, inputs=folder / "open")) as host:
        yield Customer(host)


def test_a_marketing_video(customer: Customer) -> None:
    clips: list[Any] = [customer.clip("a speaker, close-up", 5, "1080p"), *(customer.animated(3) for _ in range(3))]
    # Only prompt and seconds, as the description has it there.
    clips += customer.shots({"prompt": "by the sofa", "duration": 4}, {"prompt": "by the bed", "duration": 4})
    voice = {"text": "你的智能生活助手", "language": "zh-CN"}
    reply = customer.work("speaker_marketing", clips, 20, voice)
    assert (reply["duration"], reply["cost"]) == (20, 12)


def test_a_course(customer: Customer) -> None:
    teacher = {"prompt": "a teacher before a whiteboard", "duration": 8, "camera": "medium_shot"}
    clips: list[Any] = customer.shots(teacher, {"prompt": "the teacher", "duration": 4, "camera": "close_up"})
    clips += [customer.clip(f"concept {number}, drawn clearly", 6, "720p") for number in range(2)]
    voice = {"text": "今天我们讲光合作用。", "language": "zh-CN", "voice": "teacher_female"}
    assert customer.work("a course", clips, 600, voice)["duration"] == 600


@pytest.mark.parametrize(
    ("seconds", "resolution"), [(15, "1080x1920"), (30, "1080x1350"), (60, "1080x1920"), (60, "1080x1080")]
)
def test_a_content_matrix(customer: Customer, seconds: int, resolution: str) -> None:
    assert customer.clip("a campaign", seconds, resolution)


def test_a_check_and_what_is_shot_again(customer: Customer) -> None:
    shots = customer.shots({"prompt": "an office", "duration": 1}, {"prompt": "a designer", "duration": 1})
    items = ["character_appearance", "environment_match", "lighting_continuity", "color_consistency"]
    urls = [shot["video_url"] for shot in shots]
    found = customer.post("/consistency-check", {"video_urls": urls, "check_items": items})
    assert (found["consistency_score"] < 0.85) == bool(found["inconsistent_shots"])
    assert found["inconsistent_shots"]  # two colours that have nothing in common


def test_a_character_through_scenes(customer: Customer) -> None:
    data = {"character_consistency_weight": 0.9, "allow_costume_change": False}
    for scenes in (["she reads", "she walks"], [{"prompt": "she reads"}, {"prompt": "she walks"}]):
        files = {"character_reference": ("reference.jpg", PNG, "image/jpeg")}
        reply = customer.post("/character-sequence", files=files, data={"scenes": scenes, **data})
        assert [shot["shot_number"] for shot in reply["shots"]] == [1, 2]


@pytest.mark.parametrize("named", ["original.mp4", "HOST/original.mp4"])
def test_a_clip_by_the_name_of_a_file(customer: Customer, named: str) -> None:
    url = named.replace("HOST", customer.host)
    body = {"video_url": url, "extension_prompt": "lights go on", "direction": "after", "extension_duration": 5}
    assert customer.post("/extend-video", {**body, "maintain_consistency": True})["duration"] == 7


def test_every_field_of_a_clip_takes_a_name(customer: Customer) -> None:
    name, other = "original_scene.mp4", "character_ref.jpg"
    view = {"edit_type": "perspective_change", "new_perspective": "aerial_view_60deg", "transition_style": "smooth"}
    assert customer.post("/re-edit", {"video_url": name, **view})["video_url"]
    rain = {"edit_type": "scene_evolution", "weather": "rainy"}
    assert customer.post("/re-edit", {"video_url": name, **rain})["video_url"]
    assert customer.post("/style-transfer", {"content_video_url": name, "style_reference_url": other})["video_url"]
    pair = {"video_urls": [name, "original.mp4"], "check_items": ["color_consistency"]}
    assert customer.post("/consistency-check", pair)["consistency_score"] == 1  # one film by two names
    assert customer.work("two", [name, name], 3, {"text": "Hello.", "language": "en-US"})["duration"] == 3


@pytest.mark.parametrize("name", ["../secret.mp4", "secret.mp4", "link.mp4", "text.mp4", "none.mp4", "HOST/a/b.mp4"])
def test_no_other_file_is_a_clip(customer: Customer, name: str) -> None:
    url = name.replace("HOST", customer.host)
    fault = customer.post("/extend-video", {"video_url": url, "extension_prompt": "x"}, status=400)["error"]
    assert fault["param"] == "video_url"
    pair = {"video_urls": ["original.mp4", url], "check_items": ["color_consistency"]}
    fault = customer.post("/consistency-check", pair, status=400)["error"]
    assert fault["param"] == "video_urls[1]"
