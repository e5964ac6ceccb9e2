"""What the ledger names in a bucket: what was bought, what productions that are being made were given."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from callsheet.ledger.store import Ledger
from callsheet.ledger.tables import productions, purchases
from callsheet.storage.keys import reply_key

DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
RUN = dt.timedelta(days=2)
"""Longer than a run of a production lasts: what came into the bucket within it may be the run's."""


@dataclass(frozen=True)
class LedgerNames:
    """`keys` by name, `digests` by content, `productions` with all that lies in their folders.

    `spans` are the times (UTC) in which productions that are being made were worked on: a stand-in's clip that came
    then may be theirs, though no row names it. `purchases` are the keys of all purchases.
    """

    keys: frozenset[str] = frozenset()
    digests: frozenset[str] = frozenset()
    productions: frozenset[str] = frozenset()
    spans: tuple[tuple[dt.datetime, dt.datetime], ...] = ()
    purchases: frozenset[str] = frozenset()

    def __or__(self, other: LedgerNames) -> LedgerNames:
        return LedgerNames(
            self.keys | other.keys,
            self.digests | other.digests,
            self.productions | other.productions,
            tuple(dict.fromkeys(self.spans + other.spans)),
            self.purchases | other.purchases,
        )


def words(value: Any) -> Iterable[str]:
    """Every text in a JSON value, wherever in it."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from words(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from words(inner)


async def ledger_names(ledger: Ledger, since: dt.datetime) -> LedgerNames:
    """All that the ledger names. Productions count while they are open, and until `since` after they changed last."""
    keys: set[str] = set()
    digests: set[str] = set()
    bought: set[str] = set()
    making: set[str] = set()
    spans: list[tuple[dt.datetime, dt.datetime]] = []
    columns = purchases.c
    async with ledger.reading() as connection:
        rows = await connection.execute(select(columns.key, columns.attempt, columns.request, columns.assets))
        for row in rows:
            bought.add(row.key)
            keys |= {reply_key(row.key), *(reply_key(f"{row.key}-{n}") for n in range(2, row.attempt + 1))}
            for text in words([row.request, row.assets]):
                digests.update(DIGEST.findall(text))
        for row in await connection.execute(select(productions)):
            at = dt.datetime.fromisoformat(row.updated_at)
            if row.status == "open" or at >= since:
                making.add(row.id)
                keys.update(row.needs or ())
                spans.append((dt.datetime.fromisoformat(row.created_at), at + RUN))
    return LedgerNames(frozenset(keys), frozenset(digests), frozenset(making), tuple(spans), frozenset(bought))
