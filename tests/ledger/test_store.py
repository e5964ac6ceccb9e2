"""The contract of the ledger, on every backend."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from callsheet.budget import Caps
from callsheet.errors import BudgetError, LeaseLost, SettingsError
from callsheet.ledger.caps import Account
from callsheet.ledger.entry import Entry, Intent
from callsheet.ledger.lease import owner_name
from callsheet.ledger.pace import Limits, Wait
from callsheet.ledger.queries import committed, entries, history_of, in_flight, settled, use, users
from callsheet.ledger.states import Event, State, TransitionError
from callsheet.ledger.store import Ledger, open_ledger
from callsheet.money import Money

NO_LIMITS = Limits()


def cny(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="CNY")


def intent(key: str, production: str = "lamp-1", price: str = "0.60", **change: Any) -> Intent:
    values: dict[str, Any] = {
        "key": key,
        "production_id": production,
        "campaign": None,
        "purchase_id": "close-up",
        "feature": "text_to_video",
        "provider": "studio",
        "rehearsal": True,
        "tier": "prototype",
        "take": 1,
        "request": {"prompt": "灯", "duration": 5},
        "clips": ("close-up",),
        "quoted": cny(price),
    }
    return Intent(**{**values, **change})


def only(**caps: str) -> Caps:
    return Caps(**{kind: cny(amount) for kind, amount in caps.items()})


async def one(ledger: Ledger, made: Intent, caps: Caps | None = None) -> Entry:
    return (await ledger.intend([made], caps or Caps()))[0]


async def begun(ledger: Ledger, entry: Entry, caps: Caps | None = None, limits: Limits = NO_LIMITS) -> Entry:
    assert await ledger.lease(entry.key, "me", 60)
    account = Account(entry.production_id, entry.campaign, entry.rehearsal, ledger.today())
    result = await ledger.begin(entry, "me", account, caps or Caps(), limits)
    assert isinstance(result, Entry)
    return result


async def paid(ledger: Ledger, entry: Entry, charge: str) -> Entry:
    entry = await ledger.happen(await begun(ledger, entry), Event.ACCEPTED, job_id="job_1")
    entry = await ledger.happen(entry, Event.DELIVERED, result={"clips": [], "cost": charge})
    entry = await ledger.happen(entry, Event.STORED, assets=[{"clip": "a"}])
    return await ledger.happen(entry, Event.SETTLED, charged=cny(charge))


@pytest.fixture
async def ledger(ledger_url: str) -> AsyncIterator[Ledger]:
    opened = await open_ledger(ledger_url)
    yield opened
    await opened.close()


async def test_an_intent_is_written_once(ledger: Ledger) -> None:
    first = await one(ledger, intent("k"))
    again = await one(ledger, intent("k"))
    assert replace(again, updated_at=first.updated_at) == first
    assert first.state is State.INTENDED
    assert first.request == {"prompt": "灯", "duration": 5}
    assert first.clips == ("close-up",)
    assert [event for _, event, _, _ in await history_of(ledger, "k")] == ["intend"]


async def test_what_nobody_works_on_is_reserved_by_whoever_comes_next(ledger: Ledger) -> None:
    await one(ledger, intent("k", "lamp-1"), only(production="0.60"))
    taken = await one(ledger, intent("k", "lamp-2"), only(production="0.60"))
    assert taken.production_id == "lamp-2"
    assert await committed(ledger, "lamp-1", "CNY") == cny("0")
    assert await committed(ledger, "lamp-2", "CNY") == cny("0.60")
    assert await users(ledger, "k") == ["lamp-1", "lamp-2"]
    with pytest.raises(BudgetError, match=r"production lamp-3: 0\.60 CNY more would pass the cap of 0\.50"):
        await one(ledger, intent("k", "lamp-3"), only(production="0.50"))
    assert (await one(ledger, intent("k", "lamp-2"))).production_id == "lamp-2"


async def test_what_somebody_works_on_stays_on_their_account(ledger: Ledger) -> None:
    entry = await one(ledger, intent("k", "lamp-1"))
    await begun(ledger, entry)
    assert (await one(ledger, intent("k", "lamp-2"), only(production="0.01"))).production_id == "lamp-1"
    assert [entry.key for entry in await entries(ledger, production="lamp-2")] == ["k"]


async def test_a_plan_is_reserved_whole_or_not_at_all(ledger: Ledger) -> None:
    plan = [intent(f"k{n}", price="0.40") for n in range(3)]
    with pytest.raises(BudgetError, match=r"1\.20 CNY more would pass the cap of 1\.00 CNY; 0\.00 CNY is spent"):
        await ledger.intend(plan, only(production="1.00"))
    assert await entries(ledger) == []
    assert len(await ledger.intend(plan, only(production="1.20"))) == 3
    assert len(await ledger.intend(plan, only(production="1.20"))) == 3  # nothing is reserved a second time


@pytest.mark.parametrize("kind", ["production", "campaign", "day", "month"])
async def test_each_cap_holds_for_intents_made_together(ledger: Ledger, kind: str) -> None:
    made = (intent(f"k{n}", "p" if kind == "production" else f"p{n}", "0.30", campaign="spring") for n in range(10))
    caps = only(**{kind: "1.00"})
    results = await asyncio.gather(*(ledger.intend([each], caps) for each in made), return_exceptions=True)
    refused = [result for result in results if isinstance(result, BaseException)]
    assert len(refused) == 7
    assert all(isinstance(error, BudgetError) for error in refused)
    assert str(refused[0]).startswith(kind)
    assert "0.90 CNY is spent or reserved already" in str(refused[0])


async def test_caps_hold_over_connections(ledger_url: str) -> None:
    ledgers = [await open_ledger(ledger_url) for _ in range(4)]
    made = [(ledger, intent(f"k{n}-{m}", price="0.40")) for n, ledger in enumerate(ledgers) for m in (0, 1)]
    calls = [ledger.intend([each], only(production="1.00")) for ledger, each in made]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(not isinstance(result, BaseException) for result in results) == 2
    assert await committed(ledgers[0], "lamp-1", "CNY") == cny("0.80")
    for each in ledgers:
        await each.close()


async def test_another_currency_and_another_kind_of_money_are_kept_apart(ledger: Ledger) -> None:
    await one(ledger, intent("rehearsed", price="0.60"), only(day="1.00"))
    await one(ledger, intent("real", price="0.60", rehearsal=False), only(day="1.00"))
    with pytest.raises(BudgetError, match=r"its cap is in CNY and 0\.10 USD is to be bought"):
        dollars = Money(amount=Decimal("0.10"), currency="USD")
        await one(ledger, intent("dollars", quoted=dollars), only(day="1.00"))


async def test_caps_of_several_origins_are_the_lowest_of_them() -> None:
    both = only(day="5", campaign="7").with_(only(day="3", month="9"))
    assert both == only(day="3", campaign="7", month="9")
    with pytest.raises(BudgetError, match="the cap for a day is set in CNY and in USD"):
        only(day="5").with_(Caps(day=Money(amount=Decimal(1), currency="USD")))


async def test_what_ended_without_a_charge_gives_its_reservation_back(ledger: Ledger) -> None:
    entry = await begun(ledger, await one(ledger, intent("a"), only(production="1.00")))
    await ledger.happen(entry, Event.REJECTED, error="no")
    assert await committed(ledger, "lamp-1", "CNY") == cny("0")
    await one(ledger, intent("b", price="1.00"), only(production="1.00"))


async def test_the_charge_counts_and_not_the_quote(ledger: Ledger) -> None:
    entry = await paid(ledger, await one(ledger, intent("a")), "0.75")
    assert entry.charged == cny("0.75")
    assert entry.assets == ({"clip": "a"},)
    assert (entry.lease_owner, entry.lease_until) == (None, None)
    assert await committed(ledger, "lamp-1", "CNY") == cny("0.75")
    assert await settled(ledger, ["a", "b"]) == {"a"}
    assert [event for _, event, _, _ in await history_of(ledger, "a")] == [
        "intend", "submit", "accepted", "delivered", "stored", "settled",
    ]  # fmt: skip


async def test_a_charge_above_its_quote_stops_what_was_reserved_before(ledger: Ledger) -> None:
    caps = only(production="1.20")
    dear, second = await ledger.intend([intent("a"), intent("b")], caps)
    await paid(ledger, dear, "0.61")
    with pytest.raises(BudgetError, match=r"0\.60 CNY more would pass the cap of 1\.20 CNY; 0\.61 CNY is spent"):
        await begun(ledger, second, caps)
    assert (await entries(ledger, key="b"))[0].state is State.INTENDED


async def test_the_day_that_pays_is_that_of_the_sending(ledger: Ledger) -> None:
    entry = await one(ledger, intent("a"), only(day="1.00"))
    ledger.clock.shift += 24 * 3600
    await one(ledger, intent("b"), only(day="1.00"))
    with pytest.raises(BudgetError, match="day "):
        await begun(ledger, entry, only(day="1.00"))
    ledger.clock.shift += 24 * 3600
    assert (await begun(ledger, entry, only(day="1.00"))).booked_on == ledger.today()


async def test_an_event_that_may_not_happen_changes_nothing(ledger: Ledger) -> None:
    entry = await one(ledger, intent("a"))
    with pytest.raises(TransitionError):
        await ledger.happen(entry, Event.SETTLED)
    assert await ledger.get("a") == entry
    submitted = await begun(ledger, entry)
    with pytest.raises(LeaseLost):  # by somebody who has not seen that it is submitted
        await ledger.begin(entry, "me", Account("lamp-1", None, True, ledger.today()), Caps(), NO_LIMITS)
    assert await ledger.get("a") == submitted


async def test_nothing_is_written_without_the_lease(ledger: Ledger) -> None:
    entry = await begun(ledger, await one(ledger, intent("a")))
    with pytest.raises(LeaseLost, match="another process has taken it over; it is submitting"):
        await ledger.happen(entry, Event.UNSENT, owner="somebody else")
    assert (await ledger.happen(entry, Event.UNSENT, owner="me")).state is State.INTENDED


async def test_a_second_attempt_has_another_name_at_the_provider(ledger: Ledger) -> None:
    entry = await one(ledger, intent("a"))
    assert entry.client_reference == "a"
    await ledger.happen(await begun(ledger, entry), Event.REJECTED, error="no")
    entry = await one(ledger, intent("a", price="0.70"))
    assert (entry.state, entry.attempt, entry.client_reference, entry.error) == (State.INTENDED, 2, "a-2", None)
    assert entry.quoted == cny("0.70")


async def test_a_job_that_turns_up_late_is_recorded_whoever_holds_the_lease(ledger: Ledger) -> None:
    entry = await begun(ledger, await one(ledger, intent("a")))
    await ledger.happen(entry, Event.UNKNOWN)
    found = await ledger.found("a", 1, "job_late", "it turned up")
    assert (found.state, found.job_id) == (State.SUBMITTED, "job_late")
    besides = await ledger.found("a", 1, "job_second", "again")
    assert besides.job_id == "job_late"
    notes = [(event, note) for _, event, _, note in await history_of(ledger, "a")]
    assert notes[-1] == ("besides", "job job_second was bought besides; again")


async def test_a_job_belongs_to_one_purchase(ledger: Ledger) -> None:
    """Two takes of one request, whose replies were lost, may both see the same job in the provider's list."""
    for key in ("a", "b"):
        await begun(ledger, await one(ledger, intent(key)))
    found = await asyncio.gather(*(ledger.found(key, 1, "job_1", "listed") for key in ("a", "b")))
    assert sorted(str(entry.job_id) for entry in found) == ["None", "job_1"]


