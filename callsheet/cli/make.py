"""`callsheet make BRIEF`: from a brief to a published work, with live progress."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from decimal import Decimal
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from callsheet.approval import paid_already, recorded_approval
from callsheet.budget import Caps
from callsheet.cli.planning import SHARING, Asked, advise, read_asked
from callsheet.cli.quote import TIERS, print_choice, print_quote
from callsheet.errors import BudgetError, CallsheetError, SettingsError
from callsheet.money import Money, exact
from callsheet.provider.choice import Choice, approve_choice, choose, expect
from callsheet.settings import Settings, settings_from_environment

if TYPE_CHECKING:
    from callsheet.plan import Plan
    from callsheet.production import Outcome


SPEAKING_LIMIT = 60.0
"""Seconds to wait at the end for a line that is still being spoken ahead of a cut that never came."""


@click.command()
@click.argument("brief", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Also put the published files here.")
@click.option("--tier", type=TIERS, help="Another tier than the brief's.")
@click.option("--sharing", type=SHARING, help="How far the cells of a matrix share shots.")
@click.option("--take", "takes", multiple=True, metavar="SHOT", help="Another take of this shot; SHOT=3 the third.")
@click.option("--provider", help="Another provider than CALLSHEET_PROVIDER.")
@click.option("--model", help="Another model than CALLSHEET_PROVIDER_MODEL.")
@click.option("--yes", is_flag=True, help="Approve the quoted price.")
@click.option("--approve", "amount", metavar="AMOUNT", help="Approve up to this sum, in the currency of the quote.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output, all else on standard error.")
def make(
    brief: Path,
    out: Path | None,
    tier: str | None,
    sharing: str | None,
    takes: tuple[str, ...],
    provider: str | None,
    model: str | None,
    yes: bool,
    amount: str | None,
    as_json: bool,
) -> None:
    """Make the work that BRIEF describes, or a plan file as it was edited.

    The same command again goes on where it stopped and buys nothing twice.
    """
    settings = settings_from_environment()
    asked = read_asked(brief, tier, sharing, takes)
    options = asked.options(settings, provider, model)
    expected = expect(options)
    advise(asked, expected.plan)
    print_quote(expected.plan, err=True)
    choice = asyncio.run(choose(options, insist=provider is not None))
    print_choice(choice)
    if choice.taken != expected.taken:
        print_quote(choice.plan, err=True)
    caps = asked.brief.caps(choice.currency)
    approved = _approved(choice, caps, settings, yes, _sum(amount))
    approve_choice(choice, caps=caps, up_to=approved, auto_below=settings.auto_approve_below)
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"--out: {out} can't be made: {error.strerror or error}") from error
    report = asyncio.run(_make(asked, choice, approved, out))
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        _print(report)
    if report["failed"]:
        sys.exit(max(failed["exit_code"] for failed in report["failed"]))


def _sum(amount: str | None) -> Decimal | None:
    try:
        found = None if amount is None else exact(amount)
    except ValueError as error:
        raise SettingsError(f"--approve: {amount} is not allowed; {error}") from error
    if found is not None and found <= 0:
        raise SettingsError(f"--approve: {amount} is not allowed; it must be more than 0")
    return found


def _approved(choice: Choice, caps: Caps, settings: Settings, yes: bool, amount: Decimal | None) -> Money | None:
    """What a person approves by an option, in the ledger or at the prompt; None leaves it to the rules.

    `--yes` approves the price that a quote shows: what a fallback costs more has to be asked for by its name.
    """
    total = choice.plan.total
    billed = choice.bills
    if amount is not None:
        return Money(amount=amount, currency=choice.currency)
    if yes:
        unasked = billed and choice.taken != choice.expected and choice.options[choice.expected].entry.rehearsal
        return None if unasked else choice.quoted
    recorded = asyncio.run(recorded_approval(choice.plan, choice.identity, settings)) if billed else None
    if recorded is not None:
        return recorded
    small = total.currency == choice.currency and total.amount <= settings.auto_approve_below
    if billed and not small and sys.stdin.isatty() and sys.stderr.isatty():
        most = choice.plan.most
        # What the brief's budgets refuse is refused now: nobody is asked for an answer that can change nothing.
        approve_choice(choice, caps=caps, up_to=most, auto_below=settings.auto_approve_below)
        more = f", with further takes up to {most}," if most > total else ""
        paid = asyncio.run(paid_already(choice.plan, choice.identity, settings))
        less = f" {paid} of it is paid for already and not charged again." if paid.amount else ""
        if not click.confirm(f"Buy this for {total}{more} from {choice.identity}?{less}", err=True):
            raise BudgetError("not approved; nothing was bought")
        return most
    return None


async def _make(asked: Asked, choice: Choice, approved: Money | None, out: Path | None) -> dict[str, Any]:
    from callsheet.cli.report import deliver, report
    from callsheet.desk import open_desk
    from callsheet.ledger.queries import entries, settled
    from callsheet.ledger.states import State
    from callsheet.manifest import OF_SEVERAL
    from callsheet.production import Outcome, Production, all_published, conclude, note_published

    plan, settings = choice.plan, choice.settings
    async with open_desk(settings, buying=False) as desk:
        production = Production(plan, desk)
        keys = [_key(production, purchase) for purchase in plan.purchases]
        # Also what was ordered under keys that only its pictures made known.
        own = await entries(desk.ledger, states=[State.SETTLED], production=production.id)
        before = await settled(desk.ledger, keys) | {entry.key for entry in own}
        there = await all_published(production)
    if there is None:
        outcome = await _run_flow(asked, choice, approved)
        identities = {manifest.provider.identity for manifest in outcome.manifests}
        made = next((option for option in choice.options if option.place.identity in identities), choice.option)
        choice = Choice(choice.options, choice.options.index(made))
    else:
        outcome = Outcome(production_id=production.id, manifests=tuple(there))
    async with open_desk(choice.settings, buying=False) as desk:
        production = Production(choice.plan, desk)
        if there is not None:  # what follows publishing, should a run have been killed in between
            await (conclude(production, there) if plan.kind in OF_SEVERAL else note_published(production))
        places = await deliver(production, outcome.manifests, out)
        return report(production, outcome, before, places)


def _key(production: Any, purchase: Any) -> str:
    from callsheet.ledger.order import Order

    order = Order(purchase=purchase, production_id=production.id, tier=production.plan.tier)
    return order.key(production.desk.identity_of(order.feature))


async def _run_flow(asked: Asked, choice: Choice, approved: Money | None) -> Outcome:
    """The product's flow, in this process, found by its entry point: the core knows no flow by name."""
    from callsheet.cli.watch import Watch
    from callsheet.plan.files import PlanFile
    from callsheet.production import outcome_of
    from callsheet.progress import watching

    plan, brief = choice.plan, asked.brief
    prefect_environment(choice.settings)
    watch = Watch(plan)
    with watch, watching(watch.news):
        watch.stage("starting the workflow engine")
        speaking = asyncio.create_task(asyncio.to_thread(_speak_ahead, plan))
        products = entry_points(group="callsheet.products")
        if brief.kind not in products.names:
            raise SettingsError(f"no flow is installed for {brief.kind}; is the package installed?")
        flow = products[brief.kind].load()
        if asked.data is not None and brief.kind == "course":
            raise SettingsError(
                f"BRIEF: the cut of a {brief.kind} follows from its brief and is not planned by hand: edit the brief"
            )
        try:
            result = await flow(
                brief=brief if asked.data is None else PlanFile(data=dict(asked.data)),
                approve_up_to=None if approved is None else approved.amount,
                approve_currency=None if approved is None else approved.currency,
                provider=choice.identity,
            )
        finally:
            await asyncio.wait([speaking], timeout=SPEAKING_LIMIT)
    return outcome_of(result)


