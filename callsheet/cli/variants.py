"""`callsheet variants score FILE.csv`: what the results of an A/B test say."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from callsheet.errors import BriefError, Fault

if TYPE_CHECKING:
    from callsheet.scoring import Score

KEYS = ("variant", "key", "variant_key")
METRICS = ("clicks", "conversions")
LARGEST = 16 * 1024 * 1024
"""Bytes of a file of results."""


@click.group()
def variants() -> None:
    """The variants of an A/B test."""


@variants.command("score")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--metric", type=click.Choice(METRICS), help="Which column counts; clicks where there are both.")
@click.option(
    "--against",
    default="control",
    show_default=True,
    metavar="KEY",
    help="The variant to compare with: its key or the beginning of it, best, or control, the brief's first.",
)
@click.option(
    "--alpha",
    type=click.FloatRange(0, 0.5, min_open=True),
    default=0.05,
    show_default=True,
    help="Chance of an error that is accepted.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def score_command(file: Path, metric: str | None, against: str, alpha: float, as_json: bool) -> None:
    """Say which variants of FILE differ: a CSV file with variant, impressions, and clicks or conversions."""
    from callsheet.scoring import score

    counted, counts = read_results(file, metric)
    found = score(counts, counted, alpha=alpha, against=against)
    if as_json:
        click.echo(json.dumps(found.model_dump(mode="json") | {"summary": found.lines()}, ensure_ascii=False))
    else:
        _print(found)


def read_results(path: Path, metric: str | None = None) -> tuple[str, dict[str, tuple[int, int]]]:
    """The metric, and impressions and hits of each variant in the file's order; several rows of one are added up.

    Columns may stand in any order among others, in any case. Raises `BriefError` with a line for each wrong row.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise BriefError([Fault(str(path), f"{path.stat().st_size} bytes", f"at most {LARGEST} are read")])
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            names = {name.strip().lower(): name for name in rows.fieldnames or () if name}
            key, chosen = _columns(path, names, metric)
            return chosen, _counts(path, rows, key, names["impressions"], names[chosen])
    except OSError as error:
        raise BriefError([Fault(str(path), "this path", f"it can't be read: {error.strerror or error}")]) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise BriefError([Fault(str(path), "its text", f"it must be CSV in UTF-8: {error}")]) from error


def _columns(path: Path, names: dict[str, str], metric: str | None) -> tuple[str, str]:
    """The column of the keys, and the metric."""
    shown = ", ".join(names) or "nothing"
    key = next((names[name] for name in KEYS if name in names), None)
    there = [name for name in METRICS if name in names and metric in (None, name)]
    missing = [what for what, found in (("variant", key), ("impressions", "impressions" in names)) if not found]
    if not there:
        missing.append(metric or " or ".join(METRICS))
    if key is None or missing:
        raise BriefError([Fault(f"{path}:1", shown, f"the columns must have {', '.join(missing)}")])
    return key, there[0]


def _counts(path: Path, rows: csv.DictReader[str], key: str, impressions: str, hits: str) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    lines: dict[str, int] = {}
    faults: list[Fault] = []
    for row in rows:
        place, name = f"{path}:{rows.line_num}", (row[key] or "").strip()
        if not name:
            faults.append(Fault(place, "a missing variant", "each row names one"))
            continue
        shown, done = _whole(row[impressions]), _whole(row[hits])
        for column, text, number in ((impressions, row[impressions], shown), (hits, row[hits], done)):
            if number is None:
                faults.append(Fault(place, repr(text), f"{column.strip()} must be a whole number from 0 on"))
        if shown is None or done is None:
            continue
        if done > shown:
            faults.append(
                Fault(place, str(done), f"{hits.strip()} can't be more than the {shown} {impressions.strip()}")
            )
        before = found.get(name, (0, 0))
        found[name] = (before[0] + shown, before[1] + done)
        lines[name] = rows.line_num
    for name, (shown, _) in found.items():
        if not shown and not faults:
            faults.append(Fault(f"{path}:{lines[name]}", "0", f"{name} was never shown; leave it out"))
    if faults:
        raise BriefError(faults)
    return found


def _whole(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None


def _print(found: Score) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{found.metric} of impressions, against {found.reference}", title_justify="left")
    table.add_column("variant")
    level = f"{1 - found.alpha:.0%}"
    for name in ("impressions", found.metric, "rate", level, "difference", f"{level} ", "lift", "p (Holm)"):
        table.add_column(name, justify="right")
    table.add_column("verdict")
    compared = {one.variant: one for one in found.comparisons}
    for result in found.results:
        own = [result.variant, str(result.impressions), str(result.hits), f"{result.rate:.2%}"]
        own.append(f"{result.low:.2%}–{result.high:.2%}")
        one = compared.get(result.variant)
        if one is None:
            table.add_row(*own, "", "", "", "", "reference", style="bold")
            continue
        interval = f"{one.low * 100:+.2f} to {one.high * 100:+.2f}"
        lift = "" if one.lift is None else f"{one.lift:+.0%}"
        verdict = f"{one.verdict}, too few" if one.too_few else one.verdict
        table.add_row(*own, f"{one.difference * 100:+.2f}", interval, lift, f"{one.p:.2g}", verdict)
    Console(width=160).print(table)
    for line in found.lines():
        click.echo(line)
