"""A provider that costs nothing and renders nothing: its jobs end by themselves some seconds after their acceptance."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from callsheet.desk import Desk
from callsheet.features import AnyRequest, TextToVideo
from callsheet.ledger.order import Order
from callsheet.ledger.store import open_ledger
from callsheet.money import Money, price_list
from callsheet.plan.model import Purchase
from callsheet.plan.quote import price_of
from callsheet.provider.catalogue import CatalogueEntry, catalogue_entry
from callsheet.provider.protocol import ClipLink, Delivery, Job, JobStatus
from callsheet.settings import settings_from_environment
from callsheet.storage import open_bucket


class Stub:
    """Every clip is the `film`; a job takes `seconds` from its acceptance. `polls` counts what it was asked."""

    def __init__(self, film: Path, seconds: float, poll_seconds: float) -> None:
        self._film, self._seconds = film, seconds
        self._entry = catalogue_entry("sora").model_copy(update={"poll_seconds": poll_seconds})
        self._ends: dict[str, float] = {}
        self.polls = 0

    @property
    def entry(self) -> CatalogueEntry:
        return self._entry

    @property
    def identity(self) -> str:
        return "stub"

    async def submit(self, request: AnyRequest, reference: str, media: Mapping[str, bytes]) -> Job:
        self._ends.setdefault(reference, asyncio.get_running_loop().time() + self._seconds)
        return Job(job_id=reference, status=JobStatus.QUEUED)

    async def poll(self, job_id: str) -> Job:
        self.polls += 1
        if asyncio.get_running_loop().time() < self._ends[job_id]:
            return Job(job_id=job_id, status=JobStatus.RUNNING)
        delivery = Delivery(clips=(ClipLink(url=job_id),), cost=Money.zero("CNY").amount)
        return Job(job_id=job_id, status=JobStatus.SUCCEEDED, delivery=delivery, cost=delivery.cost)

    async def find(self, reference: str) -> Job | None:
        return await self.poll(reference) if reference in self._ends else None

    async def listed(self, request: AnyRequest, since: float) -> list[Job]:
        return []

    async def fetch(self, url: str, path: Path) -> None:
        await asyncio.to_thread(shutil.copyfile, self._film, path)

    async def cancel(self, job_id: str) -> None:
        self._ends.pop(job_id, None)

    async def close(self) -> None:
        return None


def small_film(folder: Path) -> Path:
    """One second of one colour, 96x54."""
    import numpy as np

    from callsheet.media.ffmpeg import encode_frames

    path = folder / "film.mp4"
    frames = iter([np.full((54, 96, 3), (40, 80, 120), np.uint8)] * 30)
    encode_frames(frames, width=96, height=54, fps=30, out=path, audio=None, crf=30, preset="ultrafast", timeout=60)
    return path


def order(number: int) -> Order:
    """The so-many-th purchase of one production: a clip of 5 s."""
    request = TextToVideo(prompt=f"a brass lamp, view {number}", duration=5, resolution="480p")
    name = f"clip-{number}"
    purchase = Purchase(id=name, request=request, clips=(name,), price=price_of(request, price_list("sora")))
    return Order(purchase=purchase, production_id="benchmark", tier="prototype")


@asynccontextmanager
async def stub_desk(home: Path, ledger_url: str, stub: Stub) -> AsyncIterator[Desk]:
    """A desk that buys from `stub`."""
    settings = settings_from_environment(home=home, provider="sora", provider_url="http://stub.invalid/v1/sora")
    ledger = await open_ledger(ledger_url)
    try:
        yield Desk(settings, open_bucket(str(home / "bucket")), ledger, stub)
    finally:
        await ledger.close()