def _speak_ahead(plan: Plan) -> None:
    """Speaks the lines while the engine starts and a core is idle; the cut finds each sentence in the voice's cache.

    Not those of a course, whose flow begins with speaking: most sentences would be spoken twice at the same time. What
    goes wrong here goes wrong again in the cut, and is said there.
    """
    from callsheet.media.speech import speak

    if plan.kind == "course":
        return
    with contextlib.suppress(CallsheetError):
        for timeline in (work.timeline for work in plan.works):
            for line in timeline.lines:
                speak(line.text, language=timeline.language, voice=line.voice or timeline.voice)


def prefect_environment(settings: Settings) -> None:
    """Prefect's settings for a run in this process; what the user has set stays.

    Its first start migrates a database, which passes its own limit of 20 s on a small machine. Its telemetry is off.
    """
    home = settings.home / "prefect"
    defaults = {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        # What goes wrong is said once, by us, in one line; the run's own log is kept by Prefect's server.
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)


def _print(report: dict[str, Any]) -> None:
    cost, purchases = report["cost"], report["purchases"]
    for item in report["deliverables"]:
        click.echo(f"  {item['kind']:<14} {item['path']}")
    for path in report["manifests"].values():
        click.echo(f"  {'manifest':<14} {path}")
    for path in report["beside"]:
        click.echo(f"  {'beside':<14} {path}")
    click.echo(
        f"{report['production_id']}: {cost['spent']} of {cost['quoted']} {cost['currency']} spent, "
        f"{purchases['bought']} bought, {purchases['reused']} reused"
    )
    click.echo(f"published at {report['location']}; to look at: {report['review']}")
    for failed in report["failed"]:
        click.echo(f"not published: {failed['work']}: {failed['error']}", err=True)
