"""One matrix of many short works, made in parts by real processes: ``python -m benchmarks.scale --works 60``.

A Prefect server and the ledger are on PostgreSQL; one worker takes the matrix, another two parts at a time. The studio
is the one inside the process that buys. ``--cuts-there`` puts the cuts into the bucket beforehand, so that everything
but the cutting is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.postgres import running_postgres
from benchmarks.watched import Watched, machine

LIMIT = 3 * 3600.0
CORES = os.cpu_count() or 1
SAMPLE = 3
"""Works of which the cost of one is measured, after a first one that fills the caches."""
PLATFORMS = ("tiktok", "instagram_reels", "youtube_shorts", "douyin")
"""Of one shape, that of their shot. A work in another shape is looked at as well, for 1.2 CPU s more."""
MANNERS = ("fast", "fashion", "narrative", "plain")


def brief_of(works: int) -> dict[str, Any]:
    """Works of 5 s at prototype tier that share all of their shots: platforms and manners in turn."""
    cells = [
        {"platform": PLATFORMS[n % len(PLATFORMS)], "seconds": 5, "manner": MANNERS[n // len(PLATFORMS) % len(MANNERS)]}
        for n in range(works)
    ]
    said = {"name": "Lamp", "message": "Light, kept simple.", "language": "en-US", "tier": "prototype"}
    return {"kind": "matrix", **said, "cells": cells}


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--works", type=int, default=20)
    arguments.add_argument("--per-run", type=int, default=25)
    arguments.add_argument("--at-once", type=int, default=2)
    arguments.add_argument("--cuts-there", action="store_true")
    chosen = arguments.parse_args()
    # Ended by anybody, it takes its servers and workers with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="scale-") as folder, ExitStack() as stack:
        home, port = Path(folder), _free_port()
        databases = stack.enter_context(running_postgres())
        if databases is None:
            raise SystemExit("PostgreSQL is not installed")
        (home / "prefect").mkdir()
        database = databases("server")
        cluster = Path(database.rpartition("host=")[2])
        os.environ |= {
            "PREFECT_HOME": str(home / "prefect"),
            "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
            "PREFECT_API_DATABASE_CONNECTION_URL": database.replace("postgresql:", "postgresql+asyncpg:"),
            "PREFECT_LOGGING_LEVEL": "WARNING",
            "PREFECT_WORKER_QUERY_SECONDS": "2",
            "CALLSHEET_HOME": str(home),
            "CALLSHEET_LEDGER_URL": databases("ledger"),
            "CALLSHEET_WORKS_PER_RUN": str(chosen.per_run),
            "CALLSHEET_RUNS_AT_ONCE": str(chosen.at_once),
        }
        _measure(chosen, home, port, cluster, stack)


def _measure(chosen: argparse.Namespace, home: Path, port: int, cluster: Path, stack: ExitStack) -> None:
    from callsheet.settings import Settings
    from deployments.bootstrap import Wishes, set_up
    from deployments.client import submit_sync, wait_sync
    from deployments.serving import ONE_SERVER

    brief = brief_of(chosen.works)
    each = asyncio.run(_one_work(brief, cuts_there=chosen.cuts_there))
    server = stack.enter_context(_served(home, "server", {**ONE_SERVER}, "server", "start", "--port", str(port)))
    _until_healthy(port)
    asyncio.run(set_up(Settings(), Wishes()))
    roots = {"server": server, "postgres": int((cluster / "data" / "postmaster.pid").read_text().splitlines()[0])}
    for pool, limit in (("studio", 1), ("render", chosen.at_once)):
        name = f"worker {pool}"
        arguments = ("worker", "start", "--pool", pool, "--limit", str(limit))
        roots[name] = stack.enter_context(_served(home, name, {}, *arguments))
    watched, before, began = Watched(roots), machine(), time.monotonic()
    watched.start()
    outcome = wait_sync(submit_sync(brief), LIMIT)
    wall, spent, all_of_it = time.monotonic() - began, watched.end(), machine() - before
    ours = sum(one.cpu for one in spent.values())
    print(f"\n{dt.date.today()}, {CORES} cores; {chosen.works} works, {chosen.per_run} a run, {chosen.at_once} at once")
    print("\n| process tree | CPU s | CPU s a work | peak MB |\n|---|---|---|---|")
    for name, one in spent.items():
        print(f"| {name} | {one.cpu:.0f} | {one.cpu / chosen.works:.2f} | {one.memory:.0f} |")
    print(f"| together | {ours:.0f} | {ours / chosen.works:.2f} | {sum(one.memory for one in spent.values()):.0f} |")
    ideal = each * chosen.works / CORES
    print(f"\none work, cut and published without Prefect: {each:.2f} CPU s; ideal {ideal:.0f} s")
    print(f"makespan {wall:.0f} s; the machine worked {all_of_it:.0f} CPU s meanwhile, {ours / all_of_it:.0%} for this")
    print(
        f"published {len(outcome.manifests)}, failed {len(outcome.failed)} {[one.error for one in outcome.failed[:3]]}"
    )
    asyncio.run(_money(brief, home))


async def _one_work(brief: dict[str, Any], *, cuts_there: bool) -> float:
    """CPU seconds of one work, cut and published in this process; everything is bought for all of them before."""
    from benchmarks.works import buy_all, lay_cut
    from callsheet.briefs import parse_brief
    from callsheet.desk import open_desk
    from callsheet.production import Production, cut_work, prepare, publish
    from callsheet.settings import Settings

    prepared = await prepare(parse_brief(brief), Settings())
    async with open_desk(prepared.settings, features=prepared.plan.features) as desk:
        production = Production(prepared.plan, desk)
        bought = await buy_all(production, prepared.orders(production))
        if cuts_there:
            for work in prepared.plan.works:
                await lay_cut(production, work, bought.assets)
        used = 0.0
        for number, work in enumerate(prepared.plan.works[: 1 + SAMPLE]):
            start = _cpu()
            await publish(production, work, bought.receipts, await cut_work(production, work, bought.receipts))
            used += _cpu() - start if number else 0.0
        # What was made for the sample is made again by the run.
        for work in prepared.plan.works[: 1 + SAMPLE]:
            for name in ("manifest.json", *([] if cuts_there else ["cut.json"])):
                await desk.bucket.delete(f"{work.path(production.id)}/{name}")
        return used / min(SAMPLE, len(prepared.plan.works) - 1)


async def _money(brief: dict[str, Any], home: Path) -> None:
    from callsheet.briefs import parse_brief
    from callsheet.production import prepare
    from callsheet.settings import Settings
    from callsheet.studio.books import Books

    plan = (await prepare(parse_brief(brief), Settings())).plan
    charges = Books(home / "studio" / "books.sqlite").charges()
    total = sum((amount for _, amount, _ in charges), Decimal(0))
    print(f"quoted {plan.total}, charged {total} in {len(charges)} charges for {len(plan.purchases)} purchases")


def _cpu() -> float:
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, kinds))


@contextmanager
def _served(home: Path, name: str, environment: dict[str, str], *module: str) -> Iterator[int]:
    with (home / f"{name.replace(' ', '-')}.log").open("wb") as log:
        command = [sys.executable, "-m", "prefect", *module]
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield process.pid
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _until_healthy(port: int) -> None:
    import urllib.request

    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=2):
                return
        except OSError:
            time.sleep(0.5)
    raise SystemExit("the Prefect server did not answer in 180 s")


def _free_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


if __name__ == "__main__":
    main()
