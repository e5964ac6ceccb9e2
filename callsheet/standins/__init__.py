"""Stand-ins: what a provider lacks, made of what it sells and of our own post-production.

Each is bought through the ledger like anything else, by the purchases that it is made of.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from callsheet.desk import Desk
from callsheet.errors import Incapable
from callsheet.features import ConsistencyCheck
from callsheet.ledger.buy import buy
from callsheet.ledger.order import Bought, Order
from callsheet.standins.complete import produce
from callsheet.standins.extension import extend
from callsheet.standins.parts import one_by_one
from callsheet.standins.style import grade_like

STAND_INS: dict[str, Callable[[Order, Desk], Awaitable[Bought]]] = {
    "extension": extend,
    "sequence": one_by_one,
    "character_sequence": one_by_one,
    "styled_generate": one_by_one,
    "style_transfer": grade_like,
    "complete_production": produce,
    "variants_batch": one_by_one,
    "discounted_batch": one_by_one,
}
"""Feature -> what stands in for it."""


async def perform(order: Order, desk: Desk) -> Bought:
    """The clips of `order`: bought where the provider has the feature, made by a stand-in where it has not.

    Raises `Incapable` when there is neither, and what `callsheet.ledger.buy.buy` raises.
    """
    feature = order.feature
    if isinstance(order.purchase.request, ConsistencyCheck):
        name = order.purchase.id
        raise Incapable(f"{name}: a check yields no clips and is not bought; the task check_consistency measures it")
    desk = desk.selling(feature)
    if feature in desk.provider.entry.features:
        return await buy(order, desk)
    stand_in = STAND_INS.get(feature)
    if stand_in is None:
        raise Incapable(f"{order.purchase.id}: {desk.entry.name} does not offer {feature} and nothing stands in for it")
    return await stand_in(order, desk)
