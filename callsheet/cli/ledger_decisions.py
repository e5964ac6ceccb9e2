"""What a person decides about purchases: what became of one in doubt, what is not wanted, and putting things right."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Literal

import click

from callsheet.cli.ledger_options import JSON, opened, print_json
from callsheet.errors import CallsheetError, InDoubt, SettingsError
from callsheet.ledger.states import State
from callsheet.settings import Settings, settings_from_environment

if TYPE_CHECKING:
    from callsheet.ledger.entry import Entry
    from callsheet.ledger.reconcile import Reconciliation

SHOWN = 10
"""How many productions an error lists."""


@click.command()
@click.argument("key")
@click.option("--as", "how", type=click.Choice(["bought", "lost"]), required=True, help="What the provider says.")
@click.option("--job", help="The provider's name of the job, when it was bought: the next run fetches its clip.")
@click.option("--note", default="", help="Why, for the history.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@JSON
def resolve(key: str, how: Literal["bought", "lost"], job: str | None, note: str, yes: bool, as_json: bool) -> None:
    """Say what became of a purchase in doubt. KEY is the beginning of its key.

    Ask the provider first. What was bought is never ordered again; what was lost is ordered by the next run.
    """
    entry = asyncio.run(_resolve(key, how, job, note, yes))
    if as_json:
        from callsheet.ledger.export import record

        print_json(record(entry))
    else:
        click.echo(f"{entry.key[:12]} is {entry.state}")


async def _resolve(key: str, how: Literal["bought", "lost"], job: str | None, note: str, yes: bool) -> Entry:
    from callsheet.desk import open_desk
    from callsheet.ledger.resolve import check_job, in_doubt
    from callsheet.ledger.resolve import resolve as resolve_in

    settings = settings_from_environment()
    async with opened(settings) as book:
        entry = await in_doubt(book, key)
        if job is not None and how == "bought":
            async with open_desk(settings) as desk:
                await check_job(desk, entry, job)
        then = {
            "lost": "it counts as not bought, and the next run orders it again",
            "bought": f"it counts as bought as job {job}, and the next run fetches it"
            if job
            else f"it counts as bought for {entry.quoted}, without a clip",
        }[how]
        click.echo(f"{entry.purchase_id} of {entry.production_id}, {entry.quoted}: {then}", err=True)
        if not yes and not _agreed():
            raise CallsheetError("nothing was changed")
        return await resolve_in(book, entry.key, how, job, note)


def _agreed() -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise SettingsError("--yes: there is no terminal to ask at; say --yes to agree")
    return click.confirm("Write that down?", err=True)


@click.command()
@click.argument("production")
def cancel(production: str) -> None:
    """Mark PRODUCTION as not wanted any more. `reconcile` then cancels its jobs and gives back what it has reserved."""
    click.echo(asyncio.run(_cancel(production)))


async def _cancel(production: str) -> str:
    from callsheet.ledger.queries import entries, production_rows, set_status
    from callsheet.money import Money

    async with opened(settings_from_environment()) as book:
        rows = await production_rows(book, id=production)
        if not rows:
            names = [row.id for row in await production_rows(book, status="open")]
            more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
            allowed = f"{', '.join(names[:SHOWN])}{more}" if names else "nothing, as no production is open"
            raise SettingsError(f"PRODUCTION: {production} is not allowed; it must be one of: {allowed}")
        if rows[0].status == "published":
            raise SettingsError(f"PRODUCTION: {production} is published; only what is not published can be cancelled")
        await set_status(book, "cancelled", id=production)
        states = (State.INTENDED, State.SUBMITTING, State.SUBMITTED)
        paid = [
            one for one in await entries(book, production=production, states=states) if one.production_id == production
        ]
    price = Money.total((one.quoted for one in paid), rows[0].quoted.currency)
    under_way = f"{len(paid)} purchases for {price} are reserved or under way; " if paid else ""
    return (
        f"{production} is cancelled; {under_way}`callsheet ledger reconcile` cancels jobs and gives reservations back "
        "(stop a run that still works on it first: it goes on by itself)"
    )


@click.command()
@click.option("--provider", help="Another provider than CALLSHEET_PROVIDER.")
@JSON
def reconcile(provider: str | None, as_json: bool) -> None:
    """Put the ledger right with the provider. Orders nothing, so it may run on a schedule."""
    done = asyncio.run(_reconcile(_settings(provider)))
    needed = done.open_questions
    if as_json:
        print_json(done.model_dump(mode="json") | {"open_questions": needed})
    else:
        for line in done.lines:
            click.echo(str(line))
        click.echo(f"{done.provider}: {len(done.lines)} purchases dealt with", err=True)
    if needed:
        raise InDoubt(f"purchases that need a person: {needed}")


def _settings(provider: str | None) -> Settings:
    """The settings for a provider by its name: nothing of another one's address or key."""
    from callsheet.provider.options import find_place

    settings = settings_from_environment()
    return settings if provider is None else find_place(settings, provider).over(settings)


async def _reconcile(settings: Settings) -> Reconciliation:
    from callsheet.desk import open_desk
    from callsheet.ledger.reconcile import reconcile as reconcile_at

    async with open_desk(settings) as desk:
        return await reconcile_at(desk)
