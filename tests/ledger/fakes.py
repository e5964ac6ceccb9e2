"""A provider in memory that keeps books of its own, and desks that buy from it.

What it takes money for is written down by itself, so that a test can compare it with what the ledger says. Tests
change its ways by subclasses, or by the status of its jobs.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from callsheet.desk import Desk
from callsheet.errors import Incapable, Rejected
from callsheet.features import AnyRequest, Sequence
from callsheet.ledger.entry import Entry
from callsheet.ledger.order import Order
from callsheet.ledger.queries import entries, open_production
from callsheet.ledger.store import open_ledger
from callsheet.media.ffmpeg import encode_frames
from callsheet.money import Money
from callsheet.provider.catalogue import CatalogueEntry, catalogue_entry
from callsheet.provider.protocol import ClipLink, Delivery, Job, JobStatus, Provider
from callsheet.settings import Settings
from callsheet.storage import open_bucket
from tests.studios import small_plan

HALF = Decimal("0.50")
"""The price of the only clip of `small_plan`."""
LIMIT = 10.0
"""Seconds after which a test that waits has failed."""
FRAMES = 5


@dataclass
class Taken:
    """An order as this provider has taken it."""

    reference: str
    status: JobStatus
    cost: Decimal
    clips: int = 1


class Fake:
    """Takes every order, and runs it until a test says how it ends.

    `ways` are those in which it can be asked for an order whose reply was lost; `status` and `cost` are given to the
    next orders; `jobs` are its books and `sent` counts the orders that reached it, taken or not.
    """

    def __init__(self, *ways: str) -> None:
        self.ways = ways
        self.status = JobStatus.RUNNING
        self.cost = HALF
        self.jobs: dict[str, Taken] = {}
        self.sent = 0

    @property
    def entry(self) -> CatalogueEntry:
        """The studio's, asked often, with the ways of this one."""
        return catalogue_entry("studio").model_copy(update={"poll_seconds": 0.01, "lost_replies": self.ways})

    @property
    def identity(self) -> str:
        return "studio"

    @property
    def charges(self) -> list[Decimal]:
        """What it has taken money for."""
        return [taken.cost for taken in self.jobs.values() if taken.cost]

    def accept(self, reference: str, status: JobStatus | None = None, cost: Decimal | None = None) -> str:
        """Takes an order and gives its job's name: J1, J2, ..."""
        name = f"J{len(self.jobs) + 1}"
        self.jobs[name] = Taken(reference, status or self.status, self.cost if cost is None else cost)
        return name

    def job(self, name: str) -> Job:
        """A job as it stands."""
        if name not in self.jobs:
            raise Rejected("HTTP 404: no such job", status=404)
        taken = self.jobs[name]
        if taken.status is JobStatus.FAILED:
            return Job(job_id=name, status=taken.status, error_code="broke", error="it broke", cost=taken.cost)
        links = tuple(ClipLink(url=f"memory:{number},{name}") for number in range(taken.clips))
        done = Delivery(clips=links, cost=taken.cost) if taken.status is JobStatus.SUCCEEDED else None
        return Job(job_id=name, status=taken.status, delivery=done, cost=taken.cost)

    async def submit(self, request: AnyRequest, reference: str, media: Mapping[str, bytes]) -> Job | Delivery:
        self.sent += 1
        name = self.accept(reference)
        if isinstance(request, Sequence):
            self.jobs[name].clips = len(request.shots)
        return self.job(name)

    async def poll(self, job_id: str) -> Job:
        return self.job(job_id)

    async def find(self, reference: str) -> Job | None:
        found = [name for name, taken in self.jobs.items() if taken.reference == reference]
        return self.job(found[0]) if found else None

    async def listed(self, request: AnyRequest, since: float) -> list[Job]:
        return [self.job(name) for name in self.jobs]

    async def upload(self, path: Path, media_type: str) -> str:
        raise Incapable("this provider takes no files")

    async def fetch(self, url: str, path: Path) -> None:
        """A tiny flat clip, of another colour for every address."""
        await asyncio.to_thread(_flat, sum(url.encode()) + 40 * int(url[7:].partition(",")[0]), path)

    async def cancel(self, job_id: str) -> None:
        self.job(job_id)
        self.jobs[job_id].status = JobStatus.CANCELLED

    async def close(self) -> None:
        return None


def _flat(shade: int, path: Path) -> None:
    import numpy as np

    frame = np.full((64, 64, 3), shade % 256, np.uint8)
    picture = {"width": 64, "height": 64, "fps": 30, "audio": None, "crf": 30, "preset": "ultrafast"}
    frames: dict[str, Any] = {**picture, "timeout": 60}
    encode_frames(iter([frame] * FRAMES), out=path, **frames)


@contextlib.asynccontextmanager
async def desk_of(home: Path, seller: Provider, url: str | None = None, **settings: Any) -> AsyncIterator[Desk]:
    """A desk that buys from `seller`, with a ledger at `url`; without one it is on SQLite in `home`."""
    address = url or f"sqlite:///{home / 'ledger.sqlite'}"
    values = {"home": home, "ledger_url": address, "wait_seconds": LIMIT, **settings}
    ledger = await open_ledger(address)
    try:
        yield Desk(Settings(**values), open_bucket(str(home / "bucket")), ledger, seller)
    finally:
        await ledger.close()


def order(production: str = "lamp-1", take: int = 1, **change: Any) -> Order:
    """The five-second clip of `small_plan`, for 0.50 CNY; another take is another purchase."""
    purchase = small_plan().purchases[0].model_copy(update={"take": take})
    return Order(purchase=purchase, production_id=production, tier="prototype", **change)


def cny(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="CNY")


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Waits for something that another task brings about."""
    async with asyncio.timeout(LIMIT):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.005)


async def the_entry(desk: Desk, production: str | None = None) -> Entry:
    """The only purchase in the ledger, or the first one that `production` pays for."""
    return (await entries(desk.ledger, production=production))[0]


async def given_up(desk: Desk, wanted: Order, buying: Callable[[Order, Desk], Awaitable[object]]) -> None:
    """Orders it and leaves when the job's name is written down, as a run that is stopped would."""
    task = asyncio.ensure_future(buying(wanted, desk))

    async def ordered() -> bool:
        entry = await desk.ledger.get(wanted.key(desk.identity))
        return entry is not None and entry.job_id is not None

    await until(ordered)
    task.cancel()
    await asyncio.wait([task], timeout=LIMIT)


async def opened(desk: Desk, production: str) -> None:
    """Records that a production is being made."""
    fields = {"id": production, "kind": "marketing", "name": production, "digest": "d", "provider": "studio"}
    await open_production(desk.ledger, {**fields, "campaign": None}, cny("0.50"), f"run-{production}")
