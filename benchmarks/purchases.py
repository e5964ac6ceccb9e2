"""What the ledger costs: purchases a second, and a rerun in which all is bought: ``python -m benchmarks.purchases``.

Bought from a stub provider whose jobs have ended when they are first asked for, so that what remains is the ledger,
the bucket and one look into each clip. The limit is the database's own: commits a second of one small row each, by the
bare driver with the same settings, one after the other, in the same run. A purchase is several commits, each of which
must be on the disk before the next step; they are counted, and the share of the limit is of commits, not of purchases.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import event

from benchmarks.postgres import running_postgres
from benchmarks.stub import Stub, order, small_film, stub_desk
from callsheet.desk import Desk
from callsheet.ledger.buy import buy

AT_ONCE = (1, 16)
LIMIT_SECONDS = 2.0
"""For which the bare driver commits."""


def sqlite_commits(folder: Path) -> float:
    """Commits a second of sqlite3, one row each, in WAL mode with every commit synced."""
    with sqlite3.connect(folder / "bare.sqlite", isolation_level=None) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, words TEXT)")
        count, ends = 0, time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < ends:
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO rows (words) VALUES (?)", ("x" * 200,))
            db.execute("COMMIT")
            count += 1
    db.close()
    return count / LIMIT_SECONDS


async def postgres_commits(url: str) -> float:
    """Commits a second of asyncpg, one row each, one after the other."""
    import asyncpg

    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE rows (id SERIAL PRIMARY KEY, words TEXT)")
    count, ends = 0, time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < ends:
        async with connection.transaction():
            await connection.execute("INSERT INTO rows (words) VALUES ($1)", "x" * 200)
        count += 1
    await connection.close()
    return count / LIMIT_SECONDS


@asynccontextmanager
async def counted(desk: Desk) -> AsyncIterator[list[int]]:
    """A list whose length is the number of commits meanwhile."""
    commits: list[int] = []

    def one_more(_: object) -> None:
        commits.append(1)

    engine = desk.ledger._engine.sync_engine
    event.listen(engine, "commit", one_more)
    try:
        yield commits
    finally:
        event.remove(engine, "commit", one_more)


async def timed(desk: Desk, count: int, at_once: int) -> float:
    """Seconds for `count` purchases, so many of them at a time."""
    places = asyncio.Semaphore(at_once)

    async def one(number: int) -> None:
        async with places:
            await buy(order(number), desk)

    began = time.monotonic()
    await asyncio.gather(*(one(number) for number in range(count)))
    return time.monotonic() - began


async def measure(name: str, address: str, home: Path, film: Path, count: int, at_once: int, limit: float) -> str:
    """One line of the table."""
    async with stub_desk(home, address, Stub(film, 0.0, 0.01)) as desk:
        await buy(order(-1), desk)  # compiles the statements and starts the threads
        async with counted(desk) as commits:
            first = await timed(desk, count, at_once)
        async with counted(desk) as commits_again:
            again = await timed(desk, count, at_once)
    cells = [
        f"{count / first:.0f}",
        f"{len(commits) / count:.1f}",
        f"{limit:.0f}",
        f"{len(commits) / first / limit:.2f}",
        f"{again / count * 1000:.1f}",
        f"{len(commits_again) / count:.1f}",
    ]
    return f"| {name}, {at_once} at a time | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--purchases", type=int, default=200)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="callsheet-purchases-"))
    try:
        small_film(folder)
        print(f"{given.purchases} purchases\n")
        print(
            "| | purchases/s | commits each | commits/s, bare | of the bare commits | rerun, ms each | commits each |"
        )
        print("|---|---|---|---|---|---|---|")

        film = folder / "film.mp4"
        for at_once in AT_ONCE:
            home = Path(tempfile.mkdtemp(dir=folder))
            limit, address = sqlite_commits(home), f"sqlite:///{home / 'ledger.sqlite'}"
            print(asyncio.run(measure("SQLite", address, home, film, given.purchases, at_once, limit)), flush=True)
        with running_postgres() as database:
            if database is None:
                print("| PostgreSQL | not installed here | | | | | |")
                return
            for at_once in AT_ONCE:
                home, limit = Path(tempfile.mkdtemp(dir=folder)), asyncio.run(postgres_commits(database(f"b{at_once}")))
                address = database(f"l{at_once}")
                print(
                    asyncio.run(measure("PostgreSQL", address, home, film, given.purchases, at_once, limit)), flush=True
                )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
