"""A person's word on what is in doubt, and what the next run makes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from callsheet.errors import InDoubt, JobFailed, SettingsError
from callsheet.ledger.entry import Entry
from callsheet.ledger.queries import committed, entries, history_of
from callsheet.ledger.resolve import check_job, find, resolve, who
from callsheet.ledger.states import Event, State
from callsheet.ledger.store import Ledger, open_ledger
from callsheet.money import Money
from tests.ledger.test_buy import First
from tests.ledger.test_store import begun, intent, one
from tests.studios import Shop

PRICE = Money(amount=Decimal("0.50"), currency="CNY")


@pytest.fixture
async def ledger(ledger_url: str) -> AsyncIterator[Ledger]:
    opened = await open_ledger(ledger_url)
    yield opened
    await opened.close()


async def doubted(ledger: Ledger, key: str) -> Entry:
    entry = await begun(ledger, await one(ledger, intent(key)))
    return await ledger.happen(entry, Event.DOUBT, error="its reply was lost")


async def test_a_prefix_has_to_be_of_one_purchase(ledger: Ledger) -> None:
    await one(ledger, intent("abc1"))
    await one(ledger, intent("abc2", "lamp-2"))
    assert (await find(ledger, "ABC1")).key == "abc1"
    with pytest.raises(SettingsError, match=r"abc1 \(lamp-1/close-up, intended\), abc2 \(lamp-2/close-up, intended\)"):
        await find(ledger, "abc")
    for wrong in ("x", "", "%", "a_c"):
        with pytest.raises(SettingsError, match="it must be the beginning of a key"):
            await find(ledger, wrong)


async def test_only_what_is_in_doubt_can_be_resolved(ledger: Ledger) -> None:
    await one(ledger, intent("abc1"))
    with pytest.raises(SettingsError, match="abc1 is intended, not in_doubt; in doubt: nothing"):
        await resolve(ledger, "abc1", "lost")
    await doubted(ledger, "abc2")
    with pytest.raises(SettingsError, match=r"in doubt: abc2 \(lamp-1/close-up, in_doubt\)"):
        await resolve(ledger, "abc1", "bought")
    assert (await find(ledger, "abc1")).state is State.INTENDED


async def test_who_said_what_is_in_the_history(ledger: Ledger) -> None:
    await doubted(ledger, "lost")
    await doubted(ledger, "gone")
    await doubted(ledger, "found")
    lost = await resolve(ledger, "lost", "lost", note="support ticket 7")
    assert (lost.state, lost.charged, lost.error) == (State.INTENDED, None, None)
    gone = await resolve(ledger, "gone", "bought", by="kim@desk")
    assert (gone.state, gone.charged) == (State.FAILED, gone.quoted)
    found = await resolve(ledger, "found", "bought", "job_9", by="kim@desk")
    assert (found.state, found.job_id, found.charged) == (State.SUBMITTED, "job_9", None)
    notes = [(await history_of(ledger, key))[-1][1:] for key in ("lost", "gone", "found")]
    assert notes == [
        ("lost", "intended", f"by {who()}: support ticket 7"),
        ("written_off", "failed", "by kim@desk"),
        ("bought", "submitted", "job job_9, by kim@desk"),
    ]
    assert await committed(ledger, "lamp-1", "CNY") == Money(amount=Decimal("1.80"), currency="CNY")


async def test_a_job_belongs_to_one_purchase(ledger: Ledger) -> None:
    await doubted(ledger, "first")
    await doubted(ledger, "second")
    await resolve(ledger, "first", "bought", "job_9")
    with pytest.raises(SettingsError, match="--job: job_9 is not allowed; another purchase has it already"):
        await resolve(ledger, "second", "bought", "job_9")
    with pytest.raises(SettingsError, match="what was lost has no job"):
        await resolve(ledger, "second", "lost", "job_8")
    assert (await find(ledger, "second")).state is State.IN_DOUBT


async def in_doubt(shop: Shop) -> Entry:
    """A purchase whose order the studio has taken and whose reply was lost, at a provider that can't be asked."""
    shop.lost_replies = ()
    shop.between = [First("POST", "/generate", 500, after=True)]
    with pytest.raises(InDoubt):
        await shop.buy()
    shop.between = []
    async with shop.desk() as desk:
        return (await entries(desk.ledger, states=[State.IN_DOUBT]))[0]


async def test_what_was_bought_is_fetched_by_the_next_run(one_shop: Shop) -> None:
    entry = await in_doubt(one_shop)
    async with one_shop.desk() as desk:
        with pytest.raises(SettingsError, match="--job: job_wrong is not allowed; studio says"):
            await check_job(desk, entry, "job_wrong")
        job = await desk.provider.find(entry.client_reference)
        assert job is not None
        await check_job(desk, entry, job.job_id)
        await resolve(desk.ledger, entry.key, "bought", job.job_id)
    bought = await one_shop.buy()
    assert (bought.job_id, bought.charged) == (job.job_id, PRICE)
    assert [amount for _, amount, _ in one_shop.charges] == [PRICE.amount]


async def test_what_was_bought_without_a_job_is_paid_and_gone(one_shop: Shop) -> None:
    entry = await in_doubt(one_shop)
    async with one_shop.desk() as desk:
        await resolve(desk.ledger, entry.key, "bought")
    with pytest.raises(JobFailed, match=r"0\.50 CNY was charged; to pay again order another take"):
        await one_shop.buy()
    assert len(one_shop.charges) == 1


async def test_what_was_lost_is_ordered_again(one_shop: Shop) -> None:
    one_shop.lost_replies = ()
    one_shop.between = [First("POST", "/generate", 500)]
    with pytest.raises(InDoubt):
        await one_shop.buy()
    async with one_shop.desk() as desk:
        await resolve(desk.ledger, (await entries(desk.ledger))[0].key, "lost")
    assert (await one_shop.buy()).charged == PRICE
    assert len(one_shop.charges) == 1
