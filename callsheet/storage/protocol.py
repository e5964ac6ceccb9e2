"""What a bucket is, whoever keeps it: one contract, kept by a folder and by S3, and tested once for both.

An object is whole or it is not there: nobody ever sees half of one. It is known by its SHA-256, which the writer states
beforehand and the bucket checks. Putting what is already there sends nothing.

There is no "put if absent". S3 servers exist that accept ``If-None-Match: *`` and ignore it, so a bucket can't promise
it; who needs exactly one writer takes a lease in the ledger.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable


@dataclass(frozen=True)
class Stored:
    """One object. `bytes` is its size; `sha256` is None where the bucket was not told it, as in a listing.

    `modified` is when it took its present content, in UTC; a listing says it.
    """

    key: str
    bytes: int
    sha256: str | None
    uri: str
    modified: dt.datetime | None = field(default=None, compare=False)


@runtime_checkable
class Bucket(Protocol):
    """Every method raises `StorageError` in one line that names the object; none follows a key out of the bucket.

    A `StorageError` whose `retryable` is off (a bad key, a wrong digest, refused credentials) would come again.
    """

    async def put_file(self, key: str, path: Path, *, sha256: str, content_type: str | None = None) -> Stored:
        """Store a file whose digest is `sha256`; refused, and nothing is left, when the file has another.

        Sends nothing when the key already holds this content. The media type follows from the key when not given.
        After the upload the bucket is asked what it has, and must say this size and this digest.
        """

    async def put_bytes(
        self, key: str, data: bytes, *, sha256: str | None = None, content_type: str | None = None
    ) -> Stored:
        """As `put_file`, for what is in memory. `sha256`, when given, is checked."""

    async def get_file(self, key: str, path: Path, *, sha256: str | None = None) -> Stored:
        """Fetch to `path`, which appears whole or not at all. Its folder is made when missing.

        The content is checked against the digest that the bucket recorded and, when given, against `sha256`.
        """

    async def get_bytes(self, key: str, limit: int, *, sha256: str | None = None) -> bytes:
        """The content, of at most `limit` bytes; a bigger object is refused before it is read."""

    async def stat(self, key: str) -> Stored | None:
        """What is there, or None."""

    def list(self, prefix: str = "") -> AsyncIterator[Stored]:
        """All objects in the folder `prefix` and in those below it, by key in ascending order, without digests.

        `prefix` ends where a segment ends: ``clips`` lists ``clips/…`` and not ``clips-2/…``. Objects whose names are
        not keys (put there by something else) are left out.
        """

    async def delete(self, key: str) -> None:
        """Remove the object; that it is not there is no error."""

    async def unfinished(self, before: dt.datetime, *, remove: bool) -> tuple[str, ...]:
        """What writers left who were killed: their part files or multipart uploads begun before `before` (UTC).

        With `remove` they are removed. What a living writer of this machine works on is left alone. The names are for
        people; they are no keys.
        """

    async def link(self, key: str, seconds: float) -> str | None:
        """An address from which anybody can read the object for so long; None where there is none, as in a folder."""

    def uri(self, key: str) -> str:
        """``file://…`` or ``s3://…``."""

    def location(self, prefix: str = "") -> str:
        """Where a person finds it: a folder, or the bucket and its server."""

    async def check(self) -> None:
        """Write, read and delete a small object under ``probe/``: proves that the settings work."""
