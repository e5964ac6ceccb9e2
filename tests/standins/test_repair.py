"""Shots that don't fit are bought again, within tries and budget, and the better take is kept."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from callsheet import repair as repairing
from callsheet.desk import Desk
from callsheet.features import Sequence
from callsheet.ledger.assets import Asset
from callsheet.ledger.buy import buy
from callsheet.ledger.order import Order
from callsheet.media.consistency import Consistency, Scores, ShotScores
from callsheet.money import Money, price_list
from callsheet.plan.model import Purchase
from callsheet.plan.quote import price_of
from callsheet.repair import repair
from tests.studios import Shop


def cny(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="CNY")


def three_shots() -> Order:
    shots = [{"duration": 1, "prompt": f"a lamp on shelf {n}"} for n in range(3)]
    request = Sequence.model_validate({"shots": shots, "resolution": "480p"})
    price = price_of(request, price_list("sora"))
    purchase = Purchase(id="film", request=request, clips=("film-1", "film-2", "film-3"), price=price)
    return Order(purchase=purchase, production_id="lamp-1", tier="prototype", cap=price)


def judging(scores: dict[str, float]) -> Any:
    """A measure whose scores hang on the clips' content, in place of the real one."""

    async def measure(assets: list[Asset], desk: Desk, *how: Any) -> Consistency:
        own = [scores.setdefault(asset.sha256, scores["next"]) for asset in assets]
        shots = tuple(ShotScores(shot=n, items={"color_consistency": score}) for n, score in enumerate(own, 1))
        return Consistency(
            consistency_score=min(own),
            inconsistent_shots=tuple(n for n, score in enumerate(own, 1) if score < 0.85),
            scores=Scores(items={}, shots=shots, pairs=()),
        )

    return measure


async def repaired(shop: Shop, monkeypatch: pytest.MonkeyPatch, takes: float, **how: Any) -> tuple[Any, list[str]]:
    async with shop.desk() as desk:
        order = three_shots()
        bought = await buy(order, desk)
        first = [asset.sha256 for asset in bought.assets]
        scores = {"next": takes, first[0]: 0.95, first[1]: 0.60, first[2]: 0.95}
        monkeypatch.setattr(repairing, "measure", judging(scores))
        return await repair(order, bought, desk, **how), first


async def test_only_the_shot_that_does_not_fit_is_bought_again(one_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    done, first = await repaired(one_shop, monkeypatch, 0.9, budget=cny("1.00"))
    assert [asset.sha256 == before for asset, before in zip(done.assets, first, strict=True)] == [True, False, True]
    assert [made.purchase_id for made in done.purchases] == ["film-2"]
    assert done.purchases[0].take == 2
    assert (done.before.inconsistent_shots, done.after.inconsistent_shots, done.stopped) == ((2,), (), None)
    assert [amount for _, amount, _ in one_shop.charges] == [Decimal("0.30"), Decimal("0.10")]


async def test_the_better_take_is_kept_and_tries_are_bounded(one_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    done, first = await repaired(one_shop, monkeypatch, 0.5, budget=cny("1.00"), tries=2)
    assert [asset.sha256 for asset in done.assets] == first
    assert [(made.purchase_id, made.take) for made in done.purchases] == [("film-2", 2), ("film-2", 3)]
    assert done.stopped == "2 takes were not enough"


async def test_the_repairs_budget_is_never_passed(one_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    done, _ = await repaired(one_shop, monkeypatch, 0.7, budget=cny("0.15"), tries=5)
    assert [made.charged for made in done.purchases] == [cny("0.10")]
    assert done.stopped == "film-2: another take costs 0.10 CNY, 0.05 CNY of the repair's budget are left"
