"""A sequence, a styled clip or a batch from a provider that sells only single clips: ordered one by one.

The same orders as a plan is lowered to, so that a task alone and a whole production share what they buy.
"""

from __future__ import annotations

from callsheet.desk import Desk
from callsheet.ledger.buy import buy
from callsheet.ledger.order import Bought, Order, reserve
from callsheet.money import Money
from callsheet.plan.lowering import parts_of


async def one_by_one(order: Order, desk: Desk) -> Bought:
    """All clips of `order` from single purchases, whose price is reserved whole before the first is sent."""
    from callsheet.production import together

    parts = parts_of(order.purchase, desk.provider.entry, desk.prices, desk.settings.provider_model)
    orders = [order.model_copy(update={"purchase": part}) for part in parts]
    await reserve(orders, desk)
    made = await together([buy(each, desk) for each in orders])
    by_name = {asset.clip: asset for each in made for asset in each.assets}
    currency = desk.prices.currency
    return made[0].model_copy(
        update={
            "purchase_id": order.purchase.id,
            "feature": order.purchase.request.feature,
            "quoted": Money.total((each.quoted for each in made), currency),
            "charged": Money.total((each.charged for each in made), currency),
            "assets": tuple(by_name[clip] for clip in order.purchase.clips),
        }
    )
