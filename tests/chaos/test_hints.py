"""Callbacks that come twice, too late, forged or not at all: they only hurry a question, and are never believed."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook

from callsheet.desk import Desk
from callsheet.errors import Unavailable
from callsheet.ledger.buy import buy
from callsheet.ledger.order import Bought, Order
from callsheet.provider.callbacks import CallbackEvent, MemorySeen, callback_app
from callsheet.studio.books import Books
from callsheet.testing import serving
from tests.chaos.faults import edited
from tests.chaos.served import PRICE, Served
from tests.chaos.street import GENERATE, JOB, STRICT, Street
from tests.proxy import Proxy

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.usefixtures("hasty")]

SECRET, OTHER = ("whsec_" + base64.b64encode(letter * 32).decode() for letter in (b"s", b"o"))
SELDOM = 60.0
"""Seconds between two questions: longer than any of these tests waits, so that only a hint brings one forward."""


async def until(true: Callable[[], bool]) -> None:
    for _ in range(2000):
        if true():
            return
        await asyncio.sleep(0.005)
    raise TimeoutError


@dataclass
class Counter:
    """A purchase under way whose first question found it rendering, and the place where its callbacks arrive."""

    house: Served
    desk: Desk
    proxy: Proxy
    order: Order
    address: str
    asked: asyncio.Event

    async def job(self) -> str:
        """The job, once it has been asked for again, the answer has come, and it has ended in truth."""
        await self.asked.wait()
        self.asked.clear()
        entry = await self.desk.ledger.get(self.order.key(self.desk.identity))
        assert entry is not None and entry.job_id is not None
        job, books = entry.job_id, Books(self.house.home / "studio" / "books.sqlite")
        await until(lambda: not self.desk.poller._waits[job].asking)
        await until(lambda: (row := books.get(job)) is not None and row.status == "succeeded")
        return job

    async def post(self, job: str, *, status: str = "succeeded", secret: str = SECRET, name: str = "msg") -> int:
        """A callback as the provider sends it; the status of its answer."""
        body = json.dumps({"job_id": job, "status": status})
        now = dt.datetime.now(dt.UTC)
        headers = {"webhook-id": name, "webhook-timestamp": str(int(now.timestamp()))}
        headers["webhook-signature"] = Webhook(secret).sign(name, now, body)
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            return (await client.post(self.address, content=body, headers=headers)).status_code

    def paid_once(self, bought: Bought) -> None:
        assert self.house.charges(bought.key) == [PRICE]
        assert self.proxy.count(*GENERATE) == 1


def running(tell: Callable[[], None]) -> Callable[[bytes], bytes]:
    """The answer that a job still renders, whatever the truth."""

    def change(body: bytes) -> bytes:
        tell()
        job: dict[str, Any] = json.loads(body)
        return json.dumps({**job, "status": "running", "result": None}).encode()

    return change


@asynccontextmanager
async def counter(
    street: Street, home: Path, *, wait: float = 20.0, every: float = SELDOM, rendering: int = 1
) -> AsyncIterator[Counter]:
    house, loop, asked = street.houses[STRICT], asyncio.get_running_loop(), asyncio.Event()
    async with (
        Proxy(house.url).listening() as proxy,
        house.desk(proxy.url, home, street.ledgers[STRICT], wait=wait, every=every) as desk,
    ):

        async def hint(event: CallbackEvent) -> None:
            loop.call_soon_threadsafe(desk.nudge, event.job_id)

        proxy.on(*JOB, edited(running(asked.set)), times=rendering)
        with serving(callback_app([SecretStr(SECRET)], MemorySeen(), hint)) as address:
            yield Counter(house, desk, proxy, house.order(), address, asked)


async def test_a_callback_hurries_the_question_and_its_copy_does_not(street: Street, tmp_path: Path) -> None:
    async with counter(street, tmp_path, rendering=2) as at:
        buying = asyncio.create_task(buy(at.order, at.desk))
        job = await at.job()
        assert await at.post(job, status="failed") == 204  # not believed, whatever it says
        assert await at.job() == job
        assert await at.post(job) == 204  # a copy of the first: the same id
        assert at.proxy.count(*JOB) == 2
        assert await at.post(job, name="another") == 204
        at.paid_once(await buying)
        assert at.proxy.count(*JOB) == 3


async def test_a_callback_that_comes_late_or_of_no_job_of_ours_does_nothing(street: Street, tmp_path: Path) -> None:
    async with counter(street, tmp_path, every=0.03, rendering=0) as at:
        bought = await buy(at.order, at.desk)
        assert bought.job_id is not None
        questions = at.proxy.count(*JOB)
        assert await at.post(bought.job_id) == 204
        assert await at.post("job_of_somebody", name="another") == 204
        assert await buy(at.order, at.desk) == bought
        assert at.proxy.count(*JOB) == questions
        at.paid_once(bought)


async def test_a_forged_callback_is_as_one_that_was_lost(street: Street, tmp_path: Path) -> None:
    """Neither ends the wait; what was bought is fetched by the next run."""
    async with counter(street, tmp_path, wait=0.7) as at:
        buying = asyncio.create_task(buy(at.order, at.desk))
        job = await at.job()
        assert await at.post(job, secret=OTHER) == 401
        with pytest.raises(Unavailable, match="it stays bought"):
            await buying
        assert at.proxy.count(*JOB) == 1
        at.paid_once(await buy(at.order, at.desk))
