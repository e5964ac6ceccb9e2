"""Notices: written with the fact, told at least once under one id, whoever fails or is killed; never twice noted."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook

from callsheet import faults
from callsheet.errors import BudgetError, SettingsError
from callsheet.ledger.buy import buy
from callsheet.ledger.notices import Notice, all_notices, tell_of
from callsheet.ledger.queries import open_production, production_rows, set_status
from callsheet.ledger.store import Ledger, open_ledger
from callsheet.money import Money
from callsheet.notices import addresses_of, notice_sender, send_notices
from callsheet.provider.protocol import JobStatus
from callsheet.settings import Settings
from tests.ledger.fakes import Fake, cny, desk_of, opened, order
from tests.studio.served import Receiver

SECRET = "whsec_" + base64.b64encode(b"n" * 32).decode()
NOBODY = "http://127.0.0.1:1/hook"
"""Nobody listens at port 1."""


def settings_for(home: Path, *urls: str) -> Settings:
    return Settings(home=home, notice_urls=SecretStr(", ".join(urls)), notice_secret=SecretStr(SECRET))


def told(got: tuple[dict[str, str], bytes]) -> Any:
    """What was told, when its signature is right."""
    headers, body = got
    assert headers["content-type"] == "application/json"
    return Webhook(SECRET).verify(body, headers)


async def ledger_for(settings: Settings, url: str) -> Ledger:
    return await open_ledger(url, "UTC", [*addresses_of(settings)])


async def publish_one(ledger: Ledger, name: str = "lamp-1") -> None:
    """A production that was begun and is published."""
    fields = {
        "id": name,
        "kind": "marketing",
        "name": "Lamp",
        "digest": "d",
        "provider": "studio",
        "campaign": "spring",
    }
    await open_production(ledger, fields, cny("0.50"), "run-1")
    assert await set_status(ledger, "published", id=name) == [name]


async def posted(ledger: Ledger) -> list[Notice]:
    """The notices for addresses, without those for Prefect."""
    return [notice for notice in await all_notices(ledger) if notice.address != "prefect"]


async def test_a_published_production_is_told_once(ledger_url: str, tmp_path: Path) -> None:
    receiver, other = Receiver(), Receiver()
    with receiver.served() as there, other.served() as beside:
        settings = settings_for(tmp_path, f"{there}/hooks?token=canary-url", f"{beside}/")
        ledger = await ledger_for(settings, ledger_url)
        await publish_one(ledger)
        assert await set_status(ledger, "published", id="lamp-1") == []  # it is already
        await asyncio.gather(*(send_notices(ledger, settings) for _ in range(4)))
        await send_notices(ledger, settings)
        rows = await posted(ledger)
        assert {(row.state, row.attempts, row.fault) for row in rows} == {("delivered", 1, None)}
        assert not [row for row in rows if "canary-url" in repr(row)], "an address may hold a secret"
        await ledger.close()
    for side in (receiver, other):
        (got,) = side.got
        said = told(got)
        assert said["type"] == "production.published"
        assert said["data"] == {
            "production_id": "lamp-1",
            "kind": "marketing",
            "name": "Lamp",
            "campaign": "spring",
            "provider": "studio",
            "digest": "d",
            "quoted": "0.50",
            "currency": "CNY",
            "run": "run-1",
            "folder": "lamp-1/",
        }
    assert receiver.got[0][0]["webhook-id"] == other.got[0][0]["webhook-id"] == rows[0].webhook_id


async def test_the_fact_and_its_notice_are_one_transaction(
    ledger_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from callsheet.ledger import queries

    async def broken(*_: object) -> None:
        raise ZeroDivisionError("the disk is full")

    ledger = await ledger_for(settings_for(tmp_path, NOBODY), ledger_url)
    with monkeypatch.context() as patch:
        patch.setattr(queries, "tell", broken)
        with pytest.raises(ZeroDivisionError):
            await publish_one(ledger)
    assert [row.status for row in await production_rows(ledger)] == ["open"]
    assert await all_notices(ledger) == []
    await ledger.close()


async def test_who_does_not_take_it_is_told_again_under_the_same_id(tmp_path: Path) -> None:
    receiver = Receiver(500, 503, 204)
    with receiver.served() as there:
        settings = settings_for(tmp_path, there)
        ledger = await ledger_for(settings, f"sqlite:///{tmp_path / 'ledger.sqlite'}")
        await publish_one(ledger)
        await send_notices(ledger, settings)
        (row,) = await posted(ledger)
        assert (row.state, row.attempts, row.fault) == ("due", 1, "HTTP 500")
        await send_notices(ledger, settings)
        assert len(receiver.got) == 1, "it is not due yet"
        for expected in (2, 3):
            ledger.clock.shift += 400
            await send_notices(ledger, settings)
            assert len(receiver.got) == expected
        assert (await posted(ledger))[0].state == "delivered"
        assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
        assert len({body for _, body in receiver.got}) == 1
        await ledger.close()


async def test_who_never_takes_it_is_given_up_and_who_wants_no_more_at_once(tmp_path: Path) -> None:
    gone, dead = Receiver(410), NOBODY
    with gone.served() as there:
        settings = settings_for(tmp_path, there, dead)
        ledger = await ledger_for(settings, f"sqlite:///{tmp_path / 'ledger.sqlite'}")
        await publish_one(ledger)
        sender = notice_sender(ledger, settings, backoff=(0.0, 0.0))
        assert sender is not None
        await sender.drain(20)
        assert sorted((row.state, row.attempts) for row in await posted(ledger)) == [("given_up", 1), ("given_up", 3)]
        await ledger.close()


async def test_an_address_that_is_not_set_any_more_is_not_told(tmp_path: Path) -> None:
    receiver = Receiver()
    with receiver.served() as there:
        ledger = await ledger_for(settings_for(tmp_path, there), f"sqlite:///{tmp_path / 'ledger.sqlite'}")
        await publish_one(ledger)
        await send_notices(ledger, settings_for(tmp_path, NOBODY))
        assert receiver.got == []
        await send_notices(ledger, settings_for(tmp_path, there))
        assert len(receiver.got) == 1
        await ledger.close()


async def test_failures_are_told_of_the_open_productions_of_a_run(tmp_path: Path) -> None:
    async with desk_of(tmp_path, Fake()) as desk:
        await opened(desk, "lamp-1")
        await opened(desk, "lamp-2")
        for _ in range(2):
            assert await tell_of(desk.ledger, "failed", {"error": "it broke"}, once="r", run="run-lamp-1") == ["lamp-1"]
        (row,) = await all_notices(desk.ledger)
        assert (row.type, row.resource) == ("production.failed", "callsheet.production.lamp-1")
        assert json.loads(row.body)["data"]["error"] == "it broke"


async def test_a_budget_that_runs_low_and_one_that_refuses_are_told_once(ledger_url: str, tmp_path: Path) -> None:
    fake = Fake()
    fake.status = JobStatus.SUCCEEDED
    cap = Money(amount=Decimal("1.20"), currency="CNY")
    async with desk_of(tmp_path, fake, ledger_url, cap_day=cap) as desk:
        await buy(order("lamp-1"), desk)
        assert await all_notices(desk.ledger) == [], "0.50 of 1.20"
        await buy(order("lamp-1", take=2), desk)
        (low,) = await all_notices(desk.ledger)
        day = desk.ledger.today()
        assert (low.type, low.resource) == ("budget.low", "callsheet.budget.day")
        assert json.loads(low.body)["data"] == {
            "scope": f"day {day}",
            "cap": "1.20 CNY",
            "committed": "1.00 CNY",
            "rehearsal": True,
        }
        for _ in range(3):
            with pytest.raises(BudgetError) as caught:
                await buy(order("lamp-3", take=3), desk)
        assert caught.value.scope == f"day {day}"
        refused = [row for row in await all_notices(desk.ledger) if row.type == "budget.refused"]
        assert [row.resource for row in refused] == ["callsheet.budget.day"]
        said = json.loads(refused[0].body)["data"]
        assert said["production_id"] == "lamp-3" and said["error"] == caught.value.message
        assert fake.sent == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"notice_urls": SecretStr("ftp://x"), "notice_secret": SecretStr(SECRET)}, "NOTICE_URLS: address 1 "),
        ({"notice_urls": SecretStr("https://a.example, nothing")}, "NOTICE_URLS: address 2 "),
        ({"notice_urls": SecretStr("https://me:pw@a.example")}, "NOTICE_URLS: address 1 "),
        ({"notice_urls": SecretStr("https://a.example/h")}, "NOTICE_SECRET: it must be set"),
        (
            {"notice_urls": SecretStr("https://a.example/h"), "notice_secret": SecretStr("whsec_short")},
            "NOTICE_SECRET: it must be whsec_",
        ),
    ],
)
def test_wrong_settings_are_refused_without_repeating_them(tmp_path: Path, change: Any, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        addresses_of(Settings(home=tmp_path, **change))
    assert "pw" not in caught.value.message and "short" not in caught.value.message


CHILD = """
import asyncio, sys
from pathlib import Path
from tests.test_notices import child
asyncio.run(child(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
"""


async def child(home: Path, url: str, database: str) -> None:
    """Publishes a production and tells it: what a run does at its end."""
    settings = settings_for(home, url)
    ledger = await ledger_for(settings, database)
    await publish_one(ledger)
    faults.reach("notice.noted")
    await send_notices(ledger, settings)
    await ledger.close()


@pytest.mark.parametrize(("point", "before"), [("notice.noted", 0), ("notice.sent", 1)])
def test_a_kill_loses_nothing(point: str, before: int, ledger_url: str, tmp_path: Path) -> None:
    receiver = Receiver()
    with receiver.served() as there:
        done = subprocess.run(
            [sys.executable, "-c", CHILD, str(tmp_path), there, ledger_url],
            env={**os.environ, "CALLSHEET_FAULT": point},
            cwd=Path(__file__).parents[1],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == -9, done.stderr
        assert len(receiver.got) == before

        async def next_run() -> list[Notice]:
            settings = settings_for(tmp_path, there)
            ledger = await ledger_for(settings, ledger_url)
            ledger.clock.shift = 61  # the lease of the dead one has run out
            await send_notices(ledger, settings)
            rows = await posted(ledger)
            await ledger.close()
            return rows

        (row,) = asyncio.run(next_run())
        assert row.state == "delivered"
        assert len(receiver.got) == before + 1
        assert {headers["webhook-id"] for headers, _ in receiver.got} == {row.webhook_id}
        assert {told(got)["type"] for got in receiver.got} == {"production.published"}
