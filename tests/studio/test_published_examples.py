"""Every published example of the dialect, asked as it is printed but for the host, and what comes of each.

Nothing is prepared: the files that an example names to the service are the studio's samples, and those that the program
opens itself are given. A work's own sound and edit list are looked at in test_production.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from callsheet.studio.app import studio_app
from callsheet.studio.characters import part_of
from callsheet.studio.jobs import Studio
from callsheet.studio.rendering import read_picture
from callsheet.studio.samples import samples
from callsheet.testing import flat_renderer, serving
from tests.studio.test_published_works import SAME, Customer
from tests.studio.test_wire import PNG

LINE = {"text": "New smartwatch", "language": "en-US", "voice": "professional_male"}
LOOKS = [
    {"style": "modern", "color_tone": "cool"},
    {"style": "vintage", "color_tone": "warm"},
    {"style": "minimalist", "color_tone": "neutral"},
    {"style": "luxury", "color_tone": "gold"},
    {"style": "tech", "color_tone": "neon"},
]
CHARACTER = [{"prompt": "she reads"}, {"prompt": "she walks"}]


def generated(prompt: str, duration: int, resolution: str) -> dict[str, Any]:
    return {"model": "sora-2", "prompt": prompt, "duration": duration, "resolution": resolution, "audio": True,
            "quality": "high"}  # fmt: skip


def shot(number: int, seconds: int, camera: str, prompt: str) -> dict[str, Any]:
    return {"shot_number": number, "duration": seconds, "prompt": prompt, "camera": camera}


OFFICE = [
    shot(1, 3, "wide_shot", "Wide shot: a modern office in sunlight"),
    shot(2, 4, "medium_shot", "Medium shot: a young designer at a laptop"),
    shot(3, 3, "close_up", "Close-up: design software on a screen"),
    shot(4, 4, "medium_shot", "Medium shot: the designer smiles and closes the laptop"),
]
EXAMPLES: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("text to video", "/generate", generated("An orange cat in snow", 8, "720p"), {"duration": 8, "cost": 1.92}),
    ("extension", "/extend-video",
     {"video_url": "https://storage.example.com/original.mp4", "extension_prompt": "the lights of a city go on",
      "direction": "after", "extension_duration": 5, "maintain_consistency": True}, {"duration": 9}),
    ("perspective", "/re-edit",
     {"video_url": "original_scene.mp4", "edit_type": "perspective_change",
      "new_perspective": "aerial_view_60deg", "transition_style": "smooth"}, {"duration": 4}),
    ("sequence", "/sequence",
     {"shots": OFFICE, "maintain_consistency": SAME, "transition_style": "cut",
      "reference_image": "character_ref.jpg"}, {"shots": 4}),
    ("oil painting", "/styled-generate",
     {"prompt": "A bottle of red wine", "style_preset": "oil_painting", "style_strength": 0.8,
      "audio_match_style": True, "custom_style": {"brush_texture": "thick", "color_palette": "warm_classical"}}, {}),
    ("cyberpunk", "/styled-generate",
     {"prompt": "Streets of a city to come", "style_preset": "cyberpunk", "style_strength": 0.8,
      "audio_match_style": True,
      "custom_style": {"neon_intensity": "high", "rain_effect": True, "color_scheme": "blue_purple_pink"}}, {}),
    ("style transfer", "/style-transfer",
     {"content_video_url": "original.mp4", "style_reference_url": "character_ref.jpg", "transfer_strength": 0.7,
      "preserve_motion": True, "temporal_consistency": 0.9}, {"duration": 4}),
    *((f"matrix, {resolution}", "/generate", generated("a campaign", seconds, resolution), {"duration": seconds})
      for seconds, resolution in ((15, "1080x1920"), (30, "1080x1350"), (60, "1080x1080"))),
    *((f"tier of {resolution}", "/generate", generated("a lamp", seconds, resolution), {"cost": cost})
      for resolution, seconds, cost in (("480p", 5, 0.5), ("720p", 10, 2.4), ("1080p", 15, 9), ("4k", 30, 48))),
    ("variants", "/batch-variants",
     {"base_config": {"prompt": "a car in a city", "duration": 15, "resolution": "1080p"}, "variations": LOOKS,
      "async": True, "callback_url": "https://your-domain.com/webhook"}, {"job_id": None}),
    ("batch", "/batch",
     {"requests": [generated("a lamp", 5, "480p")] * 2, "priority": "normal", "apply_discount": True},
     {"original_cost": 1, "discounted_cost": 0.8, "saved_amount": 0.2}),
]  # fmt: skip
"""Name, path, what is sent, and what the reply says; None for any value, a number for so many in a list."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("examples")


