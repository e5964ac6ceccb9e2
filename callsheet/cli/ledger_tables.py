"""How purchases and sums are shown to a person."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from callsheet.ledger.approvals import Approval
from callsheet.ledger.entry import Entry
from callsheet.ledger.export import record
from callsheet.ledger.report import MoneyTable, Report, Sums
from callsheet.ledger.sums import plain

PIPED_WIDTH = 240
"""Columns for whoever reads it through a pipe, so that a program finds a purchase on one line."""


def _console() -> Console:
    piped = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    return Console(width=PIPED_WIDTH if piped else None)


def _row(table: Table, *cells: str, style: str | None = None) -> None:
    table.add_row(*(Text(cell) for cell in cells), style=style)  # as text: a name with brackets is no markup


def _kind(rehearsal: bool) -> str:
    return "rehearsal" if rehearsal else "real"


def print_purchases(found: Sequence[Entry]) -> None:
    """A row for each purchase. A provider is shown without its address."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("key", "day", "state", "production", "purchase", "provider", "money"):
        table.add_column(name, overflow="fold", no_wrap=name in ("key", "day", "state", "money"))
    for name in ("quoted", "charged"):
        table.add_column(name, justify="right", no_wrap=True)
    for entry in found:
        shown = record(entry)
        name = entry.purchase_id + (f" (take {entry.take})" if entry.take > 1 else "")
        _row(
            table,
            entry.key[:12],
            entry.booked_on or "",
            str(entry.state),
            entry.production_id,
            name,
            entry.provider.partition("@")[0],
            _kind(entry.rehearsal),
            f"{shown['quoted']} {shown['currency']}",
            shown["charged"] or "",
        )
    table.caption = f"{len(found)} purchases"
    _console().print(table)


def print_approvals(found: Sequence[Approval]) -> None:
    """A row for each approval. A provider is shown without its address."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("plan", "at", "by", "name", "provider"):
        table.add_column(name, overflow="fold", no_wrap=name in ("plan", "at"))
    for name in ("quoted", "up to"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in found:
        place = one.provider.partition("@")[0]
        _row(table, one.digest[:16], f"{one.at[:19]}Z", one.by, one.name, place, str(one.quoted), str(one.up_to))
    _console().print(table)


def card(entry: Entry, history: Sequence[tuple[str, str, str, str]], productions: Sequence[str]) -> dict[str, Any]:
    """All about one purchase. Not the provider's addresses of its clips: whoever has them may fetch."""
    return {
        **record(entry),
        "client_reference": entry.client_reference,
        "request": entry.request,
        "error": entry.error,
        "worked_on_by": entry.lease_owner,
        "worked_on_until": entry.lease_until,
        "used_by": list(productions),
        "files": [
            {name: asset.get(name) for name in ("clip", "key", "uri", "sha256", "bytes")} for asset in entry.assets
        ],
        "history": [
            dict(zip(("at", "event", "state", "note"), (at, event, state, note), strict=True))
            for at, event, state, note in history
        ],
    }


def print_card(shown: dict[str, Any]) -> None:
    """One field a line, then the request, the files and the history."""
    for name, value in shown.items():
        if not isinstance(value, list | dict) and value is not None:
            click.echo(f"{name:<18}{_kind(value) if name == 'rehearsal' else value}")
    for name, value in shown["request"].items():
        click.echo(f"  {name}: {value}")
    click.echo(f"{'used by':<18}{', '.join(shown['used_by'])}")
    for file in shown["files"]:
        click.echo(f"file              {file['clip']}  {file['uri']}  {file['bytes']} bytes")
    for line in shown["history"]:
        note = f": {line['note']}" if line["note"] else ""
        click.echo(f"{line['at'][:19]}Z  {line['event']} → {line['state']}{note}")


def print_report(made: Report) -> None:
    """A table for each kind of money and each currency, and what asks for a look below it."""
    if not made.tables:
        click.echo("no purchases")
    for part in made.tables:
        _console().print(_money_table(part, made))
        for line in remarks(part):
            click.echo(f"  {line}")


def _money_table(part: MoneyTable, made: Report) -> Table:
    days = " ".join(word for word in (made.since and f"from {made.since}", made.until and f"to {made.until}") if word)
    title = " · ".join(word for word in (f"{_kind(part.rehearsal)} money", part.currency, days) if word)
    table = Table(title=Text(title), title_justify="left")
    table.add_column(made.by, overflow="fold")
    for name in ("purchases", "spent", "reserved", "in doubt", "saved"):
        table.add_column(name, justify="right")
    for row in part.rows:
        _row(table, row.name or "none", *_figures(row))
    table.add_section()
    _row(table, "total", *_figures(part.total), style="bold")
    return table


def _figures(row: Sums) -> tuple[str, ...]:
    return (str(row.purchases), plain(row.spent), plain(row.reserved), plain(row.in_doubt), plain(row.saved))


def remarks(part: MoneyTable) -> list[str]:
    """What of a table's total a person should know, one line each."""
    total, currency = part.total, part.currency
    found = []
    if total.without_clip:
        found.append(f"{plain(total.without_clip)} {currency} of what was spent was charged although no clip came")
    if total.above_quote:
        found.append(f"{plain(total.above_quote)} {currency} of what was spent is above its quotes")
    if total.besides:
        price = f"{plain(total.besides_quoted)} {currency}"
        found.append(f"{total.besides} orders were taken twice by the provider: {price} more if it charges them")
    if total.in_doubt:
        found.append(f"{plain(total.in_doubt)} {currency} is in doubt: `callsheet ledger list --state in_doubt`")
    return found
