"""Segments and sounds that are kept between cuts, by the digest of what they are made of: a re-cut makes only the new.

A file appears under its name when it is whole. Several processes may use one folder: the worst that can happen is that
something is made twice.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from pathlib import Path

KINDS = (".mp4", ".wav")
LARGEST = 4_000_000_000
"""Bytes that are kept: about 50 minutes of 1080p."""


class Shelf:
    """The folder of what is kept, which is made if need be. A file is found by its key and its kind, a suffix."""

    def __init__(self, folder: Path, largest: int = LARGEST) -> None:
        self.folder, self.largest = folder, largest
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, key: str, out: Path) -> bool:
        """Put what is kept at `out`, if there is any, and note that it was used."""
        kept = self._path(key, out)
        try:
            _linked(kept, out)
            os.utime(kept)
        except FileNotFoundError:
            return False
        return True

    def keep(self, key: str, made: Path) -> None:
        """Keep a finished file, which nobody changes any more."""
        part = self.folder / f".{uuid.uuid4().hex}.part"
        try:
            _linked(made, part)
            part.replace(self._path(key, made))
        finally:
            part.unlink(missing_ok=True)

    def unused(self, before: float) -> list[tuple[Path, int, float]]:
        """What nobody has used since `before` (seconds since 1970), and parts of killed writers: path, bytes, time."""
        found = []
        for path in sorted([*self._kept(), *self.folder.glob(".*.part")]):
            with contextlib.suppress(FileNotFoundError):
                facts = path.stat()
                if facts.st_mtime < before:
                    found.append((path, facts.st_size, facts.st_mtime))
        return found

    def tidy(self) -> None:
        """Remove what was not used for longest, until `largest` bytes are left."""
        found: list[tuple[float, int, Path]] = []
        for path in self._kept():
            with contextlib.suppress(FileNotFoundError):
                facts = path.stat()
                found.append((facts.st_mtime, facts.st_size, path))
        total = 0
        for _, size, path in sorted(found, reverse=True):
            total += size
            if total > self.largest:
                path.unlink(missing_ok=True)

    def _kept(self) -> list[Path]:
        return [path for kind in KINDS for path in self.folder.glob(f"*{kind}")]

    def _path(self, key: str, like: Path) -> Path:
        return self.folder / f"{key}{like.suffix}"


def _linked(source: Path, target: Path) -> None:
    """A second name for a file that nobody changes; a copy where the folders are on different disks."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)
