"""Which objects of a bucket nothing names any more: pure functions of manifests, ledger and listing.

Only what Callsheet itself has named is looked at: clips, replies, probes, and folders of productions. What people keep
beside that, their inbox among it, is never an orphan.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from callsheet.ledger.named import DIGEST, LedgerNames, words
from callsheet.storage.keys import RESERVED, refusal
from callsheet.storage.protocol import Stored

PRODUCTION = re.compile(r"[a-z0-9][a-z0-9-]*-[0-9a-f]{12}")
"""`<slug>-<12 hex digits>`, as `Plan.production_id` makes them."""
BESIDE = frozenset({"calendar.ics", "comparison.csv", "comparison.jpg", "cut.json", "production.json", "review.html"})
"""What lies in a published production without being named by its manifest."""


@dataclass(frozen=True)
class Rules:
    """How old something has to be before it is removed.

    `objects` is for what nothing names, `uploads` for unfinished uploads, `segments` for what was cut and not used
    since, `renders` for what the embedded studio rendered or was given.
    """

    objects: dt.timedelta = dt.timedelta(days=30)
    uploads: dt.timedelta = dt.timedelta(days=1)
    segments: dt.timedelta = dt.timedelta(days=14)
    renders: dt.timedelta = dt.timedelta(days=30)


@dataclass(frozen=True)
class Named:
    """What manifests name: keys, digests, and the purchases that they are made from; `published` are the productions
    that have a manifest."""

    keys: frozenset[str] = frozenset()
    digests: frozenset[str] = frozenset()
    published: frozenset[str] = frozenset()
    purchases: frozenset[str] = frozenset()

    @staticmethod
    def together(parts: Sequence[Named]) -> Named:
        """What all of them name."""
        return Named(
            frozenset().union(*(part.keys for part in parts)),
            frozenset().union(*(part.digests for part in parts)),
            frozenset().union(*(part.published for part in parts)),
            frozenset().union(*(part.purchases for part in parts)),
        )


def is_manifest(key: str) -> bool:
    """Whether a manifest lies there: in a production's folder, or in that of one of its works."""
    parts = key.split("/")
    return len(parts) in (2, 3) and parts[-1] == "manifest.json" and PRODUCTION.fullmatch(parts[0]) is not None


def named_by(key: str, text: bytes) -> Named:
    """What the manifest at `key` names, of whatever version: every text in it, as a key, as a path beside it, and every
    digest. Raises `StorageError` for what can't be read: what it names isn't known then.
    """
    try:
        content = json.loads(text)
        if not isinstance(content, dict):
            raise ValueError("it is no object")
    except ValueError as error:
        raise refusal(f"{key} is not a manifest ({error}); remove it or put it right, then sweep again") from error
    folder, said = key.rpartition("/")[0], list(words(content))
    near = {f"{folder}/{text}" for text in said}
    digests = {digest for text in said for digest in DIGEST.findall(text)}
    bought = {str(one["key"]) for one in content.get("purchases", ()) if isinstance(one, dict) and "key" in one}
    return Named(
        frozenset({key, *said, *near}), frozenset(digests), frozenset({key.partition("/")[0]}), frozenset(bought)
    )


def orphans(objects: Iterable[Stored], named: Named, ledger: LedgerNames, before: dt.datetime) -> Iterator[Stored]:
    """The objects that are older than `before` (UTC), that no manifest and no row names, and that are of no production
    that is being made."""
    for stored in objects:
        if stored.modified is None or stored.modified >= before:
            continue
        if stored.key in named.keys or stored.key in ledger.keys:
            continue
        if _unneeded(stored, named, ledger):
            yield stored


def _unneeded(stored: Stored, named: Named, ledger: LedgerNames) -> bool:
    first, _, rest = stored.key.partition("/")
    if first in RESERVED:
        if first == "clips":
            content = PurePosixPath(stored.key).stem
            known = content in named.digests or content in ledger.digests
            return not known and not _within(stored, ledger)
        return first in ("replies", "probe")
    if not rest or not PRODUCTION.fullmatch(first) or first in ledger.productions:
        return False
    return first not in named.published or PurePosixPath(stored.key).name not in BESIDE


def _within(stored: Stored, ledger: LedgerNames) -> bool:
    at = stored.modified
    return at is not None and any(start <= at <= end for start, end in ledger.spans)


def check_ledger(named: Named, ledger: LedgerNames) -> None:
    """Raises `StorageError` when manifests name purchases that the ledger does not know: it is not this bucket's, and
    what it says nothing about may be somebody's."""
    unknown = named.purchases - ledger.purchases
    if unknown:
        raise refusal(
            f"{len(unknown)} of {len(named.purchases)} purchases that the bucket's manifests name are not in the "
            f"ledger, such as {min(unknown)[:12]}; use the ledger of this bucket, or restore it"
        )
