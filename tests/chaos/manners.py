"""Studios of other manners: what each keeps of an order, and the door through which all requests to one come."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from callsheet.studio.books import Books, JobRow


@dataclass(frozen=True)
class Manners:
    """By what a lost reply can be found out: all that the catalogue says of this studio, and all that it does."""

    lost_replies: tuple[str, ...]

    @property
    def names(self) -> bool:
        """Whether it reads the header with an order's name at all."""
        return bool({"client_reference", "idempotency_key"} & set(self.lost_replies))


MANNERS = {
    "reference-and-key": Manners(("client_reference", "idempotency_key")),
    "reference": Manners(("client_reference",)),
    "key": Manners(("idempotency_key",)),
    "listing": Manners(("listing",)),
    "nothing": Manners(()),
}


class NoKeys(Books):
    """Notes the name of an order and sells it again whenever it comes again."""

    def accept(self, *, key: str | None, **order: Any) -> tuple[JobRow, bool]:
        job, new = super().accept(key=None, **order)
        with self._open() as db:
            db.execute("UPDATE jobs SET client_reference = ? WHERE job_id = ?", (key, job.job_id))
        return self.get(job.job_id) or job, new


class Door:
    """Hides from the studio, and of it, what it has no manners for; counts who is inside; can hold orders up."""

    def __init__(self, manners: Manners, books: Books, app: ASGIApp) -> None:
        self.manners, self._books, self._app = manners, books, app
        self._changed = threading.Condition()
        self._inside = 0
        self._events: list[str] = []
        self._hold: tuple[str, threading.Event] | None = None
        self.unfinished: list[int] = []
        """Jobs under way at the studio, each time that it has accepted an order."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with self._entering():
            refusal = self._refusal(Request(scope))
            if refusal is not None:
                await refusal(scope, receive, send)
            elif scope["method"] == "POST":
                await self._order(scope, receive, send)
            else:
                await self._app(scope, receive, send)

    @contextmanager
    def held(self, where: str) -> Iterator[threading.Event]:
        """Orders stay `before` or `after` the studio has seen them, until the event is set or the block ends."""
        self._hold = where, threading.Event()
        try:
            yield self._hold[1]
        finally:
            self._hold[1].set()
            self._hold = None

    def wait(self, event: str, times: int, limit: float) -> None:
        """Until something has happened so many times: orders `held` or `ordered`, or look-ups `asked`."""
        with self._changed:
            fine = self._changed.wait_for(lambda: self._events.count(event) >= times, limit)
        assert fine, f"{event}: {self._events.count(event)} of {times} in {limit:g} s"

    def empty(self, limit: float) -> None:
        """Until nobody is inside."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._inside == 0, limit), f"{self._inside} requests do not end"

    def forget(self) -> None:
        """Begins to count anew."""
        self._events.clear()
        self.unfinished.clear()

    def _refusal(self, request: Request) -> Response | None:
        if request.method != "GET" or not request.url.path.endswith("/jobs"):
            return None
        self._happened("asked")
        way = "client_reference" if "client_reference" in request.query_params else "listing"
        return None if way in self.manners.lost_replies else Response(status_code=404)

    async def _order(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.manners.names:
            scope = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"idempotency-key"]}

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] < 300:
                    self.unfinished.append(len(self._books.unfinished()))
                    self._happened("ordered")
                await self._held("after")
            await send(message)

        await self._held("before")
        await self._app(scope, receive, answer)

    async def _held(self, where: str) -> None:
        hold = self._hold
        if hold is not None and hold[0] == where:
            self._happened("held")
            await asyncio.to_thread(hold[1].wait, 60)

    @contextmanager
    def _entering(self) -> Iterator[None]:
        with self._changed:
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    def _happened(self, event: str) -> None:
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()
