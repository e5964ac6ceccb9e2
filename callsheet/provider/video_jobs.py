"""Jobs of `/v1/videos` as they come over the wire, from servers that keep to the contract and from those that don't."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeGuard

from callsheet.errors import Unavailable
from callsheet.provider.offer import Quirks
from callsheet.provider.protocol import ClipLink, Delivery, Job, JobStatus
from callsheet.provider.video_orders import VideoOrder

# Only a word that is known to be an end is one: whatever else a server says, the job goes on.
_STATUS = {
    "queued": JobStatus.QUEUED,
    **dict.fromkeys(("completed", "succeeded", "success"), JobStatus.SUCCEEDED),
    **dict.fromkeys(("failed", "error", "expired"), JobStatus.FAILED),
    **dict.fromkeys(("cancelled", "canceled", "deleted"), JobStatus.CANCELLED),
}
MODERATION = ("moderation_blocked", "content_policy_violation", "content_filter", "sentinel_block")
"""Codes by which servers of this contract refuse the content."""


def is_video(item: object) -> TypeGuard[dict[str, Any]]:
    """Whether an item of a list is a video that can be asked for."""
    return isinstance(item, dict) and isinstance(item.get("id"), str) and bool(item["id"])


def created_at(video: Mapping[str, Any]) -> float | None:
    """Seconds since 1970, None when the server does not say."""
    return _number(video.get("created_at"))


def job_from(
    body: Mapping[str, Any], job_id: str, quirks: Quirks, content: str, retry_after: float | None = None
) -> Job:
    """The job in a reply; `content` is the address of its clip by the contract.

    Raises `Unavailable` for a reply that names no status, and for a result that has no address.
    """
    said = str(body.get("status") or "").lower()
    if not said:
        raise Unavailable(f"video {job_id} was answered without a status")
    status = JobStatus(quirks.statuses[said]) if said in quirks.statuses else _STATUS.get(said, JobStatus.RUNNING)
    delivery = None
    if status is JobStatus.SUCCEEDED:
        clip = ClipLink(url=_address(body, quirks, content), seconds=_number(body.get("seconds")))
        delivery = Delivery(clips=(clip,))
    code, message = _error(body) if status in (JobStatus.FAILED, JobStatus.CANCELLED) else (None, None)
    return Job(
        job_id=job_id,
        status=status,
        progress=min(max(_number(body.get("progress")) or 0.0, 0.0), 100.0),
        delivery=delivery,
        error_code=code or (said if status is JobStatus.FAILED and said == "expired" else None),
        error=message,
        retry_after=retry_after,
        created_at=created_at(body),
    )


def same_order(video: Mapping[str, Any], order: VideoOrder) -> bool:
    """Whether a listed video asks for what `order` does. A field that the server left empty proves nothing against it,
    but without the prompt there is nothing to know it by."""
    if video.get("prompt") != order.fields["prompt"]:
        return False
    for field in ("size", "model"):
        there, wanted = video.get(field), order.fields.get(field)
        # A server may answer `sora-2` with the snapshot that it stands for: `sora-2-2025-10-06`.
        if there and wanted and there != wanted and not (field == "model" and str(there).startswith(f"{wanted}-20")):
            return False
    there_seconds, seconds = _number(video.get("seconds")), _number(order.fields.get("seconds"))
    extended = order.video is not None  # then the job has the whole length and the order that of the new part
    return extended or there_seconds is None or seconds is None or abs(there_seconds - seconds) < 1


def _address(body: Mapping[str, Any], quirks: Quirks, content: str) -> str:
    found: Any = None
    if quirks.result == "url":
        found = body.get("url")
    elif quirks.result == "metadata.url":
        metadata = body.get("metadata")
        found = metadata.get("url") if isinstance(metadata, Mapping) else None
    return found if isinstance(found, str) and found else content


def _error(body: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Code and message, from an object, from a bare text, or from where a relay puts them. Codes may be numbers."""
    error = body.get("error")
    if isinstance(error, Mapping):
        code, message = error.get("code"), error.get("message")
    else:
        code, message = body.get("code"), error or body.get("fail_reason") or body.get("message")
    text = None if code in (None, "") else str(code)
    if text in MODERATION:
        text = "moderation_blocked"
    return text, None if message in (None, "") else str(message)[:500]


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
