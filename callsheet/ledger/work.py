"""One purchase in hand: the desk it is made at, the lease on it, the time it has, and who pays."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from callsheet import progress
from callsheet.budget import Caps
from callsheet.desk import Desk
from callsheet.ledger.caps import Account
from callsheet.ledger.entry import Entry
from callsheet.ledger.lease import Lease
from callsheet.ledger.states import Event
from callsheet.ledger.store import LEASED


@dataclass
class Work:
    """`name` is what the purchase is called to whoever watches; `deadline` is in seconds of the running loop.

    `account` and `caps` are None for one who only goes on with what was ordered: such work never sends a new order.
    """

    desk: Desk
    lease: Lease
    name: str
    deadline: float
    account: Account | None = None
    caps: Caps | None = None
    sendings: int = 0

    async def record(self, entry: Entry, what: Event, note: str = "", **values: Any) -> Entry:
        """Writes down what happened, if the lease is still held."""
        entry = await self.desk.ledger.happen(entry, what, note, owner=self.lease.owner, **values)
        self.lease.ended = entry.state not in LEASED
        return entry

    def tell(self, state: str, **news: Any) -> None:
        """Tells whoever watches."""
        progress.report(self.name, state, **news)

    def left(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - asyncio.get_running_loop().time()
