"""What the studio's `/v1/videos` does beyond what its contract's own tests can see: seeds, books, limits, edits."""

from __future__ import annotations

import base64
import io
import sqlite3
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient

from callsheet.features import ImageToVideo, PerspectiveChange, SceneEvolution
from callsheet.provider.catalogue import catalogue_entry
from callsheet.studio.app import studio_app
from callsheet.studio.books import Books
from callsheet.studio.edit_words import _vocabulary, edit_of
from callsheet.studio.jobs import Studio
from callsheet.studio.orders import ORDER
from callsheet.studio.rendering import scene_order
from tests.studio.films import one_film

KEY = {"Authorization": "Bearer anything"}
LIMIT = 30.0
URL = "http://studio.local/v1/sora/uploads/x.mp4"


def picture(width: int, height: int, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "olive").save(out, kind)
    return out.getvalue()


class Site:
    def __init__(self, home: Path, **options: Any) -> None:
        self.studio = Studio(home, renderer=one_film())
        self.client = TestClient(studio_app(self.studio, serve=True, **options), base_url="http://studio.local")

    def post(self, path: str = "", body: Any = None, **content: Any) -> Any:
        headers = KEY | content.pop("headers", {})
        return self.client.post(f"/v1/videos{path}", json=body, headers=headers, **content)

    def get(self, path: str) -> Any:
        return self.client.get(f"/v1/videos{path}", headers=KEY)

    def done(self, response: Any) -> Any:
        assert response.status_code == 200, response.text
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            video = self.get(f"/{response.json()['id']}").json()
            if video["status"] in ("completed", "failed"):
                return video
        raise TimeoutError(video["id"])

    def request(self, video: Any) -> Any:
        job = self.studio.books.get(video["id"].replace("video_", "job_"))
        assert job is not None
        return ORDER.validate_python(job.request)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    with made.client:
        yield made


def refused(response: Any) -> tuple[int, str, str | None]:
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return response.status_code, error["code"], error["param"]


def test_a_remix_has_the_seeds_of_the_first_of_its_line(site: Site) -> None:
    first = site.done(site.post(body={"prompt": "a lamp on a table"}))
    again = site.done(site.post(f"/{first['id']}/remix", {"prompt": "a red lamp on a table"}))
    third = site.done(site.post(f"/{again['id']}/remix", {"prompt": "a lamp on a table"}))
    orders = [scene_order(site.request(video)) for video in (first, again, third)]
    assert len({(order.seed, order.world_seed) for order in orders}) == 1
    assert [order.prompt for order in orders] == ["a lamp on a table", "a red lamp on a table", "a lamp on a table"]
    assert orders[2] == orders[0]
    other = scene_order(site.request(site.done(site.post(body={"prompt": "a red lamp on a table"}))))
    assert (other.seed, other.world_seed) != (orders[1].seed, orders[1].world_seed)


def test_a_remix_of_an_image_keeps_the_image(site: Site) -> None:
    data = base64.b64encode(picture(720, 1280)).decode()
    body = {"prompt": "it turns", "input_reference": {"image_url": f"data:image/png;base64,{data}"}}
    first = site.done(site.post(body=body))
    again = site.done(site.post(f"/{first['id']}/remix", {"prompt": "it glows"}))
    before, after = site.request(first), site.request(again)
    assert isinstance(after, ImageToVideo)
    assert (after.image, after.animation_prompt) == (before.image, "it glows")


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        ({"file_id": "file-1"}, "unsupported_value"),
        ({"image_url": "https://example.com/a.png"}, "unsupported_value"),
        ({"image_url": "data:image/png;base64,%%%"}, "invalid_value"),
        ({"image_url": "data:image/png;base64,AAAA"}, "invalid_image"),
        ({"image_url": "data:image/png;base64," + base64.b64encode(picture(64, 64)).decode()}, "invalid_image_size"),
        ({"image_url": "x", "file_id": "y"}, "invalid_value"),
        ({}, "invalid_value"),
        ("file-1", "invalid_value"),
    ],
)
def test_an_image_that_is_not_taken(site: Site, reference: Any, code: str) -> None:
    assert refused(site.post(body={"prompt": "x", "input_reference": reference})) == (400, code, "input_reference")
    assert site.studio.books.charges() == []


def test_a_cut_off_image_is_not_taken(site: Site) -> None:
    files = {"input_reference": ("a.png", picture(720, 1280)[:-200], "image/png")}
    response = site.client.post("/v1/videos", data={"prompt": "x"}, files=files, headers=KEY)
    assert refused(response) == (400, "invalid_image", "input_reference")


