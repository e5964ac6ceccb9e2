"""Every purchase as a line for whoever keeps the accounts: CSV for a spreadsheet, JSON lines for a program."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Any

from callsheet.ledger.entry import Entry
from callsheet.ledger.money import from_millionths
from callsheet.ledger.sums import plain

COLUMNS = (
    "day",
    "created_at",
    "submitted_at",
    "updated_at",
    "production",
    "campaign",
    "purchase",
    "feature",
    "provider",
    "tier",
    "take",
    "attempt",
    "state",
    "rehearsal",
    "currency",
    "quoted",
    "charged",
    "held",
    "job_id",
    "key",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "=", "+", "-", "@")
"""What a spreadsheet may take for the beginning of a formula: OWASP, CSV Injection, with the full-width signs."""


def record(entry: Entry) -> dict[str, Any]:
    """One purchase by `COLUMNS`. Amounts are text; `charged` is None until the provider has said it."""
    return {
        "day": entry.booked_on,
        "created_at": entry.created_at,
        "submitted_at": entry.submitted_at,
        "updated_at": entry.updated_at,
        "production": entry.production_id,
        "campaign": entry.campaign,
        "purchase": entry.purchase_id,
        "feature": entry.feature,
        "provider": entry.provider,
        "tier": entry.tier,
        "take": entry.take,
        "attempt": entry.attempt,
        "state": str(entry.state),
        "rehearsal": entry.rehearsal,
        "currency": entry.quoted.currency,
        "quoted": plain(entry.quoted.amount),
        "charged": None if entry.charged is None else plain(entry.charged.amount),
        "held": plain(from_millionths(entry.held, entry.quoted.currency).amount),
        "job_id": entry.job_id,
        "key": entry.key,
    }


def csv_lines(entries: Iterable[Entry]) -> Iterator[str]:
    """RFC 4180, a head line first; `rehearsal` is yes or no, and nothing in it is a formula to a spreadsheet."""
    yield _line(COLUMNS)
    for entry in entries:
        yield _line([_cell(value) for value in record(entry).values()])


def jsonl_lines(entries: Iterable[Entry]) -> Iterator[str]:
    """One JSON object a line, in UTF-8."""
    for entry in entries:
        yield json.dumps(record(entry), ensure_ascii=False) + "\n"


def _line(cells: Iterable[str]) -> str:
    text = StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
