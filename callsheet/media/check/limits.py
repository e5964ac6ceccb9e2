"""The limits that hold on every platform: `callsheet/data/check.json`, each with its source."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

from callsheet.media.check.report import Point


class Limit(BaseModel):
    """What a measured number may be at most, or at least."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at_most: float | None = None
    at_least: float | None = None
    unit: str
    source: str
    read_on: str

    @property
    def words(self) -> str:
        least, most = self.at_least, self.at_most
        return (f"at least {least:g} {self.unit}" if most is None else f"at most {most:g} {self.unit}").strip()

    def allows(self, value: float) -> bool:
        # A measured 0.1 is not always the 0.1 that was written down.
        slack = 1e-6
        return (self.at_most is None or value <= self.at_most + slack) and (
            self.at_least is None or value >= self.at_least - slack
        )


class Reading(BaseModel):
    """Characters that are read in a second: wide ones (Chinese, Japanese, Korean) and narrow ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    wide: float = Field(gt=0)
    narrow: float = Field(gt=0)
    unit: str
    source: str
    read_on: str


class Share(BaseModel):
    """A part of something, 0 to 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: float = Field(gt=0, le=1)
    source: str
    read_on: str


class Limits(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    note: str
    limits: dict[str, Limit]
    short_side: Share
    reading: Reading


@cache
def limits() -> Limits:
    data = files("callsheet").joinpath("data/check.json").read_text("utf-8")
    return Limits.model_validate(json.loads(data))


def held(name: str, value: float, limit: str | None = None, note: str = "") -> Point:
    """The point `name`, whose value is held against the limit of that name, or of the name `limit`."""
    against = limits().limits[limit or name]
    rounded = round(value, 3) if isinstance(value, float) else value
    passed = against.allows(value)
    return Point(name=name, value=rounded, limit=against.words, unit=against.unit, passed=passed, note=note)
