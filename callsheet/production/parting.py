"""A production of many works in parts: which works belong to a part, and what its maker is given through the bucket.

The plan and the receipts of what was bought lie in the bucket under the digest of their content. Whoever makes a part
on another machine buys nothing: the plan, the production and every purchase must be in the ledger as they are written
there.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from callsheet.canonical import canonical_json
from callsheet.desk import Desk
from callsheet.errors import BudgetError, StorageError
from callsheet.ledger.order import Bought
from callsheet.ledger.queries import production_rows, settled
from callsheet.plan.model import Plan
from callsheet.production.outcome import Failure
from callsheet.production.production import Production
from callsheet.provider.places import Place, place_of
from callsheet.settings import Settings
from callsheet.storage.keys import check_production, check_sha256
from callsheet.storage.protocol import Bucket

LARGEST_HANDOVER = 256 * 1024 * 1024
LARGEST_REPORT = 16 * 1024 * 1024


def parts_of(works: Sequence[str], most: int) -> tuple[tuple[str, ...], ...]:
    """The works in their order, in as few parts of at most `most` as there can be, all of nearly one length."""
    count = -(-len(works) // most)
    edges = [len(works) * number // count for number in range(count + 1)] if count else []
    return tuple(tuple(works[start:end]) for start, end in itertools.pairwise(edges))


class Handover(BaseModel):
    """What the maker of a part needs: the approved plan, by whom its clips were made, and the receipts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    production_id: str
    provider: str
    url: str | None
    model: str | None
    plan: Plan
    purchases: tuple[Bought, ...]

    def at(self, settings: Settings) -> Settings:
        """The settings of a desk that calls itself after the provider. It has no key there and can buy nothing."""
        return Place(name=self.provider, url=self.url, model=self.model).over(settings)


class PartReport(BaseModel):
    """Which works of a part are not published, and why. The others are: their manifests say so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    failed: tuple[Failure, ...] = ()


def handover_key(production_id: str, sha256: str) -> str:
    """Where a production's plan and receipts lie."""
    return f"{check_production(production_id)}/handover/{check_sha256(sha256)}.json"


def report_key(production_id: str, part: str) -> str:
    """Where the report about a part lies; `part` is the digest that its run is known by."""
    return f"{check_production(production_id)}/parts/{check_sha256(part)}.json"


async def hand_over(production: Production, purchases: Sequence[Bought]) -> str:
    """Puts the plan and its receipts into the bucket; gives the SHA-256 by which they are found again."""
    desk, place = production.desk, place_of(production.desk.settings)
    given = Handover(
        production_id=production.id,
        provider=place.name,
        url=place.url,
        model=place.model,
        plan=production.plan,
        purchases=tuple(purchases),
    )
    data = canonical_json(given).encode()
    sha256 = hashlib.sha256(data).hexdigest()
    await desk.bucket.put_bytes(
        handover_key(production.id, sha256), data, sha256=sha256, content_type="application/json"
    )
    return sha256


async def handed_over(bucket: Bucket, production_id: str, sha256: str) -> Handover:
    """What lies there. Raises `StorageError` for what is not there, has another content or is of another production."""
    key = handover_key(production_id, sha256)
    try:
        found = Handover.model_validate_json(await bucket.get_bytes(key, LARGEST_HANDOVER, sha256=sha256))
    except ValidationError as error:
        raise StorageError(f"{key} can't be read by this version; start the production again") from error
    if found.production_id != production_id:
        raise StorageError(f"{key} is of {found.production_id}")
    return found


async def taken_over(given: Handover, desk: Desk) -> Production:
    """The production at this desk. Raises `BudgetError` unless the ledger knows it as open, under this plan, and every
    purchase as settled.
    """
    production = Production(given.plan, desk)
    if production.id != given.production_id:
        raise BudgetError(f"{given.production_id} is not what this plan is called at {desk.identity}: {production.id}")
    await still_wanted(production)
    unknown = {one.key for one in given.purchases} - await settled(desk.ledger, [one.key for one in given.purchases])
    if unknown:
        raise BudgetError(f"{production.id}: the ledger has no settled purchase {min(unknown)[:12]}")
    return production


async def still_wanted(production: Production) -> None:
    """Raises `BudgetError` for a production that has been cancelled, or that nobody has begun in this ledger."""
    rows = await production_rows(production.desk.ledger, id=production.id)
    if not rows or rows[0].digest != production.plan.digest:
        raise BudgetError(f"{production.id}: the ledger has no production of this plan")
    if rows[0].status == "cancelled":
        raise BudgetError(f"{production.id} was cancelled")


async def report_part(production: Production, part: str, failed: Sequence[Failure]) -> None:
    """Writes down what of a part was not published."""
    text = canonical_json(PartReport(failed=tuple(failed))).encode()
    await production.desk.bucket.put_bytes(report_key(production.id, part), text, content_type="application/json")


async def part_report(production: Production, part: str) -> PartReport | None:
    """What was written down about a part; None where its run did not come that far."""
    bucket, key = production.desk.bucket, report_key(production.id, part)
    if await bucket.stat(key) is None:
        return None
    data: Any = await bucket.get_bytes(key, LARGEST_REPORT)
    try:
        return PartReport.model_validate_json(data)
    except ValidationError as error:
        raise StorageError(f"{key} is not the report of a part; delete it") from error
