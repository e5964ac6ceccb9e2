"""What every video service is to the rest of the program."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from callsheet.features import AnyRequest
from callsheet.money import Amount
from callsheet.provider.catalogue import CatalogueEntry


class JobStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        return self in (JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class ClipLink(_Frozen):
    """One finished clip at the provider. `url` may expire."""

    url: str
    seconds: float | None = None


class FailedItem(_Frozen):
    """An item of a batch that did not come: its place in the order, from 0, and what it cost all the same."""

    index: int
    reason: str
    cost: Amount | None = None


class Delivery(_Frozen):
    """What a finished job yields: its clips in order, and what it cost, None where the provider does not say.

    Of a batch some items can be `failed`; `indices` says then for each clip which ordered item it is, from 0. Without
    `indices` the clips are all that was ordered. A check yields no clips and a `report`, as the provider wrote it.
    """

    clips: tuple[ClipLink, ...]
    cost: Amount | None = None
    failed: tuple[FailedItem, ...] = ()
    indices: tuple[int, ...] | None = None
    report: dict[str, Any] | None = None


class Job(_Frozen):
    """A job as the provider sees it. `progress` is 0..100; `retry_after` the seconds it asks us to wait.

    `created_at` is in seconds since 1970 by the provider's clock, None where it does not say.
    """

    job_id: str
    status: JobStatus
    progress: float = 0
    delivery: Delivery | None = None
    error_code: str | None = None
    error: str | None = None
    cost: Amount | None = None
    retry_after: float | None = None
    created_at: float | None = None

    @property
    def charge(self) -> Decimal | None:
        """What the provider says it has charged."""
        return self.cost if self.cost is not None else (self.delivery.cost if self.delivery else None)


class Provider(Protocol):
    """A video service. All errors are of `callsheet.errors.ProviderError`; see there which may be repeated."""

    @property
    def entry(self) -> CatalogueEntry:
        """What it can do, from the catalogue."""

    @property
    def identity(self) -> str:
        """Name and address: a key bought at one identity says nothing of another."""

    async def submit(self, request: AnyRequest, reference: str, media: Mapping[str, bytes]) -> Job | Delivery:
        """Buys. `reference` is idempotency key and client reference; `media` maps sha256 to bytes.

        A `Delivery` is a final reply of a server that has no jobs. Raises `Unsent`, `RateLimited` (nothing was
        accepted), `Rejected`, `Moderated`, and `Ambiguous` for everything after which the order may stand.
        """

    async def poll(self, job_id: str) -> Job:
        """The job now. Raises `Unavailable` when it can't be read, `Rejected` when there is no such job."""

    async def find(self, reference: str) -> Job | None:
        """The job of a client reference, None when the provider knows of none."""

    async def listed(self, request: AnyRequest, since: float) -> list[Job]:
        """Jobs since a time (seconds since 1970) that were ordered with the very fields of `request`.

        Raises `Rejected` (status 404, 405 or 501) when the provider has no list.
        """

    async def upload(self, path: Path, media_type: str) -> str:
        """Gives a file to the provider and gets its address there. Costs nothing; the same bytes have one address.

        Only where the catalogue says that it takes files so; `Incapable` elsewhere.
        """

    async def fetch(self, url: str, path: Path) -> None:
        """Downloads a clip to `path`. Raises `Unavailable` (status 410: the address has expired)."""

    async def cancel(self, job_id: str) -> None:
        """Asks to stop a job."""

    async def close(self) -> None:
        """Gives everything back."""