def test_objects_in_a_form(site: Site) -> None:
    """As the official package writes them: `name[key]`."""
    form = {"prompt": "x", "input_reference[file_id]": "file-1"}
    response = site.client.post("/v1/videos", data=form, files={"ignored": b""}, headers=KEY)
    assert refused(response) == (400, "unsupported_value", "input_reference")


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "missing_required_parameter", "prompt"),
        ({"prompt": 7}, "invalid_type", "prompt"),
        ({"prompt": None}, "invalid_type", "prompt"),
        ({"prompt": "   "}, "invalid_value", "prompt"),
        ({"prompt": "x" * 32_001}, "invalid_value", "prompt"),
        ({"prompt": "x", "seconds": 4}, "invalid_type", "seconds"),
        ({"prompt": "x", "size": "480x480"}, "invalid_value", "size"),
        ({"prompt": "x", "size": "1080x1920"}, "invalid_value", "size"),  # sora-2 does not make it
        ({"prompt": "x", "characters": [{"id": "char_1"}]}, "unsupported_parameter", "characters"),
    ],
)
def test_a_field_that_is_not_taken(site: Site, body: Any, code: str, param: str) -> None:
    assert refused(site.post(body=body)) == (400, code, param)


def test_a_body_that_can_not_be_read(site: Site) -> None:
    for content, kind, code in ((b"{", "application/json", "invalid_json"), (b"[]", "application/json", "invalid_json"),
                                (b"x", "text/plain", "unsupported_content_type")):  # fmt: skip
        response = site.client.post("/v1/videos", content=content, headers={**KEY, "Content-Type": kind})
        assert refused(response)[:2] == (400, code)
    large = site.client.post("/v1/videos", json={"prompt": "x" * 33 * 1024 * 1024}, headers=KEY)
    assert refused(large)[:2] == (413, "too_large")


def test_a_long_prompt_is_kept_whole(site: Site) -> None:
    video = site.done(site.post(body={"prompt": "lamp " * 6000}))
    assert video["prompt"] == "lamp " * 6000
    assert len(site.request(video).prompt) <= 4000


def test_prices_are_those_of_the_model(site: Site) -> None:
    for body in (
        {"prompt": "x", "seconds": "8", "size": "1280x720"},
        {"prompt": "x", "seconds": "4", "size": "1280x720", "model": "sora-2-pro-2025-10-06"},
        {"prompt": "x", "seconds": "4", "size": "1792x1024", "model": "sora-2-pro"},
        {"prompt": "x", "seconds": "4", "size": "1080x1920", "model": "sora-2-pro"},
    ):
        assert site.post(body=body).json()["model"] == body.get("model", "sora-2")
    assert [str(amount) for _, amount, _ in site.studio.books.charges()] == ["0.80", "1.20", "2.00", "2.80"]
    assert (site.studio.books.charged("USD"), site.studio.books.charged()) == (Decimal("6.80"), Decimal(0))


def test_a_quota_that_is_used_up(tmp_path: Path) -> None:
    made = Site(tmp_path, videos_balance=Decimal("0.50"), balance=Decimal(0))
    with made.client:
        made.done(made.post(body={"prompt": "x"}, headers={"Idempotency-Key": "k"}))
        refusal = made.post(body={"prompt": "y"})
        assert refused(refusal) == (429, "insufficient_quota", None)
        assert refusal.json()["error"]["type"] == "insufficient_quota"
        assert made.post(body={"prompt": "x"}, headers={"Idempotency-Key": "k"}).status_code == 200  # is paid for


def test_a_failed_video_costs_nothing_and_has_no_content(site: Site) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("division by zero")

    site.studio._renderer = broken
    video = site.done(site.post(body={"prompt": "x"}))
    assert (video["status"], video["error"]["code"], video["expires_at"]) == ("failed", "render_failed", None)
    assert site.studio.books.charged("USD") == 0
    assert refused(site.get(f"/{video['id']}/content")) == (404, "video_failed", "video_id")
    assert site.client.delete(f"/v1/videos/{video['id']}", headers=KEY).json()["deleted"] is True


def test_a_video_in_the_making_has_no_content_and_stays(site: Site) -> None:
    finished = threading.Event()
    site.studio._renderer = one_film(finished)
    video = site.post(body={"prompt": "x", "seconds": "20"})
    assert video.headers["openai-poll-after-ms"] == "500"
    place = f"/{video.json()['id']}"
    assert refused(site.get(f"{place}/content")) == (404, "video_not_ready", "video_id")
    assert refused(site.client.delete(f"/v1/videos{place}", headers=KEY)) == (409, "video_in_progress", "video_id")
    assert refused(site.post(f"{place}/remix", {"prompt": "y"}))[1] == "video_not_ready"
    finished.set()
    assert "openai-poll-after-ms" not in site.get(f"/{site.done(video)['id']}").headers


