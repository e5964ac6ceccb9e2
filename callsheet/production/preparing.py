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
from callsheet.briefs.files import Files, read_files
from callsheet.budget import Caps
from callsheet.errors import BriefError, Fault
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


async def prepare(
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
) -> Prepared:
    """Plans the brief, chooses who makes it and has its price approved. Nothing is bought or recorded.

    `provider` and `model` overrule the brief and the settings; `insist` says that the settings themselves name the
    provider (a block). `caps` hold beside those of the brief; `brand` is that of a block. `plan` is a plan
    file's mapping with absolute paths: it is made as it stands, instead of what the brief would be planned as. An
    approval in the ledger, of this plan at this provider, stands for `approve_up_to`. Raises `BriefError`,
    `BudgetError`, and what `choose` raises.
    """
    if plan is None:
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
    elif choice.bills:
        up_to = await recorded_approval(choice.plan, choice.identity, settings)
    own = brief.caps(choice.currency)
    cap = approve_choice(choice, caps=own, up_to=up_to, auto_below=settings.auto_approve_below)
    return Prepared(brief, choice, files, cap, (caps or Caps()).with_(own), brief.campaign)
