"""`callsheet check FILE --platform NAME`: a video measured against what a platform takes, point by point."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from callsheet.errors import CheckError

if TYPE_CHECKING:
    from callsheet.media.check import Report

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--platform", "name", required=True, help="The platform whose limits count.")
@click.option("--captions", type=_FILE, multiple=True, help="Captions shown or burnt in: .srt, .vtt or .ass.")
@click.option("--thumbnail", type=_FILE, help="A thumbnail to check with it.")
@click.option(
    "--aigc/--no-aigc", default=None, help="Whether a model made the pictures, so that they must be labelled."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def check(
    file: Path, name: str, captions: tuple[Path, ...], thumbnail: Path | None, aigc: bool | None, as_json: bool
) -> None:
    """Measure FILE against the limits of a platform. Ends with 5 where a point fails."""
    from callsheet.media.check import check as measure
    from callsheet.platforms import platform

    report = asyncio.run(measure(file, platform(name), captions=captions or None, thumbnail=thumbnail, aigc=aigc))
    if as_json:
        click.echo(report.model_dump_json())
    else:
        print_report(report)
    if not report.passed:
        failed = len(report.failures)
        raise CheckError(f"{file.name}: {failed} of {len(report.points)} points fail for {report.platform}")


def print_report(report: Report) -> None:
    """The points as a table: those that fail are marked."""
    from rich.console import Console
    from rich.table import Table

    from callsheet.media.check.report import shown

    table = Table(title=f"{report.file} · {report.platform}", title_justify="left")
    for head in ("point", "measured", "allowed", ""):
        table.add_column(head)
    marks = {True: "ok", False: "FAILS", None: ""}
    for point in report.points:
        value = shown(point.value, point.unit) + (f" ({point.note})" if point.note else "")
        style = "bold" if point.passed is False else None
        table.add_row(point.name, value, point.limit or "", marks[point.passed], style=style)
    Console().print(table)