def test_a_video_expires(site: Site) -> None:
    video = site.done(site.post(body={"prompt": "x"}))
    assert video["expires_at"] in (video["completed_at"] + 3600, video["completed_at"] + 3601)
    site.studio.link_seconds = -5
    assert refused(site.get(f"/{video['id']}/content")) == (410, "expired", "video_id")


def test_the_list_goes_on_after_a_deleted_video(site: Site) -> None:
    first, second, third = [site.done(site.post(body={"prompt": f"lamp {n}"}))["id"] for n in range(3)]

    def page(query: str) -> tuple[list[str], bool]:
        body = site.get(f"?{query}").json()
        videos = [video["id"] for video in body["data"]]
        assert (body["first_id"], body["last_id"]) == ((videos[0], videos[-1]) if videos else (None, None))
        return videos, body["has_more"]

    assert page("order=asc&limit=2") == ([first, second], True)
    assert page(f"order=asc&limit=2&after={second}") == ([third], False)
    assert page(f"limit=1&after={third}") == ([second], True)
    assert page("limit=0") == ([], True)
    site.client.delete(f"/v1/videos/{second}", headers=KEY)
    assert page(f"order=asc&after={second}") == ([third], False)
    assert page("limit=20") == ([third, first], False)
    assert not (site.studio.home / "media" / second.replace("video_", "job_")).exists()
    assert refused(site.get("?after=video_none")) == (404, "not_found", "after")
    assert refused(site.get("?limit=101")) == (400, "invalid_value", "limit")


def test_stills_are_of_the_clip(site: Site) -> None:
    video = site.done(site.post(body={"prompt": "x", "size": "1280x720"}))
    thumbnail = Image.open(io.BytesIO(site.get(f"/{video['id']}/content?variant=thumbnail").content))
    sheet = Image.open(io.BytesIO(site.get(f"/{video['id']}/content?variant=spritesheet").content))
    assert (thumbnail.format, thumbnail.size) == ("WEBP", (160, 90))
    assert (sheet.format, sheet.size) == ("JPEG", (4 * 160, 2 * 90))  # eight pictures of four seconds, four in a row


def test_books_of_one_currency_learn_of_others(tmp_path: Path) -> None:
    path = tmp_path / "books.sqlite"
    made = Books(path)
    made.accept(key="k", body_digest="d", feature="f", request={}, cost=Decimal(3))
    with sqlite3.connect(path) as db:
        db.execute("ALTER TABLE charges DROP COLUMN currency")
    again = Books(path)
    assert (again.charged(), again.charged("USD")) == (Decimal(3), Decimal(0))


# Edits


def test_every_word_of_an_edit_is_one_that_can_be_made() -> None:
    from callsheet.studio.effects.view import view_named

    for kind, states in _vocabulary().items():
        for state, words in states.items():
            for word in words:
                found = edit_of(URL, f"make it {word} please")
                assert found is not None, word
                if kind == "perspective":
                    assert isinstance(found, PerspectiveChange)
                    assert found.new_perspective == state
                    assert view_named(state) is not None, state
                else:
                    assert isinstance(found, SceneEvolution)
                    assert getattr(found, kind) == state, word


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("from day to night", {"lighting": "night"}),
        ("变成下雪的冬天，黄昏", {"lighting": "dusk", "weather": "snowy", "season": "winter"}),
        ("an aerial view, 60 degrees", {"new_perspective": "aerial_view_60deg"}),
        ("make the colors teal", None),
        ("a brainy knight in training", None),
    ],
)
def test_edits_by_their_words(prompt: str, expected: dict[str, str] | None) -> None:
    found = edit_of(URL, prompt)
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert expected.items() <= found.model_dump(exclude_none=True).items()


@pytest.mark.parametrize(
    "change",
    [
        SceneEvolution(video_url=URL, lighting="golden_hour", weather="foggy", season="autumn"),
        SceneEvolution(video_url=URL, weather="stormy"),
        PerspectiveChange(video_url=URL, new_perspective="aerial_view_60deg"),
        PerspectiveChange(video_url=URL, new_perspective="low_angle"),
        PerspectiveChange(video_url=URL, new_perspective="orbit_90deg"),
    ],
)
def test_the_studio_understands_the_words_of_our_own_provider(change: SceneEvolution | PerspectiveChange) -> None:
    """What `openai_videos` says of an edit is what the studio makes of it."""
    from callsheet.provider.video_orders import video_order

    there = change.model_copy(update={"video_url": "http://x/v1/videos/video_1/content"})
    words = video_order(there, catalogue_entry("openai"), None).fields["prompt"]
    assert edit_of(URL, words) == change
