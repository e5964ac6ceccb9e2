"""What lies on this machine and nobody needs: folders of dead processes, unused segments, the studio's old renders."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
from collections.abc import Iterable, Iterator, Set
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from callsheet.desk import Desk
from callsheet.housekeeping.rules import Rules
from callsheet.ledger.queries import entries
from callsheet.ledger.states import UNFINISHED, State
from callsheet.media.shelf import Shelf
from callsheet.scratch import left_behind

STUDIOS = ("studio", "studio-server")
"""Where the studio renders in the home: that inside a run, and that of `callsheet up`."""


class Removal(BaseModel):
    """One thing that nobody needs. `what` is its kind, `modified` when it was last written or used, where known."""

    model_config = ConfigDict(frozen=True)

    what: str
    name: str
    bytes: int | None = None
    modified: dt.datetime | None = None


async def on_this_machine(desk: Desk, now: dt.datetime, rules: Rules, remove: bool) -> list[Removal]:
    """What of it the rules give up; removed with `remove`. `now` is the ledger's time."""
    unfinished = await entries(desk.ledger, states=[*UNFINISHED, State.IN_DOUBT])
    jobs = {entry.job_id for entry in unfinished if entry.job_id}

    def look() -> list[tuple[Removal, Path]]:
        return [
            *_scratch(left_behind(desk.settings.scratch())),
            *_segments(Shelf(desk.settings.home / "cache" / "segments"), now - rules.segments),
            *(found for home in STUDIOS for found in _rendered(desk.settings.home / home, now - rules.renders, jobs)),
        ]

    found = await asyncio.to_thread(look)
    if remove:
        for _, path in found:
            await asyncio.to_thread(_remove, path)
    return [removal for removal, _ in found]


def _scratch(folders: Iterable[Path]) -> Iterator[tuple[Removal, Path]]:
    for folder in folders:
        yield Removal(what="scratch folder", name=str(folder), bytes=_size(folder)), folder


def _segments(shelf: Shelf, before: dt.datetime) -> Iterator[tuple[Removal, Path]]:
    for path, size, at in shelf.unused(before.timestamp()):
        used = dt.datetime.fromtimestamp(at, dt.UTC)
        yield Removal(what="cached segment", name=str(path), bytes=size, modified=used), path


def _rendered(studio: Path, before: dt.datetime, jobs: Set[str]) -> Iterator[tuple[Removal, Path]]:
    """What a studio rendered and was given; its books stay. `jobs` are those whose clips are still wanted.

    A clip that was bought lies in the bucket. What an order gives anew is written anew.
    """
    for place, what in (("media", "studio's render"), ("inputs", "studio's input")):
        for path in sorted((studio / place).glob("*")):
            at = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
            if at < before and path.name.partition(".")[0] not in jobs:
                yield Removal(what=what, name=str(path), bytes=_size(path), modified=at), path


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _size(place: Path) -> int:
    paths = place.rglob("*") if place.is_dir() else [place]
    return sum(path.stat().st_size for path in paths if path.is_file())
