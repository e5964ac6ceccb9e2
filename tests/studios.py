"""A studio that renders fast, and desks that buy from it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from callsheet import desk as desks
from callsheet import progress
from callsheet.briefs import parse_brief
from callsheet.desk import Desk
from callsheet.ledger.buy import buy
from callsheet.ledger.order import Bought, Order
from callsheet.ledger.store import open_ledger
from callsheet.money import Money, price_list
from callsheet.plan import Plan
from callsheet.products import plan_of
from callsheet.provider.catalogue import catalogue_entry
from callsheet.provider.http import HttpClient
from callsheet.provider.sora import SoraProvider
from callsheet.settings import Settings
from callsheet.storage import open_bucket
from callsheet.studio.app import studio_app
from callsheet.studio.jobs import Studio
from callsheet.testing import flat_renderer

Middleware = Callable[[Any], Any]


def small_plan(**change: Any) -> Plan:
    """One five-second clip at 480p: 0.50 CNY."""
    fields = {"name": "Lamp", "description": "a brass lamp", "slogan": "Light.", "language": "en-US"}
    brief = parse_brief({**fields, "tier": "prototype", "duration": 5, **change})
    return plan_of(brief, {}, price_list("sora"))


@dataclass
class Shop:
    """A studio, its books, and a way to come to it as another process would: with nothing in memory."""

    home: Path
    ledger_url: str
    between: list[Middleware] = field(default_factory=list)
    link_seconds: float = 3600
    lost_replies: tuple[str, ...] | None = None
    features: tuple[str, ...] | None = None
    renderer: Callable[..., Any] = field(default_factory=lambda: flat_renderer(8))

    @property
    def settings(self) -> Settings:
        return Settings(home=self.home, ledger_url=self.ledger_url, wait_seconds=60)

    @contextlib.asynccontextmanager
    async def desk(self) -> AsyncIterator[Desk]:
        entry = catalogue_entry("studio").model_copy(update={"poll_seconds": 0.02})
        if self.lost_replies is not None:
            entry = entry.model_copy(update={"lost_replies": self.lost_replies})
        if self.features is not None:
            entry = entry.model_copy(update={"features": self.features})
        studio = Studio(self.home / "studio", link_seconds=self.link_seconds, renderer=self.renderer)
        await studio.start()
        app: Any = studio_app(studio)
        for layer in self.between:
            app = layer(app)
        http = HttpClient(entry.base_url, SecretStr("studio"), app=app)
        ledger = await open_ledger(self.ledger_url)
        desk = Desk(self.settings, open_bucket(str(self.home / "bucket")), ledger, SoraProvider(entry, "studio", http))
        token = desks._in_use.set(desk)
        try:
            yield desk
        finally:
            desks._in_use.reset(token)
            await http.close()
            await studio.stop()
            await ledger.close()

    async def buy(self, plan: Plan | None = None, *, cap: Money | None = None, take: int = 1) -> Bought:
        """The first purchase of a plan, from a fresh start."""
        made = plan or small_plan()
        purchase = made.purchases[0].model_copy(update={"take": take})
        order = Order(purchase=purchase, production_id=made.production_id("studio"), tier=made.tier, cap=cap)
        async with self.desk() as desk:
            return await buy(order, desk)

    @property
    def charges(self) -> list[tuple[str, Any, str]]:
        """The studio's own books: what a real provider would have charged."""
        from callsheet.studio.books import Books

        return Books(self.home / "studio" / "books.sqlite").charges()

    def leftovers(self) -> list[Path]:
        """Files that should have been cleaned away."""
        scratch = self.home / "scratch"
        return [path for path in scratch.rglob("*") if path.is_file()] if scratch.exists() else []


@pytest.fixture
def log_as_before() -> Iterator[None]:
    """Takes back what a test does to our log."""
    ours = logging.getLogger("callsheet")
    before, watchers, level = list(ours.handlers), list(progress._watchers), ours.level
    yield
    ours.handlers[:], progress._watchers[:] = before, watchers
    ours.setLevel(level)


@pytest.fixture
def shop(tmp_path: Path, ledger_url: str) -> Iterator[Shop]:
    """A shop whose ledger is on SQLite and, in a second run of the test, on PostgreSQL."""
    yield Shop(tmp_path / "home", ledger_url)


@pytest.fixture
def one_shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop for what does not depend on the ledger's backend."""
    yield Shop(tmp_path / "home", f"sqlite:///{tmp_path / 'ledger.sqlite'}")
