"""`callsheet plan BRIEF`: the plan as a file to be edited, and its storyboard with free drafts. Nothing is bought."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from callsheet.cli.planning import SHARING, advise, read_asked
from callsheet.cli.quote import TIERS, print_choice, print_quote
from callsheet.errors import SettingsError
from callsheet.provider.choice import expect
from callsheet.settings import settings_from_environment

if TYPE_CHECKING:
    from callsheet.briefs.files import Files
    from callsheet.plan import Plan


@click.command()
@click.argument("brief", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The plan file; BRIEF.plan.yaml without.")
@click.option("--tier", type=TIERS, help="Another tier than the brief's.")
@click.option("--sharing", type=SHARING, help="How far the cells of a matrix share shots.")
@click.option("--take", "takes", multiple=True, metavar="SHOT", help="Another take of this shot; SHOT=3 the third.")
@click.option("--provider", help="Another provider than CALLSHEET_PROVIDER.")
@click.option("--model", help="Another model than CALLSHEET_PROVIDER_MODEL.")
@click.option("--drafts/--no-drafts", default=True, help="Whether a draft of each shot is drawn for the storyboard.")
@click.option("--force", is_flag=True, help="Write over a plan file that is there.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def plan(
    brief: Path,
    out: Path | None,
    tier: str | None,
    sharing: str | None,
    takes: tuple[str, ...],
    provider: str | None,
    model: str | None,
    drafts: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Write the plan of BRIEF as YAML, and beside it a storyboard page with a free draft of each shot.

    BRIEF may be a plan file that was edited: its storyboard is drawn anew, and its prices are.
    """
    from callsheet.briefs.files import read_files
    from callsheet.plan.files import plan_text

    settings = settings_from_environment()
    asked = read_asked(brief, tier, sharing, takes)
    target = out or (brief if asked.edited else brief.with_suffix(".plan.yaml"))
    page = target.with_suffix(".html")
    if target.exists() and not force and not (asked.edited and target.resolve() == brief.resolve()):
        raise SettingsError(f"--out: {target} is there already and may have been edited; --force writes over it")
    choice = expect(asked.options(settings, provider, model))
    made = choice.plan
    advise(asked, made)
    files = asked.edited.files if asked.edited else read_files(asked.brief)
    folder = target.absolute().parent
    who, which = provider or asked.brief.provider, model or asked.brief.model
    text = plan_text(made, asked.brief, files, folder, provider=who, model=which)
    notes = (*(asked.edited.notes if asked.edited else ()), *choice.lines())
    storyboard = _page(made, choice.identity, target.name, files, notes, drafts=drafts)
    try:
        target.write_text(text, encoding="utf-8")
        page.write_text(storyboard, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"--out: {target} can't be written: {error.strerror or error}") from error
    if as_json:
        found = {"plan": str(target), "storyboard": str(page), "digest": made.digest, "total": str(made.total.amount)}
        click.echo(json.dumps(found | {"currency": made.total.currency}, ensure_ascii=False))
        return
    print_quote(made)
    print_choice(choice)
    click.echo(f"plan        {target}\nstoryboard  {page}")


def _page(made: Plan, identity: str, name: str, files: Files, notes: tuple[str, ...], *, drafts: bool) -> str:
    from callsheet.review import plan_page
    from callsheet.review.drafts import drafts as draw

    data = {media.sha256: files.data[path] for path, media in files.media.items()}
    drawn = draw(made, data, _told) if drafts else {}
    _told("")
    return plan_page(made, identity, name, drawn, notes)


def _told(clip: str) -> None:
    """Which draft is being drawn, on a terminal only."""
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[Kdrawing {clip}" if clip else "\r\x1b[K", nl=False, err=True)
