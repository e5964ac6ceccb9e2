"""The `/v1/videos` dialect: OpenAI's published contract, and the servers that speak it with peculiarities of their own.

The contract has no idempotency key and no reference of the customer's: an order whose reply was lost can only be looked
for among the listed jobs, by what it asked for. What a server does otherwise is in its catalogue entry (`Quirks`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from callsheet.errors import Ambiguous, Incapable, MediaError, Moderated, ProviderError, RateLimited, Rejected
from callsheet.errors import Unavailable as Unreadable
from callsheet.features import AnyRequest
from callsheet.provider.first_frame import first_frame
from callsheet.provider.over_http import OverHttp
from callsheet.provider.protocol import Delivery, Job
from callsheet.provider.video_jobs import MODERATION, created_at, is_video, job_from, same_order
from callsheet.provider.video_orders import VideoOrder, video_order

PAGE = 100
"""Videos a page of the list: the most that the contract allows."""
LONGEST_LISTING = 20
"""Pages that are read before the look-up gives up."""
SPENT = ("insufficient_quota", "billing_hard_limit_reached")
"""Codes of a 429 that waiting does not help against."""


class OpenAIVideosProvider(OverHttp):
    """A server of `/v1/videos`. `model` is the one to order, where the catalogue does not settle it."""

    def check(self, request: AnyRequest) -> None:
        """Raises `Incapable` for a request that is not sold here, naming what is. Nothing is sent."""
        video_order(request, self._entry, self._model)

    async def submit(self, request: AnyRequest, reference: str, media: Mapping[str, bytes]) -> Job | Delivery:
        """See `Provider.submit`. Raises `Incapable` before anything is sent; `reference` is sent for who heeds it."""
        order = video_order(request, self._entry, self._model)
        content = self._content(order, media)
        try:
            reply = await self._http.purchase(order.path, {"Idempotency-Key": reference}, **content)
        except (Rejected, RateLimited) as error:
            raise _refused(error) from error
        known = reply.body.get("id")
        if not isinstance(known, str) or not known:
            raise Ambiguous("the order was answered without the id of a video", status=reply.status)
        try:
            return self._job(reply.body, known, reply.retry_after)
        except Unreadable:
            return self._job({"status": "queued"}, known, reply.retry_after)

    async def poll(self, job_id: str) -> Job:
        try:
            reply = await self._http.read(f"videos/{quote(job_id, safe='')}")
        except (Rejected, Unreadable) as error:
            failed = await self._failed(job_id, error)
            if failed is None:
                raise
            return failed
        return self._job(reply.body, job_id, reply.retry_after)

    async def _failed(self, job_id: str, error: ProviderError) -> Job | None:
        """The job by the list, where a server answers for a failed one as if the question itself had failed."""
        if not self._entry.quirks.failed_is_http_error or error.status is None:
            return None
        try:
            listed = await self._list(lambda video: video.get("id") == job_id)
        except (Rejected, Unreadable):
            return None  # the first error says more
        job = self._job(listed[0], job_id, None) if listed else None
        return job if job is not None and job.status.final else None

    async def listed(self, request: AnyRequest, since: float) -> list[Job]:
        """See `Provider.listed`: those that ask for the same prompt, model, size and seconds, oldest first.

        The image of an order is not in the list, so two orders that differ in it alone are both found: the caller must
        leave out the jobs that it knows. Raises `Rejected` (404) where the server has no list, and `Unavailable`.
        """
        if self._entry.quirks.no_list:
            raise Rejected(f"{self._entry.name} has no list of videos", status=404)
        order = video_order(request, self._entry, self._model)
        videos = await self._list(lambda video: same_order(video, order), since)
        return [self._known(video) for video in reversed(videos)]

    async def _list(self, wanted: Any, since: float = 0.0) -> list[dict[str, Any]]:
        """Videos of the list that are wanted, newest first, back to `since`."""
        found: list[dict[str, Any]] = []
        after: str | None = None
        for _ in range(LONGEST_LISTING):
            params = {"limit": str(PAGE), "order": "desc"} | ({} if after is None else {"after": after})
            body = (await self._http.read("videos", params=params)).body
            page = body.get("data")
            if not isinstance(page, list):
                raise Unreadable("the list of videos has no data")
            videos = [video for video in page if is_video(video)]
            recent = [video for video in videos if (created_at(video) or since) >= since]
            found += [video for video in recent if wanted(video)]
            last = str(videos[-1]["id"]) if videos else None
            if not body.get("has_more") or last is None or last == after or len(recent) < len(videos):
                return found
            after = last
        raise Unreadable(f"the list of videos goes on after {LONGEST_LISTING} pages")

    async def upload(self, path: Path, media_type: str) -> str:
        """See `Provider.upload`: these servers work on their own videos only."""
        raise Incapable(f"{self._entry.name} takes no files; it works on videos that it has made")

    async def cancel(self, job_id: str) -> None:
        """Deletes the video, which is all that the contract has; some servers refuse it while it is being made."""
        if self._entry.quirks.no_delete:
            raise Incapable(f"{self._entry.name} can't cancel a video")
        await self._http.read(f"videos/{quote(job_id, safe='')}", method="DELETE")

    def _content(self, order: VideoOrder, media: Mapping[str, bytes]) -> dict[str, Any]:
        """The body: JSON, or a form where there is a file or the server takes nothing else."""
        if order.image is not None and order.size is not None:
            try:
                data, kind = first_frame(media[order.image.sha256], order.image.media_type, order.size)
            except MediaError as error:
                raise Incapable(error.message) from error
            name = f"first-frame.{kind.partition('/')[2]}"
            return {"data": order.fields, "files": {"input_reference": (name, data, kind)}}
        if self._entry.quirks.multipart_only:
            fields = order.fields | ({} if order.video is None else {"video[id]": order.video})
            return {"files": {field: (None, text) for field, text in fields.items()}}
        return {"json": order.fields | ({} if order.video is None else {"video": {"id": order.video}})}

    def _job(self, body: Mapping[str, Any], job_id: str, retry_after: float | None) -> Job:
        # The id is the one that we know it by: a relay may answer with another each time.
        content = f"{self._base}/videos/{quote(job_id, safe='')}/content"
        return job_from(body, job_id, self._entry.quirks, content, retry_after)

    def _known(self, video: dict[str, Any]) -> Job:
        """A job of the list: its id must not be lost because the rest can't be read yet."""
        try:
            return self._job(video, str(video["id"]), None)
        except Unreadable:
            return self._job({**video, "status": "in_progress"}, str(video["id"]), None)


def _refused(error: ProviderError) -> ProviderError:
    """A refusal by what its code says, where the contract's status alone says less."""
    kind: type[ProviderError] = type(error)
    if isinstance(error, Rejected) and error.code in MODERATION:
        kind = Moderated
    elif isinstance(error, RateLimited) and error.code in SPENT:
        kind = Rejected
    return kind(
        error.message,
        status=error.status,
        code=error.code,
        request_id=error.request_id,
        retry_after=error.retry_after,
    )
