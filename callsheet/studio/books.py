"""The studio's own books: jobs, idempotency keys and charges, in one SQLite file.

Several processes may keep one book (two runs on one machine embed a studio each): whoever runs a job leaves a heartbeat
in its row, and a job without one for `STALE` seconds may be taken over.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from callsheet.studio import items, outbox, videos_books

CURRENCY = "CNY"
"""What the `sora` dialect charges in."""
STALE = 15.0
"""Seconds without a heartbeat after which a running job is taken to be abandoned."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    job_id TEXT PRIMARY KEY,
    idempotency_key TEXT UNIQUE,
    client_reference TEXT,
    body_digest TEXT NOT NULL,
    feature TEXT NOT NULL,
    request TEXT NOT NULL,
    status TEXT NOT NULL,
    progress REAL NOT NULL DEFAULT 0,
    outputs TEXT,
    error TEXT,
    cost TEXT NOT NULL,
    runner TEXT,
    beat REAL NOT NULL DEFAULT 0,
    created_at REAL NOT NULL,
    finished_at REAL
);
CREATE INDEX IF NOT EXISTS jobs_by_reference ON jobs (client_reference);
CREATE TABLE IF NOT EXISTS charges (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL REFERENCES jobs (job_id),
    amount TEXT NOT NULL,
    reason TEXT NOT NULL,
    at REAL NOT NULL,
    currency TEXT NOT NULL DEFAULT 'CNY'
);
CREATE INDEX IF NOT EXISTS charges_by_job ON charges (job_id);
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class SameKeyOtherBodyError(Exception):
    """The idempotency key was used for another order."""


class OverBalanceError(Exception):
    """The order would pass what may be charged in all."""


class TooManyJobsError(Exception):
    """As many jobs are unfinished as may be."""


@dataclass(frozen=True)
class JobRow:
    """A job as it stands in the books. `outputs` are the finished files: name, seconds, size."""

    job_id: str
    client_reference: str | None
    body_digest: str
    feature: str
    request: dict[str, Any]
    status: str
    progress: float
    outputs: list[dict[str, Any]]
    error: dict[str, Any] | None
    cost: Decimal
    runner: str | None
    beat: float
    created_at: float
    finished_at: float | None


