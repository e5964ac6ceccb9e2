"""What the commands of `callsheet ledger` have in common: days, JSON, and the ledger of the settings."""

from __future__ import annotations

import calendar
import contextlib
import datetime as dt
import json
import re
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from callsheet.errors import SettingsError
from callsheet.settings import Settings

if TYPE_CHECKING:
    from callsheet.ledger.store import Ledger

F = TypeVar("F", bound=Callable[..., Any])
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")


def days(command: F) -> F:
    """The options that choose the days of the purchases, as they are paid for in the budget's time zone."""
    for option in (
        click.option("--month", help="Only this month: 2026-11."),
        click.option("--until", help="Up to this day, included."),
        click.option("--since", help="From this day on: 2026-11-22."),
    ):
        command = option(command)
    return command


def day(option: str, text: str | None) -> str | None:
    """The day that an option names, in ISO 8601. Raises `SettingsError` for what is none."""
    if text is None:
        return None
    with contextlib.suppress(ValueError):
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return dt.date.fromisoformat(text).isoformat()
    raise SettingsError(f"{option}: {text} is not allowed; it must be a day such as 2026-11-22")


def period(since: str | None, until: str | None, month: str | None) -> tuple[str | None, str | None]:
    """The first and the last day of `days`, None where there is no limit. Raises `SettingsError`."""
    if month is None:
        return day("--since", since), day("--until", until)
    if since is not None or until is not None:
        raise SettingsError("--month: it must stand alone, without --since and --until")
    if not re.fullmatch(r"[1-9]\d{3}-(0[1-9]|1[0-2])", month):
        raise SettingsError(f"--month: {month} is not allowed; it must be a month such as 2026-11")
    year, number = map(int, month.split("-"))
    return f"{month}-01", f"{month}-{calendar.monthrange(year, number)[1]}"


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Ledger]:
    """The ledger of the settings; closed afterwards."""
    from callsheet.ledger.store import open_ledger

    book = await open_ledger(settings.ledger_address(), settings.budget_time_zone)
    try:
        yield book
    finally:
        await book.close()


def print_json(value: Any) -> None:
    """One object on standard output, in one line."""
    click.echo(json.dumps(value, ensure_ascii=False))
