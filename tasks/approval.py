"""A person's approval: a run that nobody has approved waits for one, and goes on in a fresh process.

Prefect runs the flow's body from its beginning when it is resumed. The plan is made anew, and an answer counts only for
the very offer that it was given to: plan, provider, price and all alternatives with their prices are in the key under
which the answer is kept. With anything of it changed, the answer is to something else, and the run asks again.
"""

from __future__ import annotations

import datetime as dt
import json
from http import HTTPStatus
from typing import Any, cast

from prefect import get_client
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.flow_runs import suspend_flow_run
from prefect.input import keyset_from_paused_state
from prefect.logging import get_run_logger
from prefect.runtime import deployment, flow_run
from prefect.states import Suspended

from callsheet.canonical import digest
from callsheet.errors import BriefError, BudgetError, CallsheetError, NotApproved
from callsheet.ledger.approvals import record_approval
from callsheet.ledger.store import open_ledger
from callsheet.money import Money
from callsheet.production import Alternatives, Planned, Prepared, alternatives, changed
from tasks.commissioned import Asked
from tasks.decision import Decision, decision_form
from tasks.quoting import show_quote
from tasks.waiting import announce, approval_mark

ROUNDS = 12
"""Times that one run asks: each answer may lead to another plan."""
GRACE_HOURS = 1.0
"""After the time that was given, Prefect itself ends a run that nobody has ended before (see `flows/approvals.py`)."""


async def approved(asked: Asked, planned: Planned) -> Prepared:
    """The plan as it may be bought: approved by the commission, the rule, the ledger, or a person who is asked.

    A run that was started from no deployment, or that may not wait, raises `NotApproved` instead of asking. A person
    who says no raises `BudgetError` with the reason. The plan that comes back may be another than the one that went in.
    """
    complaint = ""
    for number in range(ROUNDS):
        try:
            return planned.approved(await planned.recorded())
        except NotApproved:
            if not asked.commission.wait_for_approval_hours or deployment.id is None:
                raise
        others = alternatives(planned)
        answer = await _answer(asked, planned, others, number, complaint)
        get_run_logger().info("%s", answer.told(planned.plan.total))
        if answer.decision == "reject":
            raise BudgetError(
                f"refused by {answer.by}: {answer.reason or 'without a reason'}; "
                f"{planned.plan.total} were not approved and nothing was bought"
            )
        planned, complaint = await _decided(planned, others, answer)
    raise BudgetError(f"asked {ROUNDS} times without an approval; nothing was bought")


async def _decided(planned: Planned, others: Alternatives, answer: Decision) -> tuple[Planned, str]:
    """The plan after an answer, and what is to be said when it has to be asked for again."""
    if answer.decision == "look again":
        return planned, "The ledger has no approval of this plan at this price."
    if answer.decision == "approve":
        await _record(planned, answer)
        return planned, ""
    try:
        if answer.decision == "lower tier":
            if answer.tier is None:
                return planned, "You said lower tier and did not say to which."
            seen = others.tiers.get(answer.tier)
            made = changed(planned, tier=cast(Any, answer.tier))
        else:
            seen = others.cells.get(answer.cells[0]) if len(answer.cells) == 1 else None
            made = changed(planned, dropped=answer.cells)
    except CallsheetError as error:
        reason = error.message if not isinstance(error, BriefError) else "; ".join(map(str, error.faults))
        return planned, f"That can't be made: {reason}"
    if seen == made.plan.total:
        await _record(made, answer)
        return made, ""
    return made, f"That costs {made.plan.total}, which was not shown before."


async def _record(planned: Planned, answer: Decision) -> None:
    settings, plan = planned.settings, planned.plan
    ledger = await open_ledger(settings.ledger_address(), settings.budget_time_zone)
    try:
        await record_approval(
            ledger,
            digest=plan.digest,
            provider=planned.choice.identity,
            name=plan.name,
            quoted=plan.total,
            up_to=plan.most,
            by=answer.by,
        )
    finally:
        await ledger.close()


async def _answer(asked: Asked, planned: Planned, others: Alternatives, number: int, complaint: str) -> Decision:
    """What a person answered to this very offer; where nobody has yet, shows it and suspends the run."""
    hours = asked.commission.wait_for_approval_hours
    form = decision_form(planned, others, complaint)
    key = f"{approval_mark(planned.plan.digest, planned.choice.identity)}-{_offer(planned, others)}-{number}"
    keys = keyset_from_paused_state(Suspended(pause_key=key))
    there = await _given(keys["response"])
    if there is not None:
        return form.model_validate(there).decided()
    page = await show_quote(planned, others)
    until = dt.datetime.now(dt.UTC) + dt.timedelta(hours=hours)
    await announce(planned, page=page, until=until, run=str(flow_run.id), key=key)
    seconds = round((hours + GRACE_HOURS) * 3600)
    got = await cast(Any, suspend_flow_run)(wait_for_input=form, timeout=seconds, key=key)
    return cast(Any, got).decided()  # type: ignore[no-any-return]


def _offer(planned: Planned, others: Alternatives) -> str:
    def priced(prices: dict[str, Money]) -> list[Any]:
        return [[name, str(price)] for name, price in prices.items()]

    plan = planned.plan
    return digest([plan.digest, str(plan.total), str(plan.most), priced(others.tiers), priced(others.cells)])[:12]


async def _given(key: str) -> Any:
    async with get_client() as client:
        try:
            text = await client.read_flow_run_input(flow_run_id=flow_run.id, key=key)
        except ObjectNotFound:
            return None
        except PrefectHTTPStatusError as error:  # what this call raises instead
            if error.response.status_code != HTTPStatus.NOT_FOUND:
                raise
            return None
    return json.loads(text)
