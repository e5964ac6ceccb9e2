"""A character of a reference image in several scenes, and checks of consistency, ordered from the studio."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from starlette.testclient import TestClient

from callsheet.errors import MediaError
from callsheet.features import CharacterSequence
from callsheet.media.consistency.likeness import likeness, likeness_in
from callsheet.media.consistency.sampling import Sample
from callsheet.media.images import media_of
from callsheet.provider.sora import _delivery
from callsheet.studio.app import studio_app
from callsheet.studio.characters import cut_out, looks, part_of, scene_order
from callsheet.studio.jobs import Studio
from callsheet.studio.picture import frames

KEY = {"Authorization": "Bearer any"}
SIZE = "320x180"


def character() -> Any:
    """A drawn woman from head to foot: red hair, yellow coat, blue trousers, on light grey. 300x450 BGR."""
    image = np.full((900, 600, 3), (232, 228, 225), np.uint8)

    def area(points: list[tuple[int, int]], colour: tuple[int, int, int]) -> None:
        cv2.fillPoly(image, [np.array(points, np.int32)], colour, cv2.LINE_AA)

    cv2.ellipse(image, (300, 170), (95, 120), 0, 0, 360, (40, 60, 140), -1, cv2.LINE_AA)
    area([(245, 520), (355, 520), (350, 820), (250, 820)], (110, 60, 40))
    area([(225, 300), (375, 300), (400, 560), (200, 560)], (30, 190, 235))
    for x, hand in ((232, 180), (368, 420)):
        cv2.line(image, (x, 320), (hand, 500), (25, 175, 220), 44, cv2.LINE_AA)
        cv2.circle(image, (hand, 515), 24, (150, 180, 225), -1, cv2.LINE_AA)
    area([(278, 240), (322, 240), (322, 310), (278, 310)], (140, 170, 215))
    cv2.ellipse(image, (300, 185), (68, 85), 0, 0, 360, (150, 185, 230), -1, cv2.LINE_AA)
    cv2.ellipse(image, (300, 120), (75, 48), 0, 180, 360, (40, 60, 140), -1, cv2.LINE_AA)
    for x in (275, 325):
        cv2.circle(image, (x, 185), 8, (40, 30, 30), -1, cv2.LINE_AA)
    return cv2.resize(image, (300, 450), interpolation=cv2.INTER_AREA)


def encoded(image: Any) -> bytes:
    return bytes(cv2.imencode(".png", image)[1])


@pytest.fixture(scope="module")
def reference() -> Any:
    return cut_out(character())


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    studio = Studio(tmp_path_factory.mktemp("studio"))
    with TestClient(studio_app(studio, serve=True), base_url="http://studio.local") as client:
        yield client


def order(weight: float, prompt: str = "in a kitchen", *, costume: bool = False, scenes: int = 1) -> CharacterSequence:
    return CharacterSequence(
        character_reference=media_of(encoded(character())),
        scenes=tuple({"prompt": prompt, "duration": 1} for _ in range(scenes)),
        character_consistency_weight=weight,
        allow_costume_change=costume,
        resolution=SIZE,
    )


def seen(request: CharacterSequence, number: int, cut: Any) -> Sample:
    shown = tuple(islice(frames(scene_order(request, number, cut)), 1))
    return Sample(shown, shown)


def test_a_character_is_carried_through_all_scenes_and_the_check_says_so(
    client: TestClient, reference: Any, tmp_path: Path
) -> None:
    scenes = [{"prompt": p, "duration": 1} for p in ("explains in a classroom", "stands in a meadow at sunset")]
    fields = {"scenes": json.dumps(scenes), "character_consistency_weight": "1", "resolution": SIZE}
    files = {"character_reference": ("c.png", encoded(character()), "image/png")}
    response = client.post("/v1/sora/character-sequence", data=fields, files=files, headers=KEY)
    assert response.status_code == 200, response.text
    result = response.json()
    assert [(shot["shot_number"], shot["duration"]) for shot in result["shots"]] == [(1, 1), (2, 1)]
    assert result["cost"] == pytest.approx(sum(shot["cost"] for shot in result["shots"]))
    delivery = _delivery(result)
    assert delivery is not None
    assert len(delivery.clips) == 2
    for shot in result["shots"]:
        path = tmp_path / f"{shot['shot_number']}.mp4"
        path.write_bytes(client.get(shot["video_url"]).content)
        assert likeness(reference, path) > 0.6

    urls = [shot["video_url"] for shot in result["shots"]]
    items = ["environment_match", "color_consistency"]
    check = client.post(
        "/v1/sora/consistency-check", json={"video_urls": urls, "check_items": items}, headers=KEY
    ).json()
    assert check["inconsistent_shots"] == [2]
    assert check["consistency_score"] < 0.85
    assert check["cost"] == 0
    assert set(check["scores"]["items"]) == set(items)
    assert check["scores"]["pairs"][0]["shots"] == [1, 2]
    landscape = {"prompt": "a lake in the mountains", "duration": 1, "resolution": SIZE}
    lake = client.post("/v1/sora/generate", json=landscape, headers=KEY).json()["video_url"]
    asked = {"video_urls": [urls[0], lake, urls[1]], "check_items": ["character_appearance", "color_consistency"]}
    whole = client.post("/v1/sora/consistency-check", json=asked, headers=KEY).json()["scores"]
    assert ["character_appearance" in shot["items"] for shot in whole["shots"]] == [True, False, True]

    delivery = _delivery(check)
    assert delivery is not None
    assert delivery.clips == ()
    assert delivery.report is not None
    assert delivery.report["inconsistent_shots"] == [2]


def test_a_check_takes_only_clips_of_this_studio(client: TestClient) -> None:
    body = {
        "video_urls": ["https://elsewhere.example/a.mp4", "https://elsewhere.example/b.mp4"],
        "check_items": ["color_consistency"],
    }
    response = client.post("/v1/sora/consistency-check", json=body, headers=KEY)
    assert (response.status_code, response.json()["error"]["param"]) == (400, "video_urls[0]")


def test_the_weight_acts_monotonically_on_the_likeness(reference: Any) -> None:
    likes = [likeness_in(reference, seen(order(weight), 1, reference)) for weight in (0.0, 0.5, 1.0)]
    assert likes[0] + 0.1 < likes[1] < likes[2] - 0.03, likes


def test_clothes_change_only_where_that_is_allowed(reference: Any) -> None:
    held: list[Any] = [scene_order(order(1.0, scenes=2), number, reference).performer for number in (1, 2)]
    assert np.array_equal(held[0], held[1])
    free: list[Any] = [
        scene_order(order(1.0, costume=True, scenes=2), number, reference).performer for number in (1, 2)
    ]
    assert np.array_equal(free[0], reference)
    moved = np.abs(free[1][..., :3].astype(int) - reference[..., :3]).sum(2)
    rows = reference.shape[0]
    face, coat = moved[int(rows * 0.1) : int(rows * 0.2)], moved[int(rows * 0.42) : int(rows * 0.5)]
    middle = slice(int(reference.shape[1] * 0.4), int(reference.shape[1] * 0.6))
    assert np.median(coat[:, middle]) > 60
    assert np.median(face[:, middle]) < 12


def test_the_same_order_is_the_same_scene(reference: Any) -> None:
    first, again = (seen(order(0.7), 1, reference).frames[0] for _ in range(2))
    assert np.array_equal(first, again)


def test_what_is_in_a_reference_is_told_apart(reference: Any) -> None:
    assert part_of(character())[1]
    box = np.full((300, 300, 3), 235, np.uint8)
    cv2.rectangle(box, (90, 80), (210, 260), (40, 90, 200), -1)
    product, person = part_of(box)
    assert not person
    assert product.shape[2] == 4
    with pytest.raises(MediaError, match="can't be separated"):
        cut_out(np.random.Generator(np.random.Philox(1)).integers(0, 255, (200, 200, 3), dtype=np.uint8))


def test_a_stranger_is_not_like_the_reference(reference: Any) -> None:
    other = looks(reference, 0.0, 9)
    colours = [np.median(x[..., :3][x[..., 3] > 200], 0) for x in (reference, other)]
    assert np.abs(colours[0] - colours[1]).max() > 20
    assert np.array_equal(looks(reference, 1.0, 9), reference)
