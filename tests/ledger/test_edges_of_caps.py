"""The edges of caps, reservations and reconciling: what was promised, what nobody wants, and what nobody knows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
from prefect.context import TaskRunContext

from callsheet import repair as repairing
from callsheet.budget import Caps
from callsheet.desk import Desk
from callsheet.errors import Ambiguous, BudgetError, InDoubt, JobFailed
from callsheet.features import AnyRequest
from callsheet.ledger import adopt, pace
from callsheet.ledger.buy import buy
from callsheet.ledger.entry import Entry
from callsheet.ledger.order import Order, reserve
from callsheet.ledger.queries import committed, entries, set_status
from callsheet.ledger.reconcile import reconcile
from callsheet.ledger.resolve import resolve
from callsheet.ledger.states import State
from callsheet.provider.protocol import Delivery, Job, JobStatus
from callsheet.repair import repair
from tasks.buying import PurchaseKey
from tests.ledger.fakes import HALF, LIMIT, Fake, cny, desk_of, given_up, opened, order, the_entry, until
from tests.ledger.test_buy import quick  # noqa: F401 - an autouse fixture
from tests.standins.test_repair import judging, three_shots


async def test_an_order_that_waits_over_midnight_counts_for_the_day_of_its_sending(
    tmp_path: Path, ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "PLACE_PAUSE", 0.01)
    fake = Fake()
    async with desk_of(tmp_path, fake, ledger_url, provider_in_flight=1) as desk:
        first = asyncio.create_task(buy(order(), desk))

        async def sent() -> bool:
            return fake.sent > 0

        async def waiting() -> bool:
            return desk.turn.locked()

        await until(sent)
        capped = order("lamp-2", take=2, caps=Caps(day=cny("1.00")))
        refused = asyncio.create_task(buy(capped, desk))
        await until(waiting)
        second = asyncio.create_task(buy(order("lamp-3", take=3), desk))
        desk.ledger.clock.shift += 24 * 3600
        tomorrow = [order("lamp-4", take=take) for take in (4, 5)]
        await reserve(tomorrow, desk)  # these fill the new day
        async with asyncio.timeout(LIMIT):
            with pytest.raises(BudgetError, match="day"):
                await refused
        assert fake.sent == 1
        fake.status = JobStatus.SUCCEEDED
        fake.jobs["J1"].status = JobStatus.FAILED
        async with asyncio.timeout(LIMIT):
            with pytest.raises(JobFailed):
                await first
            await second
        assert (await the_entry(desk, "lamp-3")).booked_on == desk.ledger.today()


async def test_a_plan_that_is_reserved_already_has_to_fit_into_new_caps(tmp_path: Path, ledger_url: str) -> None:
    fake = Fake()
    async with desk_of(tmp_path, fake, ledger_url) as desk:
        await reserve([order(take=take) for take in (1, 2)], desk)
        low = Caps(campaign=cny("0.50"))
        again = [order(take=take, campaign="spring", caps=low) for take in (1, 2)]
        with pytest.raises(BudgetError, match="campaign spring"):
            await reserve(again, desk)
        enough = Caps(campaign=cny("1.00"))
        await reserve([one.model_copy(update={"caps": enough}) for one in again], desk)
        assert await committed(desk.ledger, "lamp-1", "CNY") == cny("1.00")


async def test_no_job_is_cancelled_for_a_production_that_is_made_again_meanwhile(
    tmp_path: Path, ledger_url: str
) -> None:
    buying: list[asyncio.Task[Any]] = []

    class Slow(Fake):
        desk: Desk

        async def cancel(self, job_id: str) -> None:
            async def held() -> bool:
                return (await the_entry(self.desk, "lamp-2")).lease_owner is not None

            if job_id == "J1":
                await opened(self.desk, "lamp-2")
                buying.append(asyncio.create_task(buy(order("lamp-2", take=2), self.desk)))
                await until(held)
            await super().cancel(job_id)

    fake = Slow()
    async with desk_of(tmp_path, fake, ledger_url) as desk:
        fake.desk = desk
        for take, production in ((1, "lamp-1"), (2, "lamp-2")):
            await opened(desk, production)
            await given_up(desk, order(production, take=take), buy)
            await set_status(desk.ledger, "cancelled", id=production)
        done = await reconcile(desk)
        assert [(line.production_id, line.did) for line in done.lines] == [("lamp-1", "cancelled")]
        assert fake.jobs["J2"].status is JobStatus.RUNNING
        fake.jobs["J2"].status = JobStatus.SUCCEEDED
        async with asyncio.timeout(LIMIT):
            assert (await buying[0]).charged.amount == HALF


async def test_no_job_is_cancelled_while_a_task_of_no_production_uses_it(tmp_path: Path) -> None:
    fake = Fake()
    async with desk_of(tmp_path, fake) as desk:
        await opened(desk, "lamp-1")
        await given_up(desk, order(), buy)
        await set_status(desk.ledger, "cancelled", id="lamp-1")
        await reserve([order("alone")], desk)
        done = await reconcile(desk)
        assert [line.did for line in done.lines] == ["still renders"]
        assert fake.jobs["J1"].status is JobStatus.RUNNING


async def test_a_fresh_reservation_is_not_given_back_for_an_old_one(
    tmp_path: Path, ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another production reserves the clip between the look at its age and the giving back."""

    async def abandoned(desk: Desk, states: frozenset[State]) -> list[Entry]:
        found = await adopt.abandoned(desk, states)
        if states == {State.INTENDED}:
            await reserve([order("new")], desk)
        return found

    monkeypatch.setattr("callsheet.ledger.reconcile.abandoned", abandoned)
    async with desk_of(tmp_path, Fake(), ledger_url) as desk:
        await reserve([order("old")], desk)
        desk.ledger.clock.shift += 25 * 3600
        assert (await reconcile(desk)).lines == ()
        entry = await the_entry(desk)
        assert (entry.state, entry.production_id, entry.held) == (State.INTENDED, "new", 500_000)


