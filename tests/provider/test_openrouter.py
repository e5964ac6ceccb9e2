"""The `openrouter` dialect against a stub with the replies of its documentation."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from callsheet.errors import Ambiguous, Incapable, Moderated, Rejected, Unavailable, Unsent
from callsheet.features import Extension, ImageToVideo, TextToVideo
from callsheet.media.images import media_of
from callsheet.provider.openrouter import OpenRouterProvider
from callsheet.provider.openrouter_callbacks import genuine_event
from callsheet.provider.protocol import Job, JobStatus
from tests.provider.sites import Answer, Stub, stubbed
from tests.studio.test_wire import PNG

MODELS = {
    "data": [
        {
            "id": "maker/film-1",
            "supported_durations": [4, 8],
            "supported_resolutions": ["720p", "1080p"],
            "supported_aspect_ratios": ["16:9", "9:16", "21:9"],
            "supported_sizes": None,
            "supported_frame_images": ["first_frame"],
            "generate_audio": True,
            "seed": True,
            "pricing_skus": {"video_second_720p": "0.10"},
        },
        {
            "id": "maker/text-1",
            "supported_durations": [5],
            "supported_sizes": ["854x480"],
            "supported_resolutions": None,
            "supported_aspect_ratios": None,
            "supported_frame_images": None,
            "generate_audio": None,
            "seed": None,
        },
    ]
}
ORDER = TextToVideo(prompt="a lamp", duration=4, resolution="720x1280", seed=7, audio=False)
ACCEPTED = {"id": "job_1", "polling_url": "/api/v1/videos/job_1", "status": "pending"}


def site(**answers: Any) -> dict[str, Answer]:
    made = {"GET /v1/videos/models": Answer.of(200, MODELS), "POST /v1/videos": Answer.of(202, ACCEPTED)}
    return made | {name.replace("_", " ", 1): answer for name, answer in answers.items()}


def ordered(stub: Stub) -> Any:
    return json.loads(next(body for what, _, body in stub.asked if what.startswith("POST")))


async def test_an_order_names_what_the_model_knows() -> None:
    async with stubbed("openrouter", site(), model="maker/film-1") as (provider, stub):
        job = await provider.submit(ORDER, "r1", {})
        assert isinstance(job, Job)
        assert (job.job_id, job.status, job.cost) == ("job_1", JobStatus.QUEUED, None)
        assert ordered(stub) == {
            "model": "maker/film-1",
            "prompt": "a lamp",
            "resolution": "720p",
            "aspect_ratio": "9:16",
            "duration": 4,
            "generate_audio": False,
            "seed": 7,
        }
        await provider.submit(ORDER, "r2", {})
    assert [what for what, _, _ in stub.asked] == ["GET /v1/videos/models", "POST /v1/videos", "POST /v1/videos"]


async def test_the_first_frame_and_a_continuation() -> None:
    media = media_of(PNG)
    image = ImageToVideo(image=media, animation_prompt="it turns", duration=8, resolution="1080p", preserve_style=False)
    longer = Extension(
        video_url="https://x/v1/videos/job_1/content?index=0", extension_prompt="on", extension_duration=4
    )
    async with stubbed("openrouter", site(), model="maker/film-1") as (provider, stub):
        await provider.submit(image, "r1", {media.sha256: PNG})
        await provider.submit(longer, "r2", {})
    first, second = [json.loads(body) for what, _, body in stub.asked if what.startswith("POST")]
    (frame,) = first["frame_images"]
    assert (frame["type"], frame["frame_type"]) == ("image_url", "first_frame")
    assert base64.b64decode(frame["image_url"]["url"].partition(",")[2]) == PNG
    assert (first["resolution"], first["aspect_ratio"], first["duration"]) == ("1080p", "16:9", 8)
    assert second == {"model": "maker/film-1", "prompt": "on", "previous_job_id": "job_1", "duration": 4}


@pytest.mark.parametrize(
    ("model", "order", "words"),
    [
        ("maker/film-1", ORDER.model_copy(update={"duration": 5}), "of 5 s is not sold; maker/film-1 sells"),
        ("maker/film-1", ORDER.model_copy(update={"resolution": "480p"}), "at 854x480 is not sold"),
        ("maker/text-1", ORDER, "at 720x1280 is not sold"),
        ("maker/none", ORDER, "it has maker/film-1, maker/text-1"),
        (None, ORDER, "needs the name of a model"),
        (
            "maker/text-1",
            ImageToVideo(image=media_of(PNG), animation_prompt="x", duration=5, resolution="480p"),
            "image_to_video is not sold",
        ),
    ],
)
async def test_what_is_not_sold_is_refused_before_anything_is_ordered(model: str, order: Any, words: str) -> None:
    async with stubbed("openrouter", site(), model=model) as (provider, stub):
        with pytest.raises(Incapable, match=words):
            await provider.submit(order, "r1", {})
    assert all(what.startswith("GET") for what, _, _ in stub.asked)


async def test_without_the_discovery_nothing_is_sent() -> None:
    async with stubbed("openrouter", {"GET /v1/videos/models": Answer(503, b"")}, model="m") as (provider, stub):
        with pytest.raises(Unsent):
            await provider.submit(ORDER, "r1", {})
    assert len(stub.asked) == 1


async def test_prices_are_told_by_the_discovery() -> None:
    async with stubbed("openrouter", site(), model="m") as (provider, _):
        assert isinstance(provider, OpenRouterProvider)
        offers = await provider.offers()
    assert offers["maker/film-1"].prices == {"video_second_720p": Decimal("0.10")}
    assert offers["maker/text-1"].model().sizes == ("854x480",)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("pending", JobStatus.QUEUED),
        ("in_progress", JobStatus.RUNNING),
        ("dreaming", JobStatus.RUNNING),
        ("failed", JobStatus.FAILED),
        ("expired", JobStatus.FAILED),
        ("cancelled", JobStatus.CANCELLED),
    ],
)
async def test_only_known_words_are_ends(said: str, status: JobStatus) -> None:
    body = {"id": "job_1", "status": said, "error": "no luck"}
    async with stubbed("openrouter", {"GET /v1/videos/job_1": Answer.of(200, body)}, model="m") as (provider, _):
        job = await provider.poll("job_1")
    assert (job.status, job.delivery) == (status, None)
    assert (job.error, job.error_code) == (("no luck", said) if status.final else (None, None))


async def test_a_finished_job_says_its_cost_and_is_fetched_with_our_key(tmp_path: Path) -> None:
    done = {**ACCEPTED, "status": "completed", "usage": {"cost": 0.1, "is_byok": False}, "urls": ["https://cdn/x"]}
    answers = {"GET /v1/videos/job_1": Answer.of(200, done), "GET /v1/videos/job_1/content": Answer(200, b"clip")}
    async with stubbed("openrouter", answers, model="m") as (provider, _):
        job = await provider.poll("job_1")
        assert (job.status, job.charge) == (JobStatus.SUCCEEDED, Decimal("0.1"))
        assert job.delivery is not None
        await provider.fetch(job.delivery.clips[0].url, tmp_path / "clip")
    assert (tmp_path / "clip").read_bytes() == b"clip"


async def test_refusals_and_lost_replies() -> None:
    flagged = {"error": {"code": 403, "message": "Your input was flagged", "metadata": {"reasons": ["violence"]}}}
    for answer, kind in (
        (Answer.of(403, flagged), Moderated),
        (Answer.of(403, {"error": {"code": 403, "message": "this key may not"}}), Rejected),
        (Answer.of(402, {"error": {"code": 402, "message": "no credits"}}), Rejected),
        (Answer.of(502, {"error": {"code": 502, "message": "upstream"}}), Ambiguous),
        (Answer.of(202, {"status": "pending"}), Ambiguous),
    ):
        async with stubbed("openrouter", site(**{"POST_/v1/videos": answer}), model="maker/film-1") as (provider, _):
            with pytest.raises(kind):
                await provider.submit(ORDER, "r1", {})
    async with stubbed("openrouter", {"GET /v1/videos/job_1": Answer(200, b'{"id')}, model="m") as (provider, _):
        with pytest.raises(Unavailable):
            await provider.poll("job_1")
        for ask in (provider.find("r1"), provider.listed(ORDER, 0)):
            with pytest.raises(Rejected):
                await ask
        with pytest.raises(Incapable):
            await provider.cancel("job_1")


# Callbacks

SECRET = SecretStr("signing-secret")
BODY = json.dumps({"type": "video.generation.completed", "data": {"id": "job_1", "status": "completed"}}).encode()


def signed(body: bytes = BODY, at: int = 1_800_000_000, key: str = "signing-secret") -> dict[str, str]:
    mark = hmac.new(key.encode(), f"{at},".encode() + body, hashlib.sha256).hexdigest()
    return {
        "x-openrouter-signature": f"t={at},v1={mark}",
        "x-openrouter-idempotency-key": "job_1-completed",
    }


def test_a_callback_is_genuine() -> None:
    event = genuine_event(signed(), BODY, SECRET, now=1_800_000_100)
    assert event is not None
    assert (event.job_id, event.status, event.webhook_id) == ("job_1", "completed", "job_1-completed")


@pytest.mark.parametrize(
    ("headers", "body", "now"),
    [
        (signed(key="other"), BODY, 1_800_000_000),
        (signed(), BODY + b" ", 1_800_000_000),
        (signed(), BODY, 1_800_000_301),
        (signed(), BODY, 1_799_999_699),
        ({}, BODY, 1_800_000_000),
        ({"x-openrouter-signature": "t=x,v1=y"}, BODY, 1_800_000_000),
        (signed(b"[]"), b"[]", 1_800_000_000),
        (signed(b'{"type": "other", "data": {"id": "x"}}'), b'{"type": "other", "data": {"id": "x"}}', 1_800_000_000),
    ],
)
def test_a_callback_is_not(headers: dict[str, str], body: bytes, now: float) -> None:
    assert genuine_event(headers, body, SECRET, now=now) is None
