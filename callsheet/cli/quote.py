"""`callsheet quote BRIEF`: the price, before anything is bought. Touches no network, no state, no Prefect."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from callsheet.cli.planning import SHARING, advise, read_asked
from callsheet.cli.sharing import choices, print_sharing
from callsheet.provider.choice import Choice, expect
from callsheet.settings import settings_from_environment

if TYPE_CHECKING:
    from callsheet.plan import Plan

TIERS = click.Choice(["prototype", "social", "professional", "broadcast"])


@click.command()
@click.argument("brief", type=click.Path(path_type=Path))
@click.option("--tier", type=TIERS, help="Another tier than the brief's.")
@click.option("--sharing", type=SHARING, help="How far the cells of a matrix share shots.")
@click.option("--take", "takes", multiple=True, metavar="SHOT", help="Another take of this shot; SHOT=3 the third.")
@click.option("--provider", help="Another provider than CALLSHEET_PROVIDER.")
@click.option("--model", help="Another model than CALLSHEET_PROVIDER_MODEL.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def quote(
    brief: Path,
    tier: str | None,
    sharing: str | None,
    takes: tuple[str, ...],
    provider: str | None,
    model: str | None,
    as_json: bool,
) -> None:
    """Print what BRIEF, or an edited plan file, would cost.

    At the first provider that could make it, as far as is known without asking.
    """
    settings = settings_from_environment()
    asked = read_asked(brief, tier, sharing, takes)
    written = asked.brief
    choice = expect(asked.options(settings, provider, model))
    other = {} if asked.edited else choices(written, settings, provider, model)
    advise(asked, choice.plan)
    if as_json:
        shared = {"sharing": {name: str(total.amount) for name, total in other.items()}} if other else {}
        click.echo(json.dumps(quote_json(choice) | shared, ensure_ascii=False))
    else:
        print_quote(choice.plan)
        print_sharing(written, choice.plan, other)
        print_choice(choice)


def quote_json(choice: Choice) -> dict[str, object]:
    """`{"digest", "currency", "total", "lines": [{"feature", "count", "seconds", "resolution", "amount"}]}`.

    Where there is more to say, `choice` has provider, who was passed over, the difference in price, and notes.
    """
    from callsheet.plan import quote as quote_of

    found = quote_of(choice.plan).model_dump(mode="json", exclude_none=True)
    return found | {"choice": choice.report()} if choice.lines() else found


def print_choice(choice: Choice) -> None:
    """Who was passed over and why, and what is bought other than it was asked, on standard error."""
    for line in choice.lines():
        click.echo(f"note: {line}", err=True)


def print_quote(plan: Plan, *, err: bool = False) -> None:
    """The quote as a table."""
    from rich.console import Console
    from rich.table import Table

    from callsheet.plan import quote as quote_of

    found = quote_of(plan)
    table = Table(title=f"{plan.name} · {plan.seconds:g} s · {plan.tier}", title_justify="left")
    for name in ("feature", "resolution"):
        table.add_column(name)
    for name in ("count", "seconds", found.currency):
        table.add_column(name, justify="right")
    for line in found.lines:
        feature = line.feature.replace("_", " ")
        table.add_row(feature, line.resolution, str(line.count), str(line.seconds), f"{line.amount:.2f}")
    table.add_section()
    table.add_row("total", "", "", "", f"{found.total:.2f}", style="bold")
    if found.up_to is not None:
        table.add_row("with further takes, up to", "", "", "", f"{found.up_to:.2f}")
    table.caption = f"plan {found.digest[:16]}"
    Console(stderr=err).print(table)
