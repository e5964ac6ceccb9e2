"""Shots that begin with a picture of another shot: they can be ordered when that one is there.

Their price is reserved with all the others, under a key that stands for what is to come; when the picture is there the
order is written down under its real key, and the reservation goes over to it.
"""

from __future__ import annotations

from collections.abc import Sequence

from callsheet.desk import Desk
from callsheet.ledger.assets import Asset
from callsheet.ledger.order import Bought, Order, reserve
from callsheet.ledger.queries import settled
from callsheet.ledger.states import Event, State
from callsheet.media.images import media_of
from callsheet.scratch import scratch_folder


async def to_reserve(orders: Sequence[Order], desk: Desk) -> list[Order]:
    """The orders whose price is reserved before the first one is sent.

    Not those that are based on a clip that is there already: they are written down under their real key in a moment,
    and may have been paid for by an earlier run.
    """
    makers = {clip: order for order in orders for clip in order.purchase.clips}
    keys = {order.purchase.id: order.key(desk.identity_of(order.feature)) for order in orders}
    there = await settled(desk.ledger, list(keys.values()))

    def can_be_ordered(order: Order) -> bool:
        basis = order.purchase.basis
        return basis is not None and keys[makers[basis.clip].purchase.id] in there

    return [order for order in orders if not can_be_ordered(order)]


async def based(orders: Sequence[Order], bought: Sequence[Bought], desk: Desk) -> list[Order]:
    """The orders that waited for a picture, with it, and with their price reserved. The clips are in `bought`.

    One whose clip has not come is left out. Raises `BudgetError` where the caps have been used up by others meanwhile,
    which is nothing lost: the reservation is asked for again by the next run.
    """
    clips = {asset.clip: asset for one in bought for asset in one.assets}
    found = []
    for order in orders:
        basis = order.purchase.basis
        asset = clips.get(basis.clip) if basis is not None else None
        if basis is None or asset is None:
            continue
        picture = await _picture(asset, desk, last=basis.frame == "last")
        image = media_of(picture)
        await desk.keep_input(image, picture)
        await _give_back(order, desk)
        found.append(order.model_copy(update={"purchase": order.purchase.on(image)}))
    await reserve(found, desk)
    return found


async def _picture(asset: Asset, desk: Desk, *, last: bool) -> bytes:
    from callsheet.media.stills import still

    async with scratch_folder(desk.settings.scratch()) as folder:
        path = folder / "clip.mp4"
        await desk.bucket.get_file(asset.key, path, sha256=asset.sha256)
        return await still(path, last=last)


async def _give_back(order: Order, desk: Desk) -> None:
    entry = await desk.ledger.get(order.key(desk.identity))
    if entry is not None and entry.state is State.INTENDED and entry.production_id == order.production_id:
        await desk.ledger.happen(entry, Event.RELEASE, note="ordered under its real key")
