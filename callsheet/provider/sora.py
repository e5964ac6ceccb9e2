"""The `sora` dialect: JSON or multipart orders, final or accepted replies, jobs to ask for."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from callsheet.canonical import digest
from callsheet.errors import Ambiguous, Incapable, Rejected, Unavailable
from callsheet.features import AnyRequest, Sequence
from callsheet.media.images import Media
from callsheet.provider.catalogue import CatalogueEntry
from callsheet.provider.http import HttpClient
from callsheet.provider.over_http import OverHttp
from callsheet.provider.protocol import ClipLink, Delivery, FailedItem, Job, JobStatus
from callsheet.provider.reply import amount_of

_STATUS = {
    "queued": JobStatus.QUEUED,
    "running": JobStatus.RUNNING,
    "succeeded": JobStatus.SUCCEEDED,
    "failed": JobStatus.FAILED,
    "cancelled": JobStatus.CANCELLED,
}


class SoraProvider(OverHttp):
    """A server of the `sora` dialect. With a `callback_url` every order asks for its end to be told there."""

    def __init__(
        self, entry: CatalogueEntry, identity: str, http: HttpClient, *, callback_url: str | None = None
    ) -> None:
        super().__init__(entry, identity, http)
        self._callback = {} if callback_url is None else {"callback_url": callback_url}

    async def submit(self, request: AnyRequest, reference: str, media: Mapping[str, bytes]) -> Job | Delivery:
        """See `Provider.submit`. `Prefer: respond-async` asks for a job where the server could also wait."""
        headers = {"Idempotency-Key": reference, "Prefer": "respond-async"}
        files = request.files()
        if files:
            parts = {name: (f"input{file.suffix}", media[file.sha256], file.media_type) for name, file in files.items()}
            data = {name: _form_text(value) for name, value in (request.wire() | self._callback).items()}
            reply = await self._http.purchase(request.path, headers, data=data, files=parts)
        else:
            reply = await self._http.purchase(request.path, headers, json=_body(request, media) | self._callback)
        if reply.body.get("job_id"):
            return _known(reply.body, reply.retry_after)
        delivery = _delivery(reply.body)
        if delivery is None:
            raise Ambiguous("the order was answered without a job and without a result", status=reply.status)
        return delivery

    async def poll(self, job_id: str) -> Job:
        reply = await self._http.read(f"jobs/{quote(job_id, safe='')}")
        return _job({**reply.body, "job_id": job_id}, reply.retry_after)

    async def find(self, reference: str) -> Job | None:
        reply = await self._http.read("jobs", params={"client_reference": reference})
        jobs = reply.body.get("data")
        if not isinstance(jobs, list):
            raise Unavailable("the look-up by client reference gave no list")
        listed = [job for job in jobs if isinstance(job, dict) and job.get("job_id")]
        found = [job for job in listed if job.get("client_reference") == reference]
        if listed and not found:  # it ignores the question and lists everybody's jobs
            raise Rejected("the server does not look jobs up by client reference", status=404)
        return _known(found[0], reply.retry_after) if found else None

    async def listed(self, request: AnyRequest, since: float) -> list[Job]:
        """See `Provider.listed`. The list gives the digest of each job's order."""
        reply = await self._http.read("jobs", params={"created_after": f"{since:.3f}"})
        jobs = reply.body.get("data")
        if not isinstance(jobs, list):
            raise Unavailable("the list of jobs gave no list")
        wanted = digest(request)
        same = [
            job for job in jobs if isinstance(job, dict) and job.get("job_id") and job.get("order_digest") == wanted
        ]
        return [_known(job, reply.retry_after) for job in same]

    async def upload(self, path: Path, media_type: str) -> str:
        if self._entry.takes != "upload":
            raise Incapable(f"{self._entry.name} takes no files but by an address that it can reach")
        reply = await self._http.upload("uploads", path, media_type)
        address = reply.body.get("url")
        if not isinstance(address, str):
            raise Unavailable("the upload was answered without an address")
        return address

    async def cancel(self, job_id: str) -> None:
        await self._http.read(f"jobs/{quote(job_id, safe='')}", method="DELETE")


def _body(request: AnyRequest, media: Mapping[str, bytes]) -> dict[str, Any]:
    body = request.wire()
    if isinstance(request, Sequence) and isinstance(request.reference_image, Media):
        image = request.reference_image
        data = base64.b64encode(media[image.sha256]).decode()
        body["reference_image"] = f"data:{image.media_type};base64,{data}"
    return body


