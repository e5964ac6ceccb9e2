"""What every command does first: brief, images, plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

import click

from callsheet.briefs import Brief, MatrixBrief, load_brief
from callsheet.briefs.files import read_files
from callsheet.errors import BriefError, Fault
from callsheet.money import price_list
from callsheet.plan.quote import REFERENCE
from callsheet.products import plan_with
from callsheet.provider.options import Option, options_of, wished
from callsheet.settings import Settings
from callsheet.tiers import TierName

if TYPE_CHECKING:
    from callsheet.plan.files import Edited

SHARING = click.Choice(["none", "aspect", "full"])


def read_brief(path: Path, tier: str | None, sharing: str | None = None) -> Brief:
    """The brief of a file, with the command's tier and sharing where they are given."""
    brief = load_brief(path)
    if sharing is not None:
        if not isinstance(brief, MatrixBrief):
            raise BriefError([Fault("--sharing", sharing, f"a brief of the kind {brief.kind} shares no shots")])
        brief = brief.model_copy(update={"sharing": sharing})
    return brief if tier is None else brief.model_copy(update={"tier": known_tier(tier)})


def known_tier(name: str) -> TierName:
    """The tier of a command line. Raises `BriefError` for a word that is none."""
    if name not in get_args(TierName):
        raise BriefError([Fault("tier", name, "it must be prototype, social, professional or broadcast")])
    return cast("TierName", name)


def with_takes(brief: Brief, takes: Sequence[str]) -> Brief:
    """The brief with another take of each shot in `takes`: `NAME` is take 2, or one more than the brief asks for."""
    wanted = dict(brief.takes)
    for text in takes:
        name, _, number = text.partition("=")
        if number and not (number.isascii() and number.isdigit() and 1 <= int(number) <= 99):
            raise BriefError([Fault("--take", text, "it must be NAME or NAME=NUMBER with a number from 1 to 99")])
        wanted[name] = int(number) if number else wanted.get(name, 1) + 1
    return brief.model_copy(update={"takes": wanted}) if takes else brief


@dataclass(frozen=True)
class Asked:
    """What a command was asked to plan: a brief, or the brief of a plan file with the plan as it was edited.

    `data` is what the plan file says, as a flow takes it.
    """

    brief: Brief
    edited: Edited | None = None
    data: Mapping[str, Any] | None = None

    def options(self, settings: Settings, provider: str | None, model: str | None) -> tuple[Option, ...]:
        """Everybody who could make it, the first choice first, each with the plan at its prices."""
        if self.edited is None:
            return options_for(self.brief, settings, provider, model)
        name, model = wished(self.brief, provider, model)
        return options_of(self.edited.plan, settings, name=name, model=model)


def read_asked(path: Path, tier: str | None = None, sharing: str | None = None, takes: Sequence[str] = ()) -> Asked:
    """What a brief or a plan file asks for. Raises `BriefError`; a plan file takes no option but the tier."""
    from callsheet.plan.files import edited, is_plan, placed, read_mapping
    from callsheet.plan.retier import at_tier

    data: Any = read_mapping(path) if path.is_file() else None
    if not is_plan(data):
        return Asked(with_takes(read_brief(path, tier, sharing), takes))
    for option, value in (("--sharing", sharing), ("--take", ", ".join(takes))):
        if value:
            raise BriefError([Fault(option, value, "it is for briefs: a plan file is edited instead")])
    if tier:
        data = at_tier(data, known_tier(tier))
    made = edited(data, path.absolute().parent)
    return Asked(made.brief, made, placed(data, path.absolute().parent))


def advise(asked: Asked, plan: Any) -> None:
    """What is allowed and not wise, on standard error."""
    for line in (*(asked.edited.notes if asked.edited else ()), *plan.advice()):
        click.echo(f"advice: {line}", err=True)


def options_for(brief: Brief, settings: Settings, provider: str | None, model: str | None) -> tuple[Option, ...]:
    """Everybody who could make the brief, the first choice first, each with the plan at its prices."""
    plan = plan_with(brief, read_files(brief), price_list(REFERENCE))
    name, model = wished(brief, provider, model)
    return options_of(plan, settings, name=name, model=model)
