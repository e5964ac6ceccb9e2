"""Publishing: the manifest of a work, written last, and whether a work is published whole."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

import callsheet
from callsheet import faults, progress
from callsheet.canonical import canonical_json
from callsheet.errors import CheckError, StorageError
from callsheet.ledger.assets import Asset
from callsheet.ledger.order import Bought
from callsheet.ledger.queries import set_status, use
from callsheet.manifest import ConsistencyRecord, Cost, Input, Manifest, ProviderRecord, PurchasedClip, PurchaseRecord
from callsheet.money import Money
from callsheet.plan.model import Work
from callsheet.plan.speech import lines_of
from callsheet.production.cutting import CutRecord, incomplete
from callsheet.production.production import Production
from callsheet.review import write_review
from callsheet.storage.keys import clip_key, work_manifest_key

LARGEST_MANIFEST = 16 * 1024 * 1024
OTHERS, LOOK = 30.0, 0.5
"""Seconds that another run of the same plan is given to end its publishing, and between two looks at it."""
ASKED_AT_ONCE = 8
"""Works whose files are looked for at a time; each has some twenty."""


async def published(production: Production, work: Work) -> Manifest | None:
    """The manifest when this very work is published whole: every deliverable there, in its size. None otherwise."""
    bucket, key = production.desk.bucket, work_manifest_key(production.id, work.folder)
    if await bucket.stat(key) is None:
        return None
    try:
        manifest = Manifest.model_validate_json(await bucket.get_bytes(key, LARGEST_MANIFEST))
    except ValidationError as error:
        raise StorageError(f"{key} is not a manifest; delete it to publish the production again") from error
    if manifest.plan_digest != production.plan.digest:
        return None
    return None if await incomplete(production, work, manifest.deliverables) else manifest


async def all_of(production: Production, works: Sequence[Work]) -> list[Manifest | None]:
    """For each of these works what `published` says of it."""
    found: list[Manifest | None] = []
    for start in range(0, len(works), ASKED_AT_ONCE):
        some = works[start : start + ASKED_AT_ONCE]
        found += await asyncio.gather(*(published(production, work) for work in some))
    return found


async def all_published(production: Production) -> list[Manifest] | None:
    """The manifests of all works when every one of them is published whole; None otherwise."""
    works, found = production.plan.works, list[Manifest]()
    for start in range(0, len(works), ASKED_AT_ONCE):
        for manifest in await all_of(production, works[start : start + ASKED_AT_ONCE]):
            if manifest is None:
                return None
            found.append(manifest)
    return found


async def publish(
    production: Production,
    work: Work,
    bought: Sequence[Bought],
    cut: CutRecord,
    consistency: ConsistencyRecord | None = None,
) -> Manifest:
    """Writes the manifest, which is what publishing is. Every deliverable must be in the bucket by then.

    Where another run of the same plan has put its own cut there meanwhile, its manifest is given. Raises `CheckError`
    when neither cut is there whole.

    Of several works each names only the purchases that it shows; their price is theirs together. That all of them are
    published is for `conclude` to say.
    """
    plan, desk = production.plan, production.desk
    missing = await incomplete(production, work, cut.deliverables)
    if missing:
        others = await _published_by_another(production, work)
        if others is not None:
            return others
        raise CheckError(f"{', '.join(missing)}: not in the bucket as it was cut; nothing was published")
    shown = set(work.timeline.clips) | lines_of(work)
    own = [one for one in bought if len(plan.works) == 1 or shown & {asset.clip for asset in one.assets}]
    await use(desk.ledger, production.id, [purchase.key for purchase in own])
    charged = Money.total((b.charged for b in own if b.production_id == production.id), plan.total.currency)
    manifest = Manifest(
        production_id=production.id,
        kind=plan.kind,
        work=work.id,
        variant=work.variant,
        publish_at=work.publish_at,
        name=work.name,
        language=work.language,
        tier=plan.tier,
        published_at=dt.datetime.now(dt.UTC).replace(microsecond=0),
        callsheet_version=callsheet.__version__,
        plan_digest=plan.digest,
        provider=ProviderRecord(name=desk.entry.name, identity=desk.identity, rehearsal=desk.entry.rehearsal),
        cost=Cost(
            currency=charged.currency,
            quoted=Money.total((one.quoted for one in own), plan.total.currency).amount,
            charged=charged.amount,
        ),
        inputs=tuple(
            Input(key=clip_key(m.sha256, m.suffix), sha256=m.sha256, media_type=m.media_type, bytes=m.bytes)
            for m in plan.inputs
        ),
        purchases=tuple(_purchase(purchase, production.id) for purchase in own),
        timeline=cut.timeline,
        measures=cut.measures,
        consistency=consistency,
        checks=cut.checks,
        provenance=cut.provenance,
        deliverables=cut.deliverables,
    )
    text = canonical_json(manifest).encode()
    key = work_manifest_key(production.id, work.folder)
    if len(plan.works) == 1:  # before the manifest: what is published is not looked at again
        await write_review(desk.bucket, plan, production.id, (manifest,), {})
    await desk.bucket.put_bytes(key, text, content_type="application/json")
    if len(plan.works) == 1:
        await note_published(production)
    progress.report(f"publish {work.id}" if work.folder else "publish", "published")
    return manifest


async def _published_by_another(production: Production, work: Work) -> Manifest | None:
    """The manifest of another run that is publishing this work, given the time to end; None when nobody is."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(OTHERS):
            while True:
                manifest = await published(production, work)
                if manifest is not None:
                    return manifest
                await asyncio.sleep(LOOK)
    return None


async def note_published(production: Production) -> None:
    """Writes down that all of a production is published; whoever wants to know is told by it."""
    await set_status(production.desk.ledger, "published", id=production.id)
    faults.reach("notice.noted")


def _purchase(bought: Bought, production_id: str) -> PurchaseRecord:
    clips = [PurchasedClip(**_without_uri(asset)) for asset in bought.assets]
    return PurchaseRecord(
        id=bought.purchase_id,
        feature=bought.feature,
        provider=bought.provider,
        key=bought.key,
        job_id=bought.job_id,
        take=bought.take,
        quoted=bought.quoted.amount,
        charged=bought.charged.amount,
        reused=bought.production_id != production_id,
        clips=tuple(clips),
    )


def _without_uri(asset: Asset) -> dict[str, Any]:
    return asset.model_dump(exclude={"uri", "index"})
