"""The plan: purchases, works with their timelines and deliverables, and the price, under one digest.

The digest says nothing of the provider, the run or the day: the same brief with the same images at the same prices
has the same digest wherever it is made, and everything that is bought, said, cut or paid is in it.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from callsheet.canonical import digest
from callsheet.features import AnyRequest, ImageToVideo
from callsheet.media.given import Given
from callsheet.media.images import Media
from callsheet.money import Amount, Money
from callsheet.timeline import Timeline


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Basis(_Frozen):
    """The picture that a shot begins with: a frame of a clip that is bought before it."""

    clip: str
    frame: Literal["first", "last"] = "last"

    def to_come(self) -> Media:
        """What stands in the request until that clip is there. No file has this content."""
        return Media(sha256=digest([self.clip, self.frame]), media_type="image/png", bytes=1)


class Purchase(_Frozen):
    """One thing to buy. `clips` are the names by which the timeline calls what comes of it, in the order of the result.

    `take` tells two purchases of the same words apart: another take is another purchase. One with a `basis` is an image
    to video whose image is not there yet; it is ordered when the clip of its basis is.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)
    request: AnyRequest
    clips: tuple[str, ...] = Field(min_length=1)
    take: int = Field(default=1, ge=1)
    price: Money
    basis: Basis | None = None

    def on(self, image: Media) -> Purchase:
        """The purchase as it can be ordered, with the picture that it is based on."""
        if not isinstance(self.request, ImageToVideo):
            raise ValueError(f"{self.id}: only an image to video can be based on a picture to come")
        return self.model_copy(update={"request": self.request.model_copy(update={"image": image}), "basis": None})


class Work(_Frozen):
    """One finished work of a plan: a video with what belongs to it.

    `folder` is where it lies below the production's own, empty for the only work of a plan; `deliverables` are keys
    below it. `platforms` names those for which a rendition is made and checked; with `label` each says in the picture
    that a model made it, also where the platform does not ask for that. `variant` tells works of a test apart,
    axis by axis. `timeline` is as planned; where speech drives the cut, what was cut stands in the manifest.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)
    folder: str = Field(default="", pattern=r"^([a-z0-9][a-z0-9-]*)?$", max_length=60)
    name: str
    language: str
    timeline: Timeline
    deliverables: tuple[str, ...]
    platforms: tuple[str, ...] = ()
    label: bool = False
    variant: dict[str, str] = {}
    publish_at: AwareDatetime | None = None

    def path(self, production_id: str) -> str:
        """The key under which all of it lies."""
        return f"{production_id}/{self.folder}" if self.folder else production_id


class Further(_Frozen):
    """What may be bought beside the plan when its shots don't belong together: takes for at most `amount`, in the
    currency of the plan, `tries` of one shot, by what is measured of `items`.
    """

    amount: Amount
    tries: int = Field(ge=1)
    items: tuple[str, ...]


class Plan(_Frozen):
    """All that will be bought and made of one brief.

    `inputs` are the images that the purchases need, `given` the files that the timelines show or play as they are.
    """

    kind: str
    slug: str
    name: str
    language: str
    tier: str
    purchases: tuple[Purchase, ...] = Field(min_length=1)
    inputs: tuple[Media, ...] = ()
    given: tuple[Given, ...] = ()
    works: tuple[Work, ...] = Field(min_length=1)
    price_list: str
    further: Further | None = None

    @model_serializer(mode="wrap")
    def _without_what_came_later(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A field that was added later stands in no digest while it is not set: productions are found by their plan."""
        fields: dict[str, Any] = dump(self)
        if fields.get("further") is None:
            fields.pop("further", None)
        return fields

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        several = len(self.works) > 1
        folders = [work.folder for work in self.works]
        if len({work.id for work in self.works}) < len(folders) or len(set(folders)) < len(folders):
            raise ValueError("two works have one name")
        if several and "" in folders:
            raise ValueError("each of several works has a folder of its own")
        known: set[str] = set()
        for purchase in self.purchases:
            if known & set(purchase.clips):
                raise ValueError("two purchases have a clip of one name")
            if purchase.basis is not None and purchase.basis.clip not in known:
                raise ValueError(f"{purchase.id}: {purchase.basis.clip}, on which it is based, is not bought before it")
            known |= set(purchase.clips)
        return self

    @cached_property
    def total(self) -> Money:
        """The price of all purchases together."""
        return Money.total((purchase.price for purchase in self.purchases), self.purchases[0].price.currency)

    @property
    def most(self) -> Money:
        """The price with all further takes that may be bought."""
        more = self.further.amount if self.further else 0
        return Money(amount=self.total.amount + more, currency=self.total.currency)

    @property
    def seconds(self) -> float:
        """Length of all works together."""
        return sum(work.timeline.seconds for work in self.works)

    @property
    def shown(self) -> frozenset[str]:
        """The clips that are used in any of the works."""
        return frozenset(clip for work in self.works for clip in work.timeline.clips)

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
