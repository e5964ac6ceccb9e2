"""The whole ledger as a file, and back: the same for SQLite and PostgreSQL, so it also moves from one to the other.

JSON lines: a head with the form of the tables, a line for each row, and a foot with their number and their SHA-256,
without which a file is not whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Table, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from callsheet.errors import SettingsError
from callsheet.ledger.migrations import HEAD
from callsheet.ledger.store import Ledger
from callsheet.ledger.tables import metadata
from callsheet.storage.files import arriving

FORM = "callsheet ledger"
AT_ONCE = 500
"""Rows that are written in one statement."""


async def back_up(ledger: Ledger, path: Path) -> int:
    """Writes all rows of one moment to `path`, which appears whole or not at all; their number. Others may write."""
    count, digest = 0, hashlib.sha256()
    async with ledger.reading() as connection:
        if connection.dialect.name == "postgresql":  # one moment for all tables, as SQLite has it anyway
            await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        with arriving(path) as out:
            out.write(_line({"form": FORM, "revision": HEAD}))
            for table in metadata.sorted_tables:
                async for row in await connection.stream(select(table).order_by(*table.primary_key.columns)):
                    line = _line({"table": table.name, "row": dict(row._mapping)})
                    digest.update(line)
                    out.write(line)
                    count += 1
            out.write(_line({"rows": count, "sha256": digest.hexdigest()}))
    return count


async def restore_from(ledger: Ledger, path: Path) -> int:
    """Reads a backup into an empty ledger, in one transaction; the number of rows. Leases of then are given up.

    Raises `SettingsError` when the file is not a whole backup of this form, or the ledger is not empty.
    """
    check_backup(path)
    tables = {table.name: table for table in metadata.sorted_tables}
    count = 0
    async with ledger.writing() as connection:
        for table in tables.values():
            if (await connection.execute(select(func.count()).select_from(table))).scalar_one():
                raise SettingsError(
                    f"the ledger is not empty: there is something in {table.name}; restore into a new one"
                )
        batch: list[dict[str, Any]] = []
        current: Table | None = None
        for said in _rows(path):
            table = tables[said["table"]]
            if current is not None and (table is not current or len(batch) >= AT_ONCE):
                await connection.execute(insert(current), batch)
                batch = []
            current = table
            batch.append(_free(said["row"]))
            count += 1
        if current is not None:
            await connection.execute(insert(current), batch)
        await _go_on_counting(connection)
    return count


def _free(row: dict[str, Any]) -> dict[str, Any]:
    """Nobody of then works on it any more."""
    return {**row, **{name: None for name in ("lease_owner", "lease_until", "sender") if name in row}}


async def _go_on_counting(connection: AsyncConnection) -> None:
    """PostgreSQL numbers rows by sequences, which know nothing of numbers that were written."""
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        if "id" in table.c and table.c.id.autoincrement is True:
            sequence = f"pg_get_serial_sequence('{table.name}', 'id')"
            last = f"(SELECT coalesce(max(id), 0) + 1 FROM {table.name})"  # noqa: S608 (a name of ours)
            await connection.execute(text(f"SELECT setval({sequence}, {last}, false)"))


def check_backup(path: Path) -> None:
    """Reads the file once, to its foot. Raises `SettingsError` when it is not a whole backup of this form."""
    count, digest, foot = 0, hashlib.sha256(), None
    try:
        with path.open("rb") as file:
            head = json.loads(file.readline() or b"null")
            if not isinstance(head, dict) or head.get("form") != FORM:
                raise SettingsError(f"{path}: it is not a backup of a ledger")
            if head.get("revision") != HEAD:
                raise SettingsError(f"{path}: it has the form {head.get('revision')}, this version reads {HEAD}")
            for line in file:
                said = json.loads(line)
                if "table" in said:
                    digest.update(line)
                    count += 1
                else:
                    foot = said
    except OSError as error:
        raise SettingsError(f"{path}: it can't be read: {error.strerror or error}") from error
    except ValueError as error:
        raise SettingsError(f"{path}: it is damaged or cut short: {error}") from error
    if foot != {"rows": count, "sha256": digest.hexdigest()}:
        raise SettingsError(f"{path}: it is damaged or cut short: its rows are not those that its foot speaks of")


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for line in file:
            said = json.loads(line)
            if "table" in said:
                yield said


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
