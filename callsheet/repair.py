"""Shots that don't belong to the others are bought again, within a budget, and the better take is kept.

The rule: below 0.85 the inconsistent shots are generated again (APIYI, Sora 2 video generation features, consistency
check). The measure is our own, so that it is the same for every provider.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from callsheet import progress
from callsheet.desk import Desk
from callsheet.errors import BudgetError, JobFailed, Moderated
from callsheet.features import Sequence as SequenceRequest
from callsheet.ledger.assets import Asset
from callsheet.ledger.buy import buy
from callsheet.ledger.order import Bought, Order
from callsheet.media.consistency import ITEMS, Consistency, better_take, check_consistency, repair_plan
from callsheet.money import Money
from callsheet.plan.model import Purchase
from callsheet.plan.quote import price_of
from callsheet.plan.takes import another_take
from callsheet.scratch import scratch_folder


class Repaired(BaseModel):
    """The shots of a sequence after their repair, in order, with what was bought and measured for it.

    `stopped` says why a shot that still does not fit was not bought again: its tries or the budget were used up.
    """

    model_config = ConfigDict(frozen=True)

    assets: tuple[Asset, ...]
    purchases: tuple[Bought, ...]
    before: Consistency
    after: Consistency
    stopped: str | None = None


async def measure(
    assets: Sequence[Asset],
    desk: Desk,
    items: Sequence[str] = ITEMS,
    absent: Sequence[int] = (),
    scenes: Sequence[str] = (),
) -> Consistency:
    """How well clips of the bucket belong together; `absent` and `scenes` are those of `check_consistency`.

    Raises `MediaError` for less than two.
    """
    async with scratch_folder(desk.settings.scratch()) as folder:
        paths = [folder / f"{number}.mp4" for number in range(len(assets))]
        for asset, path in zip(assets, paths, strict=True):
            await desk.bucket.get_file(asset.key, path, sha256=asset.sha256)
        return await asyncio.to_thread(check_consistency, paths, items, absent=absent, scenes=scenes)


async def repair(order: Order, bought: Bought, desk: Desk, *, budget: Money, tries: int = 2) -> Repaired:
    """Buys further takes of the shots of a bought sequence that don't fit, each up to `tries` times.

    All of them together cost at most `budget`, beside what was approved for the production; other caps hold as ever.
    """
    if not isinstance(order.purchase.request, SequenceRequest):
        raise ValueError(f"{order.purchase.id}: only the shots of a sequence are repaired")
    beside = order.model_copy(update={"cap": None if order.cap is None else order.cap + budget})
    return await repair_shots([beside], [bought], order.purchase.clips, desk, budget=budget, tries=tries)


async def repair_shots(
    orders: Sequence[Order],
    bought: Sequence[Bought],
    clips: Sequence[str],
    desk: Desk,
    *,
    budget: Money,
    tries: int = 2,
    items: Sequence[str] = ITEMS,
    absent: Sequence[int] = (),
    scenes: Sequence[str] = (),
) -> Repaired:
    """As `repair`, for the shots called `clips`, in their order, of several orders: of sequences or of single clips.
    `absent` and `scenes` are those of `check_consistency`.

    All further takes together cost at most `budget`, and fit into the caps of the orders with all else.
    """
    made_by = {clip: order for order in orders for clip in order.purchase.clips}
    there = {asset.clip: asset for one in bought for asset in one.assets}
    assets, purchases = [there[clip] for clip in clips], []
    found = before = await measure(assets, desk, items, absent, scenes)
    left, stopped = budget, None
    for number in (shot - 1 for shot in repair_plan(before)):
        for attempt in range(tries):
            if number + 1 not in found.inconsistent_shots:
                break
            order = made_by[clips[number]]
            further = _further(order, clips[number], order.purchase.take + attempt + 1, desk)
            price = further.purchase.price
            if price > left:
                stopped = f"{further.purchase.id}: another take costs {price}, {left} of the repair's budget are left"
                break
            try:
                made = await buy(further, desk)
            except BudgetError as error:
                stopped = error.message
                break
            except (JobFailed, Moderated):  # that take is lost, and what it cost; the next one may come
                entry = await desk.ledger.get(further.key(desk.identity))
                left = left - (entry.charged if entry and entry.charged else Money.zero(left.currency))
                continue
            purchases.append(made)
            left = left - made.charged
            tried = [*assets[:number], made.assets[0], *assets[number + 1 :]]
            now = await measure(tried, desk, items, absent, scenes)
            better = better_take(found, now) is now
            progress.report(further.purchase.id, "repaired" if better else "kept as it was")
            if better:
                assets, found = tried, now
    if stopped is None and found.inconsistent_shots:
        stopped = f"{tries} takes were not enough"
    return Repaired(assets=tuple(assets), purchases=tuple(purchases), before=before, after=found, stopped=stopped)


def _further(order: Order, clip: str, take: int, desk: Desk) -> Order:
    """Another take of one shot: of a sequence as a sequence of its own, of a single clip in the same words."""
    request = order.purchase.request
    if isinstance(request, SequenceRequest):
        request = another_take(request, order.purchase.clips.index(clip), take)
    else:
        request = request.model_copy(update={"seed": take})
    price = price_of(request, desk.prices, model=desk.settings.provider_model)
    purchase = Purchase(id=clip, request=request, clips=(clip,), take=take, price=price)
    return order.model_copy(update={"purchase": purchase})
