"""`callsheet ledger`: what was bought and what it cost, what is in doubt, and what a person decides about it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from callsheet.cli.approve import approvals
from callsheet.cli.ledger_backup import backup, restore
from callsheet.cli.ledger_decisions import cancel, reconcile, resolve
from callsheet.cli.ledger_options import JSON, day, days, opened, period, print_json
from callsheet.errors import SettingsError
from callsheet.ledger.states import State
from callsheet.settings import settings_from_environment

if TYPE_CHECKING:
    from callsheet.ledger.entry import Entry
    from callsheet.ledger.report import By

GROUPS = ("day", "month", "campaign", "production", "product", "feature", "provider", "tier")


@click.group()
def ledger() -> None:
    """Look at the purchases, add them up, and decide what only a person can."""


@ledger.command("list")
@click.option(
    "--state", "states", multiple=True, type=click.Choice([str(state) for state in State]), help="Repeatable."
)
@click.option("--production", help="Purchases that this production uses, whoever pays for them.")
@click.option("--campaign", help="Purchases that this campaign pays for.")
@click.option("--provider", help="A provider by its name, or by name and address.")
@click.option("--since", help="From this day on: 2026-11-22.")
@JSON
def list_command(
    states: tuple[str, ...],
    production: str | None,
    campaign: str | None,
    provider: str | None,
    since: str | None,
    as_json: bool,
) -> None:
    """List purchases, the oldest first."""
    from callsheet.ledger.export import record

    first = day("--since", since)
    found = asyncio.run(_list([State(state) for state in states], production, campaign, first))
    if provider is not None:
        found = [entry for entry in found if provider in (entry.provider, entry.provider.partition("@")[0])]
    if as_json:
        print_json({"purchases": [record(entry) for entry in found]})
        return
    from callsheet.cli.ledger_tables import print_purchases

    if found:
        print_purchases(found)
    else:
        click.echo("no purchases")


async def _list(states: list[State], production: str | None, campaign: str | None, since: str | None) -> list[Entry]:
    from callsheet.ledger.queries import entries

    async with opened(settings_from_environment()) as book:
        return await entries(book, states=states, production=production, campaign=campaign, since=since)


@ledger.command()
@click.argument("key")
@JSON
def show(key: str, as_json: bool) -> None:
    """Show all about one purchase. KEY is the beginning of its key."""
    from callsheet.cli.ledger_tables import card, print_card

    shown = card(*asyncio.run(_show(key)))
    if as_json:
        print_json(shown)
    else:
        print_card(shown)


async def _show(key: str) -> tuple[Entry, list[tuple[str, str, str, str]], list[str]]:
    from callsheet.ledger.queries import history_of, users
    from callsheet.ledger.resolve import find

    async with opened(settings_from_environment()) as book:
        entry = await find(book, key)
        return entry, await history_of(book, entry.key), await users(book, entry.key)


@ledger.command()
@click.option("--by", type=click.Choice(GROUPS), default="day", show_default=True, help="A row for each.")
@days
@JSON
def report(by: By, since: str | None, until: str | None, month: str | None, as_json: bool) -> None:
    """Add up what was spent, what is held, and what reuse has saved."""
    from callsheet.ledger.report import report as report_of

    first, last = period(since, until, month)

    async def read() -> Any:
        from callsheet.ledger.sums import sales

        async with opened(settings_from_environment()) as book:
            return await sales(book, since=first, until=last)

    made = report_of(asyncio.run(read()), by, since=first, until=last)
    if as_json:
        print_json(made.model_dump(mode="json"))
        return
    from callsheet.cli.ledger_tables import print_report

    print_report(made)


@ledger.command()
@click.option("--format", "form", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A file instead of standard output.")
@days
def export(form: str, out: Path | None, since: str | None, until: str | None, month: str | None) -> None:
    """Write every purchase as one line, for the accounts."""
    from callsheet.ledger.export import csv_lines, jsonl_lines

    first, last = period(since, until, month)
    found = [
        entry for entry in asyncio.run(_list([], None, None, first)) if last is None or (entry.booked_on or "") <= last
    ]
    text = "".join(csv_lines(found) if form == "csv" else jsonl_lines(found))
    if out is None:
        sys.stdout.buffer.write(text.encode())  # the line ends of RFC 4180 are not to be translated
        return
    try:  # a spreadsheet takes a CSV file for UTF-8 only when it begins with the mark
        out.write_bytes(text.encode("utf-8-sig" if form == "csv" else "utf-8"))
    except OSError as error:
        raise SettingsError(f"--out: {out} can't be written: {error.strerror or error}") from error
    click.echo(f"{len(found)} purchases in {out}", err=True)


for command in (approvals, resolve, cancel, reconcile, backup, restore):
    ledger.add_command(command)