class Books:
    """The books at `path`. Every method is one short transaction of its own connection, so any thread may call it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        with closing(sqlite3.connect(path, timeout=30)) as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.executescript(_SCHEMA + items.SCHEMA + outbox.SCHEMA + videos_books.SCHEMA)
            if "currency" not in {row[1] for row in db.execute("PRAGMA table_info(charges)")}:
                # Books of 0.1.0's first weeks knew one currency.
                db.execute("ALTER TABLE charges ADD COLUMN currency TEXT NOT NULL DEFAULT 'CNY'")
        with self._open() as db:
            db.execute("INSERT OR IGNORE INTO meta VALUES ('secret', ?)", (secrets.token_hex(32),))
            self.secret = str(db.execute("SELECT value FROM meta WHERE name = 'secret'").fetchone()[0])
        self.items = items.Items(self._open)
        self.outbox = outbox.Outbox(self._open)
        self.videos = videos_books.Shelf(self._open)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=30, isolation_level=None)) as db:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA foreign_keys=ON")
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    def accept(
        self,
        *,
        key: str | None,
        body_digest: str,
        feature: str,
        request: dict[str, Any],
        cost: Decimal,
        drafts: Sequence[items.Draft] = (),
        callback_url: str | None = None,
        objection: str | None = None,
        video: videos_books.VideoLine | None = None,
        currency: str = CURRENCY,
        balance: Decimal | None = None,
        most: int | None = None,
    ) -> tuple[JobRow, bool]:
        """The job of an order and whether it is new. The same key with the same body is the same job, charged once.

        `drafts` are the items of a batch, whose prices sum to `cost`; `callback_url` is told the end, unless there is
        an `objection` to it; `video` is what `/v1/videos` shows of it. A new order is taken only within `balance`,
        what may be charged in all in `currency`, and while fewer than `most` jobs are unfinished.
        Raises `SameKeyOtherBodyError`, `OverBalanceError`, `TooManyJobsError`.
        """
        with self._open() as db:
            if key is not None:
                row = db.execute("SELECT * FROM jobs WHERE idempotency_key = ?", (key,)).fetchone()
                if row is not None:
                    if row["body_digest"] != body_digest:
                        raise SameKeyOtherBodyError(key)
                    return _job(row), False
            _admit(db, cost, balance, most, currency)
            job_id = f"job_{uuid.uuid4().hex}"
            db.execute(
                "INSERT INTO jobs (job_id, idempotency_key, client_reference, body_digest, feature, request, status,"
                " cost, created_at) VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?)",
                (job_id, key, key, body_digest, feature, json.dumps(request), str(cost), time.time()),
            )
            db.execute(
                "INSERT INTO charges (job_id, amount, reason, at, currency) VALUES (?, ?, 'accepted', ?, ?)",
                (job_id, str(cost), time.time(), currency),
            )
            items.add(db, job_id, drafts)
            if callback_url is not None:
                outbox.expect(db, job_id, callback_url, objection)
            if video is not None:
                videos_books.add(db, job_id, video)
            return _job(db.execute("SELECT * FROM jobs WHERE job_id = ?", (job_id,)).fetchone()), True

    def admit(self, cost: Decimal, balance: Decimal | None, most: int | None) -> None:
        """Raises as `accept` does for a new order of this cost, and books nothing."""
        with self._open() as db:
            _admit(db, cost, balance, most)

    def get(self, job_id: str) -> JobRow | None:
        """The job of this id."""
        with self._open() as db:
            row = db.execute("SELECT * FROM jobs WHERE job_id = ?", (job_id,)).fetchone()
        return None if row is None else _job(row)

    def by_reference(self, reference: str) -> list[JobRow]:
        """Jobs of a client reference, oldest first."""
        with self._open() as db:
            rows = db.execute("SELECT * FROM jobs WHERE client_reference = ? ORDER BY created_at", (reference,))
            return [_job(row) for row in rows]

    def that_made(self, sha256: str) -> JobRow | None:
        """The first job that delivered a file of this digest."""
        query = "SELECT * FROM jobs WHERE status = 'succeeded' AND instr(outputs, ?) ORDER BY created_at LIMIT 1"
        with self._open() as db:
            row = db.execute(query, (f'"sha256": "{sha256}"',)).fetchone()
        return None if row is None else _job(row)

    def since(self, moment: float) -> list[JobRow]:
        """Jobs that were accepted after a moment (seconds since 1970), oldest first."""
        with self._open() as db:
            rows = db.execute("SELECT * FROM jobs WHERE created_at > ? ORDER BY created_at", (moment,))
            return [_job(row) for row in rows]

    def unfinished(self) -> list[JobRow]:
        """Jobs that are queued or running, in the order in which they were accepted."""
        with self._open() as db:
            rows = db.execute("SELECT * FROM jobs WHERE status IN ('queued', 'running') ORDER BY created_at")
            return [_job(row) for row in rows]

    def claim(self, job_id: str, runner: str) -> bool:
        """Makes `runner` the one who renders a job; False when it has ended or another one is at it."""
        time_now = time.time()
        with self._open() as db:
            done = db.execute(
                "UPDATE jobs SET runner = ?, beat = ? WHERE job_id = ? AND status IN ('queued', 'running')"
                " AND (runner IS NULL OR runner = ? OR beat < ?)",
                (runner, time_now, job_id, runner, time_now - STALE),
            )
            return done.rowcount == 1

    def beat(self, job_id: str, runner: str, progress: float) -> bool:
        """Says that `runner` is still at it; False when the job was cancelled or taken over meanwhile."""
        with self._open() as db:
            done = db.execute(
                "UPDATE jobs SET status = 'running', beat = ?, progress = max(progress, ?)"
                " WHERE job_id = ? AND runner = ? AND status IN ('queued', 'running')",
                (time.time(), progress, job_id, runner),
            )
            return done.rowcount == 1

    def put_back(self, runner: str) -> None:
        """Gives up all jobs of a runner that stops, so that the next one need not wait for them to go stale."""
        with self._open() as db:
            db.execute(
                "UPDATE jobs SET status = 'queued', runner = NULL, beat = 0"
                " WHERE runner = ? AND status IN ('queued', 'running')",
                (runner,),
            )

    def succeed(self, job_id: str, runner: str, outputs: list[dict[str, Any]]) -> None:
        """The job has its files."""
        with self._open() as db:
            done = db.execute(
                "UPDATE jobs SET status = 'succeeded', progress = 100, outputs = ?, finished_at = ?"
                " WHERE job_id = ? AND runner = ? AND status IN ('queued', 'running')",
                (json.dumps(outputs), time.time(), job_id, runner),
            )
            if done.rowcount == 1:
                outbox.fall_due(db, job_id, "succeeded")

    def end_without_result(self, job_id: str, status: str, error: dict[str, Any]) -> bool:
        """The job failed or was cancelled: what it was charged is given back, less what finished items of it cost.

        False when it had ended before.
        """
        with self._open() as db:
            kept = items.kept(db, job_id)
            done = db.execute(
                "UPDATE jobs SET status = ?, error = ?, cost = ?, finished_at = ?"
                " WHERE job_id = ? AND status IN ('queued', 'running')",
                (status, json.dumps(error), str(kept), time.time(), job_id),
            )
            if done.rowcount == 1:
                db.execute(
                    "INSERT INTO charges (job_id, amount, reason, at, currency)"
                    " SELECT ?, ?, ?, ?, currency FROM charges WHERE job_id = ? LIMIT 1",
                    (job_id, str(kept - _charged(db, job_id)), status, time.time(), job_id),
                )
                outbox.fall_due(db, job_id, status)
            return done.rowcount == 1

    def charged(self, currency: str = CURRENCY) -> Decimal:
        """All charges in a currency less what was given back."""
        with self._open() as db:
            return _charged(db, currency=currency)

    def charges(self) -> list[tuple[str, Decimal, str]]:
        """(client reference, amount, reason) of every line of the books, in order."""
        query = "SELECT client_reference, amount, reason FROM charges JOIN jobs USING (job_id) ORDER BY id"
        with self._open() as db:
            return [(str(row[0]), Decimal(row[1]), str(row[2])) for row in db.execute(query)]


def _admit(
    db: sqlite3.Connection, cost: Decimal, balance: Decimal | None, most: int | None, currency: str = CURRENCY
) -> None:
    if balance is not None and _charged(db, currency=currency) + cost > balance:
        raise OverBalanceError
    unfinished = "SELECT count(*) FROM jobs WHERE status IN ('queued', 'running')"
    if most is not None and db.execute(unfinished).fetchone()[0] >= most:
        raise TooManyJobsError


def _charged(db: sqlite3.Connection, job_id: str | None = None, *, currency: str = CURRENCY) -> Decimal:
    if job_id is None:
        rows = db.execute("SELECT amount FROM charges WHERE currency = ?", (currency,))
    else:
        rows = db.execute("SELECT amount FROM charges WHERE job_id = ?", (job_id,))
    return sum((Decimal(row[0]) for row in rows), Decimal(0))


def _job(row: sqlite3.Row) -> JobRow:
    return JobRow(
        job_id=row["job_id"],
        client_reference=row["client_reference"],
        body_digest=row["body_digest"],
        feature=row["feature"],
        request=json.loads(row["request"]),
        status=row["status"],
        progress=row["progress"],
        outputs=json.loads(row["outputs"] or "[]"),
        error=None if row["error"] is None else json.loads(row["error"]),
        cost=Decimal(row["cost"]),
        runner=row["runner"],
        beat=row["beat"],
        created_at=row["created_at"],
        finished_at=row["finished_at"],
    )
