"""What every dialect's provider keeps, over real sockets, against the studio's own books."""

from __future__ import annotations

import asyncio
import io
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from callsheet.errors import Ambiguous, Moderated, RateLimited, Rejected, Unavailable, Unsent
from callsheet.features import ImageToVideo, TextToVideo
from callsheet.media.images import media_of
from callsheet.money import price_list
from callsheet.provider.protocol import Job, JobStatus, Provider
from tests.provider.sites import Answer, Layer, Site, site, street
from tests.studio.films import one_film

ORDER = TextToVideo(prompt="a lamp on a table", duration=4, resolution="720p")
LIMIT = 30.0


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Layer, str]]:
    with street() as made:
        yield made


@pytest.fixture(params=["studio", "studio-videos"])
def served(request: pytest.FixtureRequest, tmp_path: Path, server: tuple[Layer, str]) -> Iterator[Site]:
    with site(*server, tmp_path / "studio", request.param) as made:
        yield made


async def submit(provider: Provider, order: Any = ORDER, reference: str = "r1", media: Any = None) -> Job:
    job = await provider.submit(order, reference, media or {})
    assert isinstance(job, Job)
    return job


async def ended(provider: Provider, job_id: str) -> Job:
    async with asyncio.timeout(LIMIT):
        while True:
            job = await provider.poll(job_id)
            if job.status.final:
                return job
            await asyncio.sleep(0.02)


def orders(served: Site) -> list[str]:
    return [reference for reference, _, _ in served.studio.books.charges()]


async def test_an_order_becomes_a_clip(served: Site, tmp_path: Path) -> None:
    async with served.provider() as provider:
        job = await submit(provider)
        assert job.status in (JobStatus.QUEUED, JobStatus.RUNNING)
        done = await ended(provider, job.job_id)
        assert (done.job_id, done.status, done.progress) == (job.job_id, JobStatus.SUCCEEDED, 100)
        assert done.delivery is not None
        (clip,) = done.delivery.clips
        assert clip.seconds == 4
        await provider.fetch(clip.url, tmp_path / "clip.mp4")
    assert (tmp_path / "clip.mp4").read_bytes()[4:8] == b"ftyp"
    quoted = price_list(served.entry.price_list).price("text_to_video", "720p", 4)
    assert quoted.amount in (Decimal("0.96"), Decimal("0.40"))
    assert served.studio.books.charged(quoted.currency) == quoted.amount


async def test_an_image_goes_along(served: Site) -> None:
    made = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(made, "JPEG")
    media = media_of(made.getvalue())
    order = ImageToVideo(image=media, animation_prompt="it turns", duration=4, resolution="720p")
    async with served.provider() as provider:
        job = await submit(provider, order, media={media.sha256: made.getvalue()})
        assert (await ended(provider, job.job_id)).status is JobStatus.SUCCEEDED
    (kept,) = [path for path in (served.studio.home / "inputs").iterdir() if path.suffix != ".json"]
    with Image.open(kept) as image:
        assert image.size == ((64, 48) if served.entry.dialect == "sora" else (1280, 720))


async def test_the_same_reference_is_the_same_job(served: Site) -> None:
    async with served.provider() as provider:
        first, again = await submit(provider), await submit(provider)
    assert first.job_id == again.job_id
    assert orders(served) == ["r1"]


async def test_refused_content_is_moderated(served: Site) -> None:
    async with served.provider() as provider:
        with pytest.raises(Moderated) as caught:
            await submit(provider, ORDER.model_copy(update={"prompt": "much gore"}))
    assert caught.value.code == "moderation_blocked"
    assert orders(served) == []


async def test_a_wrong_key_is_rejected(served: Site) -> None:
    async with served.provider(key="wrong") as provider:
        with pytest.raises(Rejected) as caught:
            await submit(provider)
    assert (caught.value.status, orders(served)) == (401, [])


async def test_a_rate_limit_says_how_long(served: Site) -> None:
    said = Answer.of(429, {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}, retry_after="7")
    served.layer.instead = lambda what, answer: said if what.startswith("POST") else None
    async with served.provider() as provider:
        with pytest.raises(RateLimited) as caught:
            await submit(provider)
    assert (caught.value.retry_after, orders(served)) == (7, [])


async def test_nothing_leaves_without_a_connection(served: Site) -> None:
    async with served.provider(address="http://127.0.0.1:9") as provider:
        with pytest.raises(Unsent):
            await submit(provider)


