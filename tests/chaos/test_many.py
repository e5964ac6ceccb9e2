"""Many processes at one ledger: each clip is paid once, no cap is passed, and the provider is never asked for too much.

Every process is forked from a warm one, waits at the start until all are there, and has a loop, a client and
connections of its own. What was charged and how many jobs were under way is read from the studio.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from callsheet.ledger.order import Bought
from callsheet.money import Money
from tests.chaos.backends import LONG, SHORT_BACKENDS, Stages, stages
from tests.chaos.buyer import Errand, one_by_one
from tests.chaos.processes import LIMIT, Buyer
from tests.chaos.stage import Stage
from tests.studios import small_plan

MANY = 16
PATIENCE = 120.0
"""Seconds that a call may wait for others here."""
BACKENDS = (*SHORT_BACKENDS, "sqlite-s3", "postgresql-folder") if LONG else SHORT_BACKENDS


@pytest.fixture(scope="module")
def on(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    with stages(request, tmp_path_factory) as found:
        yield found


def patient(stage: Stage, **settings: object) -> Errand:
    """A plan that nobody has bought, for a buyer who waits for the start, and then for others."""
    changed = stage.settings.model_copy(update={"wait_seconds": PATIENCE, **settings})
    return replace(stage.errand(waits=True), settings=changed)


def started(buyers: list[Buyer]) -> list[Buyer]:
    """All of them, let go when the last one is there."""
    for buyer in buyers:
        buyer.ready()
    for buyer in buyers:
        buyer.go()
    return buyers


@pytest.mark.parametrize("backend", BACKENDS)
def test_sixteen_that_want_the_same_plan_pay_for_it_once(on: Stages, backend: str) -> None:
    stage = on(backend, "reference-and-key")
    errand = patient(stage)
    buyers = started([Buyer(errand) for _ in range(MANY)])
    results: list[list[Bought]] = [buyer.done() for buyer in buyers]
    assert [result == results[0] for result in results] == [True] * MANY
    stage.check(errand, results[0])


@pytest.mark.parametrize("backend", BACKENDS)
def test_sixteen_under_one_cap_spend_it_and_no_more(on: Stages, backend: str) -> None:
    """Clips at 0.50 and 1.00 CNY, bought by everybody until the day's cap forbids the next one."""
    stage = on(backend, "reference-and-key")
    before, charged = sum(entry.held for entry in stage.entries()), stage.studio.books.charged()
    assert before == charged * 10**6
    rest = Decimal("15.30")
    cap = Money(amount=charged + rest, currency="CNY")
    errand = replace(patient(stage, cap_day=cap), shift=_until_noon())
    plans = [
        small_plan(description=f"{backend}, lamp {number}", duration=(5, 10)[number % 2]) for number in range(MANY)
    ]
    buyers = started([Buyer(replace(errand, plan=plan), one_by_one) for plan in plans])
    clips = [bought for buyer in buyers for bought in buyer.done()]
    spent = stage.studio.books.charged() - charged
    assert rest - Decimal("0.50") < spent <= rest
    assert sum(bought.charged.amount for bought in clips) == spent
    assert sum(entry.held for entry in stage.entries()) - before == spent * 10**6
    assert len({bought.job_id for bought in clips}) == len(clips)
    assert stage.leftovers() == []


def _until_noon() -> float:
    """Seconds to add to the ledgers' clocks so that no midnight comes between."""
    now = dt.datetime.now(dt.UTC)
    return (now.replace(hour=12, minute=0) - now).total_seconds()


@pytest.mark.parametrize("backend", BACKENDS if LONG else ["servers"])
def test_no_more_jobs_are_under_way_than_the_provider_allows(on: Stages, backend: str) -> None:
    """Three places, eight processes. The first is killed while it holds all three, another one in the middle."""
    stage = on(backend, "reference-and-key")
    errands = [patient(stage, provider_in_flight=3) for _ in range(8)]
    stage.door.forget()
    stage.renderer.gate.clear()  # nothing is finished until it is set
    try:
        (first,) = started([Buyer(errands[0])])
        stage.door.wait("ordered", 3, LIMIT)
        assert first.killed()
        stage.quiet()
        others = started([Buyer(errand) for errand in errands[1:]])
    finally:
        stage.renderer.gate.set()
    stage.door.wait("ordered", 10, LIMIT)
    finished = not others[0].killed()
    results = {number: buyer.done() for number, buyer in enumerate(others, 1) if number > 1 or finished}
    stage.quiet()
    again = [number for number in range(8) if number not in results]
    results |= dict(zip(again, [buyer.done() for buyer in started([Buyer(errands[n]) for n in again])], strict=True))
    assert max(stage.door.unfinished) == 3
    for number, result in results.items():
        stage.check(errands[number], result)
