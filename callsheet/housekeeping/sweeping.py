"""Sweeps a bucket and this machine by the rules: looks, says what it found, and removes it when it is told to."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from callsheet.desk import Desk
from callsheet.housekeeping.machine import Removal, on_this_machine
from callsheet.housekeeping.rules import Named, Rules, check_ledger, is_manifest, named_by, orphans
from callsheet.ledger.named import LedgerNames, ledger_names
from callsheet.ledger.notices import forget_notices
from callsheet.storage.protocol import Stored

LARGEST_MANIFEST = 16 * 1024 * 1024
AT_ONCE = 50
"""Objects that are removed before the ledger is asked again whether it names the next ones."""


class Tidied(BaseModel):
    """What was found, and whether it was removed."""

    model_config = ConfigDict(frozen=True)

    removed: bool
    found: tuple[Removal, ...]

    @property
    def bytes(self) -> int:
        """Of all of it together, as far as sizes are known."""
        return sum(one.bytes or 0 for one in self.found)

    def __str__(self) -> str:
        did = "removed" if self.removed else "would be removed"
        return f"{len(self.found)} things with {self.bytes} bytes {did}"


async def tidy(desk: Desk, rules: Rules, *, remove: bool) -> Tidied:
    """Finds everything that the rules give up, and removes it with `remove`.

    Nothing is removed when a manifest can't be read, or names a purchase that the ledger doesn't know: `StorageError`.
    """
    now = desk.ledger.clock.now()
    found = [
        *await _objects(desk, now - rules.objects, remove),
        *await _uploads(desk, now - rules.uploads, remove),
        *await _notices(desk, now - rules.objects, remove),
        *await on_this_machine(desk, now, rules, remove),
    ]
    return Tidied(removed=remove, found=tuple(found))


async def _objects(desk: Desk, before: dt.datetime, remove: bool) -> list[Removal]:
    # The ledger is read before the bucket: a production that is published meanwhile was open then.
    ledger = await ledger_names(desk.ledger, before)
    objects = [stored async for stored in desk.bucket.list()]
    manifests = [stored.key for stored in objects if is_manifest(stored.key)]
    named = Named.together([named_by(key, await desk.bucket.get_bytes(key, LARGEST_MANIFEST)) for key in manifests])
    check_ledger(named, ledger)
    old = list(orphans(objects, named, ledger, before))
    if remove:
        return await _remove(desk, old, named, ledger, before)
    return [_removal(stored) for stored in old]


async def _remove(
    desk: Desk, old: Sequence[Stored], named: Named, ledger: LedgerNames, before: dt.datetime
) -> list[Removal]:
    """Some at a time, each asked about again: a production may have begun that needs one of them."""
    removed = []
    for start in range(0, len(old), AT_ONCE):
        ledger |= await ledger_names(desk.ledger, before)
        still = list(orphans(old[start : start + AT_ONCE], named, ledger, before))
        await asyncio.gather(*(desk.bucket.delete(stored.key) for stored in still))
        removed += [_removal(stored) for stored in still]
    return removed


def _removal(stored: Stored) -> Removal:
    first = stored.key.partition("/")[0]
    kinds = {"clips": "clip", "replies": "reply", "probe": "probe"}
    return Removal(
        what=kinds.get(first, "file of a production"), name=stored.key, bytes=stored.bytes, modified=stored.modified
    )


async def _uploads(desk: Desk, before: dt.datetime, remove: bool) -> list[Removal]:
    found = await desk.bucket.unfinished(before, remove=remove)
    return [Removal(what="unfinished upload", name=name) for name in found]


async def _notices(desk: Desk, before: dt.datetime, remove: bool) -> list[Removal]:
    count = await forget_notices(desk.ledger, before, remove=remove)
    return [Removal(what="old notices", name=f"{count} in the ledger")] if count else []
