"""Each path asked as the dialect's published description has it: its fields by name, and the fields of its reply."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from callsheet.studio.app import PREFIX, studio_app
from callsheet.studio.jobs import Studio
from callsheet.testing import flat_renderer, serving

KEY = {"Authorization": "Bearer k"}
LIMIT = 60.0
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
WORK = {
    "project_name": "A lamp",
    "video_specs": {"prompt": "a brass lamp", "duration": 3, "resolution": "480p", "fps": 30, "style": "commercial"},
    "audio_specs": {
        "include_ambient": True,
        "include_foley": True,
        "background_music": {"enabled": True, "mood": "energetic", "volume": -18},
        "voice_over": None,
    },
    "output_format": {"video_codec": "h264", "audio_codec": "aac", "bitrate": "10M", "separate_tracks": True},
    "post_production_ready": {"color_grade": "rec709", "export_edl": True, "timecode_start": "00:00:00:00"},
}


class Place:
    """A served studio; `clips` are addresses of two of its results, `image` of a picture that was uploaded."""

    def __init__(self, address: str) -> None:
        self.root = address + PREFIX
        self.client = httpx.Client(timeout=LIMIT, trust_env=False, headers=KEY)
        self.clips = [
            self.json("/generate", {"prompt": text, "duration": 1, "resolution": "480p"})["video_url"]
            for text in ("a cat", "a dog")
        ]
        self.image = self.client.post(f"{self.root}/uploads", content=PNG).json()["url"]

    def json(self, path: str, body: Any, *, status: int = 200) -> Any:
        """The reply, asked by the standard library alone, as a short script of a customer would."""
        headers = {**KEY, "Content-Type": "application/json"}
        request = urllib.request.Request(self.root + path, json.dumps(body).encode(), headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=LIMIT) as reply:  # noqa: S310 (an address on loopback)
                assert reply.status == status
                return json.load(reply)
        except urllib.error.HTTPError as error:
            said = json.load(error)
            assert error.code == status, said
            return said

    def form(self, path: str, fields: Any, files: Any) -> Any:
        response = self.client.post(self.root + path, data=fields, files=files)
        assert response.status_code == 200, response.text
        return response.json()

    def clip(self, url: str) -> None:
        answer = self.client.get(url)
        assert (answer.status_code, answer.headers["content-type"], answer.content[4:8]) == (200, "video/mp4", b"ftyp")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    studio = Studio(tmp_path_factory.mktemp("studio"), renderer=flat_renderer(4))
    with serving(studio_app(studio, serve=True)) as address:
        yield Place(address)


def edited(place: Place, path: str, body: Any) -> None:
    """One clip and what it cost."""
    reply = place.json(path, body)
    assert reply["cost"] > 0
    place.clip(reply["video_url"])


def test_text_to_video(place: Place) -> None:
    body = {"model": "sora-2", "prompt": "a cat in snow", "duration": 2, "resolution": "480p", "audio": True}
    reply = place.json("/generate", body | {"quality": "high"})
    assert (reply["duration"], reply["cost"]) == (2, 0.2)
    assert reply["audio_url"] is None  # the field is there though this renderer makes no sound
    place.clip(reply["video_url"])


def test_image_to_animation(place: Place) -> None:
    fields = {"animation_prompt": "it turns", "duration": 2, "preserve_style": True, "motion_intensity": "medium"}
    reply = place.form("/image-to-video", fields, {"image": ("input.jpg", PNG, "image/jpeg")})
    assert (reply["duration"], reply["cost"]) == (2, 1.2)
    place.clip(reply["video_url"])


@pytest.mark.parametrize("direction", ["before", "after"])
def test_extension(place: Place, direction: str) -> None:
    body = {"video_url": place.clips[0], "extension_prompt": "lights go on", "direction": direction}
    edited(place, "/extend-video", body | {"extension_duration": 2, "maintain_consistency": True})


@pytest.mark.parametrize(
    ("feature", "change"),
    [
        ("perspective_change", {"new_perspective": "aerial_view_60deg"}),
        ("scene_evolution", {"lighting": "night", "weather": "rainy", "season": "winter"}),
    ],
)
def test_re_edit(place: Place, feature: str, change: Any) -> None:
    body = {"video_url": place.clips[0], "edit_type": feature, "transition_style": "smooth", **change}
    edited(place, "/re-edit", body)


def test_style_transfer(place: Place) -> None:
    strengths = {"transfer_strength": 0.7, "preserve_motion": True, "temporal_consistency": 0.9}
    for style in (place.image, place.clips[1]):
        body = {"content_video_url": place.clips[0], "style_reference_url": style, **strengths}
        edited(place, "/style-transfer", body)


@pytest.mark.parametrize(
    "custom",
    [
        {"brush_texture": "thick", "color_palette": "warm_classical"},
        {"neon_intensity": "high", "rain_effect": True, "color_scheme": "blue_purple_pink"},
    ],
)
def test_styled_generation(place: Place, custom: Any) -> None:
    body = {"prompt": "a street", "style_preset": "cyberpunk", "style_strength": 0.8, "audio_match_style": True}
    edited(place, "/styled-generate", body | {"custom_style": custom})


@pytest.mark.parametrize("reference", ["upload", "data"])
def test_a_sequence_by_its_storyboard(place: Place, reference: str) -> None:
    shots = [
        {"shot_number": 1, "duration": 1, "prompt": "an office", "camera": "wide_shot"},
        {"shot_number": 2, "duration": 2, "prompt": "a designer", "camera": "close_up"},
    ]
    same = dict.fromkeys(("characters", "environment", "lighting", "color_grade"), True)
    picture = place.image if reference == "upload" else f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    body = {"shots": shots, "maintain_consistency": same, "transition_style": "cut", "reference_image": picture}
    reply = place.json("/sequence", body)
    assert [(shot["shot_number"], shot["duration"]) for shot in reply["shots"]] == [(1, 1), (2, 2)]
    assert sum(shot["cost"] for shot in reply["shots"]) == pytest.approx(reply["cost"])
    for shot in reply["shots"]:
        place.clip(shot["video_url"])


@pytest.mark.parametrize("picture", ["face.jpg", "http://elsewhere.example/face.jpg"])
def test_a_reference_that_nobody_sent_is_named(place: Place, picture: str) -> None:
    body = {"shots": [{"duration": 1, "prompt": "x"}], "reference_image": picture}
    assert place.json("/sequence", body, status=400)["error"]["param"] == "reference_image"


@pytest.mark.parametrize(
    "scenes",
    [
        ["she reads", "she walks"],  # as forms have lists: one part for each
        json.dumps([{"prompt": "she reads", "duration": 5}, "she walks"]),
        [json.dumps({"prompt": "she reads"}), "she walks"],
        # as a form library writes a list of dicts: each by `str`
        [str({"prompt": "she reads the gardener's book", "duration": 5}), str({"prompt": "她走路"})],
    ],
)
def test_a_character_through_scenes(place: Place, scenes: Any) -> None:
    fields = {"scenes": scenes, "character_consistency_weight": 0.9, "allow_costume_change": False}
    fields["resolution"] = "480p"
    reply = place.form("/character-sequence", fields, {"character_reference": ("reference.jpg", PNG, "image/jpeg")})
    assert [shot["duration"] for shot in reply["shots"]] == [5, 5]
    assert len({shot["video_url"] for shot in reply["shots"]}) == 2


def test_consistency_check(place: Place) -> None:
    items = ["character_appearance", "environment_match", "lighting_continuity", "color_consistency"]
    reply = place.json("/consistency-check", {"video_urls": place.clips, "check_items": items})
    assert 0 <= reply["consistency_score"] <= 1
    assert set(reply["inconsistent_shots"]) <= {1, 2}


def test_a_complete_work(place: Place) -> None:
    reply = place.json("/complete-production", WORK)
    assert {"video_url", "audio_tracks", "edl_url", "cost"} <= set(reply)
    place.clip(reply["video_url"])


def test_a_work_of_what_a_sequence_gave_back(place: Place) -> None:
    order = {"shots": [{"duration": 2, "prompt": "one"}, {"duration": 2, "prompt": "two"}], "resolution": "480p"}
    shots = place.json("/sequence", order)["shots"]
    place.clip(place.json("/complete-production", {**WORK, "video_clips": [*place.clips, *shots]})["video_url"])


def test_variants(place: Place) -> None:
    base = {"prompt": "a car in a town", "duration": 1, "resolution": "480p"}
    variations = [{"style": "modern", "color_tone": "cool"}, {"style": "tech", "color_tone": "neon"}]
    body = {"base_config": base, "variations": variations, "async": True, "callback_url": f"{place.root}/hook"}
    assert place.json("/batch-variants", body, status=202)["job_id"]


def test_a_batch_at_a_discount(place: Place) -> None:
    requests = [{"prompt": f"lamp {n}", "duration": 1, "resolution": "480p"} for n in range(2)]
    reply = place.json("/batch", {"requests": requests, "priority": "normal", "apply_discount": True}, status=202)
    assert reply["original_cost"] - reply["discounted_cost"] == pytest.approx(reply["saved_amount"])
    assert reply["saved_amount"] > 0


@pytest.mark.parametrize(
    ("seconds", "resolution", "cost"), [(30, "4k", 48), (30, "1080x1350", 18), (60, "1080x1920", 36)]
)
def test_more_than_one_generation(small: Place, seconds: int, resolution: str, cost: float) -> None:
    reply = small.json("/generate", {"prompt": "x", "duration": seconds, "resolution": resolution})
    assert (reply["duration"], reply["cost"]) == (seconds, cost)


def test_a_styled_clip_of_more_than_one_generation(small: Place) -> None:
    reply = small.json("/styled-generate", {"prompt": "x", "style_preset": "cyberpunk", "duration": 21})
    assert (reply["duration"], reply["cost"], reply["audio_url"]) == (21, 12.6, None)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A studio whose clips are nothing to look at, and that reads images of a folder by their names."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "pictures").mkdir()
    (folder / "pictures" / "face.png").write_bytes(PNG)
    (folder / "secret.png").write_bytes(PNG)
    (folder / "pictures" / "link.png").symlink_to(folder / "secret.png")
    (folder / "pictures" / "notes.txt").write_text("no image", encoding="utf-8")
    studio = Studio(folder / "studio", renderer=flat_renderer(16))
    with serving(studio_app(studio, serve=True, inputs=folder / "pictures")) as address:
        yield Place(address)


def test_a_reference_by_the_name_of_a_file_in_the_opened_folder(small: Place) -> None:
    body = {"shots": [{"duration": 1, "prompt": "x"}], "reference_image": "face.png"}
    assert len(small.json("/sequence", body)["shots"]) == 1


@pytest.mark.parametrize(
    "name",
    [
        "../secret.png", "..", ".", "...", "", "link.png", "notes.txt", "none.png", "pictures/face.png", "face.png/",
        "/etc/passwd", "C:face.png", "..\\secret.png", "f" * 200 + "ä" * 55, "a\nb.png",
    ],
)  # fmt: skip
def test_no_name_leads_out_of_the_folder(small: Place, name: str) -> None:
    body = {"shots": [{"duration": 1, "prompt": "x"}], "reference_image": name}
    assert small.json("/sequence", body, status=400)["error"]["param"] == "reference_image"


def test_without_a_folder_the_refusal_says_how_to_open_one(place: Place) -> None:
    body = {"shots": [{"duration": 1, "prompt": "x"}], "reference_image": "face.jpg"}
    assert "--inputs DIR" in place.json("/sequence", body, status=400)["error"]["message"]


def test_a_callback_to_a_strange_host_does_not_hinder_a_batch(place: Place) -> None:
    base = {"prompt": "a car in a town", "duration": 1, "resolution": "480p"}
    body = {"base_config": base, "variations": [{"style": "modern"}], "async": True}
    reply = place.json("/batch-variants", body | {"callback_url": "https://hooks.example.org/done"}, status=202)
    assert reply["callback"]["state"] == "not_allowed"


def test_a_work_of_clips_needs_no_words(place: Place) -> None:
    specs = {"prompt": None, "duration": 5, "resolution": "480p", "style": "cinematic"}
    body = {**WORK, "video_specs": specs, "video_clips": place.clips}
    assert place.json("/complete-production", body)["cost"] == 0.5
    fault = place.json("/complete-production", {**body, "video_clips": None}, status=400)["error"]
    assert fault["param"] == "video_specs.prompt"
