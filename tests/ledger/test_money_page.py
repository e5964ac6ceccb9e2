"""The worked example of docs/money.md, played on a ledger: every amount of its table."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from callsheet.budget import Caps
from callsheet.ledger.caps import Account
from callsheet.ledger.entry import Entry
from callsheet.ledger.pace import Limits
from callsheet.ledger.report import report
from callsheet.ledger.resolve import resolve
from callsheet.ledger.states import Event
from callsheet.ledger.store import Ledger, open_ledger
from callsheet.ledger.sums import sales
from callsheet.money import Money
from tests.ledger.test_store import cny, intent
from tests.markdown import table

CAP = cny("30.00")
CAPS = Caps(production=cny("13.20"), campaign=CAP)
PRICES = {"close-up": "3.00", "image-1": "1.80", "image-2": "1.80", "image-3": "1.80", "usage": "4.80"}


class Run:
    """What runs of one production do to the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.account = Account("speaker", "spring", False, ledger.today())

    async def reserve(self) -> dict[str, Entry]:
        made = [
            intent(name, "speaker", price, rehearsal=False, campaign="spring", provider="sora@https://v.example.com")
            for name, price in PRICES.items()
        ]
        return {entry.key: entry for entry in await self.ledger.intend(made, CAPS)}

    async def send(self, entry: Entry) -> Entry:
        assert await self.ledger.lease(entry.key, "run", 60)
        sent = await self.ledger.begin(entry, "run", self.account, CAPS, Limits())
        assert isinstance(sent, Entry)
        return sent

    async def accept(self, entry: Entry) -> Entry:
        return await self.ledger.happen(entry, Event.ACCEPTED, job_id=f"job {entry.key}")

    async def deliver(self, entry: Entry, charge: str) -> None:
        for event in (Event.DELIVERED, Event.STORED):
            entry = await self.ledger.happen(entry, event)
        await self.ledger.happen(entry, Event.SETTLED, charged=cny(charge))


async def steps(run: Run) -> AsyncIterator[None]:
    ledger, found = run.ledger, await run.reserve()
    yield
    for name in ("close-up", "image-1", "image-2"):
        await run.deliver(await run.accept(await run.send(found[name])), PRICES[name])
    yield
    await ledger.happen(await run.send(found["image-3"]), Event.DOUBT, error="its reply was lost")
    yield
    sequence = await run.accept(await run.send(found["usage"]))
    await ledger.happen(sequence, Event.FAILED, charged=Money.zero("CNY"), error="no")
    yield
    found = await run.reserve()
    yield
    sequence = await run.accept(await run.send(found["usage"]))
    await run.deliver(sequence, "4.92")
    yield
    image = await resolve(ledger, "image-3", "bought", "job_7", by="kim@desk")
    yield
    await run.deliver(image, "1.80")
    yield
    dear = await ledger.get("usage")
    assert dear is not None
    await ledger.happen(dear, Event.CORRECTED, charged=cny("4.80"))
    yield


def shown() -> Iterator[list[Decimal]]:
    for row in table("docs/money.md", "Step", "What happens"):
        yield [Decimal(cell) for cell in row[2:]]


async def test_the_example_is_what_the_ledger_does(tmp_path: Path) -> None:
    ledger = await open_ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    expected: Any = shown()
    async for _ in steps(Run(ledger)):
        total = report(await sales(ledger), "campaign").tables[0].total
        left = CAP.amount - total.committed
        assert [total.spent, total.reserved, total.in_doubt, left] == next(expected)
    assert next(expected, None) is None
    await ledger.close()
