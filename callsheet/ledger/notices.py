"""Facts that others are told: written where the fact is, in its transaction, and kept until each address has taken it.

An address is named by a digest, as it may hold a secret; who sends knows the addresses from the settings. Facts for
Prefect lie under the name `prefect`.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update

from callsheet.canonical import digest
from callsheet.ledger.clock import moment, stamp
from callsheet.ledger.store import Ledger
from callsheet.ledger.tables import notices, productions
from callsheet.ledger.telling import about_production, tell

LEASE = 60.0
"""Seconds for which a notice belongs to the process that took it: longer than one attempt may last."""


@dataclass(frozen=True)
class Notice:
    """A fact on its way to one address. `attempts` failed before; `webhook_id` is the same at every attempt."""

    webhook_id: str
    address: str
    url: str
    type: str
    resource: str
    body: str
    state: str
    attempts: int
    fault: str | None

    @property
    def about(self) -> str:
        """What a log calls it: the address may hold a secret."""
        return f"the notice {self.type} of {self.resource}"


class NoticeBox:
    """The notices for some addresses, `urls` by their names. Every method is one short transaction."""

    def __init__(self, ledger: Ledger, urls: Mapping[str, str]) -> None:
        self._ledger = ledger
        self._urls = dict(urls)

    async def take(self, sender: str) -> Notice | None:
        """One notice that is due and nobody's, now `sender`'s for `LEASE` seconds; None when there is none."""
        now = self._ledger.clock.now()
        free = notices.c.lease_until.is_(None) | (notices.c.lease_until < stamp(now))
        wanted = select(notices).where(self._due(), notices.c.due_at <= stamp(now), free)
        wanted = wanted.order_by(notices.c.due_at, notices.c.at).limit(1).with_for_update(skip_locked=True)
        async with self._ledger.writing() as connection:
            row = (await connection.execute(wanted)).first()
            if row is None:
                return None
            mine = {"sender": sender, "lease_until": stamp(now + dt.timedelta(seconds=LEASE))}
            same = (notices.c.id == row.id) & (notices.c.address == row.address)
            await connection.execute(update(notices).where(same).values(mine))
        return self._notice(row)

    async def wait(self) -> float | None:
        """Seconds until the next notice can be taken, None when none is due."""
        when = func.coalesce(notices.c.lease_until, notices.c.due_at)
        later = select(func.min(when)).where(self._due(), when > notices.c.due_at)
        sooner = select(func.min(notices.c.due_at)).where(self._due(), notices.c.lease_until.is_(None))
        async with self._ledger.reading() as connection:
            found = [(await connection.execute(one)).scalar_one() for one in (later, sooner)]
        times = [moment(text) for text in found if text is not None]
        return max(0.0, (min(times) - self._ledger.clock.now()).total_seconds()) if times else None

    async def delivered(self, letter: Notice, sender: str) -> None:
        """It was taken by its receiver."""
        await self._settle(letter, sender, "delivered", None, None)

    async def failed(self, letter: Notice, sender: str, fault: str, pause: float | None) -> None:
        """An attempt failed: the next is due in `pause` seconds, or there is none any more."""
        await self._settle(letter, sender, "given_up" if pause is None else "due", fault[:1000], pause)

    async def release(self, sender: str) -> None:
        """Gives up what a sender that stops had taken, so that the next one need not wait for its lease."""
        free = {"sender": None, "lease_until": None}
        async with self._ledger.writing() as connection:
            await connection.execute(update(notices).where(notices.c.sender == sender).values(free))

    async def _settle(self, letter: Notice, sender: str, state: str, fault: str | None, pause: float | None) -> None:
        values = {"state": state, "fault": fault, "attempts": letter.attempts + 1, "sender": None, "lease_until": None}
        if pause is not None:
            values["due_at"] = self._ledger.clock.stamp(pause)
        same = (notices.c.id == letter.webhook_id) & (notices.c.address == letter.address)
        mine = same & (notices.c.sender == sender) & (notices.c.state == "due")
        async with self._ledger.writing() as connection:
            await connection.execute(update(notices).where(mine).values(values))

    def _due(self) -> ColumnElement[bool]:
        return (notices.c.state == "due") & notices.c.address.in_(list(self._urls))

    def _notice(self, row: Any) -> Notice:
        return notice_of(row, self._urls[row.address])


def notice_of(row: Any, url: str = "") -> Notice:
    """The notice of a row."""
    fields = {
        name: getattr(row, name) for name in ("address", "type", "resource", "body", "state", "attempts", "fault")
    }
    return Notice(webhook_id=row.id, url=url, **fields)


async def all_notices(ledger: Ledger) -> list[Notice]:
    """Every notice, the oldest first."""
    async with ledger.reading() as connection:
        rows = await connection.execute(select(notices).order_by(notices.c.at, notices.c.id, notices.c.address))
        return [notice_of(row) for row in rows]


async def forget_notices(ledger: Ledger, before: dt.datetime, *, remove: bool) -> int:
    """How many notices were written before `before`, sent or not; with `remove` they are gone then."""
    old = notices.c.at < stamp(before)
    async with ledger.writing() as connection:
        if remove:
            return (await connection.execute(delete(notices).where(old))).rowcount
        return int((await connection.execute(select(func.count()).select_from(notices).where(old))).scalar_one())


async def tell_of(
    ledger: Ledger, kind: str, data: Mapping[str, Any], *, once: str, id: str | None = None, run: str | None = None
) -> list[str]:
    """Notes the fact `production.<kind>` about a production, or about the open ones of a flow run; gives their names.

    The same fact, by kind, production and `once`, is noted only once.
    """
    column = productions.c
    which = column.id == id if id is not None else (column.run == run) & (column.status == "open")
    async with ledger.writing() as connection:
        rows = list(await connection.execute(select(productions).where(which)))
        await tell(ledger, connection, [about_production(row, kind, data, once=once) for row in rows])
    return [str(row.id) for row in rows]


def event_of(notice: Notice) -> tuple[str, dict[str, Any]]:
    """A notice as an event of Prefect: its name and what it says."""
    return f"callsheet.{notice.type}", dict(json.loads(notice.body)["data"])


def address_name(url: str) -> str:
    """What an address is called in the ledger."""
    return digest([url])[:16]
