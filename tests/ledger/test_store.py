"""The contract of the ledger, on every backend."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from callsheet.errors import BudgetError, SettingsError
from callsheet.ledger import store
from callsheet.ledger.states import Event, State, TransitionError
from callsheet.ledger.store import Ledger, open_ledger
from callsheet.money import Money


def cny(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="CNY")


def fields(key: str, production: str = "lamp-1") -> dict[str, Any]:
    return {
        "key": key,
        "production_id": production,
        "purchase_id": "close-up",
        "feature": "text_to_video",
        "provider": "studio",
        "tier": "prototype",
        "take": 1,
        "request": {"prompt": "灯", "duration": 5},
    }


@pytest.fixture
async def ledger(ledger_url: str) -> AsyncIterator[Ledger]:
    opened = await open_ledger(ledger_url)
    yield opened
    await opened.close()


async def test_an_intent_is_written_once(ledger: Ledger) -> None:
    first, new = await ledger.intend(fields("k"), cny("0.50"), None)
    again, newer = await ledger.intend(fields("k", "lamp-2"), cny("9.99"), None)
    assert (new, newer) == (True, False)
    assert first.state is State.INTENDED
    assert again.quoted == cny("0.50")
    assert again.production_id == "lamp-1"
    assert first.request == {"prompt": "灯", "duration": 5}
    assert [entry.key for entry in await ledger.of_production("lamp-2")] == ["k"]


async def test_a_cap_holds_for_intents_made_together(ledger: Ledger) -> None:
    calls = (ledger.intend(fields(f"k{n}"), cny("0.30"), cny("1.00")) for n in range(10))
    results = await asyncio.gather(*calls, return_exceptions=True)
    refused = [result for result in results if isinstance(result, BaseException)]
    assert len(refused) == 7
    assert all(isinstance(error, BudgetError) for error in refused)
    assert await ledger.committed("lamp-1", "CNY") == cny("0.90")
    assert "0.90 CNY is spent or reserved already" in str(refused[0])


async def test_caps_hold_over_connections(ledger_url: str) -> None:
    ledgers = [await open_ledger(ledger_url) for _ in range(4)]
    calls = [one.intend(fields(f"k{n}-{m}"), cny("0.40"), cny("1.00")) for n, one in enumerate(ledgers) for m in (0, 1)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(not isinstance(result, BaseException) for result in results) == 2
    assert await ledgers[0].committed("lamp-1", "CNY") == cny("0.80")
    for one in ledgers:
        await one.close()


async def test_what_ended_without_a_charge_gives_its_reservation_back(ledger: Ledger) -> None:
    entry, _ = await ledger.intend(fields("a"), cny("0.60"), cny("1.00"))
    entry = await ledger.happen(entry, Event.SUBMIT)
    await ledger.happen(entry, Event.REJECTED, error="no")
    assert await ledger.committed("lamp-1", "CNY") == cny("0")
    await ledger.intend(fields("b"), cny("1.00"), cny("1.00"))


async def test_the_charge_counts_and_not_the_quote(ledger: Ledger) -> None:
    entry, _ = await ledger.intend(fields("a"), cny("0.60"), None)
    entry = await ledger.happen(entry, Event.SUBMIT)
    entry = await ledger.happen(entry, Event.ACCEPTED, job_id="job_1")
    entry = await ledger.happen(entry, Event.DELIVERED, result={"clips": [], "cost": "0.75"})
    entry = await ledger.happen(entry, Event.STORED, assets=[{"clip": "a"}])
    entry = await ledger.happen(entry, Event.SETTLED, charged=cny("0.75"))
    assert entry.charged == cny("0.75")
    assert entry.assets == ({"clip": "a"},)
    assert await ledger.committed("lamp-1", "CNY") == cny("0.75")
    assert await ledger.settled(["a", "b"]) == {"a"}
    assert [event for _, event, _, _ in await ledger.history("a")] == [
        "intend", "submit", "accepted", "delivered", "stored", "settled",
    ]  # fmt: skip


async def test_an_event_that_may_not_happen_changes_nothing(ledger: Ledger) -> None:
    entry, _ = await ledger.intend(fields("a"), cny("0.60"), None)
    with pytest.raises(TransitionError):
        await ledger.happen(entry, Event.SETTLED)
    assert await ledger.get("a") == entry
    submitted = await ledger.happen(entry, Event.SUBMIT)
    with pytest.raises(TransitionError):
        await ledger.happen(entry, Event.SUBMIT)  # by somebody who has not seen that it is submitted
    assert await ledger.get("a") == submitted


async def test_a_second_attempt_has_another_name_at_the_provider(ledger: Ledger) -> None:
    entry, _ = await ledger.intend(fields("a"), cny("0.60"), None)
    assert entry.client_reference == "a"
    entry = await ledger.happen(await ledger.happen(entry, Event.SUBMIT), Event.REJECTED, error="no")
    entry = await ledger.happen(entry, Event.AGAIN)
    assert (entry.state, entry.attempt, entry.client_reference, entry.error) == (State.INTENDED, 2, "a-2", None)


async def test_a_lease_has_one_owner_until_it_expires(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    await ledger.intend(fields("a"), cny("0.60"), None)
    assert await ledger.lease("a", "one", 60)
    assert not await ledger.lease("a", "two", 60)
    assert await ledger.lease("a", "one", 60)
    real = store.now
    monkeypatch.setattr(store, "now", lambda: real() + dt.timedelta(seconds=61))
    assert await ledger.lease("a", "two", 60)
    assert not await ledger.lease("a", "one", 60)
    await ledger.release("a", "one")
    assert not await ledger.lease("a", "one", 60)
    await ledger.release("a", "two")
    assert await ledger.lease("a", "one", 60)


async def test_reuse_is_recorded(ledger: Ledger) -> None:
    await ledger.intend(fields("a", "first"), cny("0.60"), None)
    await ledger.use("second", ["a"])
    await ledger.use("second", ["a"])
    assert [entry.key for entry in await ledger.of_production("second")] == ["a"]


@pytest.mark.parametrize("url", ["mysql://x/y", "no address", "postgresql://nobody@127.0.0.1:1/none"])
async def test_an_address_that_is_of_no_use_is_said(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        await open_ledger(url)
    assert "\n" not in str(caught.value)
