"""What a server says when it refuses, in every form that is in use, and what is read of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from callsheet.errors import Ambiguous, Incapable, Moderated, ProviderError, RateLimited, Rejected, Unavailable
from callsheet.provider import http
from callsheet.provider.http import HttpClient
from callsheet.provider.reply import LONGEST_WORDS, retry_after


class Server:
    """Answers every request with a status and pieces of a body, and then, if told so, never ends it."""

    def __init__(
        self, status: int, pieces: list[bytes], *, ends: bool = True, headers: dict[str, str] | None = None
    ) -> None:
        self.status, self.pieces, self.ends = status, pieces, ends
        self.headers = [(name.replace("_", "-").encode(), text.encode()) for name, text in (headers or {}).items()]
        self.sent = 0
        self.client = HttpClient("http://provider.local/v1", SecretStr("k"))
        transport = httpx.MockTransport(self.answer)
        self.client._client = httpx.AsyncClient(transport=transport)

    async def answer(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(self.status, headers=self.headers, content=self.body())

    async def body(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            self.sent += len(piece)
            yield piece
        if not self.ends:
            await asyncio.Event().wait()


def server(status: int, body: Any, **headers: str) -> Server:
    return Server(status, [json.dumps(body).encode()], headers=headers)


async def refused(status: int, body: Any, **headers: str) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await server(status, body, **headers).client.purchase("videos", {}, json={})
    return caught.value


FIELD = {"loc": ["body", "seconds"], "msg": "Input should be a valid\n integer", "type": "int", "input": "canary"}


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        ({"error": {"message": "too long", "param": "prompt", "code": "bad"}}, "too long (prompt)", "bad"),
        ({"error": "no such model"}, "no such model", None),
        ({"code": 1303, "message": "busy", "data": None}, "busy", "1303"),
        ({"detail": "Model not loaded"}, "Model not loaded", None),
        ({"detail": [FIELD]}, "seconds: Input should be a valid integer", None),
        (
            {"detail": [FIELD, {"loc": ["body", "size", 0], "msg": "bad"}, {"msg": "alone"}, "x"]},
            "seconds: Input should be a valid integer; size.0: bad; alone; x",
            None,
        ),
        ({"detail": {"message": "no room", "code": "full"}}, "no room", "full"),
        ({"detail": {"error": {"message": "nested", "code": "deep"}}}, "nested", "deep"),
        ({"detail": []}, "Bad Request", None),
        ({"detail": [{"loc": 1, "msg": None}]}, "{'loc': 1, 'msg': None}", None),
        ({"error": None, "detail": "after all"}, "after all", None),
        ({"error": {"message": "two\r\nlines \x00 and more"}}, "two lines \ufffd and more", None),
        ([], "Bad Request", None),
    ],
)
async def test_words_are_read_in_every_form(body: Any, message: str, code: str | None) -> None:
    error = await refused(400, body)
    assert (type(error), error.message, error.code) == (Rejected, f"HTTP 400: {message}", code)


async def test_they_are_one_line_and_not_too_long() -> None:
    error = await refused(422, {"detail": [FIELD] * 500})
    assert isinstance(error, Moderated)
    assert len(error.message) == len("HTTP 422: ") + LONGEST_WORDS
    assert "canary" not in error.message


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"openai-poll-after-ms": "2500"}, 2.5),
        ({"openai-poll-after-ms": "2500", "retry-after": "7"}, 7.0),
        ({"openai-poll-after-ms": "9e99"}, 300.0),
        ({"openai-poll-after-ms": "-5"}, 0.0),
        ({"openai-poll-after-ms": "soon"}, None),
        ({"openai-poll-after-ms": "nan"}, None),
        ({}, None),
    ],
)
def test_the_wait_that_a_server_asks_for_is_kept(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


async def test_a_poll_keeps_the_wait_in_milliseconds() -> None:
    reply = await server(200, {"id": "v"}, openai_poll_after_ms="1500").client.read("videos/v")
    assert reply.retry_after == 1.5


@pytest.mark.parametrize(
    ("status", "bought", "read"),
    [(400, Rejected, Rejected), (429, RateLimited, Unavailable), (503, Ambiguous, Unavailable)],
)
async def test_a_refusal_whose_words_never_end_is_a_refusal(
    status: int, bought: type[ProviderError], read: type[ProviderError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is known by the status must not become a doubt because the body hangs."""
    monkeypatch.setattr(http, "LONGEST_REFUSAL", 0.02)
    whole = b'{"error": {"message": "no"}}'
    for pieces, words in (([], ""), ([b'{"error": '], ""), ([whole], "no")):
        for ask, kind in (("purchase", bought), ("read", read)):
            client = Server(status, pieces, ends=False).client
            with pytest.raises(kind, match=f"HTTP {status}: .*{words}") as caught:
                await (client.purchase("videos", {}, json={}) if ask == "purchase" else client.read("videos"))
            assert caught.value.status == status


@pytest.mark.parametrize("status", [400, 500])
async def test_no_more_of_a_refusal_is_read_than_its_words_need(status: int) -> None:
    endless = Server(status, [b"x" * 4096] * 4000)
    with pytest.raises(ProviderError, match=f"HTTP {status}: "):
        await endless.client.read("videos")
    assert endless.sent <= http.LARGEST_REFUSAL + 2 * 65536


async def test_a_check_is_not_bought() -> None:
    from callsheet.features import ConsistencyCheck
    from callsheet.ledger.order import Order
    from callsheet.money import Money
    from callsheet.plan.model import Purchase
    from callsheet.standins import perform

    check = ConsistencyCheck(video_urls=("http://a/1", "http://a/2"), check_items=("color_consistency",))
    purchase = Purchase(id="look", request=check, clips=("none",), price=Money.zero("CNY"))
    nobody: Any = None
    with pytest.raises(Incapable, match=r"^look: a check yields no clips and is not bought"):
        await perform(Order(purchase=purchase, production_id="p", tier="prototype"), nobody)
