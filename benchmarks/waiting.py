"""Hundreds of jobs waited for by one process: ``python -m benchmarks.waiting``.

A stub provider accepts orders at once, and each job ends 20 s after its acceptance. The ideal is to have everything
when the last job ends: 20 s after the beginning, if all could be ordered at once.

- bare: the same orders, questions and downloads in a plain asyncio loop that records nothing;
- callsheet: bought through the ledger, on SQLite.

Makespan is from the first order to the last clip in the bucket. CPU and memory are those of the whole process, with
its start.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import measured
from benchmarks.stub import Stub, order, small_film, stub_desk

ROOT = Path(__file__).parents[1]
POLL = 3.0
"""Seconds between two questions about a job, as the catalogue has it for a server of the `sora` dialect."""


async def bare(stub: Stub, folder: Path, count: int) -> None:
    async def one(number: int) -> None:
        job = await stub.submit(order(number).purchase.request, str(number), {})
        job = await stub.poll(job.job_id)
        while job.delivery is None:
            await asyncio.sleep(POLL)
            job = await stub.poll(job.job_id)
        await stub.fetch(job.delivery.clips[0].url, folder / f"{number}.mp4")

    await asyncio.gather(*(one(number) for number in range(count)))


async def bought(stub: Stub, folder: Path, count: int) -> None:
    from callsheet.ledger.buy import buy

    async with stub_desk(folder, f"sqlite:///{folder / 'ledger.sqlite'}", stub) as desk:
        results = await asyncio.gather(*(buy(order(number), desk) for number in range(count)))
    assert len({one.key for one in results}) == count


async def run(how: str, folder: Path, count: int, seconds: float) -> None:
    stub = Stub(folder / "film.mp4", seconds, POLL)
    work = folder / how
    work.mkdir()
    began = time.monotonic()
    await (bare if how == "bare" else bought)(stub, work, count)
    (folder / f"{how}.txt").write_text(f"{time.monotonic() - began} {stub.polls}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--jobs", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=20.0, help="that a job takes")
    parser.add_argument("--folder", type=Path, help="(the benchmark's own use)")
    parser.add_argument("--only", choices=["bare", "callsheet"], help="(the benchmark's own use)")
    given = parser.parse_args()
    if given.only:
        asyncio.run(run(given.only, given.folder, given.jobs, given.seconds))
        return
    folder = Path(tempfile.mkdtemp(prefix="callsheet-waiting-"))
    try:
        small_film(folder)
        print(f"{given.jobs} jobs of {given.seconds:.0f} s; ideal makespan {given.seconds:.1f} s\n")
        print("| | makespan s | of the ideal | CPU s | peak MB | questions |")
        print("|---|---|---|---|---|---|")
        for how in ("bare", "callsheet"):
            sizes = ["--jobs", str(given.jobs), "--seconds", str(given.seconds)]
            own = [sys.executable, "-m", "benchmarks.waiting", "--folder", str(folder), *sizes, "--only", how]
            cost = measured(own, cwd=ROOT)
            makespan, polls = (folder / f"{how}.txt").read_text().split()
            share = float(makespan) / given.seconds
            cells = [f"{float(makespan):.1f}", f"{share:.2f}", f"{cost.cpu:.1f}", f"{cost.memory:.0f}", polls]
            print(f"| {how} | {' | '.join(cells)} |", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
