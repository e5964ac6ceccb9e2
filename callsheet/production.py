"""One production from its plan to its manifest: inputs staged, clips bought, the work cut, all of it published."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

import callsheet
from callsheet import progress
from callsheet.canonical import canonical_json, digest
from callsheet.desk import Desk
from callsheet.errors import CheckError, StorageError
from callsheet.ledger.assets import Asset
from callsheet.ledger.order import Bought, Order, reserve
from callsheet.ledger.queries import open_production, set_status, use
from callsheet.manifest import (
    Cost,
    Deliverable,
    Input,
    Manifest,
    Measures,
    ProviderRecord,
    PurchasedClip,
    PurchaseRecord,
    SpokenLine,
)
from callsheet.media.images import Media
from callsheet.media.probe import probe
from callsheet.money import Money
from callsheet.plan.model import Plan
from callsheet.scratch import scratch_folder
from callsheet.storage.keys import clip_key, content_type, manifest_key

if TYPE_CHECKING:
    from callsheet.media.cut import CutResult

LARGEST_MANIFEST = 16 * 1024 * 1024
T = TypeVar("T")


class CutRecord(BaseModel):
    """What a cut left in the bucket, not yet published."""

    model_config = ConfigDict(frozen=True)

    deliverables: tuple[Deliverable, ...]
    measures: Measures


@dataclass(frozen=True)
class Production:
    """A plan that is being made at a desk."""

    plan: Plan
    desk: Desk

    @property
    def id(self) -> str:
        """Where its work lives in the bucket."""
        return self.plan.production_id(self.desk.identity)

    @property
    def location(self) -> str:
        """Where a person finds it."""
        return self.desk.bucket.location(self.id)


async def begin(production: Production, orders: Sequence[Order], *, run: str | None = None) -> None:
    """Records that the production is being made, by flow run `run`, and reserves the price of all its orders.

    Raises `BudgetError` when they don't fit into every cap together; then nothing is reserved or sent.
    """
    plan, desk = production.plan, production.desk
    fields: dict[str, Any] = {"id": production.id, "kind": plan.kind, "name": plan.name, "digest": plan.digest}
    fields |= {"campaign": orders[0].campaign, "provider": desk.identity}
    await open_production(desk.ledger, fields, plan.total, run)
    await reserve(orders, desk)


async def published(production: Production) -> Manifest | None:
    """The manifest when this very plan is published whole: every deliverable there, in its size. None otherwise."""
    bucket, key = production.desk.bucket, manifest_key(production.id)
    if await bucket.stat(key) is None:
        return None
    try:
        manifest = Manifest.model_validate_json(await bucket.get_bytes(key, LARGEST_MANIFEST))
    except ValidationError as error:
        raise StorageError(f"{key} is not a manifest; delete it to publish the production again") from error
    if manifest.plan_digest != production.plan.digest:
        return None
    return None if await incomplete(production, manifest) else manifest


async def incomplete(production: Production, work: CutRecord | Manifest) -> list[str]:
    """Deliverables that are not in the bucket in the size that was recorded."""
    bucket = production.desk.bucket
    found = await asyncio.gather(*(bucket.stat(f"{production.id}/{item.path}") for item in work.deliverables))
    pairs = zip(found, work.deliverables, strict=True)
    return [
        item.path for at, item in pairs if at is None or at.bytes != item.bytes or at.sha256 not in (None, item.sha256)
    ]


async def stage_inputs(production: Production, images: Iterable[tuple[Media, bytes]]) -> None:
    """Puts the given images into the bucket, from where they are read when they are ordered."""
    for media, data in images:
        await production.desk.keep_input(media, data)


async def together(calls: Sequence[Awaitable[T]]) -> list[T]:
    """All results in order. When one fails the others still finish, as they are paid for; then its error comes."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    done: list[T] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        done.append(result)
    return done


def cut_key(plan: Plan, assets: Sequence[Asset]) -> str:
    """Names a cut by all that goes into it: timeline, deliverables, and the clips by their content."""
    return digest([plan.timeline.model_dump(mode="json"), plan.deliverables, [[a.clip, a.sha256] for a in assets]])


