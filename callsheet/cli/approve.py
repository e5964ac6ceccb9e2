"""`callsheet approve PLAN|BRIEF`: somebody says yes to one plan at one price; and the list of who said yes to what."""

from __future__ import annotations

import asyncio
import getpass
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import click

from callsheet.cli.ledger_options import JSON, opened, print_json
from callsheet.cli.planning import SHARING, advise, read_asked
from callsheet.cli.quote import TIERS, print_choice, print_quote
from callsheet.errors import BudgetError, SettingsError
from callsheet.money import Money, exact
from callsheet.provider.choice import expect
from callsheet.settings import Settings, settings_from_environment

if TYPE_CHECKING:
    from callsheet.ledger.approvals import Approval
    from callsheet.provider.choice import Choice


@click.command()
@click.argument("brief", metavar="PLAN|BRIEF", type=click.Path(path_type=Path))
@click.option("--up-to", "amount", metavar="AMOUNT", help="Approve up to this sum; the price of the plan without.")
@click.option("--by", "who", metavar="NAME", help="Who approves it; the name of the system's user without.")
@click.option("--tier", type=TIERS, help="Another tier than the brief's.")
@click.option("--sharing", type=SHARING, help="How far the cells of a matrix share shots.")
@click.option("--take", "takes", multiple=True, metavar="SHOT", help="Another take of this shot; SHOT=3 the third.")
@click.option("--provider", help="Another provider than CALLSHEET_PROVIDER.")
@click.option("--model", help="Another model than CALLSHEET_PROVIDER_MODEL.")
@JSON
def approve(
    brief: Path,
    amount: str | None,
    who: str | None,
    tier: str | None,
    sharing: str | None,
    takes: tuple[str, ...],
    provider: str | None,
    model: str | None,
    as_json: bool,
) -> None:
    """Record in the ledger that this very plan may be bought at its price. Any change of it needs another approval."""
    settings = settings_from_environment()
    asked = read_asked(brief, tier, sharing, takes)
    choice = expect(asked.options(settings, provider, model))
    if choice.option.error is not None:
        raise choice.option.error
    advise(asked, choice.plan)
    print_quote(choice.plan, err=True)
    print_choice(choice)
    up_to = _up_to(amount, choice.plan.total, choice.plan.most)
    made = asyncio.run(_record(choice, settings, up_to, (who or _user()).strip()))
    released = asyncio.run(_tell(made))
    if as_json:
        print_json({**made.record(), "released": released})
    else:
        click.echo(f"plan {made.digest[:16]} at {made.provider}: approved up to {made.up_to} by {made.by}")
        for name in released:
            click.echo(f"goes on: {name}")


def _up_to(amount: str | None, total: Money, most: Money) -> Money:
    try:
        found = most if amount is None else Money(amount=exact(amount), currency=total.currency)
    except ValueError as error:
        raise SettingsError(f"--up-to: {amount} is not allowed; it must be a decimal number such as 12.50") from error
    if total > found:
        raise BudgetError(f"the plan costs {total}, and {found} would not buy it; nothing was approved")
    return found


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:
        raise SettingsError("--by: the system does not say who you are; give a name") from error


async def _record(choice: Choice, settings: Settings, up_to: Money, who: str) -> Approval:
    from callsheet.ledger.approvals import record_approval

    if not who or len(who) > 120:
        raise SettingsError(f"--by: {who!r} is not allowed; it must be a name of at most 120 characters")
    plan = choice.plan
    async with opened(settings) as book:
        return await record_approval(
            book,
            digest=plan.digest,
            provider=choice.identity,
            name=plan.name,
            quoted=plan.total,
            up_to=up_to,
            by=who,
        )


async def _tell(made: Approval) -> list[str]:
    """Tells whoever waits for approvals; the core knows none of them. Gives the names of the runs that go on."""
    found: list[str] = []
    for point in entry_points(group="callsheet.approved"):
        try:
            found += await point.load()(made.digest, made.provider, made.by)
        except Exception as error:  # whatever a service that can't be reached raises; the approval stands
            said = " ".join(str(error).split())[:300]
            click.echo(f"waiting runs were not told, they look by themselves: {said}", err=True)
    return found


@click.command("approvals")
@JSON
def approvals(as_json: bool) -> None:
    """List who approved which plan at which price, the oldest first."""
    found = asyncio.run(_list(settings_from_environment()))
    if as_json:
        print_json({"approvals": [one.record() for one in found]})
        return
    from callsheet.cli.ledger_tables import print_approvals

    if found:
        print_approvals(found)
    else:
        click.echo("no approvals")


async def _list(settings: Settings) -> list[Approval]:
    from callsheet.ledger.approvals import approvals_of

    async with opened(settings) as book:
        return await approvals_of(book)
