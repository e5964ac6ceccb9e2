"""Which callbacks the receiver takes, over a real socket. They are signed here by the specification's own library."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from callsheet.provider.callbacks import LARGEST_CALLBACK, CallbackEvent, MemorySeen, callback_app
from callsheet.testing import serving

OLD = "whsec_" + base64.b64encode(b"o" * 32).decode()
NEW = "whsec_" + base64.b64encode(b"n" * 32).decode()
OTHER = "whsec_" + base64.b64encode(b"x" * 32).decode()
BODY = b'{"job_id":"job_1","status":"succeeded"}'


class Taken:
    """What the receiver's user is told. The first `faults` calls fail."""

    def __init__(self) -> None:
        self.events: list[CallbackEvent] = []
        self.faults = 0
        self.lock = threading.Lock()

    async def __call__(self, event: CallbackEvent) -> None:
        with self.lock:
            if self.faults:
                self.faults -= 1
                raise ConnectionError("the ledger is away")
            self.events.append(event)


class Door:
    """A receiver, its client, and what it took."""

    def __init__(self, address: str, taken: Taken, client: httpx.Client) -> None:
        self.address, self.taken, self.client = address, taken, client

    def knock(self, headers: dict[str, str], body: bytes = BODY, path: str = "/hooks") -> int:
        return self.client.post(f"{self.address}{path}", headers=headers, content=body).status_code

    @property
    def jobs(self) -> list[str]:
        return [event.job_id for event in self.taken.events]


@pytest.fixture(scope="module")
def standing() -> Iterator[tuple[Door, MemorySeen]]:
    taken, seen = Taken(), MemorySeen()
    app = callback_app([SecretStr(NEW), SecretStr(OLD)], seen, taken)
    whole = Starlette(routes=[Route("/hooks", app), Mount("/mounted", app)])
    with serving(whole) as address, httpx.Client(timeout=30, trust_env=False) as client:
        yield Door(address, taken, client), seen


@pytest.fixture
def door(standing: tuple[Door, MemorySeen]) -> Door:
    door, seen = standing
    door.taken.events.clear()
    seen._ids.clear()
    return door


def signed(body: bytes = BODY, *, secret: str = NEW, name: str = "msg_1", late: float = 0) -> dict[str, str]:
    """The headers of a callback that was sent `late` seconds ago."""
    at = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=late)
    signature = Webhook(secret).sign(name, at, body.decode())
    return {"webhook-id": name, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}


def test_a_genuine_callback_is_taken(door: Door) -> None:
    headers = signed()
    assert door.knock(headers) == 204
    (event,) = door.taken.events
    assert (event.job_id, event.status, event.webhook_id) == ("job_1", "succeeded", "msg_1")
    assert event.at == dt.datetime.fromtimestamp(int(headers["webhook-timestamp"]), dt.UTC)


@pytest.mark.parametrize("path", ["/hooks", "/mounted/", "/mounted/deeper"])
def test_it_can_be_mounted_anywhere(door: Door, path: str) -> None:
    assert door.knock(signed(), path=path) == 204
    assert door.client.get(f"{door.address}{path}").status_code == 405


def test_copies_are_answered_alike_and_count_once(door: Door) -> None:
    headers = signed()
    assert [door.knock(headers) for _ in range(3)] == [204] * 3
    # The sender's own retry is signed anew, at another time, for the same id.
    assert door.knock(signed(late=7)) == 204
    assert door.jobs == ["job_1"]
    assert door.knock(signed(name="msg_2")) == 204
    assert door.jobs == ["job_1", "job_1"]


