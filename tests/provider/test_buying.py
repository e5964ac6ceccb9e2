"""Buying by `/v1/videos` with the ledger, over real sockets: charged once, also when replies are lost."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from callsheet.desk import Desk
from callsheet.errors import Ambiguous, InDoubt
from callsheet.features import Extension, SceneEvolution, TextToVideo
from callsheet.ledger.buy import buy
from callsheet.ledger.order import Order
from callsheet.ledger.store import open_ledger
from callsheet.money import price_list
from callsheet.plan.model import Purchase
from callsheet.provider.protocol import Job, JobStatus
from callsheet.settings import Settings
from callsheet.storage import open_bucket
from tests.provider.sites import Answer, Layer, Site, site, street
from tests.provider.test_contract import ended

WORDS = TextToVideo(prompt="a lamp on a table", duration=4, resolution="720p")
PRICE = price_list("openai-videos").price("text_to_video", "720p", 4)
LOST = Answer(502, b"bad gateway")


class Keyless:
    """Takes idempotency keys away: a server of the bare contract, to which every order is a new one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            kept = [(name, value) for name, value in scope["headers"] if name != b"idempotency-key"]
            scope = {**scope, "headers": kept}
        await self._app(scope, receive, send)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Layer, str]]:
    with street() as made:
        yield made


@pytest.fixture
def served(tmp_path: Path, server: tuple[Layer, str]) -> Iterator[Site]:
    with site(*server, tmp_path / "studio", "studio-videos") as made:
        made.layer.app = Keyless(made.layer.app)
        yield made


@contextlib.asynccontextmanager
async def desk(served: Site, home: Path, ways: tuple[str, ...]) -> AsyncIterator[Desk]:
    """A desk of a new process, to which the provider keeps what `ways` say."""
    entry = served.entry.model_copy(update={"poll_seconds": 0.02, "lost_replies": ways})
    known = Site(served.studio, served.layer, served.address, entry, served.prefix)
    settings = Settings(home=home, provider="studio-videos", provider_url=f"{served.address}/v1", wait_seconds=30)
    ledger = await open_ledger(f"sqlite:///{home / 'ledger.sqlite'}")
    try:
        async with known.provider() as provider:
            yield Desk(settings, open_bucket(str(home / "bucket")), ledger, provider)
    finally:
        await ledger.close()


def order(prompt: str = WORDS.prompt, take: int = 1) -> Order:
    request = WORDS.model_copy(update={"prompt": prompt})
    purchase = Purchase(id="close-up", request=request, clips=("close-up",), take=take, price=PRICE)
    return Order(purchase=purchase, production_id="lamp-1", tier="social")


def charged(served: Site) -> tuple[int, Decimal]:
    return len(served.studio.books.charges()), served.studio.books.charged("USD")


async def test_a_clip_is_bought_once(served: Site, tmp_path: Path) -> None:
    for _ in range(2):
        async with desk(served, tmp_path, ("listing",)) as at:
            bought = await buy(order(), at)
        assert bought.charged == PRICE
        assert (tmp_path / "bucket" / bought.assets[0].key).stat().st_size == bought.assets[0].bytes
    assert charged(served) == (1, Decimal("0.40"))


async def test_a_lost_reply_is_found_in_the_list_and_charged_once(served: Site, tmp_path: Path) -> None:
    async with desk(served, tmp_path, ("listing",)) as at:
        await buy(order("another lamp"), at)
        served.layer.instead = lambda what, answer: LOST if answer and what.startswith("POST") else None
        bought = await buy(order(), at)
    assert charged(served) == (2, Decimal("0.80"))
    assert served.studio.books.videos.get(str(bought.job_id).replace("video_", "job_")) is not None


async def test_of_two_lost_replies_to_the_same_words_neither_is_guessed(served: Site, tmp_path: Path) -> None:
    """The list can't tell them apart: in doubt, never bought again by itself."""
    served.layer.instead = lambda what, answer: LOST if answer and what.startswith("POST") else None
    async with desk(served, tmp_path, ("listing",)) as at:
        with pytest.raises(Ambiguous):
            await at.provider.submit(WORDS, "somebody else's", {})
        with pytest.raises(InDoubt, match="are all like it"):
            await buy(order(), at)
    assert charged(served) == (2, Decimal("0.80"))


async def test_without_a_list_a_lost_reply_is_in_doubt(served: Site, tmp_path: Path) -> None:
    served.layer.instead = lambda what, answer: LOST if answer and what.startswith("POST") else None
    async with desk(served, tmp_path, ()) as at:
        for _ in range(2):
            with pytest.raises(InDoubt):
                await buy(order(), at)
    assert charged(served) == (1, Decimal("0.40"))


async def test_an_own_clip_is_extended_and_edited(served: Site, tmp_path: Path) -> None:
    """The address that a job's clip has is enough to name it in a later order."""
    async with desk(served, tmp_path, ("listing",)) as at:
        provider = at.provider
        first = await provider.submit(WORDS, "r1", {})
        assert isinstance(first, Job)
        address = f"{served.address}/v1/videos/{first.job_id}/content"
        assert (await ended(provider, first.job_id)).status is JobStatus.SUCCEEDED
        longer = await provider.submit(
            Extension(video_url=address, extension_prompt="it is lit", extension_duration=8), "r2", {}
        )
        darker = await provider.submit(SceneEvolution(video_url=address, lighting="night"), "r3", {})
    assert isinstance(longer, Job)
    assert isinstance(darker, Job)
    lines = [served.studio.books.videos.get(job.job_id.replace("video_", "job_")) for job in (longer, darker)]
    assert [line.seconds for line in lines if line] == [12, 4]
    assert [str(amount) for _, amount, _ in served.studio.books.charges()] == ["0.40", "0.80", "0.40"]
    requests = [served.studio.books.get(job.job_id.replace("video_", "job_")) for job in (longer, darker)]
    assert [row.feature for row in requests if row] == ["extension", "scene_evolution"]