@pytest.mark.parametrize("lost", [Answer(502, b"bad gateway"), Answer(200, b'{"id": "video_1", "sta')])
async def test_a_lost_reply_is_found_in_the_list(served: Site, lost: Answer) -> None:
    since = time.time() - 1
    async with served.provider() as provider:
        other = await submit(provider, ORDER.model_copy(update={"prompt": "another lamp"}), "other")
        served.layer.instead = lambda what, answer: lost if answer and what.startswith("POST") else None
        with pytest.raises(Ambiguous):
            await submit(provider)
        (found,) = await provider.listed(ORDER, since)
        assert found.job_id != other.job_id
        assert orders(served) == ["other", "r1"]
        assert (await ended(provider, found.job_id)).status is JobStatus.SUCCEEDED
        assert [job.job_id for job in await provider.listed(ORDER, since)] == [found.job_id]
        assert await provider.listed(ORDER, time.time() + 60) == []
        assert await provider.listed(ORDER.model_copy(update={"duration": 8}), since) == []
        assert await provider.listed(ORDER.model_copy(update={"resolution": "720x1280"}), since) == []


async def test_the_look_up_by_reference_says_what_it_knows(served: Site) -> None:
    async with served.provider() as provider:
        job = await submit(provider)
        if "client_reference" in served.entry.lost_replies:
            found = await provider.find("r1")
            assert found is not None
            assert found.job_id == job.job_id
            assert await provider.find("r2") is None
        else:
            with pytest.raises(Rejected) as caught:
                await provider.find("r1")
            assert caught.value.status == 404


async def test_a_poll_that_can_not_be_read_is_repeated_by_who_asks(served: Site) -> None:
    async with served.provider() as provider:
        job = await submit(provider)
        for cut in (Answer(200, b'{"status": "comp'), Answer(200, b"[]"), Answer(503, b"")):
            served.layer.instead = lambda what, answer, cut=cut: cut if what.startswith("GET") else None  # type: ignore[misc]
            with pytest.raises(Unavailable):
                await provider.poll(job.job_id)


async def test_an_unknown_status_is_not_an_end(served: Site) -> None:
    async with served.provider() as provider:
        job = await submit(provider)
        odd = Answer.of(200, {"id": job.job_id, "job_id": job.job_id, "status": "polishing", "progress": 12})
        served.layer.instead = lambda what, answer: odd if what.startswith("GET") else None
        assert (await provider.poll(job.job_id)).status is JobStatus.RUNNING


async def test_an_unknown_job_is_rejected(served: Site) -> None:
    async with served.provider() as provider:
        with pytest.raises(Rejected) as caught:
            await provider.poll("video_none")
    assert caught.value.status == 404


async def test_a_failed_job_says_why(served: Site) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("division by zero")

    served.studio._renderer = broken
    async with served.provider() as provider:
        job = await ended(provider, (await submit(provider)).job_id)
    assert (job.status, job.error_code, job.error) == (
        JobStatus.FAILED,
        "render_failed",
        "ZeroDivisionError: division by zero",
    )
    assert served.studio.books.charged("CNY") == served.studio.books.charged("USD") == 0


async def test_an_expired_clip_is_410(served: Site, tmp_path: Path) -> None:
    served.studio.link_seconds = -5
    async with served.provider() as provider:
        job = await ended(provider, (await submit(provider)).job_id)
        assert job.delivery is not None
        with pytest.raises(Unavailable) as caught:
            await provider.fetch(job.delivery.clips[0].url, tmp_path / "clip.mp4")
    assert caught.value.status == 410


async def test_cancelling(served: Site) -> None:
    """The sora dialect stops a job; `/v1/videos` can only delete what has ended, and says so."""
    finished = threading.Event()
    served.studio._renderer = one_film(finished)
    async with served.provider() as provider:
        job = await submit(provider)
        if served.entry.dialect == "sora":
            await provider.cancel(job.job_id)
            assert (await provider.poll(job.job_id)).status is JobStatus.CANCELLED
            return
        with pytest.raises(Rejected) as caught:
            await provider.cancel(job.job_id)
        assert caught.value.status == 409
        finished.set()
        await ended(provider, job.job_id)
        await provider.cancel(job.job_id)
        with pytest.raises(Rejected):
            await provider.poll(job.job_id)
