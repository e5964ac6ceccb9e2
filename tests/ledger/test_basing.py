"""Shots based on a frame of another: reserved with the others, ordered when it is there, and never bought twice."""

from __future__ import annotations

import pytest

from callsheet.budget import Caps
from callsheet.errors import BudgetError
from callsheet.features import ImageToVideo, TextToVideo
from callsheet.ledger.buy import buy
from callsheet.ledger.order import Bought, Order, orders_of
from callsheet.ledger.queries import entries
from callsheet.ledger.states import State
from callsheet.money import Money
from callsheet.plan import Plan, Purchase
from callsheet.plan.model import Basis
from callsheet.production import Production, based, begin
from tests.studios import Shop, one_shop, shop, small_plan

__all__ = ["one_shop", "shop"]

FIELDS = {"duration": 2, "resolution": "480p"}


def chain() -> Plan:
    """A key shot and one that goes on from its last picture: 0.20 CNY each."""
    plan, basis = small_plan(), Basis(clip="key")
    price = Money.model_validate({"amount": "0.20", "currency": "CNY"})
    key = Purchase(id="key", request=TextToVideo(prompt="a lamp", **FIELDS), clips=("key",), price=price)
    request = ImageToVideo(image=basis.to_come(), animation_prompt="it goes on", **FIELDS)
    more = Purchase(id="more", request=request, clips=("more",), price=price, basis=basis)
    return Plan.model_validate({**dict(plan), "purchases": (key, more)})


async def made(shop: Shop, *, stop_after: int = 2) -> list[Bought]:
    """One run from a fresh start, killed in our mind after so many purchases."""
    async with shop.desk() as desk:
        production = Production(chain(), desk)
        orders = orders_of(production.plan, production.id, cap=production.plan.total)
        await begin(production, orders)
        bought = [await buy(order, desk) for order in orders if order.purchase.basis is None]
        if stop_after == 1:
            return bought
        return bought + [await buy(order, desk) for order in await based(orders, bought, desk)]


async def held(shop: Shop) -> dict[str, str]:
    async with shop.desk() as desk:
        return {f"{entry.purchase_id} {entry.state}": str(entry.quoted.amount) for entry in await entries(desk.ledger)}


async def test_both_are_reserved_before_the_first_is_sent(shop: Shop) -> None:
    async with shop.desk() as desk:
        production = Production(chain(), desk)
        await begin(production, orders_of(production.plan, production.id, cap=production.plan.total))
        found = await entries(desk.ledger)
        assert [(entry.purchase_id, entry.state) for entry in found] == [
            ("key", State.INTENDED),
            ("more", State.INTENDED),
        ]
        other = Order(purchase=small_plan().purchases[0], production_id=production.id, tier="prototype")
        with pytest.raises(BudgetError):
            await desk.ledger.intend([other.intent(desk)], Caps(production=production.plan.total))


async def test_run_again_after_each_step_it_is_charged_once(shop: Shop) -> None:
    await made(shop, stop_after=1)
    await made(shop, stop_after=1)
    first = await made(shop)
    again = await made(shop)
    assert len(shop.charges) == 2
    assert [one.key for one in first] == [one.key for one in again]
    assert await held(shop) == {"key settled": "0.20", "more released": "0.20", "more settled": "0.20"}


async def test_the_second_begins_with_the_last_picture_of_the_first(one_shop: Shop) -> None:
    bought = await made(one_shop)
    async with one_shop.desk() as desk:
        entry = await desk.ledger.get(bought[1].key)
        assert entry is not None
        image = ImageToVideo.model_validate(entry.request).image
        assert image != Basis(clip="key").to_come()
        data = await desk.input_bytes(image)
        assert data.startswith(b"\x89PNG")
