"""Live progress on standard error: each shot, its state, and the money spent of the money quoted."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

import click
from rich.console import Console
from rich.live import Live
from rich.table import Table

from callsheet.money import Money
from callsheet.plan import Plan
from callsheet.progress import News

STATES = {
    "intended": "reserved",
    "submitting": "ordering",
    "submitted": "ordered",
    "ready": "downloading",
    "stored": "stored",
}


class Watch:
    """A table that is redrawn on a terminal; a line for each change elsewhere."""

    def __init__(self, plan: Plan) -> None:
        self._rows: dict[str, tuple[str, float | None]] = {purchase.id: ("", None) for purchase in plan.purchases}
        self._rows |= {"cut": ("", None), "publish": ("", None)}
        self._total = plan.total
        self._spent: dict[str, Money] = {}
        self._stage = ""
        self._console = Console(stderr=True)
        self._live = Live(console=self._console, refresh_per_second=4) if sys.stderr.isatty() else None

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.update(self._table())
            self._live.stop()

    def stage(self, words: str) -> None:
        """Something that belongs to no shot."""
        self._stage = words
        self._show(words)

    def news(self, news: News) -> None:
        """Takes a piece of news."""
        self._stage = ""
        state = STATES.get(news.state, news.state)
        if news.charged is not None and news.state in ("bought", "stored"):
            self._spent[news.what] = news.charged
        changed = self._rows.get(news.what, ("", None))[0] != state
        self._rows[news.what] = (state, news.percent)
        note = f": {news.note}" if news.note else ""
        self._show(f"{news.what}: {state}{note}" if changed or note else "")

    def _show(self, line: str) -> None:
        if self._live:
            self._live.update(self._table())
        elif line:
            click.echo(line, err=True)

    def _table(self) -> Table:
        spent = Money.total(self._spent.values(), self._total.currency)
        table = Table.grid(padding=(0, 2))
        for what, (state, percent) in self._rows.items():
            bar = "" if percent is None else f"{percent:3.0f} %"
            table.add_row(what, state or "·", bar)
        table.add_row("", self._stage or f"{spent} of {self._total} spent", "")
        return table
