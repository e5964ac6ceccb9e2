"""Folders for files under way. Each is removed by whoever made it; what a killed process left, by the next one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

_NAME = re.compile(r"callsheet-(\d+)-")


@contextlib.asynccontextmanager
async def scratch_folder(parent: Path) -> AsyncIterator[Path]:
    """A new folder below `parent`, gone when the block ends."""
    folder = Path(tempfile.mkdtemp(prefix=f"callsheet-{os.getpid()}-", dir=parent))
    try:
        yield folder
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def left_behind(parent: Path) -> list[Path]:
    """The folders of processes of this machine that are no more."""
    named = [(folder, _NAME.match(folder.name)) for folder in sorted(parent.glob("callsheet-*"))]
    return [folder for folder, found in named if found and not _alive(int(found[1]))]


def sweep(parent: Path) -> None:
    """Removes the folders of processes of this machine that are no more."""
    for folder in left_behind(parent):
        shutil.rmtree(folder, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
