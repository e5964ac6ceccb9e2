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
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import event

from benchmarks.postgres import running_postgres
from benchmarks.stub import Stub, order, small_film, stub_desk
from callsheet.desk import Desk
from callsheet.ledger.buy import buy

AT_ONCE = (1, 16)
COLUMNS = (
    "purchases/s",
    "CPU ms each",
    "commits each",
    "bare commits/s",
    "of these",
    "rerun, CPU ms each",
    "commits each",
)
LIMIT_SECONDS = 2.0
"""For which the bare driver commits."""


def sqlite_commits(folder: Path) -> float:
    """Commits a second of sqlite3, one row each, in WAL mode with every commit synced."""
    with sqlite3.connect(folder / "bare.sqlite", isolation_level=None) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, words TEXT)")
        count, ends = 0, time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < ends:
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO rows (words) VALUES (?)", ("x" * 200,))
            db.execute("COMMIT")
            count += 1
    db.close()
    return count / LIMIT_SECONDS


def postgres_commits(url: str) -> float:
    """Commits a second of asyncpg, one row each, one after the other."""
    return asyncio.run(_postgres_commits(url))


async def _postgres_commits(url: str) -> float:
    import asyncpg

    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE IF NOT EXISTS rows (id SERIAL PRIMARY KEY, words TEXT)")
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


async def timed(desk: Desk, count: int, at_once: int) -> tuple[float, float]:
    """Seconds of wall and CPU for `count` purchases, so many of them at a time."""
    places = asyncio.Semaphore(at_once)

    async def one(number: int) -> None:
        async with places:
            await buy(order(number), desk)

    began, cpu = time.monotonic(), time.process_time()
    await asyncio.gather(*(one(number) for number in range(count)))
    return time.monotonic() - began, time.process_time() - cpu


@dataclass(frozen=True)
class Figures:
    """Seconds of wall and CPU, and commits, of the first run and of the rerun."""

    first: tuple[float, float]
    commits: int
    again: tuple[float, float]
    commits_again: int


async def measured(address: str, home: Path, film: Path, count: int, at_once: int) -> Figures:
    async with stub_desk(home, address, Stub(film, 0.0, 0.01)) as desk:
        await buy(order(-1), desk)  # compiles the statements and starts the threads
        async with counted(desk) as commits:
            first = await timed(desk, count, at_once)
        async with counted(desk) as commits_again:
            again = await timed(desk, count, at_once)
    return Figures(first, len(commits), again, len(commits_again))


def row(name: str, count: int, limit: Callable[[], float], run: Callable[[], Figures]) -> str:
    """A line of the table. The limit is measured before and after, because other work comes and goes."""
    before = limit()
    figures = run()
    raw = (before + limit()) / 2
    cells = [
        f"{count / figures.first[0]:.0f}",
        f"{figures.first[1] / count * 1000:.0f}",
        f"{figures.commits / count:.1f}",
        f"{raw:.0f}",
        f"{figures.commits / figures.first[0] / raw:.2f}",
        f"{figures.again[1] / count * 1000:.1f}",
        f"{figures.commits_again / count:.1f}",
    ]
    return f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--purchases", type=int, default=200)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="callsheet-purchases-"))
    try:
        small_film(folder)
        print(f"{given.purchases} purchases\n")
        print(f"| | {' | '.join(COLUMNS)} |")
        print("|---|---|---|---|---|---|---|---|")

        film, count = folder / "film.mp4", given.purchases

        def line(name: str, at_once: int, address: str, home: Path, limit: Callable[[], float]) -> None:
            def run() -> Figures:
                return asyncio.run(measured(address, home, film, count, at_once))

            print(row(f"{name}, {at_once} at a time", count, limit, run), flush=True)

        for at_once in AT_ONCE:
            home = Path(tempfile.mkdtemp(dir=folder))
            line("SQLite", at_once, f"sqlite:///{home / 'ledger.sqlite'}", home, partial(sqlite_commits, home))
        with running_postgres() as database:
            if database is None:
                print("| PostgreSQL | not installed here | | | | | | |")
                return
            bare = database("bare")
            for at_once in AT_ONCE:
                home = Path(tempfile.mkdtemp(dir=folder))
                line("PostgreSQL", at_once, database(f"ledger{at_once}"), home, partial(postgres_commits, bare))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
