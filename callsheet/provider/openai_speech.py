"""The `POST /v1/audio/speech` dialect: the answer to an order is the sound itself.

It has no jobs, no idempotency key and no list. So an answer is kept, on this machine and then in the bucket, under our
reference before the ledger is told: whoever comes after a crash finds it there. Where no answer is kept nobody can say
whether the line was charged, and the purchase is in doubt.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from callsheet.errors import Ambiguous, Incapable, MediaError, Moderated, RateLimited, Rejected, StorageError
from callsheet.features import AnyRequest, Speech
from callsheet.media.soundfile import measure_sound, wav_of
from callsheet.provider.http import HttpClient
from callsheet.provider.over_http import OverHttp
from callsheet.provider.protocol import ClipLink, Delivery, Job, JobStatus
from callsheet.provider.speech_services import SpeechService
from callsheet.provider.video_jobs import MODERATION
from callsheet.storage.keys import check_key, clip_key, reply_key
from callsheet.storage.protocol import Bucket

SPENT = ("insufficient_quota", "billing_hard_limit_reached")
"""Codes of a 429 that waiting does not help against."""
LARGEST_NOTE = 10_000
_KEPT = "kept:"


class SpeechProvider(OverHttp):
    """A service of speech. Answers are kept in `folder` until they are in `bucket`."""

    def __init__(self, service: SpeechService, http: HttpClient, *, bucket: Bucket, folder: Path) -> None:
        super().__init__(service.entry, service.identity, http, model=service.model)
        self._price = service.price
        self._bucket = bucket
        self._folder = folder

    async def submit(self, request: AnyRequest, reference: str, media: Mapping[str, bytes]) -> Job | Delivery:
        """See `Provider.submit`. An order whose answer is kept is not sent."""
        if not isinstance(request, Speech):
            raise Incapable(f"{self._entry.name} sells speech only, not {request.feature}")
        kept = await self._kept(reference)
        if kept is not None:
            return kept
        try:
            data, kind = await self._http.purchase_file(request.path, {}, json=request.wire())
        except (RateLimited, Moderated, Rejected) as error:
            raise _refused(error) from error
        try:
            sound = wav_of(data, kind, request.response_format)
        except MediaError as error:
            raise Ambiguous(f"the order was answered, and {error.message}") from error
        await asyncio.to_thread(_write, self._file(reference), sound)
        delivery = await self._kept(reference)
        if delivery is None:
            raise StorageError(f"the answer to {reference} was kept and is gone")
        return delivery

    def _file(self, reference: str) -> Path:
        return self._folder / f"{check_key(reference)}.wav"

    async def _kept(self, reference: str) -> Delivery | None:
        """The answer to an order, from the bucket; what is only on this machine is put there first."""
        path = self._file(reference)
        if path.is_file():
            data = await asyncio.to_thread(path.read_bytes)
            sha256 = hashlib.sha256(data).hexdigest()
            seconds = (await asyncio.to_thread(measure_sound, path)).seconds
            await self._bucket.put_file(clip_key(sha256, ".wav"), path, sha256=sha256)
            note = json.dumps({"sha256": sha256, "seconds": seconds}).encode()
            await self._bucket.put_bytes(reply_key(reference), note, sha256=hashlib.sha256(note).hexdigest())
            path.unlink(missing_ok=True)
        elif await self._bucket.stat(reply_key(reference)) is None:
            return None
        note = await self._bucket.get_bytes(reply_key(reference), LARGEST_NOTE)
        told = json.loads(note)
        cost = self._price.of("", told["seconds"]).amount if self._price.per_minute is not None else None
        link = ClipLink(url=f"{_KEPT}{clip_key(told['sha256'], '.wav')}", seconds=told["seconds"])
        return Delivery(clips=(link,), cost=cost)

    async def find(self, reference: str) -> Job | None:
        """The answer that is kept. `Rejected` with 404 where none is: that says nothing of what the service did."""
        kept = await self._kept(reference)
        if kept is None:
            return await super().find(reference)
        return Job(job_id=reference, status=JobStatus.SUCCEEDED, progress=100, delivery=kept)

    async def poll(self, job_id: str) -> Job:
        """See `Provider.poll`: only an order whose answer is kept is known."""
        job = await self.find(job_id)
        if job is None:
            raise Rejected(f"{self._entry.name} knows no order {job_id}", status=404)
        return job

    async def listed(self, request: AnyRequest, since: float) -> list[Job]:
        """Always `Rejected` with 404: it has no list."""
        raise Rejected(f"{self._entry.name} has no list of orders", status=404)

    async def upload(self, path: Path, media_type: str) -> str:
        """Always `Incapable`: it takes words only."""
        raise Incapable(f"{self._entry.name} takes no files")

    async def fetch(self, url: str, path: Path) -> None:
        """See `Provider.fetch`: out of the bucket."""
        await self._bucket.get_file(url.removeprefix(_KEPT), path)

    async def cancel(self, job_id: str) -> None:
        """Always `Incapable`: what was ordered has been answered."""
        raise Incapable(f"{self._entry.name} can't cancel a line")


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, and on the disk before anybody is told of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _refused(error: RateLimited | Moderated | Rejected) -> RateLimited | Moderated | Rejected:
    """A refusal by what its code says: a 422 is a wrong field to most servers of this contract."""
    kind: type[RateLimited | Moderated | Rejected] = type(error)
    if error.code in MODERATION:
        kind = Moderated
    elif isinstance(error, Moderated) or (isinstance(error, RateLimited) and error.code in SPENT):
        kind = Rejected
    return kind(
        error.message,
        status=error.status,
        code=error.code,
        request_id=error.request_id,
        retry_after=error.retry_after,
    )
