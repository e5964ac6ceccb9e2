"""What was spent, what is held, what is in doubt, and what reuse has saved: sums of purchases, without SQL.

Real money and rehearsals never stand in one sum, nor do two currencies: each has a table of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, PlainSerializer

from callsheet.ledger.states import RESERVING, State
from callsheet.ledger.sums import Sale, plain

By = Literal["day", "month", "campaign", "production", "product", "feature", "provider", "tier"]
BY: tuple[By, ...] = get_args(By)
Sum = Annotated[Decimal, PlainSerializer(plain, return_type=str, when_used="json")]

_NAME: dict[By, Callable[[Sale], str | None]] = {
    "day": lambda sale: sale.day,
    "month": lambda sale: sale.day[:7],
    "campaign": lambda sale: sale.campaign,
    "production": lambda sale: sale.production,
    "product": lambda sale: sale.product,
    "feature": lambda sale: sale.feature,
    "provider": lambda sale: sale.provider,
    "tier": lambda sale: sale.tier,
}


class Sums(BaseModel):
    """The money of some purchases, in one currency.

    `spent` is what the provider has charged. `reserved` and `in_doubt` are the quoted prices of what is under way and
    of what nobody knows the fate of. These three are held against the caps; together they are `committed`.

    `without_clip` is the part of `spent` for which no clip came, `above_quote` the part by which charges were above
    their quotes. `besides` counts orders that the provider has taken a second time; `besides_quoted` is what they cost
    if it has charged them as quoted: the ledger has no word of its own on that, so it is in no other sum.
    `reuses` counts productions that use a clip without paying for it; `saved` is what they would have paid.
    """

    model_config = ConfigDict(frozen=True)

    name: str | None = None
    purchases: int = 0
    spent: Sum = Decimal(0)
    reserved: Sum = Decimal(0)
    in_doubt: Sum = Decimal(0)
    committed: Sum = Decimal(0)
    without_clip: Sum = Decimal(0)
    above_quote: Sum = Decimal(0)
    besides: int = 0
    besides_quoted: Sum = Decimal(0)
    reuses: int = 0
    saved: Sum = Decimal(0)


class MoneyTable(BaseModel):
    """One kind of money in one currency: a row for each name, in order of the names, and their total."""

    model_config = ConfigDict(frozen=True)

    rehearsal: bool
    currency: str
    rows: tuple[Sums, ...]
    total: Sums


class Report(BaseModel):
    """The tables, real money first. `since` and `until` are days, both included; None: from the first, to the last."""

    model_config = ConfigDict(frozen=True)

    by: By
    since: str | None
    until: str | None
    tables: tuple[MoneyTable, ...]


def report(sales: Iterable[Sale], by: By, *, since: str | None = None, until: str | None = None) -> Report:
    """The sums of `sales`, grouped by `by`. The days only say for which time the sales were asked."""
    tables: dict[tuple[bool, str], list[Sale]] = defaultdict(list)
    for sale in sales:
        tables[sale.rehearsal, sale.currency].append(sale)
    return Report(
        by=by,
        since=since,
        until=until,
        tables=tuple(_table(rehearsal, currency, tables[rehearsal, currency], by)
                     for rehearsal, currency in sorted(tables)),
    )  # fmt: skip


def _table(rehearsal: bool, currency: str, sales: Sequence[Sale], by: By) -> MoneyTable:
    groups: dict[str | None, list[Sale]] = defaultdict(list)
    for sale in sales:
        groups[_NAME[by](sale)].append(sale)
    names = sorted(groups, key=lambda name: (name is None, name or ""))
    rows = tuple(_sums(name, groups[name]) for name in names)
    return MoneyTable(rehearsal=rehearsal, currency=currency, rows=rows, total=_sums(None, sales))


def _sums(name: str | None, sales: Sequence[Sale]) -> Sums:
    spent = _add(sale.charged for sale in sales if sale.charged is not None)
    held = [sale for sale in sales if sale.charged is None and sale.state in RESERVING]
    reserved = _add(sale.quoted for sale in held if sale.state is not State.IN_DOUBT)
    in_doubt = _add(sale.quoted for sale in held if sale.state is State.IN_DOUBT)
    charged = [(sale, sale.charged) for sale in sales if sale.charged is not None]
    settled = [(sale, charge) for sale, charge in charged if sale.state is State.SETTLED]
    ended = (State.FAILED, State.MODERATED)
    return Sums(
        name=name,
        purchases=len(sales),
        spent=spent,
        reserved=reserved,
        in_doubt=in_doubt,
        committed=spent + reserved + in_doubt,
        without_clip=_add(charge for sale, charge in charged if sale.state in ended),
        above_quote=_add(charge - sale.quoted for sale, charge in charged if charge > sale.quoted),
        besides=sum(sale.besides for sale in sales),
        besides_quoted=_add(sale.quoted * sale.besides for sale in sales),
        reuses=sum(sale.others for sale, _ in settled),
        saved=_add(charge * sale.others for sale, charge in settled),
    )


def _add(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
