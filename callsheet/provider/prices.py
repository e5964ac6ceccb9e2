"""Price lists of one's own: what a relay's operator takes, what a contract says, what a machine costs.

One goes before the list of the catalogue wherever its provider is priced. It is read once, when the settings are made,
and of its versions only the one that holds on that day is kept; its digest is in every plan that it prices.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError, field_validator

from callsheet.canonical import digest
from callsheet.errors import Fault, SettingsError
from callsheet.features import FEATURES
from callsheet.money import PriceList, PriceVersion, exact, price_step
from callsheet.provider.catalogue import catalogue
from callsheet.validation import faults_of

LARGEST_LIST = 1024 * 1024
"""Bytes: far above any honest list, far below what would hurt."""
_SIZE = re.compile(r"\d{2,4}x\d{2,4}")
_AS_TEXT = PlainSerializer(str, return_type=str, when_used="json")

Rate = Annotated[Decimal, Field(ge=0, le=100_000, decimal_places=9), BeforeValidator(exact), _AS_TEXT]
Share = Annotated[Decimal, Field(ge=0, le=1, decimal_places=9), BeforeValidator(exact), _AS_TEXT]


def _steps(value: Any) -> Any:
    """The table with its steps in lower case. Raises `ValueError` for one that nothing is sold at."""
    if not isinstance(value, Mapping):
        return value
    table: dict[str, Any] = {}
    for name, rate in value.items():
        step = str(name).strip().lower()
        if price_step(step) != step and not _SIZE.fullmatch(step):
            raise ValueError("a price is for 480p, 720p, 1080p, 4K or WIDTHxHEIGHT")
        if step in table:
            raise ValueError(f"it has two prices for {step}")
        table[step] = rate
    return table


Rates = Annotated[dict[str, Rate], BeforeValidator(_steps)]


class OwnVersion(PriceVersion):
    """See `PriceVersion`; a price is not negative and every resolution is one that can be ordered."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    per_second: Rates = Field(default_factory=dict)
    models: dict[str, Rates] = Field(default_factory=dict)
    free: tuple[str, ...] = ()
    batch_discount: dict[str, Share] = Field(default_factory=dict)

    @field_validator("batch_discount")
    @classmethod
    def _priorities(cls, value: dict[str, Decimal]) -> dict[str, Decimal]:
        if not set(value) <= {"normal", "high"}:
            raise ValueError("a discount is for normal or high")
        return value

    @field_validator("free")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not set(value) <= set(FEATURES):
            raise ValueError(f"each must be one of {', '.join(FEATURES)}")
        return value


class OwnPrices(PriceList):
    """A price list that somebody has set for `provider`, a name of the catalogue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(min_length=1, max_length=1000)
    versions: tuple[OwnVersion, ...] = Field(min_length=1, max_length=1000)

    @field_validator("currency")
    @classmethod
    def _iso(cls, value: str) -> str:
        if not re.fullmatch("[A-Z]{3}", value):
            raise ValueError("it must be a currency by its three capital letters, such as USD")
        return value

    @field_validator("provider")
    @classmethod
    def _billed(cls, value: str) -> str:
        real = [name for name, entry in catalogue().items() if not entry["rehearsal"]]
        if value not in real:
            raise ValueError(f"it must be one of {', '.join(real)}")
        return value

    @property
    def name(self) -> str:
        """What a plan calls it: the provider and 12 hex digits of all that decides a price."""
        return f"{self.provider} {digest([self.provider, self.currency, self.versions])[:12]}"

    def held_on(self, day: dt.date) -> Self:
        """The list with nothing but what holds on `day`. Raises `ValueError` when none of it does yet."""
        begun = [version for version in self.versions if version.valid_from <= day]
        if not begun:
            raise ValueError(f"one must hold on {day}")
        return self.model_copy(update={"versions": (max(begun, key=lambda version: version.valid_from),)})


def parse_prices(data: Any, where: str, today: dt.date | None = None) -> OwnPrices:
    """The list of a mapping. Raises `SettingsError` with a line for each wrong field; `where` begins each."""
    if not isinstance(data, Mapping):
        raise _wrong(where, [Fault("(the whole)", type(data).__name__, "a price list is a mapping of names to values")])
    try:
        prices = OwnPrices.model_validate(dict(data))
    except ValidationError as error:
        raise _wrong(where, faults_of(error)) from error
    try:
        return prices.held_on(today or dt.datetime.now(dt.UTC).date())
    except ValueError as error:
        starts = ", ".join(str(version.valid_from) for version in prices.versions)
        raise _wrong(where, [Fault("versions", f"valid_from {starts}", str(error))]) from error


def read_prices(paths: str, today: dt.date | None = None) -> tuple[OwnPrices, ...]:
    """The lists of JSON or YAML files, comma-separated. Raises `SettingsError` with a line for each wrong field."""
    found: dict[str, OwnPrices] = {}
    for path in (Path(part.strip()).expanduser() for part in paths.split(",") if part.strip()):
        where = f"CALLSHEET_PRICES: {path}"
        prices = parse_prices(_text(path, where), where, today)
        if prices.provider in found:
            raise _wrong(where, [Fault("provider", prices.provider, "another list has the prices of it")])
        found[prices.provider] = prices
    return tuple(found.values())


def _text(path: Path, where: str) -> Any:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_LIST + 1)
        if len(data) > LARGEST_LIST:
            raise _wrong(where, [Fault("(the whole)", "its size", f"at most {LARGEST_LIST} bytes are read")])
        return yaml.safe_load(data.decode("utf-8"))
    except OSError as error:
        raise _wrong(where, [Fault("(the whole)", "this path", f"it can't be read: {error.strerror}")]) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise _wrong(
            where, [Fault("(the whole)", "its text", f"it must be YAML or JSON in UTF-8: {reason}")]
        ) from error


def _wrong(where: str, faults: list[Fault]) -> SettingsError:
    return SettingsError("\n".join(f"{where}: {fault}" for fault in faults))
