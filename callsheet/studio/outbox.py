"""Callbacks that the studio owes, as rows of its books: what is to be sent where, when, and how often it was tried.

A row is written with the order and falls due in the transaction that ends the job, so no end is forgotten. Several
processes may keep one book: who sends a callback holds a lease on it.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

SCHEMA = """
CREATE TABLE IF NOT EXISTS callbacks (
    job_id TEXT PRIMARY KEY REFERENCES jobs (job_id),
    webhook_id TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    state TEXT NOT NULL,
    body TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at REAL NOT NULL DEFAULT 0,
    sender TEXT,
    lease REAL NOT NULL DEFAULT 0,
    fault TEXT
);
CREATE INDEX IF NOT EXISTS callbacks_by_state ON callbacks (state, due_at);
"""
LEASE = 60.0
"""Seconds for which a callback belongs to the process that took it: longer than one attempt may last."""
NOT_ALLOWED = "not_allowed"
"""The state of a callback that is never sent, as its address is none of those that the studio may call."""

Transaction = Callable[[], AbstractContextManager[sqlite3.Connection]]


@dataclass(frozen=True)
class Letter:
    """A callback to send. `attempts` failed before; `webhook_id` is the same at every attempt."""

    job_id: str
    webhook_id: str
    url: str
    state: str
    body: str
    attempts: int
    fault: str | None

    @property
    def about(self) -> str:
        """What a log calls it."""
        return f"the callback of job {self.job_id}"


def expect(db: sqlite3.Connection, job_id: str, url: str, objection: str | None = None) -> None:
    """Notes, with the order, where its end is to be told; with an objection that nobody is told, and why."""
    state = "waiting" if objection is None else NOT_ALLOWED
    db.execute(
        "INSERT INTO callbacks (job_id, webhook_id, url, state, fault) VALUES (?, ?, ?, ?, ?)",
        (job_id, f"msg_{uuid.uuid4().hex}", url, state, objection),
    )


def fall_due(db: sqlite3.Connection, job_id: str, status: str) -> None:
    """The job has ended with `status`: its callback, if it has one, is to be sent from now on."""
    db.execute(
        "UPDATE callbacks SET state = 'due', body = ?, due_at = ? WHERE job_id = ? AND state = 'waiting'",
        (json.dumps({"job_id": job_id, "status": status}, separators=(",", ":")), time.time(), job_id),
    )


class Outbox:
    """The callbacks of one book. Every method is one short transaction, in a thread where it may have to wait."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def take(self, sender: str) -> Letter | None:
        """One callback that is due and nobody's, now `sender`'s for `LEASE` seconds; None when there is none."""
        return await asyncio.to_thread(self._take, sender)

    def _take(self, sender: str) -> Letter | None:
        now = time.time()
        with self._transaction() as db:
            row = db.execute(
                "SELECT * FROM callbacks WHERE state = 'due' AND due_at <= ? AND lease < ? ORDER BY due_at LIMIT 1",
                (now, now),
            ).fetchone()
            if row is None:
                return None
            db.execute(
                "UPDATE callbacks SET sender = ?, lease = ? WHERE webhook_id = ?",
                (sender, now + LEASE, row["webhook_id"]),
            )
            return _letter(row)

    async def wait(self) -> float | None:
        """Seconds until the next callback can be taken, None when none is due."""
        return await asyncio.to_thread(self._wait)

    def _wait(self) -> float | None:
        with self._transaction() as db:
            row = db.execute("SELECT min(max(due_at, lease)) FROM callbacks WHERE state = 'due'").fetchone()
        return None if row[0] is None else max(0.0, float(row[0]) - time.time())

    async def delivered(self, letter: Letter, sender: str) -> None:
        """It was taken by its receiver."""
        await asyncio.to_thread(self._delivered, letter, sender)

    def _delivered(self, letter: Letter, sender: str) -> None:
        self._settle(letter, sender, "delivered", 0.0, None)

    async def failed(self, letter: Letter, sender: str, fault: str, pause: float | None) -> None:
        """An attempt failed: the next is due in `pause` seconds, or there is none any more."""
        await asyncio.to_thread(self._failed, letter, sender, fault, pause)

    def _failed(self, letter: Letter, sender: str, fault: str, pause: float | None) -> None:
        state, due_at = ("given_up", 0.0) if pause is None else ("due", time.time() + pause)
        self._settle(letter, sender, state, due_at, fault)

    def _settle(self, letter: Letter, sender: str, state: str, due_at: float, fault: str | None) -> None:
        with self._transaction() as db:
            db.execute(
                "UPDATE callbacks SET state = ?, due_at = ?, fault = ?, attempts = attempts + 1, sender = NULL,"
                " lease = 0 WHERE webhook_id = ? AND sender = ? AND state = 'due'",
                (state, due_at, fault, letter.webhook_id, sender),
            )

    async def release(self, sender: str) -> None:
        """Gives up what a sender that stops had taken, so that the next one need not wait for its lease."""
        await asyncio.to_thread(self._release, sender)

    def _release(self, sender: str) -> None:
        with self._transaction() as db:
            db.execute("UPDATE callbacks SET sender = NULL, lease = 0 WHERE sender = ?", (sender,))

    def of(self, job_id: str) -> Letter | None:
        """The callback of a job, None where none was asked for."""
        with self._transaction() as db:
            row = db.execute("SELECT * FROM callbacks WHERE job_id = ?", (job_id,)).fetchone()
        return None if row is None else _letter(row)

    def all(self) -> list[Letter]:
        """Every callback, in the order of the orders."""
        with self._transaction() as db:
            return [_letter(row) for row in db.execute("SELECT * FROM callbacks ORDER BY rowid")]


def _letter(row: sqlite3.Row) -> Letter:
    return Letter(
        job_id=row["job_id"],
        webhook_id=row["webhook_id"],
        url=row["url"],
        state=row["state"],
        body=row["body"] or "",
        attempts=row["attempts"],
        fault=row["fault"],
    )