def named(clip: str) -> Order:
    plain = order()
    return plain.model_copy(update={"purchase": plain.purchase.model_copy(update={"id": clip, "clips": (clip,)})})


async def test_the_receipts_of_two_plans_keep_their_own_names(tmp_path: Path) -> None:
    fake = Fake()
    fake.status = JobStatus.SUCCEEDED
    plans = [named("image-1"), named("image-2")]
    async with desk_of(tmp_path, fake) as desk:
        receipts = [await buy(one, desk) for one in plans]
    assert [(made.purchase_id, made.assets[0].clip) for made in receipts] == [("image-1",) * 2, ("image-2",) * 2]
    assert receipts[0].key == receipts[1].key
    assert fake.sent == 1
    run = cast(TaskRunContext, None)
    keys = [PurchaseKey().compute_key(run, {"order": one}, {}) for one in [*plans, named("image-1")]]
    assert keys[0] != keys[1]
    assert keys[0] == keys[2]
    assert str(keys[0]).startswith("purchase/")


async def test_a_take_that_failed_and_was_charged_is_not_the_end_of_a_repair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = Fake()
    fake.status = JobStatus.SUCCEEDED
    async with desk_of(tmp_path, fake) as desk:
        film = three_shots()
        bought = await buy(film, desk)
        first = [asset.sha256 for asset in bought.assets]
        assert len(set(first)) == 3
        scores = {"next": 0.9, first[0]: 0.95, first[1]: 0.60, first[2]: 0.95}
        monkeypatch.setattr(repairing, "measure", judging(scores))
        real = fake.accept

        def accept(reference: str, status: JobStatus | None = None, cost: Any = None) -> str:
            ending = JobStatus.FAILED if len(fake.jobs) == 1 else JobStatus.SUCCEEDED
            return real(reference, ending, cny("0.10").amount)

        monkeypatch.setattr(fake, "accept", accept)
        for _ in range(2):  # a later run finds the same
            done = await repair(film, bought, desk, budget=cny("1.00"))
            assert [made.take for made in done.purchases] == [3]
            assert (done.after.inconsistent_shots, done.stopped) == ((), None)
        assert [job.status for job in fake.jobs.values()][1:] == [JobStatus.FAILED, JobStatus.SUCCEEDED]
        poor = await repair(film, bought, desk, budget=cny("0.15"))
        assert poor.purchases == ()
        assert str(poor.stopped).endswith("0.05 CNY of the repair's budget are left")


