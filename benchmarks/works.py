"""Works without their flow: everything bought, and cuts that nobody has made, for whatever comes after them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from callsheet.canonical import canonical_json
from callsheet.ledger.assets import Asset
from callsheet.ledger.order import Order
from callsheet.manifest import Deliverable, Measures, Provenance
from callsheet.plan.model import Work
from callsheet.production import CutRecord, Production, based, begin, gathered
from callsheet.production.cutting import RECORD, cut_key
from callsheet.production.gathering import Gathered
from callsheet.standins import perform


async def buy_all(production: Production, orders: Sequence[Order]) -> Gathered:
    """Buys the orders as a flow does, those that are based on another's clip after it."""
    await begin(production, orders)

    async def buy(order: Order) -> dict[str, Any]:
        return (await perform(order, production.desk)).model_dump(mode="json")

    first = [order for order in orders if order.purchase.basis is None]
    bought = await gathered(first, [buy(order) for order in first])
    then = await based(orders, bought.receipts, production.desk)
    return bought + await gathered(then, [buy(order) for order in then])


async def lay_cut(production: Production, work: Work, assets: Sequence[Asset]) -> None:
    """A record in the bucket of a cut of the work, of one small file."""
    data, bucket, folder = work.id.encode(), production.desk.bucket, work.path(production.id)
    await bucket.put_bytes(f"{folder}/edit/cut.edl", data)
    sha256 = hashlib.sha256(data).hexdigest()
    file = Deliverable(kind="edit", path="edit/cut.edl", sha256=sha256, bytes=len(data), content_type="text/plain")
    record = CutRecord(
        key=cut_key(work, assets),
        timeline=work.timeline,
        deliverables=(file,),
        measures=Measures(seconds=work.timeline.seconds, loudness_lufs=-14, true_peak_dbtp=-2, lines=()),
        checks=(),
        provenance=Provenance(certificate="self-made", producer="test"),
    )
    await bucket.put_bytes(f"{folder}/{RECORD}", canonical_json(record).encode())
