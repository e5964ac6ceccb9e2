"""Sums of a ledger on every backend: exact, and never two kinds of money in one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callsheet.ledger.money import from_millionths
from callsheet.ledger.queries import entries, use
from callsheet.ledger.report import BY, By, Report, Sums, report
from callsheet.ledger.states import Event, State
from callsheet.ledger.store import Ledger, open_ledger
from callsheet.ledger.sums import Sale, plain, sales
from callsheet.money import Money
from tests.ledger.test_store import begun, intent, one, paid

REAL: dict[str, Any] = {"rehearsal": False, "provider": "sora@https://v.example.com"}


@pytest.fixture
async def ledger(ledger_url: str) -> AsyncIterator[Ledger]:
    opened = await open_ledger(ledger_url)
    await fill(opened)
    yield opened
    await opened.close()


async def fill(ledger: Ledger) -> None:
    """Real money of two campaigns, a day apart; a rehearsal; and another currency."""
    spring = {**REAL, "campaign": "spring"}
    await paid(ledger, await one(ledger, intent("a1", "lamp", "0.60", **spring)), "0.60")
    await paid(ledger, await one(ledger, intent("a2", "lamp", "0.60", **spring)), "0.75")  # above its quote
    await one(ledger, intent("a3", "lamp", "1.20", **spring))  # reserved
    await use(ledger, "chair", ["a1", "a2"])
    await use(ledger, "table", ["a2"])
    ledger.clock.shift += 24 * 3600
    autumn = {**REAL, "campaign": "autumn", "feature": "sequence", "tier": "social"}
    doubted = await begun(ledger, await one(ledger, intent("b1", "vase", "0.0625", **autumn)))
    await ledger.happen(doubted, Event.DOUBT, error="lost")
    failed = await begun(ledger, await one(ledger, intent("b2", "vase", "0.30", **autumn)))
    failed = await ledger.found("b2", 1, "job_b2", "accepted")
    await ledger.happen(failed, Event.FAILED, charged=Money(amount=Decimal("0.10"), currency="CNY"), error="no")
    refused = await begun(ledger, await one(ledger, intent("b3", "vase", "9.00", **autumn)))
    await ledger.happen(refused, Event.REJECTED, error="no")
    for note in ("found", "found again"):
        await ledger.found("a1", 1, "job_second", note)
    await paid(ledger, await one(ledger, intent("c", "lamp", "0.50")), "0.50")
    dollars = Money(amount=Decimal("2.00"), currency="USD")
    await one(ledger, intent("d", "lamp", quoted=dollars, **REAL))


def amounts(sums: Sums) -> dict[str, str]:
    shown = sums.model_dump(mode="json")
    return {name: shown[name] for name in ("spent", "reserved", "in_doubt", "committed")}


async def test_real_money_rehearsals_and_currencies_are_kept_apart(ledger: Ledger) -> None:
    made = report(await sales(ledger), "campaign")
    assert [(table.rehearsal, table.currency) for table in made.tables] == [
        (False, "CNY"), (False, "USD"), (True, "CNY"),
    ]  # fmt: skip
    yuan, dollars, rehearsed = made.tables
    assert amounts(yuan.total) == {"spent": "1.45", "reserved": "1.20", "in_doubt": "0.0625", "committed": "2.7125"}
    assert amounts(dollars.total) == {"spent": "0.00", "reserved": "2.00", "in_doubt": "0.00", "committed": "2.00"}
    assert rehearsed.total.spent == Decimal("0.50")
    assert [(row.name, row.purchases) for row in yuan.rows] == [("autumn", 3), ("spring", 3)]
    assert [row.name for row in rehearsed.rows] == [None]
    assert Report.model_validate_json(made.model_dump_json()) == made


async def test_what_a_person_has_to_see_has_its_own_sums(ledger: Ledger) -> None:
    autumn, spring = report(await sales(ledger), "campaign").tables[0].rows
    assert (autumn.without_clip, spring.without_clip) == (Decimal("0.10"), Decimal(0))
    assert (autumn.above_quote, spring.above_quote) == (Decimal(0), Decimal("0.15"))
    assert (spring.besides, spring.besides_quoted) == (1, Decimal("0.60"))  # one job, though it was found twice
    assert (spring.reuses, spring.saved) == (3, Decimal("0.60") + 2 * Decimal("0.75"))
    assert (autumn.reuses, autumn.saved) == (0, Decimal(0))


async def test_days_are_those_that_pay(ledger: Ledger) -> None:
    today = ledger.today()
    found = await sales(ledger, since=today)
    assert {sale.day for sale in found} == {today}
    assert amounts(report(found, "day").tables[0].total)["committed"] == "0.1625"
    before = await sales(ledger, until=report(await sales(ledger), "day").tables[0].rows[0].name)
    assert amounts(report(before, "day").tables[0].total)["committed"] == "2.55"
    assert len(found) + len(before) == len(await sales(ledger))
    assert report(await sales(ledger, since="2999-01-01"), "day").tables == ()


async def test_every_grouping_has_the_same_total_which_is_what_the_caps_count(ledger: Ledger) -> None:
    found = await sales(ledger)
    held = sum(entry.held for entry in await entries(ledger) if not entry.rehearsal and entry.quoted.currency == "CNY")
    for by in BY:
        table = report(found, by).tables[0]
        assert table.total.committed == from_millionths(held, "CNY").amount == Decimal("2.7125")
        assert sum(row.committed for row in table.rows) == table.total.committed
        assert sum(row.purchases for row in table.rows) == table.total.purchases
    assert [row.name for row in report(found, "feature").tables[0].rows] == ["sequence", "text_to_video"]
    assert [row.name for row in report(found, "tier").tables[0].rows] == ["prototype", "social"]
    assert [row.name for row in report(found, "provider").tables[0].rows] == [REAL["provider"]]
    assert [row.name for row in report(found, "production").tables[0].rows] == ["lamp", "vase"]


@settings(max_examples=30)
@given(
    st.lists(
        st.builds(
            Sale,
            state=st.sampled_from(State),
            production=st.sampled_from("ab"),
            campaign=st.sampled_from(["x", "y", None]),
            feature=st.just("f"),
            provider=st.just("p"),
            tier=st.just("t"),
            rehearsal=st.booleans(),
            day=st.sampled_from(["2026-01-31", "2026-02-01"]),
            currency=st.sampled_from(["CNY", "USD"]),
            quoted=st.decimals(0, 1000, places=4),
            charged=st.none() | st.decimals(0, 1000, places=4),
            others=st.integers(0, 3),
        ),
        max_size=30,
    ),
    st.sampled_from(BY),
)
def test_nothing_is_lost_and_nothing_is_counted_twice(found: list[Sale], by: By) -> None:
    made = report(found, by)
    assert sum(table.total.purchases for table in made.tables) == len(found)
    for table in made.tables:
        mine = [sale for sale in found if (sale.rehearsal, sale.currency) == (table.rehearsal, table.currency)]
        assert table.total.spent == sum((sale.charged for sale in mine if sale.charged is not None), Decimal(0))
        for name in ("spent", "reserved", "in_doubt", "without_clip", "above_quote", "saved"):
            assert sum(getattr(row, name) for row in table.rows) == getattr(table.total, name)
    assert json.loads(made.model_dump_json())["by"] == by


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("0.6", "0.60"), ("0.0625", "0.0625"), ("0.06250", "0.0625"), ("12", "12.00"), ("1E+2", "100.00"), ("0", "0.00")],
)
def test_amounts_are_shown_whole(amount: str, shown: str) -> None:
    assert plain(Decimal(amount)) == shown