async def test_a_whole_reservation_stays_whole_while_its_production_is_made(tmp_path: Path, ledger_url: str) -> None:
    """Another campaign that shares a clip does not free its room for a third one."""
    fake = Fake()
    fake.status = JobStatus.SUCCEEDED
    caps = Caps(campaign=cny("1.00"))
    async with desk_of(tmp_path, fake, ledger_url) as desk:
        for production in ("lamp-1", "lamp-2", "lamp-3"):
            await opened(desk, production)
        whole = [order(take=take, campaign="spring", caps=caps) for take in (1, 2)]
        await reserve(whole, desk)
        await reserve([order("lamp-2", take=2, campaign="autumn")], desk)  # and is stopped right after
        with pytest.raises(BudgetError, match="campaign spring"):
            await reserve([order("lamp-3", take=3, campaign="spring", caps=caps)], desk)
        for one in whole:
            assert (await buy(one, desk)).production_id == "lamp-1"
        assert fake.charges == [HALF, HALF]


class Mute(Fake):
    """Takes every order, and its reply is lost."""

    async def submit(self, request: AnyRequest, reference: str, media: Mapping[str, bytes]) -> Job | Delivery:
        self.sent += 1
        self.accept(reference)
        raise Ambiguous("timeout")


async def test_the_rule_for_doubts_leaves_one_that_came_again_meanwhile(tmp_path: Path, ledger_url: str) -> None:
    fake = Mute()
    async with desk_of(tmp_path, fake, ledger_url, in_doubt_rule="lost") as desk:
        for take in (1, 2):
            with pytest.raises(InDoubt):
                await buy(order(take=take), desk)
        desk.ledger.clock.shift += 25 * 3600
        second = order(take=2).key(desk.identity)

        async def find(reference: str) -> Job | None:
            if fake.sent == 2:  # while it is asked for the first a person ends the second doubt, and a run orders again
                fake.ways = ()
                await resolve(desk.ledger, second, "lost")
                with pytest.raises(InDoubt):
                    await buy(order(take=2), desk)
            return None

        fake.ways, fake.find = ("client_reference",), find  # type: ignore[method-assign]
        done = await reconcile(desk)
        states = {entry.key: entry.state for entry in await entries(desk.ledger)}
        assert [line.did.partition(" (")[0] for line in done.lines] == [
            "taken for lost by the rule",
            "left for the next time",
        ]
        assert states[second] is State.IN_DOUBT
        assert fake.sent == 3


async def test_a_job_that_was_deleted_becomes_a_doubt_and_can_be_resolved(tmp_path: Path, ledger_url: str) -> None:
    fake = Fake("client_reference")
    async with desk_of(tmp_path, fake, ledger_url, in_doubt_hours=24) as desk:
        await given_up(desk, order(), buy)
        gone = fake.jobs["gone"] = fake.jobs.pop("J1")
        gone.reference, gone.cost = "", Decimal(0)
        await reconcile(desk)
        assert (await the_entry(desk)).state is State.SUBMITTED  # it may be there again in a moment
        desk.ledger.clock.shift += 25 * 3600
        done = await reconcile(desk)
        entry = await the_entry(desk)
        assert (entry.state, entry.held) == (State.IN_DOUBT, 500_000)
        assert "HTTP 404" in str(done.lines[0].needs)
        await resolve(desk.ledger, entry.key, "lost")
        fake.status = JobStatus.SUCCEEDED
        assert (await buy(order(), desk)).job_id == "J2"
        assert fake.charges == [HALF]


async def test_an_answer_that_nobody_thought_of_does_not_stop_the_others(tmp_path: Path) -> None:
    class Poisoned(Fake):
        poison = ""

        async def poll(self, job_id: str) -> Job:
            if job_id == self.poison:
                raise ValueError(job_id)
            return await super().poll(job_id)

    fake = Poisoned()
    async with desk_of(tmp_path, fake) as desk:
        for take in (1, 2):
            await given_up(desk, order(take=take), buy)
            fake.jobs[f"J{take}"].status = JobStatus.SUCCEEDED
        fake.poison = "J1"
        done = await reconcile(desk)
        assert [(line.did, line.needs) for line in done.lines] == [
            ("failed", "ValueError; see the log"),
            ("fetched and settled", None),
        ]
