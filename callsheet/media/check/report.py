"""What a check reports: one point for each thing that was measured, and whether the file passes."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, computed_field, model_validator

Value = str | int | float | bool


class Point(BaseModel):
    """One measured thing. `passed` is None where the platform asks for nothing and the value only informs; `limit` is
    what it asks for, in words. `note` says where or why, in one line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    value: Value | None
    limit: str | None
    unit: str = ""
    passed: bool | None
    note: str = ""

    def __str__(self) -> str:
        limit = "" if self.limit is None else f", allowed {self.limit}"
        note = f" ({self.note})" if self.note else ""
        return f"{self.name}: {shown(self.value, self.unit)}{limit}{note}"


class Report(BaseModel):
    """A file measured against a platform. `checked_as` is the day on which the platform's rules were read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    file: str
    sha256: str
    platform: str
    rules_read_on: str
    points: tuple[Point, ...]

    @model_validator(mode="before")
    @classmethod
    def _judged_again(cls, data: object) -> object:
        """`passed` is written for readers; read back, it follows from the points."""
        return {key: value for key, value in data.items() if key != "passed"} if isinstance(data, dict) else data

    @computed_field  # type: ignore[prop-decorator]
    @property
    def passed(self) -> bool:
        return not self.failures

    @property
    def failures(self) -> tuple[Point, ...]:
        return tuple(point for point in self.points if point.passed is False)


def shown(value: Value | None, unit: str = "") -> str:
    """A value as a person reads it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        text = f"{value:,.2f}".rstrip("0").rstrip(".")
    else:
        text = f"{value:,}" if isinstance(value, int) and value >= 100_000 else str(value)
    return f"{text} {unit}".strip() if not isinstance(value, str) else text
