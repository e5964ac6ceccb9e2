"""The price of a plan, one line for each feature and resolution."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from callsheet.features import AnyRequest, DiscountedBatch
from callsheet.money import Amount, Money, PriceList
from callsheet.plan.model import Plan

REFERENCE = "sora"
"""The price list that a brief is planned at before the plan is lowered: it has a price for every tier."""


class QuoteLine(BaseModel):
    """`count` purchases of `feature`, `seconds` in all, at `resolution`."""

    model_config = ConfigDict(frozen=True)

    feature: str
    count: int
    seconds: int
    resolution: str
    amount: Amount


class Quote(BaseModel):
    """What `callsheet quote --json` prints. `up_to` is the total with further takes, where such may be bought."""

    model_config = ConfigDict(frozen=True)

    digest: str
    currency: str
    total: Amount
    lines: tuple[QuoteLine, ...]
    up_to: Amount | None = None


def price_of(
    request: AnyRequest, prices: PriceList, source: tuple[str, int] | None = None, *, model: str | None = None
) -> Money:
    """What a request costs; `source` is resolution and seconds of the clip it works on, where it works on one.

    `model` is the one that is ordered, where the provider sells several.

    A discounted batch costs its requests less the discount of its priority. Free features cost nothing.
    """
    lines = request.billed() if source is None else request.billed_on(*source)
    each = (prices.price(request.feature, resolution, seconds, model=model) for resolution, seconds in lines)
    full = Money.total(each, prices.currency)
    if isinstance(request, DiscountedBatch) and request.apply_discount:
        discount = prices.on(prices.newest).batch_discount.get(request.priority, Decimal(0))
        return Money(amount=full.amount * (1 - discount), currency=full.currency)
    return full


def quote(plan: Plan) -> Quote:
    """The plan's price by feature and resolution, in the order in which the plan buys. The lines sum to the total."""
    seconds: dict[tuple[str, str], int] = {}
    counts: dict[tuple[str, str], int] = {}
    amounts: dict[tuple[str, str], Money] = {}
    for purchase in plan.purchases:
        billed = purchase.request.billed()
        place = (purchase.request.feature, billed[0][0] if billed else "")
        counts[place] = counts.get(place, 0) + 1
        seconds[place] = seconds.get(place, 0) + sum(length for _, length in billed)
        amounts[place] = amounts.get(place, Money.zero(plan.total.currency)) + purchase.price
    lines = tuple(
        QuoteLine(feature=f, count=counts[f, r], seconds=seconds[f, r], resolution=r, amount=amounts[f, r].amount)
        for f, r in counts
    )
    return Quote(
        digest=plan.digest,
        currency=plan.total.currency,
        total=plan.total.amount,
        lines=lines,
        up_to=plan.most.amount if plan.further else None,
    )
