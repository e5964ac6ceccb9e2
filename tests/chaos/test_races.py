"""Orders that arrive late, two who buy the same at once, and clocks that are set while they do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from callsheet.desk import Desk
from callsheet.ledger import clarify
from callsheet.ledger.buy import buy
from callsheet.ledger.order import Order
from callsheet.ledger.store import Ledger, open_ledger
from tests.chaos.faults import Held
from tests.chaos.served import PRICE, Served
from tests.chaos.street import GENERATE, JOB, LOOK_UP, MEDIA, STRICT, Street
from tests.proxy import Exchange, Proxy

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.usefixtures("hasty")]

HOUR = 3600.0


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("kind", ["keeps both", "keeps the reference", "keeps the key"])
async def test_an_order_that_arrives_after_it_was_given_up(
    street: Street, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kept on its way until the client asks what became of it, and taken in by the provider only then."""
    monkeypatch.setattr(clarify, "BELIEVED_AFTER", 2.5)
    late = Held()

    async def let_it_arrive(one: Exchange) -> None:
        answer = await one.forward()
        late.released.set()
        await one.reply(answer)

    house, ledger = street.houses[kind], street.ledgers[kind]
    order = house.order()
    async with Proxy(house.url).listening() as proxy, house.desk(proxy.url, tmp_path, ledger) as desk:
        proxy.on(*GENERATE, late)
        proxy.on(*LOOK_UP, let_it_arrive)
        proxy.on(*GENERATE, let_it_arrive)
        bought = await buy(order, desk)
        late.released.set()
        await late.answered.wait()
        assert house.charges(bought.key) == [PRICE]


@dataclass
class Pair:
    """Two who want the same clip, each with a ledger, a clock and a wire of its own."""

    house: Served
    order: Order
    desks: tuple[Desk, Desk]
    wires: tuple[Proxy, Proxy]
    other_looked: asyncio.Event


@asynccontextmanager
async def pair(street: Street, home: Path) -> AsyncIterator[Pair]:
    house = street.houses[STRICT]
    looked = asyncio.Event()
    address = f"sqlite:///{home / 'ledger.sqlite'}"
    one, other = await open_ledger(address), await open_ledger(address)
    _tell(other, looked)
    async with Proxy(house.url).listening() as near, Proxy(house.url).listening() as far:
        # A result lies at the wire over which it was asked for, and whoever takes over fetches it from there.
        hosts = (urlsplit(near.url).netloc, urlsplit(far.url).netloc)
        async with (
            house.desk(near.url, home, one, hosts=hosts) as first,
            house.desk(far.url, home, other, hosts=hosts) as second,
        ):
            yield Pair(house, house.order(), (first, second), (near, far), looked)
    await one.close()
    await other.close()


def _tell(ledger: Ledger, looked: asyncio.Event) -> None:
    """Sets `looked` when somebody has asked this ledger for a lease."""
    lease = ledger.lease

    async def asked(key: str, owner: str, seconds: float) -> bool:
        got = await lease(key, owner, seconds)
        looked.set()
        return got

    ledger.lease = asked  # type: ignore[method-assign]


@pytest.mark.parametrize("shift", [0.0, HOUR, -HOUR], ids=["same time", "an hour ahead", "an hour behind"])
@pytest.mark.parametrize(
    "where", [GENERATE, JOB, MEDIA], ids=["while it is sent", "while it renders", "while it is fetched"]
)
async def test_two_whose_clocks_differ_buy_once(
    street: Street, tmp_path: Path, where: tuple[str, str], shift: float
) -> None:
    """The second comes while the first one's request is kept on the wire."""
    async with pair(street, tmp_path) as two:
        kept = Held(after=True)
        two.wires[0].on(*where, kept)
        first = asyncio.create_task(buy(two.order, two.desks[0]))
        await kept.arrived.wait()
        two.desks[1].ledger.clock.shift = shift
        second = asyncio.create_task(buy(two.order, two.desks[1]))
        await two.other_looked.wait()
        kept.released.set()
        one, other = await asyncio.gather(first, second)
        assert one == other
        assert sum(wire.count(*GENERATE) for wire in two.wires) == 1
        assert two.house.charges(one.key) == [PRICE]


@pytest.mark.parametrize("shift", [HOUR, -HOUR], ids=["forwards", "backwards"])
@pytest.mark.parametrize("where", [GENERATE, JOB], ids=["while it is sent", "while it renders"])
async def test_a_clock_that_is_set_meanwhile_changes_nothing(
    street: Street, tmp_path: Path, where: tuple[str, str], shift: float
) -> None:
    async with pair(street, tmp_path) as two:
        kept = Held(after=True)
        two.wires[0].on(*where, kept)
        first = asyncio.create_task(buy(two.order, two.desks[0]))
        await kept.arrived.wait()
        two.desks[0].ledger.clock.shift = shift
        kept.released.set()
        bought = await first
        assert await buy(two.order, two.desks[1]) == bought
        assert sum(wire.count(*GENERATE) for wire in two.wires) == 1
        assert two.house.charges(bought.key) == [PRICE]
