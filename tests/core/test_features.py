from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from callsheet.features import FEATURES, REQUEST, Sequence, TextToVideo
from callsheet.validation import faults_of

IMAGE = {"sha256": "ab" * 32, "media_type": "image/jpeg", "bytes": 1000}
URL = "https://example.com/a.mp4"
VALID: dict[str, dict[str, Any]] = {
    "text_to_video": {"prompt": "a cat", "duration": 8, "resolution": "720p"},
    "image_to_video": {"image": IMAGE, "animation_prompt": "turns"},
    "extension": {"video_url": URL, "extension_prompt": "pulls back"},
    "perspective_change": {"video_url": URL, "new_perspective": "aerial_view_60deg"},
    "scene_evolution": {"video_url": URL, "lighting": "night"},
    "sequence": {"shots": [{"prompt": "one", "duration": 4}, {"prompt": "two", "duration": 4}]},
    "character_sequence": {"character_reference": IMAGE, "scenes": ["walks", "sits"]},
    "consistency_check": {"video_urls": [URL, URL], "check_items": ["color_consistency"]},
    "styled_generate": {"prompt": "wine", "style_preset": "oil_painting", "custom_style": {"brush_texture": "thick"}},
    "style_transfer": {"content_video_url": URL, "style_reference_url": URL},
    "complete_production": {"project_name": "watch", "video_specs": {"prompt": "a watch", "duration": 30}},
    "variants_batch": {"base_config": {"prompt": "car", "duration": 15}, "variations": [{"style": "modern"}]},
    "discounted_batch": {"requests": [{"prompt": "a cat", "duration": 5, "resolution": "480p"}]},
}


def test_there_are_thirteen_features() -> None:
    assert set(FEATURES) == set(VALID)
    assert len(FEATURES) == 13


@pytest.mark.parametrize("feature", VALID)
def test_the_smallest_request_is_taken_and_survives_json(feature: str) -> None:
    request = REQUEST.validate_python({"feature": feature, **VALID[feature]})
    assert isinstance(request, FEATURES[feature])
    assert REQUEST.validate_json(request.model_dump_json(by_alias=True)) == request
    assert "feature" not in request.wire()
    assert request.path.startswith("/")


BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("text_to_video", {"duration": 21}, "duration", "at most 20"),
    ("text_to_video", {"duration": 0}, "duration", "at least 1"),
    ("text_to_video", {"duration": "soon"}, "duration", "whole number"),
    ("text_to_video", {"prompt": "  "}, "prompt", "must not be empty"),
    ("text_to_video", {"resolution": "8K"}, "resolution", "480p, 720p, 1080p, 4K"),
    ("text_to_video", {"quality": "best"}, "quality", "'standard' or 'high'"),
    ("text_to_video", {"style": "rococo"}, "style", "photorealistic"),
    ("text_to_video", {"audio": "loud"}, "audio", "true or false"),
    ("text_to_video", {"promt": "x"}, "promt", "spelling"),
    ("image_to_video", {"image": {**IMAGE, "media_type": "image/gif"}}, "image.media_type", "'image/jpeg'"),
    ("image_to_video", {"image": {**IMAGE, "bytes": 10**9}}, "image.bytes", "at most 20971520"),
    ("image_to_video", {"motion_intensity": "wild"}, "motion_intensity", "'low', 'medium' or 'high'"),
    ("extension", {"direction": "up"}, "direction", "'before' or 'after'"),
    ("extension", {"video_url": "ftp://x/y"}, "video_url", "http or https"),
    ("perspective_change", {"new_perspective": "From Above!"}, "new_perspective", "pattern"),
    ("perspective_change", {"transition_style": "spin"}, "transition_style", "'smooth', 'cut' or 'fade'"),
    ("scene_evolution", {"lighting": "blinding"}, "lighting", "'dawn'"),
    ("scene_evolution", {"lighting": None}, "(the whole)", "one of lighting, weather and season"),
    ("sequence", {"shots": []}, "shots", "at least 1 entries"),
    ("sequence", {"shots": [{"prompt": "x", "duration": 30}]}, "shots[0].duration", "at most 20"),
    ("sequence", {"transition_style": "wipe"}, "transition_style", "'cut', 'fade' or 'dissolve'"),
    ("character_sequence", {"character_consistency_weight": 1.1}, "character_consistency_weight", "at most 1"),
    ("consistency_check", {"video_urls": [URL]}, "video_urls", "at least 2 entries"),
    ("consistency_check", {"check_items": ["mood"]}, "check_items[0]", "'character_appearance'"),
    ("styled_generate", {"style_strength": -0.1}, "style_strength", "at least 0"),
    ("style_transfer", {"temporal_consistency": 2}, "temporal_consistency", "at most 1"),
    ("complete_production", {"output_format": {"bitrate": "fast"}}, "output_format.bitrate", "pattern"),
    (
        "complete_production",
        {"audio_specs": {"background_music": {"volume": 3}}},
        "audio_specs.background_music.volume",
        "at most 0",
    ),
    ("variants_batch", {"variations": []}, "variations", "at least 1 entries"),
    ("discounted_batch", {"priority": "urgent"}, "priority", "'normal' or 'high'"),
]


@pytest.mark.parametrize(("feature", "change", "field", "allowed"), BAD)
def test_a_bad_field_is_one_line_with_field_value_and_what_is_allowed(
    feature: str, change: dict[str, Any], field: str, allowed: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        FEATURES[feature].model_validate({**VALID[feature], **change})
    faults = faults_of(caught.value)
    assert [fault.field for fault in faults] == [field]
    assert allowed in faults[0].allowed
    assert "\n" not in str(faults[0])


def test_every_fault_is_said_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        TextToVideo.model_validate({"prompt": "", "duration": 99, "resolution": "x"})
    assert [fault.field for fault in faults_of(caught.value)] == ["prompt", "duration", "resolution"]


def test_a_long_prompt_is_advice_and_no_fault() -> None:
    request = TextToVideo(prompt="x" * 501, duration=5, resolution="480p")
    assert request.advice() == ["prompt: 501 characters; at most 500 are advised"]
    assert TextToVideo(prompt="x" * 500, duration=5, resolution="480p").advice() == []


def test_shots_without_numbers_are_counted() -> None:
    request = Sequence.model_validate(VALID["sequence"])
    assert [shot.shot_number for shot in request.shots] == [1, 2]


def test_a_shot_number_stands_once() -> None:
    shots = [{"prompt": "a", "duration": 1, "shot_number": 2}, {"prompt": "b", "duration": 1, "shot_number": 2}]
    with pytest.raises(ValidationError, match="only once"):
        Sequence.model_validate({"shots": shots})


def test_an_image_goes_as_a_file_and_not_as_json() -> None:
    request = FEATURES["image_to_video"].model_validate(VALID["image_to_video"])
    assert "image" not in request.wire()
    assert request.files().keys() == {"image"}


def test_style_names_are_read_as_people_write_them() -> None:
    request = TextToVideo.model_validate({**VALID["text_to_video"], "style": "Semi-Realistic"})
    assert request.style == "semi_realistic"
