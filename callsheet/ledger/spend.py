"""The spend report: what some days have cost, by day, campaign, product and provider, for people and for a spreadsheet.

Real money and rehearsals never stand in one table, nor do two currencies.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass

from callsheet.ledger.export import FORMULA
from callsheet.ledger.report import By, MoneyTable, Report, Sums, report
from callsheet.ledger.store import Ledger
from callsheet.ledger.sums import plain, sales
from callsheet.storage.keys import check_key

GROUPS: tuple[By, ...] = ("day", "campaign", "product", "provider")
HEAD = ("money", "currency", "by", "name", "purchases", "spent", "reserved", "in_doubt", "committed", "saved")


@dataclass(frozen=True)
class Spend:
    """The reports of the days from `since` to `until` (ISO 8601, both included), one for each of `GROUPS`."""

    since: str
    until: str
    reports: tuple[Report, ...]

    @property
    def key(self) -> str:
        """Where its CSV lies in the bucket."""
        return check_key(f"reports/spend-{self.since}-to-{self.until}.csv")

    def totals(self) -> list[str]:
        """One line for each kind of money and currency: `3.60 CNY rehearsed in 4 purchases`."""
        return [
            f"{plain(part.total.spent)} {part.currency} {_did(part)} in {part.total.purchases} purchases"
            for part in self.reports[0].tables
        ]

    def markdown(self) -> str:
        """The page: for each kind of money and currency a table of each group. Names can't leave their cells."""
        lines = [f"# Spend from {self.since} to {self.until}", ""]
        lines += [f"- {line}" for line in self.totals()] or ["Nothing was bought."]
        for number, first in enumerate(self.reports[0].tables):
            lines += ["", f"## {_money(first).capitalize()} money in {first.currency}"]
            for made in self.reports:
                lines += ["", *_table(made.by, made.tables[number])]
        return "\n".join(lines) + "\n"

    def csv(self) -> str:
        """RFC 4180 with the head `HEAD`: a line for each row of each table; nothing in it is a formula."""
        out = io.StringIO()
        rows = csv.writer(out)
        rows.writerow(HEAD)
        for made in self.reports:
            for part in made.tables:
                for row in part.rows:
                    rows.writerow([_money(part), part.currency, made.by, _safe(row.name or "none"), *_figures(row)])
        return out.getvalue()


async def spend(ledger: Ledger, *, until: str, days: int) -> Spend:
    """What the `days` days up to `until` (included, ISO 8601) have cost, in the budget's time zone."""
    since = (dt.date.fromisoformat(until) - dt.timedelta(days=days - 1)).isoformat()
    found = await sales(ledger, since=since, until=until)
    return Spend(since, until, tuple(report(found, by, since=since, until=until) for by in GROUPS))


def yesterday(ledger: Ledger) -> str:
    """The last day that is over, in the budget's time zone."""
    return (dt.date.fromisoformat(ledger.today()) - dt.timedelta(days=1)).isoformat()


def _table(by: By, part: MoneyTable) -> Sequence[str]:
    head = [f"| {by} | purchases | spent | reserved | in doubt | saved |", "|---|---:|---:|---:|---:|---:|"]
    rows = [_row(_cell(row.name or "none"), row) for row in part.rows]
    return [*head, *rows, _row("**total**", part.total)]


def _row(name: str, sums: Sums) -> str:
    amounts = (sums.spent, sums.reserved, sums.in_doubt, sums.saved)
    return f"| {name} | {sums.purchases} | " + " | ".join(plain(amount) for amount in amounts) + " |"


def _figures(row: Sums) -> list[str]:
    amounts = (row.spent, row.reserved, row.in_doubt, row.committed, row.saved)
    return [str(row.purchases), *(plain(amount) for amount in amounts)]


def _money(part: MoneyTable) -> str:
    return "rehearsal" if part.rehearsal else "real"


def _did(part: MoneyTable) -> str:
    return "rehearsed" if part.rehearsal else "spent"


def _cell(text: str) -> str:
    plain_text = "".join(f"\\{letter}" if letter in "\\`*_{}[]()#+!|~" else letter for letter in " ".join(text.split()))
    return plain_text.replace("&", "&amp;").replace("<", "&lt;")


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
