"""A person's word on a purchase in doubt: it was bought, or it was not. Who said so stays in its history."""

from __future__ import annotations

import getpass
import os
import socket
from typing import TYPE_CHECKING, Any, Literal

from callsheet.errors import Rejected, SettingsError
from callsheet.ledger.entry import Entry
from callsheet.ledger.queries import entries, known_jobs
from callsheet.ledger.states import Event, State
from callsheet.ledger.store import Ledger

if TYPE_CHECKING:
    from callsheet.desk import Desk

How = Literal["bought", "lost"]
SHOWN = 8
"""How many purchases an error lists."""


async def find(ledger: Ledger, key_prefix: str) -> Entry:
    """The one purchase whose key begins so. Raises `SettingsError` that lists those that do when it is not one."""
    prefix = key_prefix.strip().lower()
    found = await entries(ledger, key=prefix) if prefix else []
    if len(found) == 1:
        return found[0]
    if not found:
        raise SettingsError(
            f"KEY: {key_prefix!r} is not allowed; it must be the beginning of a key that `callsheet ledger list` shows"
        )
    raise SettingsError(f"KEY: {key_prefix} is not allowed; it must be the beginning of one key of: {_listed(found)}")


def _listed(found: list[Entry]) -> str:
    shown = [f"{entry.key[:16]} ({entry.production_id}/{entry.purchase_id}, {entry.state})" for entry in found[:SHOWN]]
    return ", ".join(shown) + (f" and {len(found) - SHOWN} more" if len(found) > SHOWN else "")


async def in_doubt(ledger: Ledger, key_prefix: str) -> Entry:
    """The purchase of this key, which has to be in doubt: `SettingsError` lists those that are."""
    entry = await find(ledger, key_prefix)
    if entry.state is not State.IN_DOUBT:
        doubts = await entries(ledger, states=(State.IN_DOUBT,))
        raise SettingsError(
            f"KEY: {entry.key[:12]} is {entry.state}, not in_doubt; in doubt: {_listed(doubts) or 'nothing'}"
        )
    return entry


async def resolve(
    ledger: Ledger, key_prefix: str, how: How, job_id: str | None = None, note: str = "", by: str | None = None
) -> Entry:
    """Ends the doubt about the purchase whose key begins with `key_prefix`, on the word of `by` (whoever runs this).

    `lost`: it is to be ordered again by the next run that wants it. `bought` with the provider's `job_id`: the next run
    fetches it. `bought` without: it is charged at its quote, and there is no clip. Raises `SettingsError` for a key
    that is not one of a purchase in doubt, and for a job that belongs to another purchase; `LeaseLost` when somebody
    else has said it meanwhile.
    """
    entry = await in_doubt(ledger, key_prefix)
    said = f"by {by or who()}" + (f": {note}" if note else "")
    if how == "lost":
        if job_id is not None:
            raise SettingsError(f"--job: {job_id} is not allowed; what was lost has no job")
        return await lose(ledger, entry, said)
    if job_id is None:
        error = f"written off {said}; its clip can't be fetched"[:1000]
        return await ledger.happen(entry, Event.WRITTEN_OFF, said, charged=entry.charged or entry.quoted, error=error)
    if job_id != entry.job_id and await known_jobs(ledger, entry.provider, [job_id]):
        raise SettingsError(f"--job: {job_id} is not allowed; another purchase has it already")
    return await ledger.happen(entry, Event.BOUGHT, f"job {job_id}, {said}", job_id=job_id, error=None)


async def lose(ledger: Ledger, entry: Entry, note: str) -> Entry:
    """Takes a purchase in doubt for lost: it may be ordered again.

    Under the same name at the provider where no job was ever named, so that an order which turns up after all is the
    same order; under a new one where its job is gone.
    """
    gone: dict[str, Any] = {"error": None, "job_id": None, "result": None, "charged": None}
    attempt = entry.attempt if entry.job_id is None else entry.attempt + 1
    return await ledger.happen(entry, Event.LOST, note, attempt=attempt, **gone)


async def check_job(desk: Desk, entry: Entry, job_id: str) -> None:
    """Asks the provider for a job before it is written down. Raises `SettingsError` when it knows of none.

    A wrong job would bind the purchase to something that can never be fetched.
    """
    if entry.provider != desk.identity:
        raise SettingsError(
            f"--job: it was ordered from {entry.provider} and the settings name {desk.identity}; "
            "set CALLSHEET_PROVIDER and CALLSHEET_PROVIDER_URL to the one that has the job"
        )
    try:
        await desk.provider.poll(job_id)
    except Rejected as error:
        raise SettingsError(f"--job: {job_id} is not allowed; {entry.provider} says: {error.message}") from error


def who() -> str:
    """The person who runs this process, as far as the system knows: `NAME@HOST`."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a container may run as a number without a name
        name = str(os.getuid())
    return f"{name}@{socket.gethostname()}"