async def test_a_lease_has_one_owner_until_it_expires(ledger: Ledger) -> None:
    await one(ledger, intent("a"))
    assert await ledger.lease("a", "one", 60)
    assert not await ledger.lease("a", "two", 60)
    assert await ledger.lease("a", "one", 60)
    assert await ledger.renew(["a"], "one", 60) == {"a"}
    ledger.clock.shift += 61
    assert await ledger.lease("a", "two", 60)
    assert await ledger.renew(["a"], "one", 60) == set()
    assert not await ledger.lease("a", "one", 60)
    await ledger.release("a", "one")
    assert not await ledger.lease("a", "one", 60)
    await ledger.release("a", "two")
    assert await ledger.lease("a", "one", 60)


async def test_of_many_that_want_a_lease_one_gets_it(ledger: Ledger) -> None:
    await one(ledger, intent("a"))
    got = await asyncio.gather(*(ledger.lease("a", f"owner {n}", 60) for n in range(8)))
    assert sum(got) == 1


async def test_a_sending_is_not_taken_from_a_process_that_lives(ledger: Ledger) -> None:
    entry = await one(ledger, intent("a"))
    owner = owner_name()
    assert await ledger.lease("a", owner, 60)
    await ledger.begin(entry, owner, Account("lamp-1", None, True, ledger.today()), Caps(), NO_LIMITS)
    ledger.clock.shift += 3600
    assert not await ledger.lease("a", "another", 60)
    await ledger.found("a", 1, "job_1", "accepted")
    assert await ledger.lease("a", "another", 60)


