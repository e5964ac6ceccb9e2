"""The edges of buying: replies that are lost, late, doubled or unreadable, and holders that come and go."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import update
from starlette.types import Receive, Scope, Send

from callsheet.budget import Caps
from callsheet.errors import Ambiguous, JobFailed, RateLimited, Unavailable
from callsheet.features import AnyRequest
from callsheet.ledger import lease as leasing
from callsheet.ledger import submit
from callsheet.ledger.buy import buy
from callsheet.ledger.order import reserve
from callsheet.ledger.pace import Limits
from callsheet.ledger.queries import entries, history_of
from callsheet.ledger.reconcile import reconcile
from callsheet.ledger.states import State
from callsheet.ledger.store import Ledger
from callsheet.ledger.tables import purchases
from callsheet.provider.http import HttpClient
from callsheet.provider.protocol import ClipLink, Delivery, Job, JobStatus
from callsheet.provider.sora import SoraProvider
from tests.ledger.fakes import HALF, LIMIT, Fake, desk_of, order, the_entry
from tests.ledger.test_buy import quick, reply  # noqa: F401 - an autouse fixture

HOUR = 3600.0


async def test_many_that_send_again_at_once_do_not_wait_for_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repetition made inside the one before would hold a place for each; 8 of 5 need more than the 16 there are."""
    together = asyncio.Barrier(8)

    class Down(Fake):
        async def submit(self, request: AnyRequest, reference: str, media: Mapping[str, bytes]) -> Job | Delivery:
            self.sent += 1
            await together.wait()
            raise Ambiguous("HTTP 503", status=503)

    monkeypatch.setattr(submit, "PAUSE", 0.002)
    fake = Down("idempotency_key")
    async with desk_of(tmp_path, fake, provider_in_flight=8, provider_per_minute=100_000) as desk:
        calls = [asyncio.create_task(buy(order(take=take), desk)) for take in range(1, 9)]
        done, hanging = await asyncio.wait(calls, timeout=LIMIT / 2)
        for call in hanging:
            call.cancel()
        assert not hanging
        assert {type(call.exception()) for call in done} == {Unavailable}
        assert fake.sent == 8 * submit.SENDINGS


async def test_the_list_never_gives_an_earlier_attempts_job(tmp_path: Path, ledger_url: str) -> None:
    class Slow(Fake):
        questions = 0

        async def submit(self, request: AnyRequest, reference: str, media: Mapping[str, bytes]) -> Job | Delivery:
            if self.sent:
                self.sent += 1
                raise Ambiguous("timeout")
            self.status, self.cost = JobStatus.FAILED, Decimal(0)
            return await super().submit(request, reference, media)

        async def listed(self, request: AnyRequest, since: float) -> list[Job]:
            self.questions += 1
            if self.questions == 2:  # it was on its way all the time
                self.accept("the second attempt", JobStatus.SUCCEEDED, HALF)
            return await super().listed(request, since)

    fake = Slow("listing")
    async with desk_of(tmp_path, fake, ledger_url) as desk:
        with pytest.raises(JobFailed):
            await buy(order(), desk)
        bought = await buy(order(), desk)
        assert (bought.job_id, fake.questions) == ("J2", 2)
        assert fake.charges == [HALF]


async def test_replies_that_hold_no_text_end_their_jobs(tmp_path: Path, ledger_url: str) -> None:
    """Half of a character, and a zero byte that PostgreSQL takes nowhere, in the reason of a failure."""
    words = [b"\\ud83d", b"\\u0000"]
    posted = 0

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal posted
        if scope["method"] == "POST":
            posted += 1
            body = b'{"job_id": "J%d", "status": "queued"}' % posted
        else:
            job = int(scope["path"].rpartition("J")[2])
            said = b'"status": "failed", "cost": "0", "error": {"code": "x", "message": "bad %s"}' % words[job - 1]
            body = b'{"job_id": "J%d", %s}' % (job, said)
        await reply(send, 202, body, content_type="application/json")

    known = Fake("client_reference").entry
    seller = SoraProvider(known, "studio", HttpClient(known.base_url, SecretStr("k"), app=app))
    async with desk_of(tmp_path, seller, ledger_url) as desk:
        for take in (1, 2):
            with pytest.raises(JobFailed, match="x: bad"):
                await buy(order(take=take), desk)
        assert (await reconcile(desk)).lines == ()
        assert [(entry.state, entry.held) for entry in await entries(desk.ledger)] == [(State.FAILED, 0)] * 2
    assert posted == 2


