"""A street of studios of every kind behind faulty wires, and what a purchase at each of them comes to."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from callsheet.errors import InDoubt, ProviderError
from callsheet.ledger.buy import buy
from callsheet.ledger.order import Order
from callsheet.ledger.queries import committed
from callsheet.ledger.states import State
from callsheet.ledger.store import Ledger
from tests.chaos.served import KINDS, PRICE, Served
from tests.proxy import Fault, Proxy

GENERATE, JOB, LOOK_UP, MEDIA = ("POST", "/generate$"), ("GET", "/jobs/"), ("GET", r"/jobs\?"), ("GET", "/media/")
STRICT = "keeps nothing"
"""Where every order is a new job: reads are tried here, because one order too many would be charged."""
ASKED = ("keeps both", "keeps the reference")
LARGEST = 1 << 20
"""Bytes of an answer or a clip that the client reads in these tests."""


@dataclass(frozen=True)
class Outcome:
    """What a call left behind: state, what is held of the budget, the provider's own lines, orders that were sent."""

    state: State
    orders: int
    error: type[Exception] | None = None
    charges: tuple[Decimal, ...] = (PRICE,)
    committed: Decimal = PRICE


BOUGHT = Outcome(State.SETTLED, orders=1)
FOUND = replace(BOUGHT, orders=0)
DOUBT = Outcome(State.IN_DOUBT, orders=1, error=InDoubt)
Faults = list[tuple[tuple[str, str], Fault, int]]


async def call(house: Served, proxy: Proxy, order: Order, home: Path, ledger: Ledger) -> Outcome:
    """A call at a desk that knows only what the ledger and the bucket hold."""
    error: type[Exception] | None = None
    async with house.desk(proxy.url, home, ledger) as desk:
        try:
            async with asyncio.timeout(20):
                await buy(order, desk)
        except ProviderError as raised:
            error = type(raised)
        entry = await desk.ledger.get(order.key(desk.identity))
        assert entry is not None
        held = await committed(desk.ledger, order.production_id, "CNY")
    charges = tuple(house.charges(entry.key))
    assert all(one.sent < LARGEST * 32 for one in proxy.passed), "an endless answer was read on"
    return Outcome(entry.state, proxy.count(*GENERATE), error, charges, held.amount)


@dataclass(frozen=True)
class Street:
    """The four houses, and a ledger for what is bought at each: they would wait for each other's writes."""

    houses: dict[str, Served]
    ledgers: dict[str, Ledger]

    async def meet(
        self, home: Path, suffered: Faults, *, at: Sequence[str] = tuple(KINDS)
    ) -> tuple[dict[str, Outcome], dict[str, Outcome]]:
        """What a first call came to with the faults, and a second one without; kind of provider -> outcome."""

        async def both(kind: str) -> tuple[Outcome, Outcome]:
            house, ledger = self.houses[kind], self.ledgers[kind]
            order = house.order()
            async with Proxy(house.url).listening() as proxy:
                for (method, path), fault, times in suffered:
                    proxy.on(method, path, fault, times=times)
                first = await call(house, proxy, order, home / kind, ledger)
                proxy.heal()
                return first, await call(house, proxy, order, home / kind, ledger)

        calls = dict(zip(at, await asyncio.gather(*(both(kind) for kind in at)), strict=True))
        return {kind: first for kind, (first, _) in calls.items()}, {kind: then for kind, (_, then) in calls.items()}


def every(outcome: Outcome, **other: Outcome) -> dict[str, Outcome]:
    """The same outcome with every kind of provider, but for those that are named by their last word."""
    return {kind: other.get(kind.split()[-1], outcome) for kind in KINDS}