@pytest.fixture(scope="module")
def customer(home: Path) -> Iterator[Customer]:
    studio = Studio(home, renderer=flat_renderer(20))
    with serving(studio_app(studio, serve=True, samples=True)) as host:
        yield Customer(host)


@pytest.mark.parametrize(("path", "body", "expected"), [row[1:] for row in EXAMPLES], ids=[row[0] for row in EXAMPLES])
def test_an_example(customer: Customer, path: str, body: dict[str, Any], expected: dict[str, Any]) -> None:
    reply = customer.post(path, body, status=202 if "job_id" in expected or path == "/batch" else 200)
    if not {"shots", "job_id"} & set(reply):
        assert reply["video_url"]
    for field, value in expected.items():
        found = len(reply[field]) if isinstance(reply[field], list) else reply[field]
        assert value is None or found == value, field


def test_those_that_send_a_file_of_their_own(customer: Customer) -> None:
    assert customer.animated(6)
    files = {"character_reference": ("reference.jpg", PNG, "image/jpeg")}
    data = {"scenes": json.dumps(CHARACTER), "character_consistency_weight": 0.9, "allow_costume_change": False}
    assert len(customer.post("/character-sequence", files=files, data=data)["shots"]) == 2


def test_the_sample_of_a_character_can_play(customer: Customer, home: Path) -> None:
    body = {"shots": OFFICE[1:2], "reference_image": "character_ref.jpg"}
    assert len(customer.post("/sequence", body)["shots"]) == 1
    cut, person = part_of(read_picture(home / "samples" / "character_ref.jpg"))
    assert person
    rows, columns = cut.shape[:2]
    between_the_legs = cut[rows * 3 // 4, columns // 2 - 3 : columns // 2 + 3, 3]
    assert between_the_legs.max() < 128


def test_a_check_of_what_was_made(customer: Customer) -> None:
    items = ["character_appearance", "environment_match", "lighting_continuity", "color_consistency"]
    urls = [one["video_url"] for one in customer.shots(*OFFICE[:2])]
    found = customer.post("/consistency-check", {"video_urls": urls, "check_items": items})
    assert {"consistency_score", "inconsistent_shots"} <= set(found)


def test_a_finished_work(customer: Customer) -> None:
    specs = {"prompt": "a smartwatch", "duration": 30, "resolution": "1080p", "fps": 30, "style": "commercial"}
    body = {"project_name": "watch", "video_specs": specs, "audio_specs": {"voice_over": LINE}}
    assert customer.post("/complete-production", body)["duration"] == 30


def test_only_what_is_named_is_rendered_and_once(customer: Customer, home: Path) -> None:
    body = {"video_url": "original.mp4", "extension_prompt": "x", "extension_duration": 1}
    assert customer.post("/extend-video", body)["duration"] == 5
    before = {path.name: path.stat().st_mtime_ns for path in (home / "samples").iterdir()}
    assert set(before) <= set(samples())
    assert customer.post("/extend-video", {**body, "extension_duration": 2})["duration"] == 6
    assert {path.name: path.stat().st_mtime_ns for path in (home / "samples").iterdir()} == before
    for name in ("none.mp4", "https://example.com/none.mp4", "https://other.org/original.mp4", "../original.mp4"):
        fault = customer.post("/extend-video", {**body, "video_url": name}, status=400)["error"]
        assert fault["param"] == "video_url", name
