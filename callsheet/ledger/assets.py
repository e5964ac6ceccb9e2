"""From a provider's finished result to clips in the bucket: downloaded, measured, named by their content."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from callsheet import faults, progress
from callsheet.desk import Desk
from callsheet.errors import MediaError, Rejected, Unavailable
from callsheet.features import Speech
from callsheet.media.footage import Footage, footage
from callsheet.media.probe import Probe, probe
from callsheet.media.soundfile import SoundFile, measure_sound
from callsheet.plan.model import Purchase
from callsheet.provider.protocol import ClipLink, Delivery
from callsheet.scratch import scratch_folder
from callsheet.storage.keys import clip_key

DOWNLOADS = 6
"""How often a download is tried; each time but the first with fresh addresses from the job."""
PAUSE = 0.5


class Asset(BaseModel):
    """One clip in the bucket. `clip` is the name by which the timeline calls it, `index` its place in the order."""

    model_config = ConfigDict(frozen=True)

    clip: str
    index: int | None = None
    key: str
    uri: str
    sha256: str
    bytes: int
    probe: Probe | SoundFile

    def footage(self) -> Footage:
        """The clip as something to work on. Raises `ValueError` for a sound."""
        if isinstance(self.probe, SoundFile):
            raise ValueError(f"{self.clip} is a sound")
        return footage(self.sha256, self.bytes, self.probe)


async def fetch_assets(
    purchase: Purchase, delivery: Delivery, job_id: str | None, desk: Desk, deadline: float
) -> tuple[Asset, ...]:
    """Every clip of a delivery, in the bucket. Raises `Unavailable` when they can't be fetched."""
    places = delivery.indices or tuple(range(len(delivery.clips)))
    async with scratch_folder(desk.settings.scratch()) as folder:
        suffix = ".wav" if isinstance(purchase.request, Speech) else ".mp4"
        paths = [folder / f"{number}{suffix}" for number in places]
        links: Sequence[ClipLink] = delivery.clips
        for number, path in enumerate(paths):
            links = await _download(purchase, links, number, path, job_id, desk, deadline)
        faults.reach("buy.downloaded")
        kept = zip(places, paths, strict=True)
        return tuple([await keep_clip(purchase.clips[number], number, path, desk) for number, path in kept])


async def _download(
    purchase: Purchase,
    links: Sequence[ClipLink],
    number: int,
    path: Path,
    job_id: str | None,
    desk: Desk,
    deadline: float,
) -> Sequence[ClipLink]:
    """One clip to `path`; the addresses that worked are given back, for the clips that follow."""
    for attempt in range(DOWNLOADS):
        try:
            await desk.provider.fetch(links[number].url, path)
            await asyncio.to_thread(measured, path)
            return links
        except (Unavailable, MediaError) as error:
            last = attempt == DOWNLOADS - 1
            if last or (job_id is None and isinstance(error, Unavailable) and error.status == 410):
                raise Unavailable(f"{purchase.id}: it is bought and can't be fetched: {error.message}") from error
            pause = PAUSE * 2**attempt
            if asyncio.get_running_loop().time() + pause > deadline:
                raise
            progress.report(purchase.id, "downloading again", note=error.message)
            if getattr(error, "status", None) != 410:
                await asyncio.sleep(pause)
            links = await _fresh(links, job_id, desk)
    raise AssertionError("unreachable: the last attempt returns or raises")


async def _fresh(links: Sequence[ClipLink], job_id: str | None, desk: Desk) -> Sequence[ClipLink]:
    """Addresses that have not expired, when there is a job to ask for them."""
    if job_id is None:
        return links
    try:
        job = await desk.provider.poll(job_id)
    except (Unavailable, Rejected):
        return links
    return job.delivery.clips if job.delivery and len(job.delivery.clips) == len(links) else links


def measured(path: Path) -> Probe | SoundFile:
    """What a file is, by its suffix. Raises `MediaError` when it is not that."""
    return measure_sound(path) if path.suffix == ".wav" else probe(path)


async def keep_clip(clip: str, number: int, path: Path, desk: Desk) -> Asset:
    """Measures a file and puts it into the bucket under its content."""

    def measure() -> tuple[str, Probe | SoundFile]:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), measured(path)

    sha256, found = await asyncio.to_thread(measure)
    stored = await desk.bucket.put_file(clip_key(sha256, path.suffix), path, sha256=sha256)
    return Asset(
        clip=clip, index=number, key=stored.key, uri=stored.uri, sha256=sha256, bytes=stored.bytes, probe=found
    )
