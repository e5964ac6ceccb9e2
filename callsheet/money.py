"""Money and price lists. An amount is always a `Decimal` with a currency; a float never becomes money.

Price lists are data (`callsheet/data/prices/*.json`), each with its source, the day it was read and, for each version,
the day from which it holds. `callsheet.provider.prices` reads lists of one's own, which go before them.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from importlib import resources
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from callsheet.errors import Incapable, SettingsError

CENT = Decimal("0.01")


def exact(value: Any) -> Decimal:
    """A `Decimal` from a Decimal, an int or text. A float is refused: it has already lost what was meant."""
    if isinstance(value, float | bool):
        raise ValueError(f"{value} is a {type(value).__name__}; money is written as text or as a whole number")
    try:
        amount = Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        raise ValueError("it must be a decimal number such as 12.50") from None
    if not amount.is_finite():
        raise ValueError("it must be a decimal number such as 12.50")
    return amount


Amount = Annotated[Decimal, BeforeValidator(exact), PlainSerializer(str, return_type=str, when_used="json")]


class Money(BaseModel):
    """An amount in one currency (ISO 4217). Adding or comparing two currencies is a `ValueError`."""

    model_config = ConfigDict(frozen=True)

    amount: Amount
    currency: str = Field(pattern=r"^[A-Z]{3}$")

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(amount=Decimal(0), currency=currency)

    @classmethod
    def total(cls, parts: Iterable[Money], currency: str) -> Money:
        """The sum of `parts`, zero in `currency` when there are none."""
        result = Money.zero(currency)
        for part in parts:
            result = result + part
        return result

    def _same(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            raise ValueError(f"{self} and {other} are of two currencies")
        return other.amount

    def __add__(self, other: Money) -> Money:
        return Money(amount=self.amount + self._same(other), currency=self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(amount=self.amount - self._same(other), currency=self.currency)

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def rounded(self) -> Money:
        """To the cent, halves away from zero, as invoices are."""
        return Money(amount=self.amount.quantize(CENT, ROUND_HALF_UP), currency=self.currency)

    def __str__(self) -> str:
        return f"{self.amount.quantize(CENT, ROUND_HALF_UP)} {self.currency}"


# Short side in pixels -> the step of the price list that it is sold at.
STEPS = {480: "480p", 720: "720p", 1080: "1080p", 2160: "4k"}
ASPECTS = {"16:9": (16, 9), "9:16": (9, 16), "1:1": (1, 1), "4:5": (4, 5)}
_SIZE = re.compile(r"^(\d{2,4})[xX×](\d{2,4})$")


def price_step(resolution: str) -> str:
    """`480p` `720p` `1080p` `4k` for a resolution or for a size such as `1080x1350`, which is priced by its short side.

    A short side between two steps is priced at the higher one. Raises `ValueError` for what is no resolution.
    """
    name = resolution.strip().lower()
    if name in STEPS.values():
        return name
    size = _SIZE.match(name)
    if size:
        short = min(int(size[1]), int(size[2]))
        for side, step in STEPS.items():
            if short <= side:
                return step
    raise ValueError("it must be 480p, 720p, 1080p, 4K or WIDTHxHEIGHT with a short side of at most 2160")


def frame_size(resolution: str, aspect: str = "16:9") -> tuple[int, int]:
    """Width and height in pixels, both even, of a resolution at an aspect; a written-out size is itself."""
    size = _SIZE.match(resolution.strip())
    if size:
        price_step(resolution)
        return int(size[1]) // 2 * 2, int(size[2]) // 2 * 2
    step = price_step(resolution)
    short = next(side for side, name in STEPS.items() if name == step)
    across, down = ASPECTS[aspect]
    if across >= down:
        return round(short * across / down / 2) * 2, short
    return short, round(short * down / across / 2) * 2


class PriceVersion(BaseModel):
    """Prices that hold from one day on, by step of resolution or by written-out size, which goes before.

    `models` has the prices of models that are sold at others than `per_second`.
    """

    model_config = ConfigDict(frozen=True)

    valid_from: dt.date
    per_second: dict[str, Amount]
    models: dict[str, dict[str, Amount]] = {}
    free: tuple[str, ...] = ()
    batch_discount: dict[str, Amount] = {}


class PriceList(BaseModel):
    """One provider's prices, linear in seconds, by resolution."""

    model_config = ConfigDict(frozen=True)

    provider: str
    currency: str
    source: str
    read_on: dt.date
    versions: tuple[PriceVersion, ...]

    @property
    def name(self) -> str:
        """What a plan calls it."""
        return self.provider

    @property
    def newest(self) -> dt.date:
        """The day from which the newest prices hold."""
        return max(version.valid_from for version in self.versions)

    def on(self, day: dt.date) -> PriceVersion:
        """The version that holds on `day`: the newest that has begun, or the oldest."""
        begun = [version for version in self.versions if version.valid_from <= day]
        return max(begun or self.versions[:1], key=lambda version: version.valid_from)

    def price(
        self,
        feature: str,
        resolution: str,
        seconds: int | Decimal,
        *,
        day: dt.date | None = None,
        model: str | None = None,
    ) -> Money:
        """What `seconds` of `feature` cost at `resolution`, of the cheapest model where none is named.

        Raises `Incapable` for a resolution that has no price.
        """
        version = self.on(day or self.newest)
        if feature in version.free:
            return Money.zero(self.currency)
        prices = version.models.get(model or "", version.per_second)
        rate = prices.get(resolution.strip().lower(), prices.get(price_step(resolution)))
        if rate is None:
            known = ", ".join(prices) or "nothing"
            raise Incapable(f"the price list {self.provider} has no price for {resolution}; it has {known}")
        return Money(amount=rate * Decimal(seconds), currency=self.currency)


@cache
def price_list(name: str) -> PriceList:
    """The price list `callsheet/data/prices/<name>.json`. Raises `SettingsError` when there is none of that name."""
    file = resources.files("callsheet").joinpath("data", "prices", f"{name}.json")
    if not file.is_file():
        raise SettingsError(f"there is no price list named {name!r}")
    return PriceList.model_validate(json.loads(file.read_text(encoding="utf-8")))
