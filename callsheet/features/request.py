"""What all requests share: the types of their fields, and the model they derive from."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
)

from callsheet.media.images import Media
from callsheet.money import price_step
from callsheet.prompts import style_names

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
Share = Annotated[float, Field(ge=0, le=1)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Transition = Literal["cut", "fade", "dissolve"]
Move = Literal["smooth", "cut", "fade"]


class Request(BaseModel):
    """What every feature's request has: its path, its name, what it is billed on, advice that is no error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    path: ClassVar[str]
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
        """(resolution, seconds) of each thing that comes out. A feature that works on a clip says it by `billed_on`."""
        raise ValueError(f"{self.feature} is billed by the clip it works on")

    def billed_on(self, resolution: str, seconds: int) -> tuple[tuple[str, int], ...]:
        """As `billed`, for a feature whose input has this resolution and length."""
        return self.billed()

    def advice(self) -> list[str]:
        """Warnings: what is allowed, but not wise."""
        return []
