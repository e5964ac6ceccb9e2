"""A callback only hurries: what it names is asked for, and nothing is believed of what it says."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from callsheet.ledger.hints import follow
from callsheet.ledger.lease import owner_name
from callsheet.ledger.queries import entries
from callsheet.ledger.states import State
from callsheet.provider.callbacks import CallbackEvent
from tests.ledger.test_buy import quick  # noqa: F401 - an autouse fixture
from tests.ledger.test_reconcile import crash_at, until_ended
from tests.studios import Shop


def event(job_id: str, status: str = "succeeded") -> CallbackEvent:
    return CallbackEvent(job_id=job_id, status=status, webhook_id="evt_1", at=dt.datetime.now(dt.UTC))


async def test_a_job_that_nobody_waits_for_is_fetched_when_its_callback_comes(shop: Shop) -> None:
    await crash_at(shop, "buy.submitted")
    async with shop.desk() as desk:
        entry = (await entries(desk.ledger))[0]
        assert entry.job_id is not None
        await until_ended(desk, entry.job_id)
        await follow(event("job_of_nobody"), desk)
        assert (await entries(desk.ledger))[0].state is State.SUBMITTED
        await follow(event(entry.job_id, "failed"), desk)  # the provider itself says that it succeeded
        await follow(event(entry.job_id), desk)
        after = (await entries(desk.ledger))[0]
    assert after.state is State.SETTLED
    assert (shop.home / "bucket" / after.assets[0]["key"]).is_file()
    assert [amount for _, amount, _ in shop.charges] == [Decimal("0.50")]


async def test_what_somebody_else_works_on_is_left_to_them(one_shop: Shop) -> None:
    await crash_at(one_shop, "buy.submitted")
    async with one_shop.desk() as desk:
        entry = (await entries(desk.ledger))[0]
        assert entry.job_id is not None
        await until_ended(desk, entry.job_id)
        assert await desk.ledger.lease(entry.key, owner_name(), 60)
        await follow(event(entry.job_id), desk)
        assert (await entries(desk.ledger))[0].state is State.SUBMITTED
