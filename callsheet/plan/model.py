"""The plan: purchases, timeline, deliverables and price, under one digest.

The digest says nothing of the provider, the run or the day: the same brief with the same images at the same prices
has the same digest wherever it is made, and everything that is bought, said, cut or paid is in it.
"""

from __future__ import annotations

from functools import cached_property

from pydantic import BaseModel, ConfigDict, Field

from callsheet.canonical import digest
from callsheet.features import AnyRequest
from callsheet.media.images import Media
from callsheet.money import Money
from callsheet.timeline import Timeline


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Purchase(_Frozen):
    """One thing to buy. `clips` are the names by which the timeline calls what comes of it, in the order of the result.

    `take` tells two purchases of the same words apart: another take is another purchase.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)
    request: AnyRequest
    clips: tuple[str, ...] = Field(min_length=1)
    take: int = Field(default=1, ge=1)
    price: Money


class Plan(_Frozen):
    """All that will be bought and made of one brief.

    `deliverables` are keys below the production's own; `inputs` the images that the purchases need.
    """

    kind: str
    slug: str
    name: str
    language: str
    tier: str
    purchases: tuple[Purchase, ...] = Field(min_length=1)
    inputs: tuple[Media, ...] = ()
    timeline: Timeline
    deliverables: tuple[str, ...]
    price_list: str

    @cached_property
    def total(self) -> Money:
        """The price of all purchases together."""
        return Money.total((purchase.price for purchase in self.purchases), self.purchases[0].price.currency)

    @property
    def features(self) -> set[str]:
        """What a provider must offer."""
        return {purchase.request.feature for purchase in self.purchases}

    @cached_property
    def digest(self) -> str:
        """64 hex digits over everything above; other for anything that matters, equal for another order of keys."""
        return digest(self)

    def production_id(self, provider: str) -> str:
        """Where the work of this plan, bought from `provider`, lives: `<slug>-<12 hex digits>`.

        The same plan bought elsewhere is another production: a rehearsal never passes for the real one.
        """
        return f"{self.slug}-{digest([self.digest, provider])[:12]}"

    def advice(self) -> list[str]:
        """Warnings of all requests, each with the purchase it is about."""
        return [f"{purchase.id}.{line}" for purchase in self.purchases for line in purchase.request.advice()]
