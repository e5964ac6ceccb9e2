"""Files that appear whole or not at all, and the digest of what flows through."""

from __future__ import annotations

import hashlib
import itertools
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from callsheet.storage.threads import Stop

try:
    import fcntl
except ImportError:  # not POSIX: what killed writers left stays
    fcntl = None  # type: ignore[assignment]

CHUNK = 1 << 20
TEMPORARY = ".callsheet-part-"
"""How a file that is still being written is called. No key begins with a dot, so none is taken for an object."""

FOLDER_ATTEMPTS = 8
"""An empty folder may be pruned by a delete between making it and using it; so often it is made again."""
SWEPT = 10_000
"""Entries of a folder that are looked at, at most, for what a killed writer left."""


def chunks(source: BinaryIO, stop: Stop) -> Iterator[bytes]:
    while block := source.read(CHUNK):
        stop.check()
        yield block


def digest(blocks: Iterable[bytes], out: BinaryIO | None = None) -> tuple[str, int]:
    """SHA-256 (hexadecimal) and number of bytes of what flows through, written to `out` on the way when given."""
    state, size = hashlib.sha256(), 0
    for block in blocks:
        state.update(block)
        size += len(block)
        if out is not None:
            out.write(block)
    return state.hexdigest(), size


@contextmanager
def arriving(path: Path, seal: Callable[[os.stat_result], None] | None = None) -> Iterator[BinaryIO]:
    """A file to write that becomes `path` in one step when the block ends well, and vanishes when it does not.

    `seal` is told what the finished file is (size, time, inode: they stay the same) just before it takes its name.
    """
    handle, temporary = _open_temporary(path)
    # Its lock says that somebody is at work on it, so it is held until the file has its name.
    lock = os.dup(handle) if fcntl is not None else None
    try:
        with os.fdopen(handle, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
            sealed = os.fstat(out.fileno())
        if seal is not None:
            seal(sealed)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    finally:
        if lock is not None:
            os.close(lock)
    _sync_folder(path.parent)


def sweep(folder: Path) -> None:
    """Removes the files in `folder` that writers left who were killed: the system has given their locks back."""
    if fcntl is None:
        return
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in itertools.islice(entries, SWEPT):
            if entry.name.startswith(TEMPORARY):
                abandoned(Path(entry.path), remove=True)


def abandoned(temporary: Path, *, remove: bool) -> bool:
    """Whether nobody writes this temporary file any more; with `remove` it is gone then."""
    if fcntl is None:
        return False
    with suppress(OSError):  # gone, not ours, locked, or on a file system without locks: then it stays
        handle = os.open(temporary, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if remove:
                temporary.unlink()
            return True
        finally:
            os.close(handle)
    return False


def prune(folder: Path, root: Path) -> None:
    """Remove `folder` and its parents below `root` while they are empty, so that a key may take a folder's name."""
    with suppress(OSError):  # a folder that is not empty, or already gone, ends the climb
        while folder != root:
            folder.rmdir()
            folder = folder.parent


def _open_temporary(path: Path) -> tuple[int, Path]:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    for left in reversed(range(FOLDER_ATTEMPTS)):
        temporary = path.parent / f"{TEMPORARY}{secrets.token_hex(8)}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(temporary, flags, 0o666)
            if _locked(handle):
                return handle, temporary
            os.close(handle)
            if not left:
                raise FileNotFoundError(2, "it is swept away each time", str(temporary))
        except (FileNotFoundError, FileExistsError):  # the second when it is pruned inside mkdir, or is a file
            if not left:
                raise
    raise AssertionError("the last attempt returns or raises")


def _locked(handle: int) -> bool:
    """Locks a new file against `sweep`; False when that has it already."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks; nor can anybody sweep there
        return True
    return os.fstat(handle).st_nlink > 0


def _sync_folder(folder: Path) -> None:
    """Make the new name itself durable; a folder can be opened for that on POSIX only."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
