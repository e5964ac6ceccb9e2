"""Servers of `/v1/videos` that depart from the contract, each as a small stub with the replies of that server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from callsheet.errors import Ambiguous, Incapable, Moderated, Rejected, SettingsError, Unavailable
from callsheet.features import Extension, ImageToVideo, PerspectiveChange, SceneEvolution, TextToVideo
from callsheet.media.images import media_of
from callsheet.provider.catalogue import catalogue_entry
from callsheet.provider.offer import Quirks
from callsheet.provider.openai_videos import OpenAIVideosProvider
from callsheet.provider.protocol import Job, JobStatus
from callsheet.provider.video_jobs import job_from
from tests.provider.sites import Answer, Stub, stubbed
from tests.studio.test_wire import PNG

ORDER = TextToVideo(prompt="a lamp", duration=3, resolution="480p")
VIDEO = {"id": "video_1", "object": "video", "created_at": 1_800_000_000, "prompt": "a lamp", "seconds": "3"}


def video(status: str, **more: Any) -> dict[str, Any]:
    return {**VIDEO, "status": status, **more}


async def submitted(provider: Any, order: Any = ORDER) -> Job:
    job = await provider.submit(order, "r1", {})
    assert isinstance(job, Job)
    return job


def sent(stub: Stub) -> tuple[str, str, bytes]:
    return next(one for one in stub.asked if one[0].startswith("POST"))


# vLLM-Omni


async def test_vllm_omni_takes_orders_as_a_form_alone() -> None:
    async with stubbed("vllm-omni", {"POST /v1/videos": Answer.of(200, video("queued"))}) as (provider, stub):
        job = await submitted(provider, ORDER.model_copy(update={"seed": 7}))
    assert (job.job_id, job.status) == ("video_1", JobStatus.QUEUED)
    _, kind, body = sent(stub)
    assert kind.startswith("multipart/form-data; boundary=")
    assert b'name="prompt"\r\n\r\na lamp\r\n' in body
    assert b'name="size"\r\n\r\n854x480\r\n' in body
    assert b'name="seed"\r\n\r\n7\r\n' in body
    assert b'name="model"' not in body  # it runs one model and knows which
    assert b"filename" not in body


async def test_vllm_omni_answers_for_a_failed_job_as_for_a_fault_of_its_own() -> None:
    failed = video("failed", error={"code": 500, "message": "CUDA out of memory"}, size=None)
    answers = {
        "GET /v1/videos/video_1": Answer.of(500, failed),
        "GET /v1/videos": Answer.of(200, {"object": "list", "data": [failed], "has_more": False}),
    }
    async with stubbed("vllm-omni", answers) as (provider, _):
        job = await provider.poll("video_1")
    assert (job.status, job.error_code, job.error) == (JobStatus.FAILED, "500", "CUDA out of memory")


async def test_but_a_fault_of_its_own_is_no_failed_job() -> None:
    answers = {
        "GET /v1/videos/video_1": Answer.of(500, {"error": {"message": "oops", "code": 500}}),
        "GET /v1/videos": Answer.of(200, {"object": "list", "data": [video("in_progress")], "has_more": False}),
    }
    async with stubbed("vllm-omni", answers) as (provider, _):
        with pytest.raises(Unavailable, match="oops"):
            await provider.poll("video_1")


async def test_vllm_omni_lists_without_a_size() -> None:
    listed = {"data": [video("completed", size=None, model="Wan-AI/Wan2.2"), video("queued", id="v2", prompt="other")]}
    async with stubbed("vllm-omni", {"GET /v1/videos": Answer.of(200, listed)}) as (provider, _):
        (job,) = await provider.listed(ORDER, 1_799_999_999)
        assert (job.job_id, job.created_at) == ("video_1", 1_800_000_000)
        assert await provider.listed(ORDER, 1_800_000_001) == []


# SGLang


async def test_sglang_names_the_clips_address_where_it_lies_elsewhere(tmp_path: Path) -> None:
    answers = {
        "GET /v1/videos/video_1": Answer.of(200, video("completed", url="ADDRESS/bucket/1.mp4")),
        "GET /v1/videos/video_2": Answer.of(200, video("completed", id="video_2", url=None)),
        "GET /bucket/1.mp4": Answer(200, b"clip one"),
        "GET /v1/videos/video_2/content": Answer(200, b"clip two"),
    }
    async with stubbed("sglang", answers) as (provider, _):
        for number, content in ((1, b"clip one"), (2, b"clip two")):
            job = await provider.poll(f"video_{number}")
            assert job.delivery is not None
            await provider.fetch(job.delivery.clips[0].url, tmp_path / "clip")
            assert (tmp_path / "clip").read_bytes() == content


async def test_sglang_deletes_by_answering_a_video() -> None:
    async with stubbed("sglang", {"DELETE /v1/videos/video_1": Answer.of(200, video("deleted"))}) as (provider, stub):
        await provider.cancel("video_1")
    assert stub.asked == [("DELETE /v1/videos/video_1", "", b"")]


async def test_sglang_recomputes_seconds_from_frames() -> None:
    listed = {"data": [video("completed", seconds="2.9375", size="854x480"), video("queued", id="v2", seconds="5")]}
    async with stubbed("sglang", {"GET /v1/videos": Answer.of(200, listed)}) as (provider, _):
        assert [job.job_id for job in await provider.listed(ORDER, 0)] == ["video_1"]


# LiteLLM


async def test_litellm_answers_with_another_id_each_time() -> None:
    answers = {
        "POST /v1/videos": Answer.of(200, video("queued", id="dmlkZW8=1")),
        "GET /v1/videos/dmlkZW8=1": Answer.of(200, video("completed", id="dmlkZW8=2", prompt=None)),
    }
    async with stubbed("litellm", answers, model="gemini/veo-3.1") as (provider, stub):
        first = await submitted(provider)
        job = await provider.poll(first.job_id)
    assert json.loads(sent(stub)[2])["model"] == "gemini/veo-3.1"
    assert (first.job_id, job.job_id) == ("dmlkZW8=1", "dmlkZW8=1")
    assert job.delivery is not None
    assert job.delivery.clips[0].url.endswith("/v1/videos/dmlkZW8%3D1/content")


@pytest.mark.parametrize("name", ["litellm", "new-api"])
async def test_a_relay_without_list_and_delete(name: str) -> None:
    async with stubbed(name, {}, model="m") as (provider, stub):
        with pytest.raises(Rejected) as caught:
            await provider.listed(ORDER, 0)
        with pytest.raises(Incapable, match="can't cancel"):
            await provider.cancel("video_1")
    assert (caught.value.status, stub.asked) == (404, [])


@pytest.mark.parametrize("name", ["litellm", "new-api"])
async def test_a_relay_needs_the_name_of_a_model(name: str) -> None:
    async with stubbed(name, {}) as (provider, stub):
        with pytest.raises(Incapable, match="name of a model"):
            await submitted(provider)
    assert stub.asked == []


# new-api


async def test_new_api_gives_the_address_in_metadata_and_leaves_keys_out() -> None:
    done = {
        "id": "task_1",
        "status": "completed",
        "task_id": "task_1",
        "metadata": {"url": "https://cdn.example/1.mp4"},
    }
    answers = {
        "POST /v1/videos": Answer.of(200, {"id": "task_1", "task_id": "task_1"}),
        "GET /v1/videos/task_1": Answer.of(200, done),
        "GET /v1/videos/task_2": Answer.of(200, {"id": "task_2", "status": "unknown", "progress": "30%"}),
        "GET /v1/videos/task_3": Answer.of(200, {"id": "task_3", "status": "failed", "fail_reason": "no credit"}),
    }
    async with stubbed("new-api", answers, model="m") as (provider, _):
        first = await submitted(provider)
        assert (first.job_id, first.status.final) == ("task_1", False)
        job = await provider.poll("task_1")
        assert job.delivery is not None
        assert job.delivery.clips[0].url == "https://cdn.example/1.mp4"
        with pytest.raises(Rejected, match="neither the provider's own address"):
            await provider.fetch(job.delivery.clips[0].url, Path("nowhere"))
        assert (await provider.poll("task_2")).status is JobStatus.RUNNING
        failed = await provider.poll("task_3")
        assert (failed.status, failed.error_code, failed.error) == (JobStatus.FAILED, None, "no credit")


async def test_new_api_refuses_in_an_envelope_of_its_own() -> None:
    said = Answer.of(400, {"code": "invalid_model", "message": "no channel for m", "data": None})
    async with stubbed("new-api", {"POST /v1/videos": said}, model="m") as (provider, _):
        with pytest.raises(Rejected, match="no channel for m") as caught:
            await submitted(provider)
    assert caught.value.code == "invalid_model"


# What any of them may say


@pytest.mark.parametrize(
    ("said", "status"),
    [
        *((word, JobStatus.SUCCEEDED) for word in ("completed", "succeeded", "success", "Completed")),
        *((word, JobStatus.FAILED) for word in ("failed", "error", "expired")),
        *((word, JobStatus.CANCELLED) for word in ("cancelled", "canceled", "deleted")),
        *((word, JobStatus.RUNNING) for word in ("in_progress", "processing", "pending", "unknown", "finalizing")),
        ("queued", JobStatus.QUEUED),
    ],
)
def test_only_known_words_are_ends(said: str, status: JobStatus) -> None:
    job = job_from(video(said), "video_1", Quirks(), "http://x/content")
    assert job.status is status
    assert (job.delivery is not None) is (status is JobStatus.SUCCEEDED)


def test_a_servers_own_words_are_data() -> None:
    quirks = Quirks(statuses={"baked": "succeeded", "burnt": "failed"})
    assert job_from(video("baked"), "v", quirks, "http://x/c").status is JobStatus.SUCCEEDED
    assert job_from(video("burnt", error="too hot"), "v", quirks, "http://x/c").error == "too hot"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"code": "moderation_blocked", "message": "no"}, ("moderation_blocked", "no")),
        ({"code": "content_policy_violation", "message": "no"}, ("moderation_blocked", "no")),
        ({"code": 422, "message": "no"}, ("422", "no")),
        ({"message": "no"}, (None, "no")),
        ("no", (None, "no")),
        (None, (None, None)),
    ],
)
def test_every_form_of_error_is_read(error: Any, expected: tuple[str | None, str | None]) -> None:
    job = job_from(video("failed", error=error), "v", Quirks(), "http://x/c")
    assert (job.error_code, job.error) == expected


def test_an_expired_job_says_so() -> None:
    assert job_from(video("expired"), "v", Quirks(), "http://x/c").error_code == "expired"


async def test_refusals_by_their_codes() -> None:
    for status, code, kind in (
        (400, "moderation_blocked", Moderated),
        (400, "content_policy_violation", Moderated),
        (429, "insufficient_quota", Rejected),
        (500, "server_error", Ambiguous),
    ):
        said = Answer.of(status, {"error": {"message": "no", "code": code}})
        async with stubbed("vllm-omni", {"POST /v1/videos": said}) as (provider, _):
            with pytest.raises(kind):
                await submitted(provider)


async def test_an_order_answered_without_an_id_may_stand() -> None:
    async with stubbed("vllm-omni", {"POST /v1/videos": Answer.of(200, {"status": "queued"})}) as (provider, _):
        with pytest.raises(Ambiguous):
            await submitted(provider)


async def test_the_list_is_read_back_to_the_time_and_no_further() -> None:
    pages = [
        {"data": [video("queued", id=f"v{n}", created_at=1_800_000_000 - n, prompt="x")], "has_more": True}
        for n in range(5)
    ]
    stub = Answer.of(200, {})

    class Pages(dict[str, Answer]):
        def get(self, key: str, default: Any = None) -> Answer:
            return Answer.of(200, pages.pop(0)) if key == "GET /v1/videos" else stub

    async with stubbed("vllm-omni", Pages()) as (provider, server):
        found = await provider.listed(ORDER.model_copy(update={"prompt": "x"}), 1_800_000_000 - 2)
    assert [job.job_id for job in found] == ["v2", "v1", "v0"]
    assert len(server.asked) == 4  # the fourth page is the first that is older


# What is sold, and the words of an order


def openai() -> OpenAIVideosProvider:
    return OpenAIVideosProvider(catalogue_entry("openai"), "openai", None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (TextToVideo(prompt="x", duration=5, resolution="720p"), "5 s at 1280x720 is not sold"),
        (TextToVideo(prompt="x", duration=4, resolution="480p"), "854x480 is not sold"),
        (TextToVideo(prompt="x", duration=4, resolution="720p", model="sora-9"), "sora-2-pro sells"),
        (Extension(video_url="https://a/v1/videos/v/content", extension_prompt="x"), "5 s is not sold"),
        (
            Extension(video_url="https://a/v1/videos/v/content", extension_prompt="x", direction="before"),
            "at its end only",
        ),
        (PerspectiveChange(video_url="https://a/clip.mp4", new_perspective="aerial_view"), "its own videos"),
    ],
)
def test_what_is_not_sold_is_refused_before_anything_is_sent(order: Any, words: str) -> None:
    with pytest.raises(Incapable, match=words):
        openai().check(order)


async def test_the_cheapest_model_that_makes_it_is_ordered() -> None:
    for resolution, model in (("720p", "sora-2"), ("1080p", "sora-2-pro"), ("1024x1792", "sora-2-pro")):
        async with stubbed("openai", {"POST /v1/videos": Answer.of(200, video("queued"))}) as (provider, stub):
            await submitted(provider, TextToVideo(prompt="x", duration=8, resolution=resolution))
        assert json.loads(sent(stub)[2])["model"] == model


@pytest.mark.parametrize(
    ("order", "path", "body"),
    [
        (
            TextToVideo(
                prompt="一盏灯",
                duration=4,
                resolution="720p",
                style="cinematic",
                camera_movement="push_in",
                emphasis=("灯光",),
            ),
            "/v1/videos",
            {
                "model": "sora-2",
                "prompt": "一盏灯，电影级质感，镜头：push in，突出灯光",
                "seconds": "4",
                "size": "1280x720",
            },
        ),
        (
            Extension(video_url="https://a/v1/videos/v%3D1/content", extension_prompt="on", extension_duration=8),
            "/v1/videos/extensions",
            {"prompt": "on", "seconds": "8", "video": {"id": "v=1"}},
        ),
        (
            SceneEvolution(video_url="https://a/v1/videos/v_1/content", lighting="night", weather="rainy"),
            "/v1/videos/edits",
            {
                "prompt": "the same scene with nothing else changed, but at night, in rain",
                "video": {"id": "v_1"},
            },
        ),
    ],
)
async def test_everything_else_is_said_in_the_prompt(order: Any, path: str, body: dict[str, Any]) -> None:
    async with stubbed("openai", {f"POST {path}": Answer.of(200, video("queued"))}) as (provider, stub):
        await submitted(provider, order)
    what, kind, content = sent(stub)
    assert (what, kind, json.loads(content)) == (f"POST {path}", "application/json", body)


async def test_an_image_that_can_not_be_read_is_not_sent() -> None:
    order = ImageToVideo(image=media_of(PNG[:40]), animation_prompt="x", duration=4, resolution="720p")
    async with stubbed("openai", {}) as (provider, stub):
        with pytest.raises(Incapable):
            await provider.submit(order, "r1", {order.image.sha256: PNG[:40]})
    assert stub.asked == []


@pytest.mark.parametrize("name", ["vllm-omni", "sglang", "litellm", "new-api"])
def test_a_server_of_ones_own_needs_an_address(name: str) -> None:
    import datetime as dt

    with pytest.raises(SettingsError, match="CALLSHEET_PROVIDER_URL"):
        catalogue_entry(name).refuse_incapable(set(), address_is_default=True, today=dt.date(2026, 1, 1))
    catalogue_entry(name).refuse_incapable(set(), address_is_default=False, today=dt.date(2026, 1, 1))
