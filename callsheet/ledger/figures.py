"""What the ledger says about all processes together, as numbers for a monitoring system."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import func, select

from callsheet.ledger.clock import moment
from callsheet.ledger.states import RESERVING, State
from callsheet.ledger.store import Ledger
from callsheet.ledger.tables import history, notices, productions, purchases

Labels = tuple[str, ...]


@dataclass
class Figures:
    """Sums by their labels. Money is in its currency, times are in seconds.

    `purchases` by provider, feature, money and state; `charged`, `reserved` by provider, money and currency; `waits`,
    `waited` and `clip_seconds` of what was delivered, by provider and feature; `oldest` by provider and state, of what
    is not finished; `productions` by kind and status; `notices` by type and state.
    """

    purchases: dict[Labels, int] = field(default_factory=lambda: defaultdict(int))
    charged: dict[Labels, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    reserved: dict[Labels, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    waits: dict[Labels, int] = field(default_factory=lambda: defaultdict(int))
    waited: dict[Labels, float] = field(default_factory=lambda: defaultdict(float))
    clip_seconds: dict[Labels, float] = field(default_factory=lambda: defaultdict(float))
    oldest: dict[Labels, float] = field(default_factory=dict)
    productions: dict[Labels, int] = field(default_factory=dict)
    notices: dict[Labels, int] = field(default_factory=dict)


async def figures(ledger: Ledger) -> Figures:
    """All of it, as it stands. The provider is named without its address."""
    found, now = Figures(), ledger.clock.now()
    column = purchases.c
    wanted = (
        column.key,
        column.state,
        column.feature,
        column.provider,
        column.rehearsal,
        column.currency,
        column.quoted,
        column.charged,
        column.assets,
        column.created_at,
    )
    async with ledger.reading() as connection:
        rows = (await connection.execute(select(*wanted))).all()
        marked = history.c.event.in_(["submit"]) | history.c.state.in_(["ready"])
        events = (await connection.execute(select(history).where(marked).order_by(history.c.id))).all()
        kinds = (productions.c.kind, productions.c.status)
        for row in await connection.execute(select(*kinds, func.count()).group_by(*kinds)):
            found.productions[row[0], row[1]] = row[2]
        states = (notices.c.type, notices.c.state)
        for row in await connection.execute(select(*states, func.count()).group_by(*states)):
            found.notices[row[0], row[1]] = row[2]
    waited = _waits((row.key, row.event, row.at) for row in events)
    for row in rows:
        place, money = row.provider.partition("@")[0], "rehearsal" if row.rehearsal else "real"
        state = State(row.state)
        found.purchases[place, row.feature, money, row.state] += 1
        if row.charged is not None:
            found.charged[place, money, row.currency] += Decimal(row.charged)
        elif state in RESERVING:
            found.reserved[place, money, row.currency] += Decimal(row.quoted)
            age = (now - moment(row.created_at)).total_seconds()
            found.oldest[place, row.state] = max(age, found.oldest.get((place, row.state), 0.0))
        if row.key in waited:
            found.waits[place, row.feature] += 1
            found.waited[place, row.feature] += waited[row.key].total_seconds()
        for asset in row.assets or ():
            found.clip_seconds[place, row.feature] += float(asset.get("probe", {}).get("seconds", 0.0))
    return found


def _waits(events: Iterable[tuple[str, str, str]]) -> dict[str, dt.timedelta]:
    """How long each purchase waited for its result, from its latest order on."""
    sent: dict[str, str] = {}
    found: dict[str, dt.timedelta] = {}
    for key, event, at in events:
        if event == "submit":
            sent[key] = at
        elif key in sent:
            found[key] = moment(at) - moment(sent.pop(key))
    return found
