"""`callsheet quote BRIEF`: the price, before anything is bought. Touches no network, no state, no Prefect."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from callsheet.cli.planning import plan_of, read_brief, with_takes
from callsheet.settings import settings_from_environment

if TYPE_CHECKING:
    from callsheet.plan import Plan

TIERS = click.Choice(["prototype", "social", "professional", "broadcast"])


@click.command()
@click.argument("brief", type=click.Path(path_type=Path))
@click.option("--tier", type=TIERS, help="Another tier than the brief's.")
@click.option("--take", "takes", multiple=True, metavar="SHOT", help="Another take of this shot; SHOT=3 the third.")
@click.option("--provider", help="Another provider than CALLSHEET_PROVIDER.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def quote(brief: Path, tier: str | None, takes: tuple[str, ...], provider: str | None, as_json: bool) -> None:
    """Print what BRIEF would cost."""
    settings = settings_from_environment(provider=provider)
    plan = plan_of(with_takes(read_brief(brief, tier), takes), settings)
    for line in plan.advice():
        click.echo(f"advice: {line}", err=True)
    if as_json:
        click.echo(json.dumps(quote_json(plan), ensure_ascii=False))
    else:
        print_quote(plan)


def quote_json(plan: Plan) -> dict[str, object]:
    """`{"digest", "currency", "total", "lines": [{"feature", "count", "seconds", "resolution", "amount"}]}`."""
    from callsheet.plan import quote as quote_of

    return quote_of(plan).model_dump(mode="json")


def print_quote(plan: Plan, *, err: bool = False) -> None:
    """The quote as a table."""
    from rich.console import Console
    from rich.table import Table

    from callsheet.plan import quote as quote_of

    found = quote_of(plan)
    table = Table(title=f"{plan.name} · {plan.timeline.seconds:g} s · {plan.tier}", title_justify="left")
    for name in ("feature", "resolution"):
        table.add_column(name)
    for name in ("count", "seconds", found.currency):
        table.add_column(name, justify="right")
    for line in found.lines:
        feature = line.feature.replace("_", " ")
        table.add_row(feature, line.resolution, str(line.count), str(line.seconds), f"{line.amount:.2f}")
    table.add_section()
    table.add_row("total", "", "", "", f"{found.total:.2f}", style="bold")
    table.caption = f"plan {found.digest[:16]}"
    Console(stderr=err).print(table)
