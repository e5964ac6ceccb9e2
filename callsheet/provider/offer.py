"""What a provider's catalogue entry says of the models it sells and of the ways in which its server is peculiar."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Model(_Facts):
    """A model that is sold. What is None is not limited, or not known.

    `name` None is whatever the server runs. `sizes` are WIDTHxHEIGHT, `seconds` the lengths of one clip that are sold,
    `audio` whether its clips have sound.
    """

    name: str | None = None
    features: tuple[str, ...]
    sizes: tuple[str, ...] | None = None
    seconds: tuple[int, ...] | None = None
    audio: bool | None = None
    price_list: str | None = None
    retired_on: dt.date | None = None

    def sells(self, feature: str, size: str | None, seconds: int | None) -> bool:
        """Whether `feature` is sold at this size and length; None is what the order leaves to the server."""
        return (
            feature in self.features
            and (size is None or self.sizes is None or size in self.sizes)
            and (seconds is None or self.seconds is None or seconds in self.seconds)
        )

    def __str__(self) -> str:
        lengths = "any length" if self.seconds is None else f"{', '.join(map(str, self.seconds))} s"
        sizes = "any size" if self.sizes is None else ", ".join(self.sizes)
        return f"{self.name or 'its model'} sells {', '.join(self.features)} of {lengths} at {sizes}"


class Quirks(_Facts):
    """How a server of `/v1/videos` departs from the published contract. All off is the contract itself.

    - `multipart_only`: an order in JSON is refused.
    - `needs_model`: an order must name a model, and only whoever runs the server knows which.
    - `seed`: an order may name the seed of its picture, which the contract does not know.
    - `no_list`, `no_delete`: those requests are not there.
    - `failed_is_http_error`: asked for a job that failed, it answers 4xx or 5xx; its list still tells.
    - `result`: where the clip lies: `content` is the contract's own path; otherwise an address in the job, which is
      taken when it is there.
    - `statuses`: its own words for a status.
    """

    multipart_only: bool = False
    needs_model: bool = False
    seed: bool = False
    no_list: bool = False
    no_delete: bool = False
    failed_is_http_error: bool = False
    result: Literal["content", "url", "metadata.url"] = "content"
    statuses: dict[str, Literal["queued", "running", "succeeded", "failed", "cancelled"]] = {}
