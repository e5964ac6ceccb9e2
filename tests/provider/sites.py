"""Servers for the providers' tests: the studio behind a layer that can change what it answers, and scripted stubs."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from callsheet.provider.catalogue import CatalogueEntry, catalogue_entry
from callsheet.provider.dialects import make_provider
from callsheet.provider.http import HttpClient
from callsheet.provider.protocol import Provider
from callsheet.studio.app import studio_app
from callsheet.studio.jobs import Studio
from callsheet.testing import serving
from tests.studio.films import one_film


@dataclass
class Answer:
    """What goes back: status, headers, body."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, status: int, body: Any, **headers: str) -> Answer:
        return cls(status, json.dumps(body).encode(), {name.replace("_", "-"): text for name, text in headers.items()})


Change = Callable[[str, Answer | None], Answer | None]
"""Given method and path, and the true answer or None before it is asked for; None leaves things as they are."""


def _as_it_is(what: str, answer: Answer | None) -> Answer | None:
    return None


async def _empty(scope: Scope, receive: Receive, send: Send) -> None:
    """No studio yet: it only says that the server has started and stopped."""
    while scope["type"] == "lifespan":
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


class Layer:
    """Between the server and the wire: answers in the server's place, or changes what it says."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.instead: Change = _as_it_is

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        what = f"{scope['method']} {scope['path']}"
        early = self.instead(what, None)
        if early is not None:
            await _send(send, early)
            return
        answer = Answer(200, b"")

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {name.decode(): text.decode() for name, text in message["headers"]}
            answer.body += message.get("body", b"")

        await self.app(scope, receive, keep)
        await _send(send, self.instead(what, answer) or answer)


async def _send(send: Send, answer: Answer) -> None:
    kept = {name: text for name, text in answer.headers.items() if name != "content-length"}
    headers = {"content-type": "application/json", **kept, "content-length": str(len(answer.body))}
    raw = [(name.encode(), text.encode()) for name, text in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": answer.body})


@dataclass
class Site:
    """A served studio, and the provider that speaks one dialect to it."""

    studio: Studio
    layer: Layer
    address: str
    entry: CatalogueEntry
    prefix: str

    @contextlib.asynccontextmanager
    async def provider(self, *, address: str | None = None, key: str = "right") -> AsyncIterator[Provider]:
        base = (address or self.address) + self.prefix
        made = make_provider(self.entry, f"{self.entry.name}@{base}", HttpClient(base, SecretStr(key)))
        try:
            yield made
        finally:
            await made.close()


@contextlib.contextmanager
def street() -> Iterator[tuple[Layer, str]]:
    """A server on a port of this machine, for one studio after another, and its address."""
    layer = Layer(_empty)
    with serving(layer) as address:
        yield layer, address


@contextlib.contextmanager
def site(layer: Layer, address: str, home: Path, name: str) -> Iterator[Site]:
    """The studio of `home` behind `layer`, with the catalogue's entry `name` to come to it."""
    entry = catalogue_entry(name)
    studio = Studio(home, renderer=one_film())
    layer.app = studio_app(studio, key=SecretStr("right"))
    layer.instead = _as_it_is
    (home / "media").mkdir(parents=True)
    try:
        yield Site(studio, layer, address, entry, "/v1/sora" if entry.dialect == "sora" else "/v1")
    finally:
        for job in studio.books.unfinished():
            studio.cancel(job.job_id)
        studio._pool.shutdown(wait=True, cancel_futures=True)


@dataclass
class Stub:
    """A server with an answer for each `METHOD /path`, and all that it was asked."""

    answers: dict[str, Answer]
    asked: list[tuple[str, str, bytes]] = field(default_factory=list)
    """Method and path, content type, body."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await _empty(scope, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        what = f"{scope['method']} {scope['path']}"
        kind = {name.decode(): text.decode() for name, text in scope["headers"]}.get("content-type", "")
        self.asked.append((what, kind, body))
        missing = Answer.of(404, {"error": {"message": "no such path", "code": "not_found"}})
        await _send(send, self.answers.get(what, missing))


@contextlib.asynccontextmanager
async def stubbed(
    name: str, answers: dict[str, Answer], *, model: str | None = None
) -> AsyncIterator[tuple[Provider, Stub]]:
    """A provider of the catalogue that comes to a stub."""
    stub = Stub(answers)
    with serving(stub) as address:
        for answer in answers.values():
            answer.body = answer.body.replace(b"ADDRESS", address.encode())
        base = f"{address}/v1"
        provider = make_provider(catalogue_entry(name), f"{name}@{base}", HttpClient(base, SecretStr("k")), model=model)
        try:
            yield provider, stub
        finally:
            await provider.close()