async def test_places_at_a_provider_are_counted_over_processes(ledger_url: str) -> None:
    ledgers = [await open_ledger(ledger_url) for _ in range(3)]
    made = await ledgers[0].intend([intent(f"k{n}") for n in range(6)], Caps())

    async def begin(ledger: Ledger, entry: Entry) -> Entry | Wait:
        assert await ledger.lease(entry.key, "me", 60)
        account = Account("lamp-1", None, True, ledger.today())
        return await ledger.begin(entry, "me", account, Caps(), Limits(in_flight=2))

    results = await asyncio.gather(*(begin(ledgers[n % 3], entry) for n, entry in enumerate(made)))
    sent = [result for result in results if isinstance(result, Entry)]
    waits = [result for result in results if isinstance(result, Wait)]
    assert len(sent) == 2
    assert {wait.why for wait in waits} == {"2 jobs are under way at studio"}
    await ledgers[1].happen(sent[0], Event.REJECTED, error="no")
    assert await in_flight(ledgers[2], "studio") == 1
    left = next(entry for entry in made if entry.key not in {done.key for done in sent})
    assert isinstance(await begin(ledgers[2], left), Entry)
    for each in ledgers:
        await each.close()


async def test_orders_are_spaced_and_a_provider_that_asks_to_wait_is_left_alone(ledger: Ledger) -> None:
    made = await ledger.intend([intent(f"k{n}") for n in range(4)], Caps())

    async def begin(entry: Entry, limits: Limits) -> Entry | Wait:
        assert await ledger.lease(entry.key, "me", 60)
        return await ledger.begin(entry, "me", Account("lamp-1", None, True, ledger.today()), Caps(), limits)

    limits = Limits(per_minute=12)  # one each five seconds, two of them at once
    assert isinstance(await begin(made[0], limits), Entry)
    assert isinstance(await begin(made[1], limits), Entry)
    wait = await begin(made[2], limits)
    assert isinstance(wait, Wait)
    assert 4 < wait.seconds <= 5
    ledger.clock.shift += 5
    assert isinstance(await begin(made[2], limits), Entry)
    await ledger.close_provider("studio", 30)
    await ledger.close_provider("studio", 10)
    closed = await begin(made[3], NO_LIMITS)
    assert isinstance(closed, Wait)
    assert 29 < closed.seconds <= 30
    ledger.clock.shift += 31
    assert isinstance(await begin(made[3], NO_LIMITS), Entry)


