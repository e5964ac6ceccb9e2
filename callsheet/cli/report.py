"""What `callsheet make` says at the end: where things are and what they cost."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from callsheet.errors import SettingsError
from callsheet.manifest import Manifest
from callsheet.money import Money
from callsheet.production import Production
from callsheet.storage.local import LocalBucket


async def deliver(production: Production, manifest: Manifest, out: Path | None) -> Mapping[str, str]:
    """Where each published file is, by its path below the production; fetched into `out` where that is given."""
    bucket, paths = production.desk.bucket, [item.path for item in manifest.deliverables]
    if out is None:
        base = Path(production.location) if isinstance(bucket, LocalBucket) else None
        return {
            path: str(base / path) if base else bucket.uri(f"{production.id}/{path}")
            for path in (*paths, "manifest.json", "")
            if path or base
        } | ({"": str(base)} if base else {"": production.location})
    try:
        for item in manifest.deliverables:
            target = out / item.path
            if not (target.is_file() and await asyncio.to_thread(_sha256, target) == item.sha256):
                await bucket.get_file(f"{production.id}/{item.path}", target, sha256=item.sha256)
        await bucket.get_file(f"{production.id}/manifest.json", out / "manifest.json")
    except OSError as error:
        raise SettingsError(f"--out: {out} can't be written: {error.strerror or error}") from error
    return {path: str((out / path).resolve()) for path in (*paths, "manifest.json", "")}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def report(production: Production, manifest: Manifest, before: set[str], places: Mapping[str, str]) -> dict[str, Any]:
    """The object of `--json`. `spent` and `bought` are of this run: what was settled `before` it is reused."""
    currency = manifest.cost.currency
    fresh = [purchase for purchase in manifest.purchases if purchase.key not in before]
    spent = Money.total((Money(amount=purchase.charged, currency=currency) for purchase in fresh), currency)
    return {
        "production_id": production.id,
        "location": places[""],
        "manifest": places["manifest.json"],
        "deliverables": [
            {"kind": item.kind, "path": places[item.path], "sha256": item.sha256, "bytes": item.bytes}
            for item in manifest.deliverables
        ],
        "cost": {
            "currency": currency,
            "quoted": f"{manifest.cost.quoted:.2f}",
            "spent": f"{spent.amount:.2f}",
        },
        "purchases": {"bought": len(fresh), "reused": len(manifest.purchases) - len(fresh)},
    }