def test_copies_of_one_moment_count_once(door: Door) -> None:
    headers, answers = signed(), []
    threads = [threading.Thread(target=lambda: answers.append(door.knock(headers))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (answers, door.jobs) == ([204] * 8, ["job_1"])


@pytest.mark.parametrize("secret", [NEW, OLD], ids=["new", "old"])
def test_an_old_secret_holds_while_it_is_replaced(door: Door, secret: str) -> None:
    assert door.knock(signed(secret=secret)) == 204
    assert len(door.jobs) == 1


def test_of_several_signatures_one_is_enough(door: Door) -> None:
    both = signed(secret=OTHER)["webhook-signature"] + " " + signed()["webhook-signature"]
    assert door.knock({**signed(), "webhook-signature": both}) == 204


def changed(name: str, value: str | None) -> Callable[[], dict[str, str]]:
    """A genuine callback's headers with one that is another, or missing."""

    def headers() -> dict[str, str]:
        kept = {key: held for key, held in signed().items() if key != name}
        return kept if value is None else kept | {name: value}

    return headers


@pytest.mark.parametrize(
    "headers",
    [
        lambda: {},
        lambda: signed(secret=OTHER),
        changed("webhook-signature", None),
        changed("webhook-id", None),
        changed("webhook-timestamp", None),
        changed("webhook-id", "msg_9"),
        changed("webhook-timestamp", "now"),
        changed("webhook-timestamp", "nan"),
        changed("webhook-signature", ""),
        changed("webhook-signature", "v1"),
        changed("webhook-signature", "v1,!"),
        lambda: signed() | {"webhook-signature": "v2," + signed()["webhook-signature"][3:]},
        lambda: signed(name="msg 1"),
        lambda: signed(name="m" * 201),
    ],
)
def test_a_forged_or_unsigned_callback_is_refused(door: Door, headers: Callable[[], dict[str, str]]) -> None:
    assert door.knock(headers()) == 401
    assert door.jobs == []
    assert door.knock(signed()) == 204  # nor did it use up the id of the genuine one


@pytest.mark.parametrize(("late", "status"), [(290, 204), (-290, 204), (310, 401), (-310, 401), (86400, 401)])
def test_a_callback_of_another_time_is_refused(door: Door, late: float, status: int) -> None:
    assert door.knock(signed(late=late)) == status
    assert len(door.jobs) == (status == 204)


@pytest.mark.parametrize("body", [BODY + b" ", BODY.replace(b"job_1", b"job_2"), b"\xff\xfe", b""])
def test_another_body_than_was_signed_is_refused(door: Door, body: bytes) -> None:
    assert door.knock(signed(), body) == 401
    assert door.jobs == []


@pytest.mark.parametrize(
    "said", [[], {}, {"job_id": "job_1"}, {"job_id": 7, "status": "x"}, {"job_id": "a\nb", "status": "x"}, "x"]
)
def test_a_genuine_one_that_names_no_job_is_no_event(door: Door, said: Any) -> None:
    body = json.dumps(said).encode()
    assert door.knock(signed(body), body) == 400
    assert door.jobs == []


def test_a_body_that_is_too_large_is_not_read(door: Door) -> None:
    body = b" " * (LARGEST_CALLBACK + 1)
    assert door.knock(signed(body), body) == 413

    def pieces() -> Iterator[bytes]:
        yield from (body[:1000] for _ in range(100))

    answer = door.client.post(f"{door.address}/hooks", headers=signed(body), content=pieces())
    assert answer.status_code == 413
    filled = BODY[:-1] + b" " * (LARGEST_CALLBACK - len(BODY)) + b"}"
    assert door.knock(signed(filled), filled) == 204


def test_what_could_not_be_noted_is_taken_at_the_next_attempt(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    door.taken.faults = 2
    assert [door.knock(signed()) for _ in range(4)] == [500, 500, 204, 204]
    assert door.jobs == ["job_1"]
    assert "was not taken" in caplog.text


async def test_the_memory_of_what_was_seen_is_bounded() -> None:
    seen = MemorySeen(most=3)
    assert [await seen.first(name) for name in "abcab"] == [True, True, True, False, False]
    assert await seen.first("d")
    assert len(seen._ids) == 3
    assert not await seen.first("d")
    await seen.forget("d")
    assert await seen.first("d")
    await seen.forget("never seen")


async def test_a_taker_that_is_cancelled_has_not_taken_it() -> None:
    seen, begun = MemorySeen(), asyncio.Event()

    async def slow(_: CallbackEvent) -> None:
        begun.set()
        await asyncio.Event().wait()

    app = callback_app([SecretStr(NEW)], seen, slow)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://receiver") as client:
        knocking = asyncio.create_task(client.post("/", headers=signed(), content=BODY))
        await asyncio.wait_for(begun.wait(), 30)
        knocking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await knocking
    assert await seen.first("msg_1")
