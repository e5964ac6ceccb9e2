"""Whatever a customer sends, the studio answers: it takes it, or says which field is wrong. It never breaks."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from starlette.testclient import TestClient

from callsheet.features import FEATURES, REQUEST
from callsheet.media.ffmpeg import encode_frames
from callsheet.studio import app
from callsheet.studio.jobs import Studio
from callsheet.studio.orders import ORDER

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HEADERS = {"Authorization": "Bearer k", "Prefer": "respond-async"}
JSON_TYPE = {**HEADERS, "Content-Type": "application/json"}
TAKEN, REFUSED = (200, 202), (400, 413, 422)
UPLOAD = "http://studio.local/v1/sora/uploads/"
BODIES: dict[str, Any] = {
    "/generate": {
        "model": "m",
        "prompt": "a cat",
        "duration": 2,
        "resolution": "480p",
        "audio": True,
        "quality": "high",
        "style": "cinematic",
        "camera_movement": "orbit",
        "emphasis": ["light"],
        "seed": 3,
    },
    "/extend-video": {
        "video_url": "CLIP",
        "extension_prompt": "on",
        "direction": "after",
        "extension_duration": 2,
        "maintain_consistency": True,
    },
    "/re-edit": {
        "video_url": "CLIP",
        "edit_type": "perspective_change",
        "new_perspective": "aerial_view_60deg",
        "transition_style": "smooth",
    },
    "/sequence": {
        "shots": [{"shot_number": 1, "duration": 1, "prompt": "x", "camera": "wide"}],
        "maintain_consistency": {"characters": True},
        "transition_style": "cut",
        "reference_image": "data:image/png;base64," + base64.b64encode(PNG).decode(),
        "resolution": "480p",
    },
    "/consistency-check": {"video_urls": ["CLIP", "CLIP"], "check_items": ["color_consistency"]},
    "/styled-generate": {
        "prompt": "x",
        "style_preset": "oil_painting",
        "style_strength": 0.5,
        "audio_match_style": True,
        "custom_style": {"brush_texture": "thick"},
        "duration": 2,
        "resolution": "480p",
    },
    "/style-transfer": {
        "content_video_url": "CLIP",
        "style_reference_url": "PICTURE",
        "transfer_strength": 0.5,
        "preserve_motion": True,
        "temporal_consistency": 0.5,
    },
    "/complete-production": {
        "project_name": "x",
        "video_clips": [],
        "video_specs": {"prompt": "x", "duration": 3, "resolution": "480p", "fps": 30, "style": "commercial"},
        "audio_specs": {
            "include_ambient": True,
            "background_music": {"enabled": True, "mood": "calm", "volume": -18},
            "voice_over": {"text": "x", "language": "en-US", "voice": "female"},
        },
        "output_format": {"video_codec": "h264", "bitrate": "10M", "separate_tracks": True},
        "post_production_ready": {"color_grade": "rec709", "export_edl": True, "timecode_start": "00:00:00:00"},
    },
    "/batch-variants": {
        "base_config": {"prompt": "x", "duration": 2, "resolution": "480p"},
        "variations": [{"style": "modern", "color_tone": "cool"}],
        "async": True,
        "callback_url": "http://127.0.0.1:9/hook",
    },
    "/batch": {
        "requests": [{"prompt": "x", "duration": 2, "resolution": "480p"}],
        "priority": "normal",
        "apply_discount": True,
    },
}
FORMS: dict[str, Any] = {
    "/image-to-video": ("image", {"animation_prompt": "x", "duration": "2", "motion_intensity": "low"}),
    "/character-sequence": ("character_reference", {"scenes": '["x"]', "character_consistency_weight": "0.9"}),
}
FAR = f"http://studio.local/v1/sora/media/job_{'0' * 32}/video.mp4?expires={'9' * 300}&signature=00"
ODD_TEXT = st.sampled_from(
    [
        "",
        " ",
        "\x00",
        "\ud800",
        "http://[",
        "http://[::1",
        "http://x",
        "http://a:99999999/",
        "//",
        "data:",
        "data:image/png;base64,AAAA",
        "00x00",
        "99x99",
        "٤٨٠x٤٨٠",
        "9999x2160",
        "NaN",
        "1e999",
        "0",
        "-1",
        "true",
        "99:59:59:99",
        "٠٠:00:00:00",
        "x" * 5000,
        f"{UPLOAD}{'0' * 64}.mp4",
        f"{UPLOAD}../books.sqlite",
        FAR,
        f"http://studio.local/v1/sora/media/job_{'0' * 32}/..?expires=²&signature=é",
    ]
)
NUMBERS = st.integers() | st.floats() | st.sampled_from([10**400, -(10**30), 2**63, 1e308, -0.0])
PLAIN = st.none() | st.booleans() | NUMBERS | ODD_TEXT | st.text(max_size=12)
KEYS = st.text(max_size=8) | ODD_TEXT
ANY = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3))
FILE_AS_DATA = {"sha256": "0" * 64, "media_type": "image/png", "bytes": 1}
CLIP_AS_DATA = {"sha256": "0" * 64, "media_type": "video/mp4", "bytes": 1, "resolution": "480p", "whole_seconds": 2}
ANYTHING = ANY | st.sampled_from([FILE_AS_DATA, CLIP_AS_DATA, [FILE_AS_DATA], [CLIP_AS_DATA]])


ODDEST: list[Any] = [
    "",
    "\ud800",
    "http://[::1",
    "http://x",
    "00x00",
    "99:59:59:99",
    FAR,
    None,
    {},
    [],
    [[]],
    float("nan"),
    10**400,
    FILE_AS_DATA,
    CLIP_AS_DATA,
    [CLIP_AS_DATA],
]


def bounded(examples: int) -> settings:
    return settings(
        max_examples=examples, derandomize=True, deadline=None, database=None, suppress_health_check=[*HealthCheck]
    )


class Counter:
    """A studio whose orders are taken and not rendered, and what it answered."""

    def __init__(self, home: Path, client: TestClient, studio: Studio) -> None:
        self.client, self.studio = client, studio
        clip = home / "clip.mp4"
        import numpy as np

        size: Any = {"width": 160, "height": 90, "fps": 30, "crf": 30, "preset": "ultrafast", "timeout": 60}
        encode_frames(iter([np.full((90, 160, 3), 90, np.uint8)] * 30), out=clip, audio=None, **size)
        self.known = {"CLIP": self._upload(clip.read_bytes()), "PICTURE": self._upload(PNG)}

    def _upload(self, data: bytes) -> str:
        return str(self.client.post("/v1/sora/uploads", content=data, headers=HEADERS).json()["url"])

    def body(self, path: str) -> Any:
        text = json.dumps(BODIES[path])
        for name, url in self.known.items():
            text = text.replace(f'"{name}"', json.dumps(url))
        return json.loads(text)

    def post(self, path: str, headers: Any = HEADERS, **content: Any) -> tuple[int, str | None]:
        """Status, and the field that was named; an order that was taken can be read back from the books."""
        response = self.client.post(f"/v1/sora{path}", headers=headers, **content)
        reply = response.json()
        if response.status_code in TAKEN:
            job = self.studio.books.get(reply["job_id"])
            assert job is not None
            ORDER.validate_python(job.request)
            assert job.cost >= 0
            return response.status_code, None
        assert response.status_code in REFUSED, (response.status_code, reply)
        assert set(reply["error"]) == {"code", "message", "param", "request_id"}
        assert reply["error"]["message"]
        return response.status_code, reply["error"]["param"]


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    home = tmp_path_factory.mktemp("counter")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "FULL", 10**6)
        patch.setattr(Studio, "take", lambda *_: None)
        studio = Studio(home / "studio")
        client = TestClient(app.studio_app(studio, serve=True), base_url="http://studio.local")
        client.app.debug = False  # type: ignore[attr-defined]
        with client:
            yield Counter(home, client, studio)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in a body, at any depth."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at] * bool(at) + [found for key, child in inner for found in places(child, (*at, key))]


@pytest.mark.parametrize("path", BODIES)
def test_every_path_takes_its_example(counter: Counter, path: str) -> None:
    assert set(BODIES) | set(FORMS) == set(app.PATHS)
    assert counter.post(path, json=counter.body(path))[0] == 202


def try_at(counter: Counter, path: str, place: tuple[Any, ...], value: Any) -> None:
    """An order with `value` at one place: taken, or refused by the name of the field in which it stands."""
    changed = holder = copy.deepcopy(counter.body(path))
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    text = json.dumps(changed)
    status, named = counter.post(path, JSON_TYPE, content=text)
    if status == 400 and named is None:
        # What is no JSON, or no text, has no field: only then none is named.
        assert any(odd in text for odd in ("NaN", "Infinity", "\\ud", "9" * 300, "0" * 300)), text
    elif status == 400 and place[0] not in ("edit_type", "base_config"):  # on which other fields depend
        assert str(named).replace("[", ".").split(".")[0] == place[0], (named, place, value)


@pytest.mark.parametrize("path", BODIES)
@bounded(30)
@given(data=st.data())
def test_a_field_that_is_wrong_is_the_one_that_is_named(counter: Counter, path: str, data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(places(counter.body(path))))
    try_at(counter, path, place, data.draw(ANYTHING))


@pytest.mark.parametrize("path", BODIES)
def test_what_is_known_to_be_odd_is_tried_everywhere(counter: Counter, path: str) -> None:
    for place in places(counter.body(path)):
        for value in ODDEST:
            try_at(counter, path, place, value)


def test_a_wrong_field_of_an_evolution_is_the_one_that_is_named(counter: Counter) -> None:
    """It shares its path with the change of perspective."""
    good = {"video_url": counter.known["CLIP"], "edit_type": "scene_evolution", "weather": "rainy", "season": "winter"}
    assert counter.post("/re-edit", json=good)[0] == 202
    for name in ("video_url", "weather", "season", "transition_style"):
        for value in ODDEST:
            status, named = counter.post("/re-edit", JSON_TYPE, content=json.dumps({**good, name: value}))
            odd = any(part in json.dumps(value) for part in ("NaN", "\\ud", "9" * 300, "0" * 300))
            assert status != 400 or odd or str(named).startswith(name), (name, value, named)


@pytest.mark.parametrize("path", BODIES)
@bounded(12)
@given(body=st.dictionaries(st.text(max_size=6), ANY, max_size=3) | ANY)
def test_any_json_is_answered(counter: Counter, path: str, body: Any) -> None:
    counter.post(path, JSON_TYPE, content=json.dumps(body))


@pytest.mark.parametrize("path", [*BODIES, *FORMS])
@bounded(12)
@given(
    body=st.binary(max_size=60) | st.sampled_from([b"[" * 100_000, b'{"prompt": ' + b"9" * 5000 + b"}", b"\xff"]),
    kind=st.sampled_from(
        [
            "application/json",
            "",
            "text/plain",
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=b; charset=none",
            "\xe9",
        ]
    ),
)
def test_any_bytes_are_answered(counter: Counter, path: str, body: bytes, kind: str) -> None:
    assert counter.post(path, {**HEADERS, "Content-Type": kind.encode("latin-1")}, content=body)[0] == 400


@pytest.mark.parametrize("path", FORMS)
@bounded(50)
@given(data=st.data())
def test_any_form_is_answered(counter: Counter, path: str, data: st.DataObject) -> None:
    file, fields = FORMS[path]
    name = data.draw(st.sampled_from([*fields, file, "callback_url", "resolution", "seed", "feature"]))
    value = data.draw(st.text(max_size=8) | ODD_TEXT.filter(lambda text: "\ud800" not in text))
    sent = {**fields, name: data.draw(st.sampled_from([value, [value, "y"]]))}
    files = data.draw(st.sampled_from([{file: ("a.png", PNG)}, {file: ("", b"\x89PNG")}, {name: ("é\n", PNG)}, None]))
    status, named = counter.post(path, data=sent, files=files)
    assert status != 400 or named is not None or not files


@bounded(30)
@given(body=st.binary(max_size=80) | st.binary(max_size=20).map(lambda tail: PNG[:30] + tail))
def test_any_upload_is_answered(counter: Counter, body: bytes) -> None:
    response = counter.client.post("/v1/sora/uploads", headers=HEADERS, content=body)
    assert response.status_code == 400


@bounded(40)
@given(
    path=st.sampled_from(["/jobs", "/jobs/x", "/media/x/y", "/media/job_/..", "/uploads/x"]),
    name=st.sampled_from(["client_reference", "created_after", "expires", "signature"]),
    value=st.text(max_size=8) | ODD_TEXT,
)
def test_any_question_is_answered(counter: Counter, path: str, name: str, value: str) -> None:
    query = {name: value.encode("utf-8", "surrogatepass"), "signature": b"0" * 64}
    assert counter.client.get(f"/v1/sora{path}", headers=HEADERS, params=query).status_code in (200, 400, 404, 405)


@pytest.mark.parametrize("length", ["²", "-1", "9" * 5000, "x"])
def test_any_length_is_answered(counter: Counter, length: str) -> None:
    headers = {**JSON_TYPE, "Content-Length": length.encode("latin-1")}
    response = counter.client.post("/v1/sora/generate", headers=headers, content=b"{}")
    assert response.status_code in (400, 413)


@pytest.mark.parametrize("feature", FEATURES)
@bounded(25)
@given(data=st.data())
def test_any_order_is_a_request_or_a_list_of_faults(feature: str, data: st.DataObject) -> None:
    """A request model says what is wrong by `ValidationError` alone; what it takes survives JSON and has a digest."""
    from callsheet.canonical import digest
    from callsheet.validation import faults_of

    example = examples()[feature]
    name = data.draw(st.sampled_from([*FEATURES[feature].model_fields]))
    try:
        made = REQUEST.validate_python({**example, name: data.draw(ANYTHING), "feature": feature})
    except ValidationError as error:
        faults = faults_of(error)
        assert all(fault.field and fault.allowed for fault in faults)
        said = FEATURES[feature].model_fields[name].alias or name
        inner = [fault.field.removeprefix(f"{feature}.") for fault in faults]  # pydantic's tag of the union goes before
        wrong = {field.partition(".")[0].partition("[")[0] for field in inner}
        assert name == "feature" or wrong & {name, said, feature}, (name, wrong)
        return
    again = REQUEST.validate_json(made.model_dump_json(by_alias=True))
    assert digest(again) == digest(made)


def examples() -> dict[str, Any]:
    text = json.dumps(BODIES).replace('"CLIP"', f'"{UPLOAD}c.mp4"').replace('"PICTURE"', f'"{UPLOAD}p.png"')
    bodies = {app.PATHS[path]: body for path, body in json.loads(text).items()}
    bodies["variants_batch"].pop("callback_url")
    bodies["sequence"].pop("reference_image")
    forms = {app.PATHS[path]: {**fields, file: FILE_AS_DATA} for path, (file, fields) in FORMS.items()}
    forms["character_sequence"]["scenes"] = ["x"]
    evolution = {"video_url": f"{UPLOAD}c.mp4", "edit_type": "scene_evolution", "weather": "rainy"}
    return {**bodies, **forms, "scene_evolution": evolution}
