"""The receipt of what was made here of files that were there: nobody is paid for it."""

from __future__ import annotations

from callsheet.canonical import digest
from callsheet.ledger.assets import Asset
from callsheet.ledger.order import Bought, Order
from callsheet.money import Money


def free_receipt(order: Order, asset: Asset) -> Bought:
    """`asset` as what came of `order`, at no charge."""
    request, free = order.purchase.request, Money.zero(order.purchase.price.currency)
    return Bought(
        key=digest(["callsheet", request, order.purchase.take]),
        purchase_id=order.purchase.id,
        feature=request.feature,
        provider="callsheet",
        production_id=order.production_id,
        take=order.purchase.take,
        job_id=None,
        quoted=free,
        charged=free,
        assets=(asset,),
    )
