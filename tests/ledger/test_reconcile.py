"""Reconciling: what nobody waits for is brought to its end, without anything being ordered."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from callsheet import faults
from callsheet.desk import Desk
from callsheet.errors import InDoubt
from callsheet.ledger.buy import buy
from callsheet.ledger.entry import Entry
from callsheet.ledger.order import Order, reserve
from callsheet.ledger.queries import committed, entries, open_production, set_status
from callsheet.ledger.reconcile import Reconciliation, reconcile
from callsheet.ledger.states import Event, State
from callsheet.money import Money
from callsheet.settings import Settings
from tests.ledger.test_buy import Crash, First, _job, quick  # noqa: F401 - an autouse fixture
from tests.studios import Shop, small_plan

HALF = Decimal("0.50")


def order(production: str = "lamp-1") -> Order:
    return Order(purchase=small_plan().purchases[0], production_id=production, tier="prototype")


async def crash_at(shop: Shop, point: str) -> None:
    def crash() -> None:
        raise Crash(point)

    faults.armed[point] = crash
    async with shop.desk() as desk:
        with pytest.raises(Crash):
            await buy(order(), desk)
    faults.armed.clear()


async def until_ended(desk: Desk, job_id: str) -> None:
    def ignore(_: Any) -> None:
        return None

    await desk.poller.ended(job_id, deadline=asyncio.get_running_loop().time() + 30, on_job=ignore)


async def done(shop: Shop, **settings: Any) -> tuple[Reconciliation, Entry]:
    async with shop.desk() as desk:
        found = await entries(desk.ledger)
        if found[0].job_id:
            await until_ended(desk, found[0].job_id)
        changed = Desk(Settings(**{**shop.settings.model_dump(), **settings}), desk.bucket, desk.ledger, desk.seller)
        result = await reconcile(changed)
        return result, (await entries(desk.ledger))[0]


@pytest.mark.parametrize("point", ["buy.submitted", "buy.ready", "buy.downloaded", "buy.put", "buy.stored"])
async def test_what_finished_while_nobody_waited_is_fetched(shop: Shop, point: str) -> None:
    await crash_at(shop, point)
    result, entry = await done(shop)
    assert entry.state is State.SETTLED
    assert [line.did for line in result.lines] == ["fetched and settled"]
    assert result.open_questions == 0
    assert [amount for _, amount, _ in shop.charges] == [HALF]
    assert (shop.home / "bucket" / entry.assets[0]["key"]).is_file()
    assert (await done(shop))[0].lines == ()


@pytest.mark.parametrize("lost", [("client_reference",), ("listing",), ("idempotency_key",)])
async def test_a_lost_job_is_adopted(one_shop: Shop, lost: tuple[str, ...]) -> None:
    one_shop.lost_replies = lost
    await crash_at(one_shop, "buy.sent")
    async with one_shop.desk() as desk:
        result = await reconcile(desk)
    assert result.open_questions == 0
    _, entry = await done(one_shop)
    assert entry.state is State.SETTLED
    assert [amount for _, amount, _ in one_shop.charges] == [HALF]


async def test_what_was_never_sent_is_not_ordered_and_its_reservation_goes_back_in_time(shop: Shop) -> None:
    async with shop.desk() as desk:
        await reserve([order()], desk)
        assert (await reconcile(desk)).lines == ()
        desk.ledger.clock.shift += 25 * 3600
        result = await reconcile(desk)
        assert [line.did for line in result.lines] == ["reservation given back"]
        assert await committed(desk.ledger, "lamp-1", "CNY") == Money.zero("CNY")
        assert shop.charges == []
        assert (await buy(order(), desk)).charged.amount == HALF  # it can still be bought


async def test_jobs_of_a_cancelled_production_are_cancelled_and_refunded(one_shop: Shop) -> None:
    def until_stopped(request: Any, folder: Any, images: Any, heartbeat: Any, output_path: Any) -> Any:
        while True:
            heartbeat(0.5)  # ends the render when the job is stopped

    one_shop.renderer = until_stopped
    async with one_shop.desk() as desk:
        fields = {"id": "lamp-1", "kind": "marketing", "name": "Lamp", "digest": "d", "provider": "studio"}
        await open_production(desk.ledger, {**fields, "campaign": None}, Money(amount=HALF, currency="CNY"), "run-1")
        task = asyncio.create_task(buy(order(), desk))
        await _job(desk, order())
        task.cancel()
        await asyncio.wait([task])
        assert (await reconcile(desk)).lines[0].did == "still renders"
        assert await set_status(desk.ledger, "cancelled", run="run-1") == ["lamp-1"]
        result = await reconcile(desk)
        assert [line.did for line in result.lines] == ["cancelled"]
        assert (await entries(desk.ledger))[0].state is State.FAILED
        assert await committed(desk.ledger, "lamp-1", "CNY") == Money.zero("CNY")
    assert sum(amount for _, amount, _ in one_shop.charges) == 0


async def test_what_another_production_uses_is_not_cancelled(one_shop: Shop) -> None:
    await crash_at(one_shop, "buy.submitted")
    async with one_shop.desk() as desk:
        for name in ("lamp-1", "lamp-2"):
            fields = {"id": name, "kind": "marketing", "name": name, "digest": "d", "provider": "studio"}
            await open_production(desk.ledger, {**fields, "campaign": None}, Money.zero("CNY"), None)
        await reserve([order("lamp-2")], desk)
        await set_status(desk.ledger, "cancelled", id="lamp-1")
    _, entry = await done(one_shop)
    assert entry.state is State.SETTLED


async def in_doubt(shop: Shop, *, accepted: bool) -> None:
    shop.lost_replies = ()
    shop.between = [First("POST", "/generate", 504, after=accepted)]
    with pytest.raises(InDoubt):
        await shop.buy()
    shop.between = []


async def test_what_is_in_doubt_is_held_for_a_person(one_shop: Shop) -> None:
    await in_doubt(one_shop, accepted=True)
    result, entry = await done(one_shop)
    assert entry.state is State.IN_DOUBT
    assert result.open_questions == 1
    assert f"resolve {entry.key[:12]} as bought or lost" in str(result.lines[0])


async def test_what_is_in_doubt_is_found_when_the_provider_can_be_asked_after_all(one_shop: Shop) -> None:
    await in_doubt(one_shop, accepted=True)
    one_shop.lost_replies = ("client_reference",)
    result, entry = await done(one_shop)
    assert "was in doubt and is found" in [line.did for line in result.lines]
    _, entry = await done(one_shop)
    assert entry.state is State.SETTLED
    assert [amount for _, amount, _ in one_shop.charges] == [HALF]


@pytest.mark.parametrize(("rule", "state"), [("bought", State.FAILED), ("lost", State.INTENDED)])
async def test_a_rule_decides_after_its_time(one_shop: Shop, rule: str, state: State) -> None:
    await in_doubt(one_shop, accepted=False)
    _, entry = await done(one_shop, in_doubt_rule=rule)
    assert entry.state is State.IN_DOUBT
    _, entry = await done(one_shop, in_doubt_rule=rule, in_doubt_hours=1e-6)
    assert entry.state is state
    assert (entry.charged and entry.charged.amount) == (HALF if rule == "bought" else None)


async def test_charges_are_compared_and_the_providers_word_is_booked(shop: Shop) -> None:
    await shop.buy()
    async with shop.desk() as desk:
        entry = (await entries(desk.ledger))[0]
        await desk.ledger.happen(entry, Event.CORRECTED, charged=Money(amount=Decimal("0.70"), currency="CNY"))
        result = await reconcile(desk)
        assert [line.did for line in result.lines] == ["corrected: booked 0.70 CNY, the provider says 0.50 CNY"]
        assert (await entries(desk.ledger))[0].charged == Money(amount=HALF, currency="CNY")
        assert (await reconcile(desk)).lines == ()


async def test_a_reservation_that_is_made_again_is_as_fresh_as_a_new_one(one_shop: Shop) -> None:
    async with one_shop.desk() as desk:
        await reserve([order()], desk)
        desk.ledger.clock.shift += 3600
        await reserve([order()], desk)
        hours = {**one_shop.settings.model_dump(), "reservation_hours": 0.5}
        changed = Desk(Settings(**hours), desk.bucket, desk.ledger, desk.seller)
        assert (await reconcile(changed)).lines == ()
        desk.ledger.clock.shift += 3600
        assert [line.did for line in (await reconcile(changed)).lines] == ["reservation given back"]
