"""A bucket that is a folder: for one machine, for tests, and for looking at what was made.

How an object's SHA-256 is known without reading the object: ``.callsheet/sha256/`` holds one small record for each key
with the digest and the size, modification time and inode of the file that it describes. The record is written just
before the file takes its name, and counts only while it describes the file that is there. So a crash, an edit by hand,
a copied folder or two writers at once can make a record useless, never wrong: then the file is read and the digest
computed. Extended attributes were the other choice; macOS and several network file systems do not have them.

Symbolic links below the folder are not followed, wherever they lead; the folder itself may be reached through one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import stat as modes
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from callsheet.errors import StorageError
from callsheet.storage.files import TEMPORARY, abandoned, arriving, chunks, digest, prune, sweep
from callsheet.storage.keys import SEGMENT, check_key, check_prefix, check_sha256, refusal
from callsheet.storage.probe import probe
from callsheet.storage.protocol import Stored
from callsheet.storage.threads import Stop, in_thread

FINAL = (FileExistsError, IsADirectoryError, NotADirectoryError, PermissionError)
"""What the same call would meet again."""


class LocalBucket:
    """Keeps the contract of `Bucket`. The first put makes the folder. Media types are not kept: the suffix says it."""

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().resolve()
        self._records = self.root / ".callsheet" / "sha256"
        self._records_swept = False

    async def put_file(self, key: str, path: Path, *, sha256: str, content_type: str | None = None) -> Stored:
        check_sha256(sha256)

        def work(stop: Stop) -> Stored:
            with self._telling("put", key), path.open("rb") as source:
                return self._put(key, source, sha256, stop)

        return await in_thread(work)

    async def put_bytes(
        self, key: str, data: bytes, *, sha256: str | None = None, content_type: str | None = None
    ) -> Stored:
        expected = hashlib.sha256(data).hexdigest() if sha256 is None else check_sha256(sha256)

        def work(stop: Stop) -> Stored:
            with self._telling("put", key):
                return self._put(key, io.BytesIO(data), expected, stop)

        return await in_thread(work)

    async def get_file(self, key: str, path: Path, *, sha256: str | None = None) -> Stored:
        def work(stop: Stop) -> Stored:
            with self._telling("get", key), self._open(key) as source, arriving(path) as out:
                found = digest(chunks(source, stop), out)
                return self._verified(key, source, found, sha256)

        return await in_thread(work)

    async def get_bytes(self, key: str, limit: int, *, sha256: str | None = None) -> bytes:
        def work(stop: Stop) -> bytes:
            with self._telling("get", key), self._open(key) as source:
                size = os.fstat(source.fileno()).st_size
                if size > limit:
                    raise refusal(f"get {self.uri(key)}: it has {size} bytes, the limit is {limit}")
                data = source.read(limit + 1)
                self._verified(key, source, digest([data]), sha256)
                return data

        return await in_thread(work)

    async def stat(self, key: str) -> Stored | None:
        def work(stop: Stop) -> Stored | None:
            with self._telling("stat", key):
                return self._stat(key, stop)

        return await in_thread(work)

    async def list(self, prefix: str = "") -> AsyncIterator[Stored]:
        folder = check_prefix(prefix)

        def work(stop: Stop) -> tuple[Stored, ...]:
            with self._telling("list", folder):
                return tuple(self._walk(folder, stop))

        for stored in await in_thread(work):
            yield stored

    async def delete(self, key: str) -> None:
        def work(_: Stop) -> None:
            with self._telling("delete", key):
                path = self._path(key)
                if path.is_dir():
                    return
                path.unlink(missing_ok=True)
                self._record(key).unlink(missing_ok=True)
                prune(path.parent, self.root)

        await in_thread(work)

    async def unfinished(self, before: dt.datetime, *, remove: bool) -> tuple[str, ...]:
        def work(_: Stop) -> tuple[str, ...]:
            with self._telling("look through", ""):
                old = [path for path in sorted(self.root.rglob(f"{TEMPORARY}*")) if _modified(path) < before]
                found = [path for path in old if abandoned(path, remove=remove)]
                return tuple(path.relative_to(self.root).as_posix() for path in found)

        return await in_thread(work)

    async def link(self, key: str, seconds: float) -> str | None:
        check_key(key)
        return None

    def uri(self, key: str) -> str:
        return self.root.joinpath(check_key(key)).as_uri()

    def location(self, prefix: str = "") -> str:
        return str(self.root.joinpath(check_prefix(prefix)))

    async def check(self) -> None:
        await probe(self)

    def _put(self, key: str, source: BinaryIO, sha256: str, stop: Stop) -> Stored:
        path = self._path(key)
        found, size = digest(chunks(source, stop))
        if found != sha256:
            raise refusal(f"put {self.uri(key)}: the content has SHA-256 {found}, not {sha256}; nothing was stored")
        there = self._stat(key, stop)
        if there is not None and (there.bytes, there.sha256) == (size, sha256):
            return there
        source.seek(0)
        self._sweep(path.parent)
        with arriving(path, seal=lambda sealed: self._write_record(key, sha256, sealed)) as out:
            if digest(chunks(source, stop), out) != (sha256, size):
                raise StorageError(f"put {self.uri(key)}: the content changed while it was read; nothing was stored")
        return Stored(key, size, sha256, self.uri(key))

    def _sweep(self, folder: Path) -> None:
        """Cleans up after a put that was killed: what is put again is put into the same folder."""
        sweep(folder)
        if not self._records_swept:  # there is one for each object, so they are looked through once
            sweep(self._records)
            self._records_swept = True

    def _stat(self, key: str, stop: Stop) -> Stored | None:
        try:
            source = self._open(key)
        except (FileNotFoundError, NotADirectoryError):
            return None
        with source:
            size = os.fstat(source.fileno()).st_size
            known = self._recorded(key, source)
            if known is None:
                known, size = digest(chunks(source, stop))
            return Stored(key, size, known, self.uri(key))

    def _path(self, key: str) -> Path:
        """Where the object lies. No part of the way may be a symbolic link."""
        path = self.root
        for segment in check_key(key).split("/"):
            path /= segment
            if path.is_symlink():
                raise refusal(f"{self.uri(key)}: {segment} is a symbolic link; a bucket follows none")
        return path

    def _open(self, key: str) -> BinaryIO:
        """The object's file. Raises FileNotFoundError for everything that is not an object, such as a folder."""
        path = self._path(key)
        # A pipe in the bucket must not hold us up when it is opened; O_NONBLOCK means nothing for a file.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        source = os.fdopen(os.open(path, flags), "rb") if not path.is_dir() else None
        if source is not None and modes.S_ISREG(os.fstat(source.fileno()).st_mode):
            return source
        if source is not None:
            source.close()
        raise FileNotFoundError(2, "there is no such object", str(path))

    def _verified(self, key: str, source: BinaryIO, found: tuple[str, int], sha256: str | None) -> Stored:
        for expected in (self._recorded(key, source), sha256):
            if expected is not None and expected != found[0]:
                raise refusal(f"get {self.uri(key)}: the content has SHA-256 {found[0]}, not {expected}")
        return Stored(key, found[1], found[0], self.uri(key))

    def _record(self, key: str) -> Path:
        if self._records.is_symlink() or self._records.parent.is_symlink():
            raise refusal(f"{self._records}: it is, or lies in, a symbolic link; a bucket follows none")
        return self._records / f"{hashlib.sha256(key.encode()).hexdigest()}.json"

    def _write_record(self, key: str, sha256: str, sealed: os.stat_result) -> None:
        with arriving(self._record(key)) as out:
            out.write(json.dumps({"key": key, "sha256": sha256, "file": _identity(sealed)}).encode())

    def _recorded(self, key: str, source: BinaryIO) -> str | None:
        """The digest on record for exactly this file, or None."""
        try:
            record = json.loads(self._record(key).read_bytes())
            fits = record["key"] == key and record["file"] == _identity(os.fstat(source.fileno()))
            return str(record["sha256"]) if fits else None
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None  # no record, or not one of ours: the file itself is read instead

    def _walk(self, folder: str, stop: Stop) -> Iterator[Stored]:
        stop.check()
        try:
            entries = [*os.scandir(self._path(folder) if folder else self.root)]
        except (FileNotFoundError, NotADirectoryError):
            return
        # S3 sorts whole keys, in which a folder's name is followed by a slash.
        for entry in sorted(entries, key=lambda entry: entry.name + "/" * entry.is_dir(follow_symlinks=False)):
            key = f"{folder}/{entry.name}" if folder else entry.name
            if not SEGMENT.fullmatch(entry.name) or entry.is_symlink():
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(key, stop)
            elif entry.is_file(follow_symlinks=False):
                try:
                    facts = entry.stat(follow_symlinks=False)
                    yield Stored(key, facts.st_size, None, self.uri(key), _time(facts.st_mtime))
                except FileNotFoundError:
                    continue  # deleted while we looked

    @contextmanager
    def _telling(self, verb: str, key: str) -> Iterator[None]:
        """Turn what the operating system says into one line that names the object."""
        where = self.uri(key) if key else self.root.as_uri()
        try:
            yield
        except FileNotFoundError as error:
            what = "there is no such object" if verb == "get" else f"{error.filename}: {error.strerror}"
            raise refusal(f"{verb} {where}: {what}") from error
        except FINAL as error:
            raise refusal(f"{verb} {where}: {error.strerror} ({error.filename})") from error
        except OSError as error:
            raise StorageError(f"{verb} {where}: {' '.join(str(error).split())}") from error


def _time(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def _modified(path: Path) -> dt.datetime:
    """When a file was last written; now for one that has gone meanwhile."""
    try:
        return _time(path.lstat().st_mtime)
    except FileNotFoundError:
        return dt.datetime.now(dt.UTC)


def _identity(file: os.stat_result) -> list[int]:
    return [file.st_size, file.st_mtime_ns, file.st_ino]
