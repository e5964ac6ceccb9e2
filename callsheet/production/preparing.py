"""What comes before the first order: the brief planned and priced, a provider chosen, the price approved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from callsheet.approval import recorded_approval
from callsheet.brand import Brand
from callsheet.briefs import Brief
from callsheet.briefs.dressing import dress
from callsheet.briefs.files import Files, read_files
from callsheet.budget import Caps
from callsheet.errors import BriefError, Fault, NotApproved
from callsheet.ledger.order import Order, orders_of
from callsheet.money import Money, price_list
from callsheet.plan.files import edited
from callsheet.plan.model import Plan
from callsheet.plan.quote import REFERENCE
from callsheet.production.production import Production
from callsheet.products import plan_with
from callsheet.provider.choice import Choice, approve_choice, choose
from callsheet.provider.options import options_of, wished
from callsheet.settings import Settings


@dataclass(frozen=True)
class Prepared:
    """A plan that may be bought: from whom, under which cap, on whose account, with which files."""

    brief: Brief
    choice: Choice
    files: Files
    cap: Money
    caps: Caps
    campaign: str | None

    @property
    def plan(self) -> Plan:
        return self.choice.plan

    @property
    def settings(self) -> Settings:
        """The settings to open a desk with."""
        return self.choice.settings

    def orders(self, production: Production) -> list[Order]:
        """All purchases of the plan as orders of its production."""
        return orders_of(self.plan, production.id, cap=self.cap, campaign=self.campaign, caps=self.caps)


@dataclass(frozen=True)
class Planned:
    """A brief as it would be made: planned, priced, with whoever would make it. Nobody has approved it yet.

    `edited` says that the plan is a person's own, from a plan file, and follows from no brief. `up_to` is what whoever
    started the run has approved, `caps` hold beside those of the brief.
    """

    brief: Brief
    files: Files
    choice: Choice
    settings: Settings
    caps: Caps
    up_to: Money | None = None
    edited: bool = False

    @property
    def plan(self) -> Plan:
        return self.choice.plan

    @property
    def production_id(self) -> str:
        """Where the works will live."""
        return self.plan.production_id(self.choice.identity)

    def approved(self, up_to: Money | None = None) -> Prepared:
        """The plan as it may be bought. `up_to` is what was approved beside `self.up_to`, in the ledger or by a person.

        Raises `NotApproved` where a person may still say yes, and `BudgetError` where nobody can.
        """
        own = self.brief.caps(self.choice.currency)
        below = self.settings.auto_approve_below
        try:
            cap = approve_choice(self.choice, caps=own, up_to=self.up_to, auto_below=below)
        except NotApproved:
            if up_to is None:
                raise
            cap = approve_choice(self.choice, caps=own, up_to=up_to, auto_below=below)
        return Prepared(self.brief, self.choice, self.files, cap, self.caps.with_(own), self.brief.campaign)

    async def recorded(self) -> Money | None:
        """What the ledger's approval of this very plan at this provider says; None for a rehearsal."""
        if not self.choice.bills:
            return None
        return await recorded_approval(self.plan, self.choice.identity, self.settings)


async def consider(
    brief: Brief,
    settings: Settings,
    *,
    provider: str | None = None,
    model: str | None = None,
    insist: bool = False,
    approve_up_to: Decimal | None = None,
    approve_currency: str | None = None,
    caps: Caps | None = None,
    brand: Brand | None = None,
    plan: Mapping[str, Any] | None = None,
) -> Planned:
    """Plans the brief and chooses who makes it. Nothing is bought or recorded.

    `provider` and `model` overrule the brief and the settings; `insist` says that the settings themselves name the
    provider (a block). `caps` hold beside those of the brief; `brand` is that of a block. `plan` is a plan
    file's mapping with absolute paths: it is made as it stands, instead of what the brief would be planned as.
    Raises `BriefError`, and what `choose` raises.
    """
    if plan is None:
        brief = brief if brand is None else dress(brief, brand)
        files = read_files(brief, brand)
        reference = plan_with(brief, files, price_list(REFERENCE))
    else:
        written = edited(plan, Path("/"), brand)
        if written.plan.kind != brief.kind:
            raise BriefError([Fault("plan.kind", written.plan.kind, f"this flow makes plans of the kind {brief.kind}")])
        brief, files, reference = written.brief, written.files, written.plan
    name, model = (provider, model) if insist else wished(brief, provider, model)
    choice = await choose(
        options_of(reference, settings, name=name, model=model), insist=insist or provider is not None
    )
    up_to = None
    if approve_up_to is not None:
        up_to = Money(amount=approve_up_to, currency=approve_currency or choice.currency)
    return Planned(brief, files, choice, settings, caps or Caps(), up_to, edited=plan is not None)


async def prepare(brief: Brief, settings: Settings, **asked: Any) -> Prepared:
    """`consider`, and its price approved: by the commission, by the rule for small sums, or in the ledger.

    Raises `BriefError`, `BudgetError`, and what `choose` raises.
    """
    planned = await consider(brief, settings, **asked)
    return planned.approved(None if planned.up_to is not None else await planned.recorded())
