"""The `openrouter` dialect: one path for the video models of many makers, which says what each of them can.

It has neither idempotency keys nor a list of jobs: an order whose reply was lost is in doubt until a person decides.
A job says what it has cost, in USD.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from callsheet.errors import Ambiguous, Incapable, Moderated, Rejected, Unavailable, Unsent
from callsheet.features import AnyRequest
from callsheet.provider.openrouter_orders import Offered, offered, order_body
from callsheet.provider.over_http import OverHttp
from callsheet.provider.protocol import ClipLink, Delivery, Job, JobStatus
from callsheet.provider.reply import amount_of

# Only these words are ends; whatever else it says, the job goes on.
_STATUS = {
    "pending": JobStatus.QUEUED,
    "completed": JobStatus.SUCCEEDED,
    "failed": JobStatus.FAILED,
    "expired": JobStatus.FAILED,
    "cancelled": JobStatus.CANCELLED,
}
FLAGGED = 403
"""What it answers when a model's moderation has flagged the input, and to a key that may not do this."""


class OpenRouterProvider(OverHttp):
    """OpenRouter. `model` is the one to order, for example `google/veo-3.1`."""

    _offers: dict[str, Offered] | None = None

    async def offers(self) -> Mapping[str, Offered]:
        """Every model by its name, asked for once. Raises `Unavailable` and `Rejected`."""
        if self._offers is None:
            listed = (await self._http.read("videos/models")).body.get("data")
            if not isinstance(listed, list):
                raise Unavailable("the list of models gave no list")
            try:
                found = [offered(item) for item in listed if isinstance(item, dict)]
            except ValueError as error:
                raise Unavailable(f"the list of models can't be read: {error}") from error
            self._offers = {model.name: model for model in found}
        return self._offers

    async def submit(self, request: AnyRequest, reference: str, media: Mapping[str, bytes]) -> Job | Delivery:
        """See `Provider.submit`. Raises `Incapable` before anything is ordered, by what the model says that it can."""
        body = order_body(request, self._entry, await self._ordered(), media)
        try:
            reply = await self._http.purchase("videos", {}, json=body)
        except Rejected as error:
            if error.status == FLAGGED and any(word in error.message.lower() for word in ("flagged", "moderation")):
                raise Moderated(error.message, status=error.status, code="moderation_blocked") from error
            raise
        job_id = reply.body.get("id")
        if not isinstance(job_id, str) or not job_id:
            raise Ambiguous("the order was answered without the id of a job", status=reply.status)
        return self._job(reply.body, job_id, reply.retry_after)

    async def _ordered(self) -> Offered:
        if self._model is None:
            raise Incapable(f"{self._entry.name} needs the name of a model")
        try:
            offers = await self.offers()
        except Unavailable as error:
            raise Unsent(f"what the model can is not known, so nothing was sent: {error.message}") from error
        if self._model not in offers:
            raise Incapable(f"{self._entry.name} has no model {self._model}; it has {', '.join(sorted(offers))}")
        return offers[self._model]

    async def poll(self, job_id: str) -> Job:
        reply = await self._http.read(f"videos/{quote(job_id, safe='')}")
        if not reply.body.get("status"):
            raise Unavailable(f"job {job_id} was answered without a status")
        return self._job(reply.body, job_id, reply.retry_after)

    async def listed(self, request: AnyRequest, since: float) -> list[Job]:
        """Always `Rejected` with 404: it has no list."""
        raise Rejected(f"{self._entry.name} has no list of jobs", status=404)

    async def upload(self, path: Path, media_type: str) -> str:
        """See `Provider.upload`: it works on its own videos only."""
        raise Incapable(f"{self._entry.name} takes no files; it works on videos that it has made")

    async def cancel(self, job_id: str) -> None:
        raise Incapable(f"{self._entry.name} can't cancel a job")

    def _job(self, body: Mapping[str, Any], job_id: str, retry_after: float | None) -> Job:
        said = str(body.get("status") or "pending").lower()
        status = _STATUS.get(said, JobStatus.RUNNING)
        cost = _cost(body)
        delivery = None
        if status is JobStatus.SUCCEEDED:
            # Its own origin with our key: the signed addresses beside it lie elsewhere and expire.
            url = f"{self._base}/videos/{quote(job_id, safe='')}/content?index=0"
            delivery = Delivery(clips=(ClipLink(url=url),), cost=cost)
        failed = status in (JobStatus.FAILED, JobStatus.CANCELLED)
        error = body.get("error")
        return Job(
            job_id=job_id,
            status=status,
            progress=100 if delivery else 0,
            delivery=delivery,
            error_code=said if failed else None,
            error=str(error)[:500] if failed and error else None,
            cost=cost,
            retry_after=retry_after,
        )


def _cost(body: Mapping[str, Any]) -> Decimal | None:
    usage = body.get("usage")
    return amount_of(usage.get("cost")) if isinstance(usage, Mapping) else None
