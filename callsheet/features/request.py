"""What all requests share: the types of their fields, and the model they derive from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
)

from callsheet.media.footage import Footage
from callsheet.media.images import Media
from callsheet.money import price_step
from callsheet.prompts import style_names

LONGEST_URL = 2000
"""Characters."""
LONGEST_GENERATION = 20
"""Seconds of one generation (APIYI, Sora 2 video generation features, question 4)."""


def _resolution(value: str) -> str:
    price_step(value)
    return value.strip().lower().replace("×", "x")


def _style(value: str) -> str:
    name = value.strip().lower().replace("-", "_").replace(" ", "_")
    if name not in style_names():
        raise ValueError(f"it must be one of {', '.join(style_names())}")
    return name


def _url(value: str) -> str:
    if not re.match(r"^https?://[^\s/]+(/\S*)?$", value):
        raise ValueError("it must be an http or https address")
    return value


Prompt = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Seconds = Annotated[int, Field(ge=1, le=LONGEST_GENERATION)]
Resolution = Annotated[str, AfterValidator(_resolution)]
Style = Annotated[str, AfterValidator(_style)]
Url = Annotated[str, AfterValidator(_url), Field(max_length=2000)]


def _source(value: Any, kinds: tuple[type[Footage | Media], ...]) -> str | Footage | Media:
    """An address, or a file of the bucket by its content."""
    if isinstance(value, kinds):
        return value
    if isinstance(value, dict):
        for kind in kinds:
            if value.get("media_type") in get_args(kind.model_fields["media_type"].annotation):
                return kind.model_validate(value)
    if not isinstance(value, str) or len(value) > LONGEST_URL:
        raise ValueError("it must be an http or https address")
    return _url(value)


_AS_IT_IS = PlainSerializer(lambda value: value, return_type=Any)
VideoSource = Annotated[str | Footage, PlainValidator(lambda value: _source(value, (Footage,))), _AS_IT_IS]
"""A video to work on: an address, or footage in our own bucket, of which an address is made when it is ordered."""
PictureSource = Annotated[
    str | Footage | Media, PlainValidator(lambda value: _source(value, (Footage, Media))), _AS_IT_IS
]
"""A video or an image."""
Share = Annotated[float, Field(ge=0, le=1)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Transition = Literal["cut", "fade", "dissolve"]
Move = Literal["smooth", "cut", "fade"]


class Request(BaseModel):
    """What every feature's request has: its path, its name, what it is billed on, advice that is no error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    path: ClassVar[str]
    sources: ClassVar[tuple[str, ...]] = ()
    """Fields that name clips or pictures by an address; the first is the clip that the request is billed on."""
    feature: str
    seed: int | None = Field(default=None, ge=0, le=2**31 - 1, description="Varies the picture of the same words.")

    @model_serializer(mode="wrap")
    def _without_what_came_later(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A field that was added after purchases had been made stands in no digest while it is not set.

        What was bought before it was added would otherwise not be found again, and be bought once more.
        """
        fields: dict[str, Any] = dump(self)
        if fields.get("seed") is None:
            fields.pop("seed", None)
        return fields

    def wire(self) -> dict[str, Any]:
        """The JSON fields to send, without files and without what was left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"feature"} | self.files().keys())

    def files(self) -> dict[str, Media]:
        """Fields that are sent as file parts; a request that has any is multipart."""
        return {}

    def media(self) -> tuple[Media, ...]:
        """All input media whose bytes must be at hand when the request is sent."""
        return tuple(self.files().values())

    def billed(self) -> tuple[tuple[str, int], ...]:
        """(resolution, seconds) of each thing that is billed. What works on an address says it by `billed_on`."""
        worked_on = getattr(self, self.sources[0]) if self.sources else None
        if isinstance(worked_on, Footage):
            return self.billed_on(worked_on.resolution, worked_on.whole_seconds)
        raise ValueError(f"{self.feature} is billed by the clip it works on")

    def billed_on(self, resolution: str, seconds: int) -> tuple[tuple[str, int], ...]:
        """As `billed`, for a feature whose input has this resolution and length."""
        return self.billed()

    def lent(self) -> tuple[Footage | Media, ...]:
        """Files of the bucket that must have an address before the request can be sent."""
        found = []
        for name in self.sources:
            value = getattr(self, name)
            found += [each for each in (value if isinstance(value, tuple) else (value,)) if not isinstance(each, str)]
        return tuple(dict.fromkeys(found))

    def addressed(self, addresses: Mapping[str, str]) -> Self:
        """The request with the address of each such file, by its sha256, in its place."""

        def address(value: Any) -> Any:
            if isinstance(value, tuple):
                return tuple(address(each) for each in value)
            return value if isinstance(value, str) else addresses[value.sha256]

        changed = {name: address(getattr(self, name)) for name in self.sources}
        return self.model_copy(update=changed) if changed else self

    def advice(self) -> list[str]:
        """Warnings: what is allowed, but not wise."""
        return []
