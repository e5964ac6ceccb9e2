"""What each way of sharing shots would cost, and which cell shows which shot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, get_args

from callsheet.briefs import Brief, MatrixBrief
from callsheet.briefs.matrix import Sharing
from callsheet.cli.planning import options_for
from callsheet.money import Money
from callsheet.provider.choice import expect
from callsheet.settings import Settings

if TYPE_CHECKING:
    from callsheet.plan import Plan


def choices(brief: Brief, settings: Settings, provider: str | None, model: str | None) -> Mapping[str, Money]:
    """The price of a matrix for each way of sharing; nothing for other briefs, and for takes that only one way has."""
    if not isinstance(brief, MatrixBrief) or brief.takes:
        return {}
    found = {}
    for sharing in get_args(Sharing):
        other = brief.model_copy(update={"sharing": sharing})
        found[sharing] = expect(options_for(other, settings, provider, model)).plan.total
    return found


def print_sharing(brief: Brief, plan: Plan, found: Mapping[str, Money]) -> None:
    """Two tables: the choices with what they save, and the works with the shots that they show."""
    if not found or not isinstance(brief, MatrixBrief):
        return
    from rich.console import Console
    from rich.table import Table

    console, alone = Console(), found["none"]
    table = Table("sharing", alone.currency, "of buying each cell alone")
    for name, total in found.items():
        share = f"{total.amount / alone.amount:.0%}" if alone.amount else ""
        table.add_row(name, f"{total.amount:.2f}", share, style="bold" if name == brief.sharing else "")
    console.print(table)
    table = Table("work", "s", "shots")
    for work in plan.works:
        clips = set(work.timeline.clips)
        shots = [purchase.id for purchase in plan.purchases if clips & set(purchase.clips)]
        table.add_row(work.id, f"{work.timeline.seconds:g}", ", ".join(shots))
    console.print(table)
