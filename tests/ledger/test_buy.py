"""Buying, against a real studio over its own dialect: what is charged is read from the studio's books."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from callsheet import faults
from callsheet.desk import Desk
from callsheet.errors import (
    BudgetError,
    InDoubt,
    JobFailed,
    Moderated,
    ProviderError,
    RateLimited,
    Rejected,
    StorageError,
    Unavailable,
    Unsent,
)
from callsheet.ledger import clarify, poller, submit
from callsheet.ledger.buy import buy
from callsheet.ledger.order import Order
from callsheet.ledger.queries import committed
from callsheet.ledger.states import State
from callsheet.media.probe import probe
from callsheet.money import Money
from callsheet.provider.http import HttpClient
from callsheet.provider.sora import SoraProvider
from callsheet.scratch import sweep
from callsheet.testing import flat_renderer
from tests.studios import Shop, small_plan


class Crash(BaseException):
    """A stop that nobody catches, as a kill would be."""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(submit, "PAUSE", 0.01)
    monkeypatch.setattr(clarify, "PAUSE", 0.01)
    monkeypatch.setattr(clarify, "BELIEVED_AFTER", 0.05)
    monkeypatch.setattr(poller, "PAUSE", 0.01)
    yield
    faults.armed.clear()


async def reply(send: Send, status: int, body: bytes, **headers: str) -> None:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


class First:
    """Answers the first `times` requests of a method and path with a status, after or instead of the studio."""

    def __init__(self, method: str, path: str, status: int, *, times: int = 1, after: bool = False, **headers: str):
        self.wanted, self.status, self.left, self.after, self.headers = (method, path), status, times, after, headers
        self.seen = 0

    def __call__(self, app: ASGIApp) -> ASGIApp:
        async def layer(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["method"] != self.wanted[0] or self.wanted[1] not in scope["path"]:
                await app(scope, receive, send)
                return
            self.seen += 1
            if self.left <= 0:
                await app(scope, receive, send)
                return
            self.left -= 1
            if self.after:
                await app(scope, receive, _nothing)
            await reply(send, self.status, b"{}", **self.headers)

        return layer


async def _nothing(_: Any) -> None:
    return None


async def test_a_clip_is_bought_once_and_found_again(shop: Shop) -> None:
    first = await shop.buy()
    again = await shop.buy()
    assert again == first
    assert [(amount, reason) for _, amount, reason in shop.charges] == [(Decimal("0.50"), "accepted")]
    assert first.charged == first.quoted == Money(amount=Decimal("0.50"), currency="CNY")
    clip = first.assets[0]
    assert clip.key == f"clips/{clip.sha256[:2]}/{clip.sha256}.mp4"
    assert probe(shop.home / "bucket" / clip.key).frames == 150
    assert shop.leftovers() == []


async def test_another_take_is_another_purchase(one_shop: Shop) -> None:
    first, second = await one_shop.buy(), await one_shop.buy(take=2)
    assert first.key != second.key
    assert len(one_shop.charges) == 2


@pytest.mark.parametrize("point", faults.POINTS)
async def test_stopped_anywhere_the_next_run_goes_on_and_nothing_is_paid_twice(shop: Shop, point: str) -> None:
    def crash() -> None:
        raise Crash(point)

    faults.armed[point] = crash
    with pytest.raises(Crash):
        await shop.buy()
    faults.armed.clear()
    bought = await shop.buy()
    assert [amount for _, amount, _ in shop.charges] == [Decimal("0.50")]
    assert (shop.home / "bucket" / bought.assets[0].key).is_file()
    assert shop.leftovers() == []
    async with shop.desk() as desk:
        assert await committed(desk.ledger, bought.production_id, "CNY") == bought.charged


KILLED = """
import asyncio, sys
from pathlib import Path
from tests.studios import Shop
asyncio.run(Shop(Path(sys.argv[1]), sys.argv[2]).buy())
"""


@pytest.mark.parametrize("point", ["buy.sent", "buy.submitted", "buy.put"])
async def test_killed_like_by_a_power_cut_it_is_the_same(one_shop: Shop, point: str) -> None:
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", KILLED, str(one_shop.home), one_shop.ledger_url],
        env={**os.environ, "CALLSHEET_FAULT": point},
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    _forget_the_studios_dead_runner(one_shop)
    await one_shop.buy()
    assert [amount for _, amount, _ in one_shop.charges] == [Decimal("0.50")]


def _forget_the_studios_dead_runner(shop: Shop) -> None:
    import sqlite3

    with sqlite3.connect(shop.home / "studio" / "books.sqlite") as db:
        db.execute("UPDATE jobs SET beat = 0")
    db.close()


@pytest.mark.parametrize("lost", [("client_reference", "idempotency_key"), ("client_reference",), ("idempotency_key",)])
@pytest.mark.parametrize("accepted", [True, False])
async def test_a_lost_reply_is_asked_for(one_shop: Shop, lost: tuple[str, ...], accepted: bool) -> None:
    one_shop.lost_replies = lost
    one_shop.between = [First("POST", "/generate", 504, after=accepted)]
    await one_shop.buy()
    assert [amount for _, amount, _ in one_shop.charges] == [Decimal("0.50")]


async def test_where_nobody_can_be_asked_it_is_in_doubt_and_never_sent_again(one_shop: Shop) -> None:
    one_shop.lost_replies = ()
    gate = First("POST", "/generate", 504, after=True)
    one_shop.between = [gate]
    for _ in range(2):
        with pytest.raises(InDoubt, match=r"0\.50 CNY can't be found out"):
            await one_shop.buy()
    assert gate.seen == 1
    assert len(one_shop.charges) == 1


@pytest.mark.parametrize("lost", [("client_reference", "idempotency_key"), ("client_reference",), ("idempotency_key",)])
async def test_a_server_that_never_answers_is_asked_a_bounded_number_of_times(
    one_shop: Shop, lost: tuple[str, ...]
) -> None:
    one_shop.lost_replies = lost
    gate = First("POST", "/generate", 503, times=10**6)
    one_shop.between = [gate]
    with pytest.raises(Unavailable, match="run again to go on") as caught:
        await one_shop.buy()
    assert caught.value.retryable
    assert gate.seen == submit.SENDINGS
    one_shop.between = []
    await one_shop.buy()
    assert len(one_shop.charges) == 1


@pytest.mark.parametrize("status", [401, 402, 403, 409, 429])
async def test_a_refusal_after_a_lost_reply_does_not_release_the_order(one_shop: Shop, status: int) -> None:
    """Accepted, the reply lost; then, on the way back, something else is wrong. The order still stands."""
    one_shop.between = [First("POST", "/generate", 504, after=True), First("GET", "/jobs", status, times=99)]
    with pytest.raises(ProviderError):
        await one_shop.buy()
    one_shop.lost_replies = ("idempotency_key",)
    one_shop.between = [First("POST", "/generate", status, times=99, retry_after="0")]
    with pytest.raises(ProviderError):
        await one_shop.buy()
    one_shop.lost_replies = None
    one_shop.between = []
    bought = await one_shop.buy()
    assert [(reference, amount) for reference, amount, _ in one_shop.charges] == [(bought.key, Decimal("0.50"))]


async def test_somebody_elses_job_is_never_taken_for_ours(one_shop: Shop) -> None:
    await one_shop.buy(take=7)
    one_shop.lost_replies = ("client_reference", "idempotency_key")
    one_shop.between = [First("POST", "/generate", 504, after=True), _ListsEverything(one_shop)]
    bought = await one_shop.buy()
    assert bought.job_id is not None
    async with one_shop.desk() as desk:
        entry = await desk.ledger.get(bought.key)
    assert entry is not None
    assert len(one_shop.charges) == 2
    assert {reference for reference, _, _ in one_shop.charges} == {bought.key, (await one_shop.buy(take=7)).key}


class _ListsEverything:
    """A server that does not know the look-up and answers it with some other job."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def __call__(self, app: ASGIApp) -> ASGIApp:
        async def layer(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["method"] == "GET" and scope["path"].endswith("/jobs"):
                body = b'{"data": [{"job_id": "job_of_another", "status": "succeeded", "client_reference": "x"}]}'
                await reply(send, 200, body)
                return
            await app(scope, receive, send)

        return layer


async def test_a_server_without_the_look_up_is_asked_by_the_idempotency_key(one_shop: Shop) -> None:
    one_shop.between = [First("POST", "/generate", 502, after=True), First("GET", "/jobs", 404, times=1)]
    await one_shop.buy()
    assert len(one_shop.charges) == 1


async def test_too_many_requests_are_waited_for(one_shop: Shop) -> None:
    gate = First("POST", "/generate", 429, times=2, retry_after="0")
    one_shop.between = [gate]
    await one_shop.buy()
    assert gate.seen == 3
    one_shop.between = [First("POST", "/generate", 429, times=99, retry_after="0")]
    with pytest.raises(RateLimited):
        await one_shop.buy(take=2)
    assert len(one_shop.charges) == 1


@pytest.mark.parametrize("status", [400, 401, 402, 404, 413])
async def test_a_refused_order_costs_nothing_and_may_be_mended(one_shop: Shop, status: int) -> None:
    one_shop.between = [First("POST", "/generate", status)]
    with pytest.raises(Rejected) as caught:
        await one_shop.buy()
    assert caught.value.status == status
    assert not caught.value.retryable
    assert one_shop.charges == []
    one_shop.between = []
    await one_shop.buy()
    assert len(one_shop.charges) == 1


async def test_a_moderated_order_is_never_sent_again(one_shop: Shop) -> None:
    gate = First("POST", "/generate", 500, times=0)
    one_shop.between = [gate]
    plan = small_plan(description="a scene of gore")
    for _ in range(2):
        with pytest.raises(Moderated):
            await one_shop.buy(plan)
    assert gate.seen == 1
    assert one_shop.charges == []


async def test_polls_that_fail_and_addresses_that_expire_are_only_read_again(one_shop: Shop) -> None:
    one_shop.between = [First("GET", "/jobs/", 503, times=2, retry_after="0"), First("GET", "/media/", 410, times=2)]
    await one_shop.buy()
    assert len(one_shop.charges) == 1


async def test_a_truncated_clip_is_downloaded_again(one_shop: Shop) -> None:
    one_shop.between = [First("GET", "/media/", 200, times=1)]  # a body that is no video
    await one_shop.buy()
    assert len(one_shop.charges) == 1
    assert one_shop.leftovers() == []


async def test_a_cap_refuses_before_anything_is_sent(shop: Shop) -> None:
    gate = First("POST", "/generate", 500, times=0)
    shop.between = [gate]
    with pytest.raises(BudgetError, match=r"0\.50 CNY more would pass the cap of 0\.49 CNY"):
        await shop.buy(cap=Money(amount=Decimal("0.49"), currency="CNY"))
    assert gate.seen == 0


async def test_two_that_want_the_same_clip_share_it(shop: Shop) -> None:
    order = Order(purchase=small_plan().purchases[0], production_id="lamp-1", tier="prototype")
    async with shop.desk() as one, shop.desk() as two:
        first, second = await asyncio.gather(buy(order, one), buy(order, two))
    assert first.assets == second.assets
    assert len(shop.charges) == 1


async def test_running_out_of_time_leaves_the_purchase_open(one_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Shop, "settings", property(_hasty))
        with pytest.raises(Unavailable, match="it stays bought") as caught:
            await one_shop.buy(small_plan(duration=20))
    assert caught.value.retryable
    await one_shop.buy(small_plan(duration=20))
    assert len(one_shop.charges) == 1


def _hasty(shop: Shop) -> Any:
    from callsheet.settings import Settings

    return Settings(home=shop.home, ledger_url=shop.ledger_url, wait_seconds=0.001)


async def test_a_job_that_failed_and_was_refunded_may_be_tried_again(one_shop: Shop) -> None:
    cancelled = False

    def until_cancelled(request: Any, folder: Any, images: Any, heartbeat: Any, output_path: Any) -> Any:
        while not cancelled:
            heartbeat(0.5)  # ends the render when the job is stopped
        return flat_renderer(8)(request, folder, images, heartbeat, output_path)

    one_shop.renderer = until_cancelled
    async with one_shop.desk() as desk:
        order = Order(purchase=small_plan().purchases[0], production_id="lamp-1", tier="prototype")
        task = asyncio.create_task(buy(order, desk))
        job = await _job(desk, order)
        await desk.provider.cancel(job)
        cancelled = True
        with pytest.raises(JobFailed, match=r"charged 0\.00 CNY"):
            await task
        entry = await desk.ledger.get(order.key("studio"))
        assert entry is not None
        assert entry.state is State.FAILED
        bought = await buy(order, desk)
    assert bought.charged.amount == Decimal("0.50")
    assert sum(amount for _, amount, _ in one_shop.charges) == Decimal("0.50")


async def _job(desk: Desk, order: Order) -> str:
    async with asyncio.timeout(20):
        while True:
            entry = await desk.ledger.get(order.key("studio"))
            if entry is not None and entry.job_id:
                return entry.job_id
            await asyncio.sleep(0)


async def test_a_clip_that_was_deleted_is_reported_and_not_bought_again(one_shop: Shop) -> None:
    bought = await one_shop.buy()
    (one_shop.home / "bucket" / bought.assets[0].key).unlink()
    with pytest.raises(StorageError, match=r"was bought for 0\.50 CNY"):
        await one_shop.buy()
    assert len(one_shop.charges) == 1


async def test_a_server_that_is_not_there_is_provably_unsent(one_shop: Shop) -> None:
    async with one_shop.desk() as desk:
        nowhere = HttpClient("http://127.0.0.1:9/v1/sora", None)
        away = Desk(desk.settings, desk.bucket, desk.ledger, SoraProvider(desk.provider.entry, "studio", nowhere))
        order = Order(purchase=small_plan().purchases[0], production_id="lamp-1", tier="prototype")
        with pytest.raises(Unsent):
            await buy(order, away)
        await nowhere.close()
        entry = await desk.ledger.get(order.key("studio"))
        assert entry is not None
        assert entry.state is State.INTENDED
        await buy(order, desk)
    assert len(one_shop.charges) == 1


async def test_results_elsewhere_are_not_fetched_and_get_no_key(one_shop: Shop) -> None:
    async with one_shop.desk() as desk:
        with pytest.raises(Rejected, match=r"http://evil\.example"):
            await desk.provider.fetch("http://evil.example/clip.mp4", one_shop.home / "clip.mp4")
    assert issubclass(Rejected, ProviderError)


def test_what_a_killed_process_left_is_swept(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    dead, mine = tmp_path / f"callsheet-{int(done.stdout)}-x", tmp_path / f"callsheet-{os.getpid()}-x"
    for folder in (dead, mine):
        folder.mkdir()
        (folder / "part.mp4").touch()
    sweep(tmp_path)
    assert (dead.exists(), mine.exists()) == (False, True)
