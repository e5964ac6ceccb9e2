"""The bucket's `inbox/`: briefs that people drop there, each told about once.

A bad one gets `<name>.errors.txt` beside it, with the lines that the command line would print, and is looked at again
the next time: what it named may have come meanwhile. A good one is noted in the ledger by the digest of its text and
folder, so that of all who look one tells about it. Whoever is killed between telling and noting tells again, under the
same id.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select, update

from callsheet.briefs.dropped import fetch_brief
from callsheet.briefs.files import read_files
from callsheet.briefs.load import LARGEST_BRIEF
from callsheet.canonical import digest
from callsheet.desk import Desk
from callsheet.errors import BriefError, CallsheetError, StorageError
from callsheet.ledger.clock import stamp
from callsheet.ledger.store import Ledger
from callsheet.ledger.tables import briefs
from callsheet.money import price_list
from callsheet.plan.quote import REFERENCE
from callsheet.products import plan_with
from callsheet.scratch import scratch_folder
from callsheet.storage.protocol import Stored

INBOX = "inbox"
SUFFIXES = (".yaml", ".yml", ".json")
ERRORS = ".errors.txt"
BESIDE = frozenset({"brands", "shots"})
"""Folders of these names hold what briefs name and what is YAML too."""
PATIENCE = dt.timedelta(minutes=5)
"""After so long one who found a brief and did not say that he told about it is taken for dead."""
_SPACE = uuid.UUID("6f1e5b86-30a5-4f0c-9a5c-52f5a5b0f6d1")
"""The name space of the ids under which briefs are told; any will do that stays the same."""


class Dropped(BaseModel):
    """A good brief that nobody has told about. `event` is the id to tell it under; `deployment` what makes it."""

    model_config = ConfigDict(frozen=True)

    key: str
    kind: str
    deployment: str
    digest: str
    event: str


class Refused(BaseModel):
    """A bad one, and the lines in its errors file."""

    model_config = ConfigDict(frozen=True)

    key: str
    errors: str


@dataclass(frozen=True)
class Looked:
    """What a look came to: what was told about now, what is bad, and how many had been told about before."""

    told: tuple[Dropped, ...]
    refused: tuple[Refused, ...]
    known: int


def deployments() -> Mapping[str, str]:
    """Kind of brief -> the deployment that makes it, `<flow>/main`: the flow is called as its function is."""
    flows = {one.name: one.attr.replace("_", "-") for one in entry_points(group="callsheet.products")}
    return {kind: f"{flow}/main" for kind, flow in flows.items()}


async def look(desk: Desk, tell: Callable[[Dropped], Awaitable[None]], prefix: str = INBOX) -> Looked:
    """Looks at every brief below `prefix`, and calls `tell` for each good one that nobody has told about.

    When `tell` raises, the brief stays to be told about; the others have their turn, and its error comes at the end.
    """
    objects = {stored.key: stored async for stored in desk.bucket.list(prefix)}
    told: list[Dropped] = []
    refused: list[Refused] = []
    known, failure = 0, None
    for stored in objects.values():
        if not _is_brief(stored.key):
            continue
        name = await _name(desk, stored)
        if name is not None and await _is_told(desk.ledger, name):
            known += 1
            continue
        found = await _read(desk, stored, name)
        if isinstance(found, Refused):
            refused.append(found)
            lines = found.errors.encode()
            await desk.bucket.put_bytes(stored.key + ERRORS, lines, content_type="text/plain; charset=utf-8")
            continue
        if stored.key + ERRORS in objects:
            await desk.bucket.delete(stored.key + ERRORS)
        if not await _claim(desk.ledger, found):
            known += 1
            continue
        try:
            await tell(found)
        except Exception as error:
            await _give_back(desk.ledger, found)
            failure = error
            continue
        await _note_told(desk.ledger, found)
        told.append(found)
    if failure is not None:
        raise failure
    return Looked(tuple(told), tuple(refused), known)


def _is_brief(key: str) -> bool:
    return key.endswith(SUFFIXES) and not BESIDE & set(key.split("/")[:-1])


async def _name(desk: Desk, stored: Stored) -> str | None:
    """The digest of a brief's text and folder; None for one that is too large to be one."""
    if stored.bytes > LARGEST_BRIEF:
        return None
    text = await desk.bucket.get_bytes(stored.key, LARGEST_BRIEF)
    return digest([stored.key.rpartition("/")[0], hashlib.sha256(text).hexdigest()])


async def _read(desk: Desk, stored: Stored, name: str | None) -> Dropped | Refused:
    """Reads and plans a brief as `callsheet quote` does."""
    async with scratch_folder(desk.settings.scratch()) as folder:
        try:
            brief = await fetch_brief(desk.bucket, stored.key, folder)
            files = await asyncio.to_thread(read_files, brief)
            await asyncio.to_thread(plan_with, brief, files, price_list(REFERENCE))
        except StorageError:
            raise
        except CallsheetError as error:
            said = error.message.replace(f"{folder / 'dropped'}/", "")
            return Refused(key=stored.key, errors=f"{said}\n")
    if name is None:  # it can't be: `fetch_brief` refuses what is too large
        raise BriefError(f"{stored.key}: it is too large")
    return Dropped(
        key=stored.key,
        kind=brief.kind,
        deployment=deployments()[brief.kind],
        digest=name,
        event=str(uuid.uuid5(_SPACE, name)),
    )


async def _is_told(ledger: Ledger, name: str) -> bool:
    statement = select(briefs.c.digest).where(briefs.c.digest == name, briefs.c.state == "told")
    async with ledger.reading() as connection:
        return (await connection.execute(statement)).first() is not None


async def _claim(ledger: Ledger, found: Dropped) -> bool:
    """Whether this call is the one to tell about it."""
    values = found.model_dump(exclude={"deployment"}) | {"state": "found", "at": ledger.clock.stamp()}
    stale = stamp(ledger.clock.now() - PATIENCE)
    again = update(briefs).where(briefs.c.digest == found.digest, briefs.c.state == "found", briefs.c.at < stale)
    async with ledger.writing() as connection:
        new = await connection.execute(ledger.insert(briefs).values(values).on_conflict_do_nothing())
        if new.rowcount == 1:
            return True
        return (await connection.execute(again.values(at=ledger.clock.stamp()))).rowcount == 1


async def _note_told(ledger: Ledger, found: Dropped) -> None:
    async with ledger.writing() as connection:
        await connection.execute(update(briefs).where(briefs.c.digest == found.digest).values(state="told"))


async def _give_back(ledger: Ledger, found: Dropped) -> None:
    async with ledger.writing() as connection:
        again = update(briefs).where(briefs.c.digest == found.digest, briefs.c.state == "found")
        await connection.execute(again.values(at=stamp(ledger.clock.now() - 2 * PATIENCE)))
