"""What a repair of shots leaves: the receipts by which the cut finds the better takes, and the record of it."""

from __future__ import annotations

from collections.abc import Sequence

from callsheet.ledger.assets import Asset
from callsheet.ledger.order import Bought
from callsheet.manifest import ConsistencyRecord, FurtherTake
from callsheet.media.consistency import Consistency
from callsheet.repair import Repaired


def with_takes(receipts: Sequence[Bought], repaired: Repaired) -> list[Bought]:
    """All receipts, further takes too. A take that is not shown is called `<shot>-take-<number>` in its receipt."""
    shown = {asset.clip: asset.sha256 for asset in repaired.assets}
    found = []
    for receipt in (*receipts, *repaired.purchases):
        assets = []
        for asset in receipt.assets:
            named = asset
            if asset.clip in shown and shown[asset.clip] == asset.sha256:
                del shown[asset.clip]
            elif _of_the_film(asset, repaired):
                named = asset.model_copy(update={"clip": f"{asset.clip}-take-{receipt.take}"})
            assets.append(named)
        found.append(receipt.model_copy(update={"assets": tuple(assets)}))
    return found


def _of_the_film(asset: Asset, repaired: Repaired) -> bool:
    return any(asset.clip == one.clip for one in repaired.assets)


def record_of_repair(items: Sequence[str], repaired: Repaired) -> ConsistencyRecord:
    """What the manifest says of a repair."""
    shown = {asset.clip: asset.sha256 for asset in repaired.assets}
    takes = tuple(
        FurtherTake(
            purchase=one.purchase_id,
            take=one.take,
            charged=one.charged.amount,
            kept=any(shown.get(asset.clip) == asset.sha256 for asset in one.assets),
        )
        for one in repaired.purchases
    )
    return ConsistencyRecord(
        items=tuple(items),
        before=repaired.before,
        after=repaired.after,
        further_takes=takes,
        stopped=repaired.stopped,
    )


def record_of_check(items: Sequence[str], found: Consistency) -> ConsistencyRecord:
    """What the manifest says where nothing was bought again."""
    return ConsistencyRecord(items=tuple(items), before=found, after=found)
