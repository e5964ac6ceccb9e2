"""A studio behind real sockets that keeps, of all that could clear up a lost reply, what a test wants it to keep."""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from pydantic import SecretStr
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from callsheet.desk import Desk
from callsheet.ledger.order import Order
from callsheet.ledger.store import Ledger
from callsheet.provider.catalogue import catalogue_entry
from callsheet.provider.http import HttpClient
from callsheet.provider.sora import SoraProvider
from callsheet.settings import Settings
from callsheet.storage import open_bucket
from callsheet.studio.app import PREFIX, studio_app
from callsheet.studio.books import Books
from callsheet.studio.jobs import Studio
from callsheet.testing import flat_renderer, serving
from tests.studios import small_plan

KINDS: dict[str, tuple[str, ...]] = {
    "keeps both": ("client_reference", "idempotency_key"),
    "keeps the reference": ("client_reference",),
    "keeps the key": ("idempotency_key",),
    "keeps nothing": (),
}
"""Kinds of providers -> `lost_replies` of their entry in the catalogue."""

PRICE = Decimal("0.50")
_takes = itertools.count(1)


class Forgetful:
    """An ASGI layer that takes away from the studio what a provider of another kind would not do.

    Without `idempotency_key` every order has a key of its own, `KEY~1`, `KEY~2`, so each is a new job and charged.
    Without `client_reference` there is no look-up: 404.
    """

    def __init__(self, app: ASGIApp, keeps: tuple[str, ...]) -> None:
        self._app, self._keeps = app, keeps
        self._orders: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == f"{PREFIX}/jobs" and "client_reference" not in self._keeps:
            await _answer(send, 404, b'{"error": {"code": "not_found", "message": "no such path"}}')
        elif "idempotency_key" in self._keeps:
            await self._app(scope, receive, send)
        elif scope["path"] == f"{PREFIX}/jobs":
            await self._look_up(scope, receive, send)
        else:
            headers = [
                (name, self._own(value) if name == b"idempotency-key" else value) for name, value in scope["headers"]
            ]
            await self._app({**scope, "headers": headers}, receive, send)

    def _own(self, key: bytes) -> bytes:
        self._orders[key.decode()] += 1
        return key + b"~%d" % self._orders[key.decode()]

    async def _look_up(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The jobs of all orders that had this reference, under it."""
        reference = parse_qs(scope["query_string"].decode())["client_reference"][0]
        jobs: list[Any] = []
        for number in range(1, self._orders[reference] + 1):
            pieces: list[bytes] = []

            async def keep(message: Message, pieces: list[bytes] = pieces) -> None:
                pieces.append(message.get("body", b""))

            query = f"client_reference={reference}~{number}".encode()
            await self._app({**scope, "query_string": query}, receive, keep)
            jobs += json.loads(b"".join(pieces))["data"]
        await _answer(
            send, 200, json.dumps({"data": [{**job, "client_reference": reference} for job in jobs]}).encode()
        )


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def quick_renderer(film: Path) -> Callable[..., list[dict[str, Any]]]:
    """A renderer that has one film for every order."""

    def render(request: Any, folder: Path, images: Mapping[str, Path], heartbeat: Any, output_path: Any) -> Any:
        if not film.exists():
            flat_renderer(8)(request, film.parent, images, heartbeat, output_path)
            (film.parent / "video.mp4").rename(film)
        shutil.copy(film, folder / "video.mp4")
        return [{"name": "video.mp4", "kind": "video", "seconds": 5, "shot_number": 1}]

    return render


@dataclass
class Served:
    """A served studio of one kind: its address, and its books."""

    kind: str
    url: str
    home: Path
    film: Path
    settings: Settings = field(default_factory=Settings)

    def order(self) -> Order:
        """An order that nobody has made before: 0.50 CNY for five seconds."""
        plan = small_plan()
        purchase = plan.purchases[0].model_copy(update={"take": next(_takes)})
        return Order(purchase=purchase, production_id=f"lamp-{purchase.take}", tier=plan.tier)

    def charges(self, key: str) -> list[Decimal]:
        """What the studio's books have of a purchase key, in whatever attempt."""
        lines = Books(self.home / "studio" / "books.sqlite").charges()
        return [amount for reference, amount, _ in lines if reference.startswith(key)]

    @contextlib.asynccontextmanager
    async def desk(
        self,
        url: str,
        home: Path,
        ledger: Ledger,
        *,
        wait: float = 30.0,
        every: float = 0.03,
        hosts: tuple[str, ...] = (),
    ) -> AsyncIterator[Desk]:
        """A desk that comes to the studio through `url` and knows only what the ledger and the bucket hold.

        `hosts` may have results too.
        """
        entry = catalogue_entry("studio").model_copy(update={"poll_seconds": every, "lost_replies": KINDS[self.kind]})
        client = HttpClient(f"{url}{PREFIX}", SecretStr("studio"), allowed_hosts=hosts)
        settings = self.settings.model_copy(update={"home": home, "wait_seconds": wait})
        try:
            yield Desk(settings, open_bucket(str(home / "bucket")), ledger, SoraProvider(entry, "studio", client))
        finally:
            await client.close()


@contextlib.contextmanager
def served(kind: str, home: Path) -> Iterator[Served]:
    """A studio of that kind on a port of this machine."""
    film = home / "film.mp4"
    home.mkdir(parents=True, exist_ok=True)
    studio = Studio(home / "studio", renderer=quick_renderer(film))
    with serving(Forgetful(studio_app(studio, serve=True), KINDS[kind])) as url:
        yield Served(kind, url, home, film)