async def cut_production(production: Production, assets: Sequence[Asset]) -> CutRecord:
    """Cuts the clips into the work and puts every deliverable into the bucket. Nothing is published yet.

    Raises `CheckError` when a promised deliverable did not come of it, and what `callsheet.media.cut.cut` raises.
    """
    from callsheet.media.cut import ClipFile, cut

    plan, desk = production.plan, production.desk
    async with scratch_folder(desk.settings.scratch()) as folder:
        clips = {}
        for number, asset in enumerate(assets):
            path = folder / f"clip-{number}.mp4"
            await desk.bucket.get_file(asset.key, path, sha256=asset.sha256)
            clips[asset.clip] = ClipFile(path=path, uri=asset.uri)
        out = folder / "out"
        result = await asyncio.wait_for(
            cut(
                plan.timeline,
                clips,
                out,
                on_progress=lambda done: progress.report("cut", "cutting", percent=100 * done),
            ),
            desk.settings.cut_seconds,
        )
        await desk.bucket.delete(manifest_key(production.id))  # what is there now is about to be written over
        missing = [path for path in plan.deliverables if not (out / path).is_file()]
        if missing:
            raise CheckError(f"the cut did not yield {', '.join(missing)}")
        deliverables = [await _put(production.id, path, out / path, desk) for path in plan.deliverables]
    progress.report("cut", "cut")
    return CutRecord(deliverables=tuple(deliverables), measures=_measures(result))


Kind = Literal["master", "stem", "captions", "edit", "poster", "contact_sheet"]
_KINDS: Mapping[str, Kind] = {"stems": "stem", "captions": "captions", "edit": "edit"}
_NAMED: Mapping[str, Kind] = {"master.mp4": "master", "poster.jpg": "poster", "contact-sheet.jpg": "contact_sheet"}


async def _put(production_id: str, path: str, file: Path, desk: Desk) -> Deliverable:
    def measure() -> str:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    sha256 = await asyncio.to_thread(measure)
    key = f"{production_id}/{path}"
    stored = await desk.bucket.put_file(key, file, sha256=sha256)
    kind = _NAMED.get(path) or _KINDS[path.split("/", maxsplit=1)[0]]
    return Deliverable(
        kind=kind,
        path=path,
        sha256=sha256,
        bytes=stored.bytes,
        content_type=content_type(key),
        probe=await asyncio.to_thread(probe, file) if kind == "master" else None,
    )


def _measures(result: CutResult) -> Measures:
    return Measures(
        seconds=result.seconds,
        loudness_lufs=round(result.lufs, 2),
        true_peak_dbtp=round(result.true_peak_dbtp, 2),
        lines=tuple(SpokenLine(text=line.text, start=line.start, end=line.end) for line in result.lines),
    )


async def publish(production: Production, bought: Sequence[Bought], cut: CutRecord) -> Manifest:
    """Writes the manifest, which is what publishing is. Every deliverable must be in the bucket by then."""
    plan, desk = production.plan, production.desk
    missing = await incomplete(production, cut)
    if missing:
        raise CheckError(f"{', '.join(missing)}: not in the bucket as it was cut; nothing was published")
    await use(desk.ledger, production.id, [purchase.key for purchase in bought])
    charged = Money.total((b.charged for b in bought if b.production_id == production.id), plan.total.currency)
    manifest = Manifest(
        production_id=production.id,
        kind=plan.kind,
        name=plan.name,
        language=plan.language,
        tier=plan.tier,
        published_at=dt.datetime.now(dt.UTC).replace(microsecond=0),
        callsheet_version=callsheet.__version__,
        plan_digest=plan.digest,
        provider=ProviderRecord(name=desk.entry.name, identity=desk.identity, rehearsal=desk.entry.rehearsal),
        cost=Cost(currency=charged.currency, quoted=plan.total.amount, charged=charged.amount),
        inputs=tuple(
            Input(key=clip_key(m.sha256, m.suffix), sha256=m.sha256, media_type=m.media_type, bytes=m.bytes)
            for m in plan.inputs
        ),
        purchases=tuple(_purchase(purchase, production.id) for purchase in bought),
        timeline=plan.timeline,
        measures=cut.measures,
        deliverables=cut.deliverables,
    )
    text = canonical_json(manifest).encode()
    await desk.bucket.put_bytes(manifest_key(production.id), text, content_type="application/json")
    await set_status(desk.ledger, "published", id=production.id)
    progress.report("publish", "published")
    return manifest


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
