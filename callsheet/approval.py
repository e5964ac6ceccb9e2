"""Who may spend: a plan is bought only when a person or a rule has accepted its price."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from callsheet.errors import BudgetError, NotApproved
from callsheet.money import Money
from callsheet.plan.model import Plan

if TYPE_CHECKING:
    from callsheet.settings import Settings


def approve(
    plan: Plan, *, rehearsal: bool, budget: Decimal | None, up_to: Decimal | None, auto_below: Decimal
) -> Money:
    """The cap under which the plan may be bought: its own price, or what a person has approved above it.

    Where further takes may be bought they are under the cap too, as far as their price has been approved.

    `budget` is the brief's; `up_to` what a person has approved, which leaves room for a charge above its quote or for
    further takes where it is more than the price; `auto_below` the rule for small sums, inclusive. A
    rehearsal bills nobody, so it needs no approval, but its budget holds as it would for the real thing. Raises
    `BudgetError` saying which of these refused; where a person may still say yes it is `NotApproved`.
    """
    total = plan.total
    if budget is not None and total.amount > budget:
        raise BudgetError(
            f"the plan costs {total}, the brief's budget is {Money(amount=budget, currency=total.currency)}"
        )
    if up_to is not None and total.amount > up_to:
        raise NotApproved(f"the plan costs {total}, approved are {Money(amount=up_to, currency=total.currency)}")
    if not rehearsal and up_to is None and total.amount > auto_below:
        raise NotApproved(
            f"the plan costs {total} and nobody has approved it: say --yes, `callsheet approve` it, give the "
            "flow approve_up_to, or set CALLSHEET_AUTO_APPROVE_BELOW"
        )
    if up_to is not None:
        return Money(amount=up_to, currency=total.currency)
    return plan.most if rehearsal or plan.most.amount <= auto_below else total


async def recorded_approval(plan: Plan, identity: str, settings: Settings) -> Money | None:
    """The sum up to which somebody has approved this very plan at this provider; None where nobody has."""
    from callsheet.ledger.approvals import approval_of
    from callsheet.ledger.store import open_ledger

    ledger = await open_ledger(settings.ledger_address(), settings.budget_time_zone)
    try:
        found = await approval_of(ledger, plan.digest, identity)
    finally:
        await ledger.close()
    return None if found is None else found.up_to


async def paid_already(plan: Plan, identity: str, settings: Settings) -> Money:
    """What of the plan's price is paid for at this provider, because it was bought before: that is not bought again."""
    from callsheet.ledger.queries import entries
    from callsheet.ledger.states import State
    from callsheet.ledger.store import open_ledger

    ledger = await open_ledger(settings.ledger_address(), settings.budget_time_zone)
    try:
        found = await entries(ledger, states=[State.SETTLED], production=plan.production_id(identity))
    finally:
        await ledger.close()
    currency = plan.total.currency
    return Money.total((entry.quoted for entry in found if entry.quoted.currency == currency), currency)
