"""What a batch consists of, as rows of the books: each item's order, price, end and file.

At every moment a job's cost is the sum of its lines in the charges: what is given back for an item is booked in the
transaction that ends the item.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from callsheet.studio import outbox

SCHEMA = """
CREATE TABLE IF NOT EXISTS items (
    job_id TEXT NOT NULL REFERENCES jobs (job_id),
    number INTEGER NOT NULL,
    request TEXT NOT NULL,
    full_cost TEXT NOT NULL,
    cost TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'waiting',
    output TEXT,
    error TEXT,
    PRIMARY KEY (job_id, number)
);
"""
_MINE = "SELECT cost FROM jobs WHERE job_id = ? AND runner = ? AND status IN ('queued', 'running')"


@dataclass(frozen=True)
class Draft:
    """An item as it is ordered: its request as JSON, its price without and with the discount."""

    request: dict[str, Any]
    full_cost: Decimal
    cost: Decimal


@dataclass(frozen=True)
class Item(Draft):
    """An item as it stands: `waiting`, `succeeded` with its file, or `failed`, when its `cost` was given back."""

    number: int
    status: str
    output: dict[str, Any] | None
    error: dict[str, Any] | None


def add(db: sqlite3.Connection, job_id: str, drafts: Sequence[Draft]) -> None:
    """Writes the items of a batch that is accepted."""
    db.executemany(
        "INSERT INTO items (job_id, number, request, full_cost, cost) VALUES (?, ?, ?, ?, ?)",
        [(job_id, n, json.dumps(one.request), str(one.full_cost), str(one.cost)) for n, one in enumerate(drafts)],
    )


def kept(db: sqlite3.Connection, job_id: str) -> Decimal:
    """What the finished items of a job cost; nothing for what is no batch."""
    rows = db.execute("SELECT cost FROM items WHERE job_id = ? AND status = 'succeeded'", (job_id,))
    return sum((Decimal(row[0]) for row in rows), Decimal(0))


class Items:
    """The items of all batches of one book. Every method is one short transaction."""

    def __init__(self, transaction: Callable[[], AbstractContextManager[sqlite3.Connection]]) -> None:
        self._transaction = transaction

    def of(self, job_id: str) -> list[Item]:
        """The items of a job in their order; none for what is no batch."""
        with self._transaction() as db:
            return [_item(row) for row in _rows(db, job_id)]

    def succeed(self, job_id: str, number: int, runner: str, output: dict[str, Any]) -> bool:
        """The item has its file. False when the job is not the runner's any more: then it counts as not rendered."""
        with self._transaction() as db:
            if db.execute(_MINE, (job_id, runner)).fetchone() is None:
                return False
            done = db.execute(
                "UPDATE items SET status = 'succeeded', output = ? WHERE job_id = ? AND number = ?"
                " AND status = 'waiting'",
                (json.dumps(output), job_id, number),
            )
            return done.rowcount == 1

    def fail(self, job_id: str, number: int, runner: str, error: dict[str, Any]) -> None:
        """The item can't be had: its price is given back, the others go on."""
        with self._transaction() as db:
            job = db.execute(_MINE, (job_id, runner)).fetchone()
            if job is None:
                return
            row = db.execute(
                "UPDATE items SET status = 'failed', error = ? WHERE job_id = ? AND number = ?"
                " AND status = 'waiting' RETURNING cost",
                (json.dumps(error), job_id, number),
            ).fetchone()
            if row is None:
                return
            db.execute(
                "UPDATE jobs SET cost = ? WHERE job_id = ?", (str(Decimal(job["cost"]) - Decimal(row["cost"])), job_id)
            )
            db.execute(
                "INSERT INTO charges (job_id, amount, reason, at) VALUES (?, ?, ?, ?)",
                (job_id, str(-Decimal(row["cost"])), f"item {number} failed", time.time()),
            )

    def end(self, job_id: str, runner: str) -> None:
        """Ends a batch all of whose items have ended: it failed when all of them did, else it succeeded."""
        with self._transaction() as db:
            found = [_item(row) for row in _rows(db, job_id)]
            if db.execute(_MINE, (job_id, runner)).fetchone() is None or any(i.status == "waiting" for i in found):
                return
            outputs = [item.output for item in found if item.output is not None]
            first = next((item.error for item in found if item.error is not None), None) or {}
            error = None
            if not outputs:
                message = f"all {len(found)} items failed; the first: {first.get('message')}"
                error = {"code": first.get("code"), "message": message}
            status = "succeeded" if outputs else "failed"
            db.execute(
                "UPDATE jobs SET status = ?, progress = 100, outputs = ?, error = ?, finished_at = ? WHERE job_id = ?",
                (status, json.dumps(outputs), json.dumps(error) if error else None, time.time(), job_id),
            )
            outbox.fall_due(db, job_id, status)


def _rows(db: sqlite3.Connection, job_id: str) -> sqlite3.Cursor:
    return db.execute("SELECT * FROM items WHERE job_id = ? ORDER BY number", (job_id,))


def _item(row: sqlite3.Row) -> Item:
    return Item(
        request=json.loads(row["request"]),
        full_cost=Decimal(row["full_cost"]),
        cost=Decimal(row["cost"]),
        number=row["number"],
        status=row["status"],
        output=None if row["output"] is None else json.loads(row["output"]),
        error=None if row["error"] is None else json.loads(row["error"]),
    )