async def test_a_callback_is_seen_for_the_first_time_once(ledger: Ledger) -> None:
    assert sorted(await asyncio.gather(*(ledger.first("evt_1") for _ in range(5)))) == [False] * 4 + [True]
    assert await ledger.first("evt_2")
    await ledger.forget("evt_2")
    assert await ledger.first("evt_2")


async def test_reuse_is_recorded(ledger: Ledger) -> None:
    await one(ledger, intent("a", "first"))
    await use(ledger, "second", ["a"])
    await use(ledger, "second", ["a"])
    assert [entry.key for entry in await entries(ledger, production="second")] == ["a"]


@pytest.mark.parametrize("url", ["mysql://x/y", "no address", "postgresql://nobody@127.0.0.1:1/none?password=geheim"])
async def test_an_address_that_is_of_no_use_is_said(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        await open_ledger(url)
    assert "\n" not in str(caught.value)
    assert "geheim" not in str(caught.value)


async def test_a_time_zone_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="CALLSHEET_BUDGET_TIME_ZONE: Nowhere is not allowed"):
        await open_ledger(f"sqlite:///{tmp_path}/ledger.sqlite", "Nowhere")


async def test_the_lease_of_a_process_that_is_no_more_is_adopted_at_once(ledger: Ledger) -> None:
    await one(ledger, intent("a"))
    machine, pid, born, _ = owner_name().split(":")
    assert await ledger.lease("a", f"{machine}:{pid}:{int(born) - 1}:x", 60)  # its number was given to us since
    assert await ledger.lease("a", "another", 60)
    await one(ledger, intent("b"))
    assert await ledger.lease("b", f"elsewhere:{pid}:1:x", 60)
    assert not await ledger.lease("b", "another", 60)
