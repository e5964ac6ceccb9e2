"""What `callsheet make` says at the end: where things are and what they cost."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from callsheet.errors import SettingsError
from callsheet.manifest import Deliverable, Manifest, beside
from callsheet.money import Money
from callsheet.production import Outcome, Production
from callsheet.storage.local import LocalBucket

REVIEW = "review.html"


def _files(production: Production, manifests: Sequence[Manifest]) -> Iterator[tuple[str, Deliverable | None]]:
    """Each file by its path below the production; None for what no manifest has the digest of."""
    for manifest in manifests:
        folder = production.work(manifest.work).folder
        for item in manifest.deliverables:
            yield _below(folder, item.path), item
        yield _below(folder, "manifest.json"), None
    for name in (*beside(manifests), REVIEW):
        yield name, None


def _below(folder: str, path: str) -> str:
    return f"{folder}/{path}" if folder else path


async def deliver(production: Production, manifests: Sequence[Manifest], out: Path | None) -> Mapping[str, str]:
    """Where each published file is, by its path below the production; fetched into `out` where that is given."""
    bucket, files = production.desk.bucket, list(_files(production, manifests))
    if out is None:
        base = Path(production.location) if isinstance(bucket, LocalBucket) else None
        return {path: str(base / path) if base else bucket.uri(f"{production.id}/{path}") for path, _ in files} | {
            "": str(base) if base else production.location
        }
    try:
        for path, item in files:
            target, digest = out / path, None if item is None else item.sha256
            if digest is None or not (target.is_file() and await asyncio.to_thread(_sha256, target) == digest):
                await bucket.get_file(f"{production.id}/{path}", target, sha256=digest)
    except OSError as error:
        raise SettingsError(f"--out: {out} can't be written: {error.strerror or error}") from error
    whole = await asyncio.to_thread(out.resolve)
    return {path: str(whole / path) for path, _ in files} | {"": str(whole)}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def report(production: Production, outcome: Outcome, before: set[str], places: Mapping[str, str]) -> dict[str, Any]:
    """The object of `--json`. `spent` and `bought` are of this run: what was settled `before` it is reused."""
    currency = production.plan.total.currency
    bought = {purchase.key: purchase for manifest in outcome.manifests for purchase in manifest.purchases}
    fresh = [purchase for key, purchase in bought.items() if key not in before and not purchase.reused]
    spent = Money.total((Money(amount=purchase.charged, currency=currency) for purchase in fresh), currency)
    quoted = Money.total((Money(amount=purchase.quoted, currency=currency) for purchase in bought.values()), currency)
    manifests = {
        manifest.work: places[_below(production.work(manifest.work).folder, "manifest.json")]
        for manifest in outcome.manifests
    }
    return {
        "production_id": production.id,
        "location": places[""],
        **({"manifest": next(iter(manifests.values()))} if len(manifests) == 1 else {}),
        "manifests": manifests,
        "review": places[REVIEW],
        "beside": [places[name] for name in beside(outcome.manifests)],
        "deliverables": [
            {"kind": item.kind, "path": places[path], "sha256": item.sha256, "bytes": item.bytes}
            for path, item in _files(production, outcome.manifests)
            if item is not None
        ],
        "cost": {
            "currency": currency,
            "quoted": f"{quoted.amount:.2f}",
            "spent": f"{spent.amount:.2f}",
        },
        "purchases": {"bought": len(fresh), "reused": len(bought) - len(fresh)},
        "failed": [failed.model_dump(mode="json") for failed in outcome.failed],
    }