def _form_text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool | list | dict) else str(value)


def _delivery(result: Mapping[str, Any]) -> Delivery | None:
    """Clips of a result: one `video_url`, one for each of its `shots` by number, or of a batch's `results` by index."""
    try:
        return _read_delivery(result)
    except (ValueError, TypeError, AttributeError, KeyError, OverflowError):
        return None


def _read_delivery(result: Mapping[str, Any]) -> Delivery | None:
    if isinstance(result.get("results"), list):
        return _read_batch(result["results"], amount_of(result.get("cost")))
    if "consistency_score" in result:
        return Delivery(clips=(), cost=amount_of(result.get("cost")), report=_report(result))
    shots = result.get("shots")
    items = [result] if not isinstance(shots, list) else sorted(shots, key=lambda shot: int(shot.get("shot_number", 0)))
    clips = [_clip(item) for item in items if isinstance(item.get("video_url"), str)]
    if not clips or len(clips) != len(items):
        return None
    return Delivery(clips=tuple(clips), cost=amount_of(result.get("cost")))


def _report(result: Mapping[str, Any]) -> dict[str, Any]:
    """A consistency report; it must have a score from 0 to 1 and the numbers of shots. Raises ValueError."""
    score, shots = float(result["consistency_score"]), [int(shot) for shot in result.get("inconsistent_shots") or []]
    if not 0 <= score <= 1 or any(shot < 1 for shot in shots):
        raise ValueError("a consistency report without a score or shots")
    return {"consistency_score": score, "inconsistent_shots": shots, "scores": result.get("scores")}


def _read_batch(results: list[Any], cost: Decimal | None) -> Delivery | None:
    """The items of a batch by their index: those with a clip, and those that failed. None when one is neither."""
    items = sorted(results, key=lambda item: int(item["index"]))
    indices = [int(item["index"]) for item in items]
    good = [item for item in items if isinstance(item.get("video_url"), str) and item.get("status") == "succeeded"]
    bad = [item for item in items if item.get("status") in ("failed", "cancelled")]
    if not items or indices[0] < 0 or len(set(indices)) != len(items) or len(good) + len(bad) != len(items):
        return None
    return Delivery(
        clips=tuple(_clip(item) for item in good),
        cost=cost,
        failed=tuple(
            FailedItem(index=int(item["index"]), reason=_reason(item.get("error")), cost=amount_of(item.get("cost")))
            for item in bad
        ),
        indices=tuple(int(item["index"]) for item in good),
    )


def _clip(item: Mapping[str, Any]) -> ClipLink:
    return ClipLink(url=item["video_url"], seconds=None if item.get("duration") is None else float(item["duration"]))


def _reason(error: Any) -> str:
    if isinstance(error, Mapping):
        error = ": ".join(str(error[name]) for name in ("code", "message") if error.get(name))
    return " ".join(str(error or "no reason was given").split())[:500]


def _known(body: Mapping[str, Any], retry_after: float | None) -> Job:
    """A job that was just accepted or found: its id must not be lost because the rest can't be read yet."""
    try:
        return _job(body, retry_after)
    except Unavailable:
        return Job(job_id=str(body["job_id"]), status=JobStatus.RUNNING, retry_after=retry_after)


def _job(body: Mapping[str, Any], retry_after: float | None) -> Job:
    """A job from the wire. A status that is not known is taken for one that goes on: only known ends are ends."""
    status = _STATUS.get(str(body.get("status", "")).lower(), JobStatus.RUNNING)
    error = body.get("error") if isinstance(body.get("error"), Mapping) else {}
    result = body.get("result")
    delivery = _delivery(result) if isinstance(result, Mapping) else None
    if status is JobStatus.SUCCEEDED and delivery is None:
        raise Unavailable(f"job {body['job_id']} succeeded and its result can't be read")
    return Job(
        job_id=str(body["job_id"]),
        status=status,
        progress=float(min(amount_of(body.get("progress")) or 0, 100)),
        delivery=delivery,
        error_code=None if not error else str(error.get("code")),
        error=None if not error else str(error.get("message"))[:500],
        cost=amount_of(body.get("cost")),
        retry_after=retry_after,
    )
