"""Files that appear whole or not at all, and the digest of what flows through."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from callsheet.storage.threads import Stop

CHUNK = 1 << 20
TEMPORARY = ".callsheet-part-"
"""How a file that is still being written is called. No key begins with a dot, so none is taken for an object."""

FOLDER_ATTEMPTS = 8
"""An empty folder may be pruned by a delete between making it and using it; so often it is made again."""


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
    _sync_folder(path.parent)


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
            return os.open(temporary, flags, 0o666), temporary
        except (FileNotFoundError, FileExistsError):  # the second when it is pruned inside mkdir, or is a file
            if not left:
                raise
    raise AssertionError("the last attempt returns or raises")


def _sync_folder(folder: Path) -> None:
    """Make the new name itself durable; a folder can be opened for that on POSIX only."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
