"""All objects of one bucket into another, each checked by its SHA-256; what is there already is not sent again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from callsheet.storage.keys import refusal
from callsheet.storage.protocol import Bucket


@dataclass(frozen=True)
class Copied:
    """How many objects there are, their bytes, and how many of them had to be sent."""

    objects: int
    bytes: int
    sent: int


async def copy_bucket(source: Bucket, target: Bucket, folder: Path) -> Copied:
    """Copies by way of a file in `folder`, one object after the other. What only the target has stays there."""
    objects, size, sent = 0, 0, 0
    part = folder / "object"
    async for listed in source.list():
        there = await source.stat(listed.key)
        if there is None:
            continue  # deleted meanwhile
        objects, size = objects + 1, size + there.bytes
        already = await target.stat(listed.key)
        same = (there.bytes, there.sha256)
        if already is not None and there.sha256 is not None and (already.bytes, already.sha256) == same:
            continue
        fetched = await source.get_file(listed.key, part, sha256=there.sha256)
        if fetched.sha256 is None:
            raise refusal(f"{source.uri(listed.key)}: its digest is not known")
        await target.put_file(listed.key, part, sha256=fetched.sha256)
        sent += 1
    part.unlink(missing_ok=True)
    return Copied(objects, size, sent)
