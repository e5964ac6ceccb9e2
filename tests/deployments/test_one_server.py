"""A server on SQLite: who reads before writing is not refused because another one has written meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa
from prefect.server.database.configurations import AioSqliteConfiguration

from deployments.one_server import write_in_turn

LIMIT = 30.0


async def both_written(folder: Path) -> list[int]:
    """Two requests, of which the one that read first writes last, as a form's Submit and a worker's news do."""
    database = AioSqliteConfiguration(f"sqlite+aiosqlite:///{folder / 'server.sqlite'}")
    engine = await database.engine()
    async with engine.begin() as connection:
        await connection.execute(sa.text("CREATE TABLE runs (id INTEGER)"))
    read, other_waits = asyncio.Event(), asyncio.Event()

    async def form() -> None:
        async with await database.session(engine) as session, database.begin_transaction(session):
            await session.execute(sa.text("SELECT count(*) FROM runs"))
            read.set()
            await other_waits.wait()
            await session.execute(sa.text("INSERT INTO runs VALUES (1)"))

    async def news() -> None:
        await read.wait()
        asyncio.get_running_loop().call_later(0.3, other_waits.set)  # by then it has written, or waits for its turn
        async with await database.session(engine) as session, database.begin_transaction(session):
            await session.execute(sa.text("INSERT INTO runs VALUES (2)"))
        other_waits.set()

    try:
        async with asyncio.timeout(LIMIT):
            outcome = await asyncio.gather(form(), news(), return_exceptions=True)
        failed = [one for one in outcome if isinstance(one, BaseException)]
        if failed:
            raise failed[0]
        async with engine.connect() as connection:
            return list((await connection.execute(sa.text("SELECT id FROM runs ORDER BY rowid"))).scalars())
    finally:
        await engine.dispose()


async def test_each_writer_waits_for_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(sa.exc.OperationalError, match="database is locked"):  # what Prefect answers with 503
        await both_written(tmp_path)
    monkeypatch.setattr(AioSqliteConfiguration, "begin_transaction", AioSqliteConfiguration.begin_transaction)
    write_in_turn()
    (tmp_path / "again").mkdir()
    assert await both_written(tmp_path / "again") == [1, 2]