async def test_of_two_jobs_that_come_at_once_the_second_is_noted_besides(tmp_path: Path, ledger_url: str) -> None:
    async with desk_of(tmp_path, Fake(), ledger_url) as desk:
        ledger, wanted = desk.ledger, order()
        entry = (await ledger.intend([wanted.intent(desk)], Caps()))[0]
        assert await ledger.lease(entry.key, "me", 60)
        await ledger.begin(entry, "me", wanted.account(desk), Caps(), Limits())
        async with asyncio.timeout(LIMIT):
            await asyncio.gather(*[ledger.found(entry.key, 1, job, f"job {job}") for job in ("J1", "J2")])
        first = (await the_entry(desk)).job_id
        events = [(what, note) for _, what, _, note in await history_of(ledger, entry.key)][-2:]
        second = "J2" if first == "J1" else "J1"
        assert events == [("accepted", f"job {first}"), ("besides", f"job {second} was bought besides; job {second}")]


async def test_a_task_is_not_stopped_for_a_purchase_that_it_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The renewal of its lease is on its way when the purchase ends; it finds the lease gone, as it should be."""
    monkeypatch.setattr(leasing, "LEASE", 0.12)
    async with desk_of(tmp_path, Fake()) as desk:
        first, second = order(), order(take=2)
        await reserve([first, second], desk)
        asked, go_on, renewed = asyncio.Event(), asyncio.Event(), asyncio.Event()
        real, key = desk.ledger.renew, first.key(desk.identity)

        async def renew(keys: list[str], owner: str, seconds: float) -> set[str]:
            if key not in keys:
                return await real(keys, owner, seconds)
            asked.set()
            await go_on.wait()
            kept = await real(keys, owner, seconds)
            assert key not in kept
            renewed.set()
            return kept

        monkeypatch.setattr(desk.ledger, "renew", renew)

        async def work() -> str:
            async with desk.leases.held(key, deadline=None):
                await asked.wait()
            go_on.set()
            await renewed.wait()
            return "finished"

        async with asyncio.timeout(LIMIT), desk.leases.held(second.key(desk.identity), deadline=None):
            assert await asyncio.create_task(work()) == "finished"


async def test_a_final_reply_is_kept_when_the_lease_was_lost_meanwhile(tmp_path: Path, ledger_url: str) -> None:
    class WithoutJobs(Fake):
        ledger: Ledger

        async def submit(self, request: AnyRequest, reference: str, media: Mapping[str, bytes]) -> Job | Delivery:
            self.sent += 1
            taken = {"lease_owner": "elsewhere:1:1:x", "lease_until": self.ledger.clock.stamp()}
            async with self.ledger.writing() as connection:
                await connection.execute(update(purchases).values(taken))
            return Delivery(clips=(ClipLink(url="memory:0,final"),), cost=HALF)

    fake = WithoutJobs("client_reference")
    async with desk_of(tmp_path, fake, ledger_url) as desk:
        fake.ledger = desk.ledger
        bought = await buy(order(), desk)
        assert (bought.charged.amount, fake.sent) == (HALF, 1)
        assert "final" in [what for _, what, _, _ in await history_of(desk.ledger, bought.key)]


async def test_a_living_process_that_has_given_up_is_followed_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Cut(Fake):
        async def submit(self, request: AnyRequest, reference: str, media: Mapping[str, bytes]) -> Job | Delivery:
            raise Ambiguous("timeout")

        async def find(self, reference: str) -> Job | None:
            raise Unavailable("HTTP 503")

    async def away(key: str, owner: str) -> None:
        raise OSError("the database is away for a moment")

    async with desk_of(tmp_path, Cut("client_reference")) as desk:
        monkeypatch.setattr(desk.ledger, "release", away)
        with pytest.raises(OSError, match="away"):
            await buy(order(), desk)
    fake = Fake("client_reference")
    fake.status = JobStatus.SUCCEEDED
    async with desk_of(tmp_path, fake) as desk:
        desk.ledger.clock.shift += HOUR
        assert (await reconcile(desk)).lines == ()  # it may be sending
        desk.ledger.clock.shift += leasing.LONGEST_SENDING
        assert [line.did for line in (await reconcile(desk)).lines] == ["is intended"]
        await buy(order(), desk)
        assert fake.sent == 1


async def test_a_jobs_name_is_kept_when_the_call_is_cancelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk_of(tmp_path, Fake()) as desk:
        told, go_on, real = asyncio.Event(), asyncio.Event(), desk.ledger.found

        async def slow(key: str, attempt: int, job_id: str, note: str) -> object:
            told.set()
            await go_on.wait()
            return await real(key, attempt, job_id, note)

        monkeypatch.setattr(desk.ledger, "found", slow)
        call = asyncio.create_task(buy(order(), desk))
        async with asyncio.timeout(LIMIT):
            await told.wait()
            call.cancel()
            go_on.set()
            with pytest.raises(asyncio.CancelledError):
                await call
        entry = await the_entry(desk)
        assert (entry.state, entry.job_id) == (State.SUBMITTED, "J1")


async def test_a_jobs_name_is_written_again_after_the_database_was_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submit, "WRITE_PAUSES", (0.01, 0.01))
    fake, times = Fake(), 0
    fake.status = JobStatus.SUCCEEDED
    async with desk_of(tmp_path, fake) as desk:
        real = desk.ledger.found

        async def away(key: str, attempt: int, job_id: str, note: str) -> object:
            nonlocal times
            times += 1
            if times <= 2:
                raise OSError("connection reset")
            return await real(key, attempt, job_id, note)

        monkeypatch.setattr(desk.ledger, "found", away)
        assert (await buy(order(), desk)).job_id == "J1"
        assert (times, fake.sent) == (3, 1)


async def test_a_job_may_have_a_long_name(tmp_path: Path, ledger_url: str) -> None:
    class Wordy(Fake):
        def accept(self, reference: str, status: JobStatus | None = None, cost: Decimal | None = None) -> str:
            name = "j" * 400
            self.jobs[name] = self.jobs.pop(super().accept(reference, JobStatus.SUCCEEDED, cost))
            return name

    async with desk_of(tmp_path, Wordy(), ledger_url) as desk:
        assert (await buy(order(), desk)).job_id == "j" * 400


async def test_asked_to_wait_on_a_repetition_nobody_orders(tmp_path: Path) -> None:
    class Busy(Fake):
        async def submit(self, request: AnyRequest, reference: str, media: Mapping[str, bytes]) -> Job | Delivery:
            self.sent += 1
            if self.sent == 1:
                raise Ambiguous("HTTP 502", status=502)
            raise RateLimited("HTTP 429", status=429, retry_after=300.0)

    fake = Busy("idempotency_key")
    async with desk_of(tmp_path, fake) as desk:
        with pytest.raises(RateLimited, match="429"):
            await buy(order(), desk)
        with pytest.raises(RateLimited, match="asked to wait"):
            await buy(order("lamp-2", take=2), desk)
        assert fake.sent == 2
        assert (await the_entry(desk, "lamp-2")).state is State.INTENDED
