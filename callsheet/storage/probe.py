"""Proof that a bucket can be used: one small object written, read back and deleted."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from callsheet.errors import StorageError

if TYPE_CHECKING:
    from callsheet.storage.protocol import Bucket


async def probe(bucket: Bucket) -> None:
    """Raises `StorageError` when any of the steps fails. Two probes at once do not meet: each has its own name."""
    key = f"probe/{secrets.token_hex(8)}.txt"
    written = f"Callsheet wrote this to see whether it can: {key}\n".encode()
    await bucket.put_bytes(key, written)
    try:
        if await bucket.get_bytes(key, limit=len(written)) != written:
            raise StorageError(f"check {bucket.location()}: what was read is not what was written")
    finally:
        await bucket.delete(key)
    if await bucket.stat(key) is not None:
        raise StorageError(f"check {bucket.location()}: a deleted object is still there")
