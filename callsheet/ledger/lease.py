"""Who works on a purchase: one holder at a time, over processes and machines, renewed while it lives.

A lease that is not renewed runs out and is adopted by whoever comes next. Every write of a holder is refused once it
has lost its lease, so a process that was suspended can't write over its heir's work.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
import time
import uuid
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from callsheet.errors import LeaseLost, Unavailable
from callsheet.ledger.clock import moment, steady
from callsheet.ledger.states import State

if TYPE_CHECKING:
    from callsheet.ledger.entry import Entry
    from callsheet.ledger.store import Ledger

LEASE = 60.0
"""Seconds after which another process may take over from one that has died. Renewed every third of it."""
LONGEST_SENDING = 6 * 3600.0
"""Seconds after the lease's end for which a living process is taken to be still sending."""
FIRST_LOOK, LONGEST_LOOK = 0.2, 2.0
"""Seconds between two looks at a purchase that somebody else works on."""


@cache
def _machine() -> str:
    """This machine since its start, and the space in which process numbers count: containers may share a host name."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
        space = re.sub(r"\D", "", str(Path("/proc/self/ns/pid").readlink()))
    except OSError:
        boot, space = "", ""
    return f"{socket.gethostname()[:40]}.{boot}.{space}"


def _born(pid: int) -> str:
    """When a process of this machine began, in the kernel's own count; empty where there is none or nobody says."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]


def owner_name() -> str:
    """A new name for a holder in this process: machine, process, its birth, and a random part."""
    return f"{_machine()}:{os.getpid()}:{_born(os.getpid())}:{uuid.uuid4().hex[:12]}"


def lives(owner: str) -> bool | None:
    """Whether the process behind a name runs; None where nobody here can know: it is another machine's."""
    machine, _, rest = owner.partition(":")
    pid, _, rest = rest.partition(":")
    born = rest.partition(":")[0]
    if machine != _machine() or not born or not pid.isdigit():
        return None
    return _born(int(pid)) == born


def adoptable(entry: Entry, now: str) -> bool:
    """Whether somebody else may take over: at once from a process that is no more, else when the lease has run out.

    An order that is just being sent is not taken from a process that lives, even when clocks disagree: the provider
    might truthfully not know it yet. Its own time limits end the sending long before `LONGEST_SENDING`.
    """
    if entry.lease_owner is None:
        return True
    alive = lives(entry.lease_owner)
    if alive is False:
        return True
    if entry.lease_until is None:
        return True
    past = (moment(now) - moment(entry.lease_until)).total_seconds()
    return past > (LONGEST_SENDING if entry.state is State.SUBMITTING and alive else 0)


class Lease:
    """A held lease. `fresh` says whether it certainly still runs."""

    def __init__(self, key: str, owner: str, task: asyncio.Task[object]) -> None:
        self.key, self.owner, self.task = key, owner, task
        self.lost = False
        self.ended = False
        """Set when the purchase has ended: the ledger has given the lease back with that."""
        self.renewed = (steady(), time.time())

    def touch(self) -> None:
        """It was renewed now."""
        self.renewed = (steady(), time.time())

    @property
    def fresh(self) -> bool:
        """False when half of its time has gone by either clock: then nothing may be sent on it before it is renewed."""
        return max(steady() - self.renewed[0], time.time() - self.renewed[1]) < LEASE / 2

    def lose(self) -> None:
        """Stops whoever holds it."""
        self.lost = True
        self.task.cancel()


class Leases:
    """All leases that one process holds at one ledger, renewed together by one task."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.owner = owner_name()
        self._held: dict[str, Lease] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self._renewal: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def held(self, key: str, *, deadline: float | None) -> AsyncIterator[Lease | None]:
        """Works on `key` alone while the block runs; None when it was settled by somebody else meanwhile.

        Without a `deadline` (seconds of the running loop) it does not wait. Raises `Unavailable` when somebody else
        holds it too long, `LeaseLost` when it was lost within the block.
        """
        turn = self._turns.setdefault(key, asyncio.Lock())
        if deadline is None and turn.locked():
            raise Unavailable(f"{key[:12]}: it is worked on already")
        async with turn:
            if not await self._obtain(key, deadline):
                yield None
                return
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 - a coroutine always runs in one
            lease = self._held[key] = Lease(key, self.owner, task)
            if self._renewal is None or self._renewal.done() or self._renewal.cancelling():
                self._renewal = asyncio.create_task(self._renew())
            try:
                yield lease
            except asyncio.CancelledError:
                if lease.lost and task.uncancel() == 0:
                    raise LeaseLost(f"{key[:12]}: its lease was lost; another process goes on with it") from None
                raise
            finally:
                del self._held[key]
                if not self._held and self._renewal is not None:
                    self._renewal.cancel()
                if not lease.lost and not lease.ended:
                    await asyncio.shield(self._ledger.release(key, self.owner))

    async def _obtain(self, key: str, deadline: float | None) -> bool:
        """Takes the lease; False when the purchase is settled and nothing is left to do."""
        pause = FIRST_LOOK
        while not await self._ledger.lease(key, self.owner, LEASE):
            if deadline is None or asyncio.get_running_loop().time() > deadline:
                raise Unavailable(f"{key[:12]}: another process works on it; run again to go on")
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_LOOK)
            entry = await self._ledger.get(key)
            if entry is not None and entry.state is State.SETTLED:
                return False
        return True

    async def _renew(self) -> None:
        while self._held:
            await asyncio.sleep(LEASE / 3 / 4)
            due = [lease for lease in self._held.values() if steady() - lease.renewed[0] > LEASE / 3]
            if not due:
                continue
            try:
                kept = await self._ledger.renew([lease.key for lease in due], self.owner, LEASE)
            except (SQLAlchemyError, OSError, Unavailable):
                kept = None  # the database may come back before the leases run out
            for lease in due:
                if lease.ended or self._held.get(lease.key) is not lease:
                    continue  # its purchase has ended meanwhile, and its task does something else
                if kept is not None and lease.key in kept:
                    lease.touch()
                elif kept is not None or steady() - lease.renewed[0] > LEASE * 0.9:
                    lease.lose()
