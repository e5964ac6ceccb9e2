"""Opens the ledger's database: SQLite in WAL mode, or PostgreSQL, and brings its tables up to date.

On SQLite every writing transaction begins with the write lock (``BEGIN IMMEDIATE``), so that reading a sum and writing
a reservation can't interleave with another process; a reading one begins without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from callsheet.errors import SettingsError, Unavailable

LOCK_WAIT = 60.0
"""Seconds to wait for another process's write."""
READING = "callsheet_reading"
"""The execution option of a transaction that writes nothing."""


def ledger_engine(url: str) -> AsyncEngine:
    """The engine of a database address. Raises `SettingsError` for one of another kind."""
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise SettingsError("the ledger's address must be sqlite:///PATH or postgresql://USER@HOST/NAME") from error
    kind = address.get_backend_name()
    if kind == "postgresql":
        return create_async_engine(address.set(drivername="postgresql+asyncpg"), pool_pre_ping=True)
    if kind != "sqlite":
        raise SettingsError(f"the ledger's address must be sqlite:/// or postgresql://, not {kind}://")
    if address.database and address.database != ":memory:":
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(address.set(drivername="sqlite+aiosqlite"), connect_args={"timeout": LOCK_WAIT})

    @event.listens_for(engine.sync_engine, "connect")
    def _pragmas(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver would begin without the write lock; we begin ourselves
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")  # a purchase that was recorded survives a power cut
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        reading = connection.get_execution_options().get(READING)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


@contextmanager
def answering() -> Iterator[None]:
    """A database that is away for a while is an error that may be repeated: nothing was written."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout, OSError) as error:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())[:300]
        raise Unavailable(f"the ledger does not answer: {reason}") from error
