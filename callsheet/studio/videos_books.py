"""The part of the studio's books that `/v1/videos` adds: what each video was ordered as, and characters."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

SCHEMA = """
CREATE TABLE IF NOT EXISTS videos (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL UNIQUE REFERENCES jobs (job_id),
    model TEXT NOT NULL,
    prompt TEXT NOT NULL,
    size TEXT NOT NULL,
    seconds INTEGER NOT NULL,
    remixed_from TEXT,
    deleted_at REAL
);
CREATE TABLE IF NOT EXISTS characters (
    character_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    clip TEXT NOT NULL,
    created_at REAL NOT NULL
);
"""

CURRENCY = "USD"
"""What videos are charged in; all else in the studio's books is in CNY."""


@dataclass(frozen=True)
class VideoLine:
    """A video as it was ordered. `seconds` is the whole length, `remixed_from` the id of the video it repeats."""

    model: str
    prompt: str
    size: str
    seconds: int
    remixed_from: str | None = None


@dataclass(frozen=True)
class Character:
    """A named clip; `clip` is its file among the studio's inputs."""

    character_id: str
    name: str
    clip: str
    created_at: float


def add(db: sqlite3.Connection, job_id: str, line: VideoLine) -> None:
    """Within the transaction that takes the job."""
    db.execute(
        "INSERT INTO videos (job_id, model, prompt, size, seconds, remixed_from) VALUES (?, ?, ?, ?, ?, ?)",
        (job_id, line.model, line.prompt, line.size, line.seconds, line.remixed_from),
    )


class Shelf:
    """Videos and characters. `transaction` opens one transaction of the books."""

    def __init__(self, transaction: Callable[[], AbstractContextManager[sqlite3.Connection]]) -> None:
        self._open = transaction

    def get(self, job_id: str) -> VideoLine | None:
        """The video of a job, None when it is none, or was deleted."""
        with self._open() as db:
            row = db.execute("SELECT * FROM videos WHERE job_id = ? AND deleted_at IS NULL", (job_id,)).fetchone()
        return None if row is None else _line(row)

    def page(self, *, limit: int, newest_first: bool, after: str | None) -> list[tuple[str, VideoLine]]:
        """At most `limit` videos with their jobs, in the order in which they were taken; those after job `after`."""
        sign, direction = ("<", "DESC") if newest_first else (">", "ASC")
        behind = "" if after is None else f" AND number {sign} (SELECT number FROM videos WHERE job_id = ?)"  # noqa: S608
        query = f"SELECT * FROM videos WHERE deleted_at IS NULL{behind} ORDER BY number {direction} LIMIT ?"  # noqa: S608
        with self._open() as db:
            rows = db.execute(query, (*([] if after is None else [after]), limit)).fetchall()
        return [(str(row["job_id"]), _line(row)) for row in rows]

    def known(self, job_id: str) -> bool:
        """Whether there was ever such a video: a deleted one still marks a place in the list."""
        with self._open() as db:
            return db.execute("SELECT 1 FROM videos WHERE job_id = ?", (job_id,)).fetchone() is not None

    def delete(self, job_id: str) -> None:
        """The video is gone for its customer; its job and charges stay in the books."""
        with self._open() as db:
            db.execute("UPDATE videos SET deleted_at = ? WHERE job_id = ?", (time.time(), job_id))

    def add_character(self, name: str, clip: str) -> Character:
        made = Character(f"char_{uuid.uuid4().hex}", name, clip, time.time())
        with self._open() as db:
            row = (made.character_id, made.name, made.clip, made.created_at)
            db.execute("INSERT INTO characters VALUES (?, ?, ?, ?)", row)
        return made

    def character(self, character_id: str) -> Character | None:
        with self._open() as db:
            row = db.execute("SELECT * FROM characters WHERE character_id = ?", (character_id,)).fetchone()
        return None if row is None else Character(*row)


def _line(row: sqlite3.Row) -> VideoLine:
    return VideoLine(row["model"], row["prompt"], row["size"], row["seconds"], row["remixed_from"])
