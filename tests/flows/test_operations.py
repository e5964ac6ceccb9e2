"""The flows that run by themselves: what they leave in the bucket, among Prefect's artifacts, and as events."""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import inspect
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.sorting import ArtifactSort
from prefect.runtime import flow_run
from prefect.utilities.callables import parameter_schema

from callsheet.desk import open_desk
from callsheet.errors import Unavailable
from callsheet.ledger.buy import buy
from callsheet.ledger.queries import open_production, set_status
from callsheet.ledger.store import open_ledger
from callsheet.notices import addresses_of
from callsheet.provider.protocol import JobStatus
from callsheet.settings import settings_from_environment
from flows.housekeeping import housekeeping
from flows.reconcile import reconcile_purchases
from flows.spend_report import spend_report
from flows.watch_inbox import watch_inbox
from tasks.tell import tell_failure
from tests.ledger.fakes import Fake, cny, desk_of, order, until
from tests.studio.served import Receiver

LAMP = {"name": "Lamp", "description": "a brass lamp", "slogan": "Light.", "language": "en-US", "duration": 5}
MONTH = 40 * 86400


@pytest.fixture
def home(prefect_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("CALLSHEET_HOME", str(tmp_path))
    yield tmp_path


async def artifact(key: str) -> Any:
    """The newest artifact of a key."""
    async with get_client() as client:
        wanted = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
        return (await client.read_artifacts(artifact_filter=wanted, sort=ArtifactSort.CREATED_DESC))[0]


async def events(name: str) -> list[Any]:
    async with get_client() as client:
        answer = await client.request("POST", "/events/filter", json={"filter": {"event": {"name": [name]}}})
        return list(answer.json()["events"])


async def test_housekeeping_shows_first_and_removes_when_told(home: Path) -> None:
    file = home / "bucket" / "lamp-00000000000f" / "master.mp4"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"123")
    os.utime(file, (file.stat().st_mtime - MONTH,) * 2)
    assert await housekeeping() == {"removed": False, "bytes": 3, "found": {"file of a production": 1}}
    shown = await artifact("housekeeping")
    assert "lamp-00000000000f/master.mp4" in str(shown.data) and "would be removed" in shown.description
    assert (await housekeeping(dry_run=False))["removed"] is True
    assert not file.exists()
    assert (await housekeeping(dry_run=False))["found"] == {}


async def test_the_spend_report_is_a_page_and_a_file(home: Path) -> None:
    fake = Fake()
    fake.status = JobStatus.SUCCEEDED
    async with desk_of(home, fake) as desk:
        await buy(order(), desk)
        today = dt.date.fromisoformat(desk.ledger.today())
    made = await spend_report(days=2, until=today)
    assert made["totals"] == ["0.50 CNY rehearsed in 1 purchases"]
    assert "| studio | 1 | 0.50 |" in str((await artifact("spend")).data)
    text = (home / "bucket" / "reports" / f"spend-{made['since']}-to-{made['until']}.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbfmoney,currency,by,name,") and b"rehearsal,CNY,provider,studio,1,0.50" in text
    assert (await spend_report())["totals"] == [], "today is not over"


async def test_a_dropped_brief_is_one_event(home: Path) -> None:
    inbox = home / "bucket" / "inbox"
    inbox.mkdir(parents=True)
    (inbox / "lamp.yaml").write_text(yaml.safe_dump(LAMP))
    (inbox / "bad.yaml").write_text(yaml.safe_dump({**LAMP, "duration": 0}))
    found = await watch_inbox()
    assert [one["key"] for one in found["told"]] == ["inbox/lamp.yaml"]
    assert "duration" in (inbox / "bad.yaml.errors.txt").read_text()
    assert "duration" in str((await artifact("inbox")).data)
    assert (await watch_inbox())["known"] == 1

    async def arrived() -> bool:
        return bool(await events("callsheet.brief.dropped"))

    await until(arrived)
    (event,) = await events("callsheet.brief.dropped")
    assert event["resource"]["prefect.resource.id"] == "callsheet.brief.inbox/lamp.yaml"
    assert event["payload"] == {
        "key": "inbox/lamp.yaml",
        "kind": "marketing",
        "deployment": "marketing-video/main",
    }
    assert event["id"] == found["told"][0]["event"]


async def about(what: str, production: str) -> list[Any]:
    """Events of one production; other tests of the same server have theirs."""
    found = await events(f"callsheet.production.{what}")
    return [one for one in found if one["resource"]["prefect.resource.id"] == f"callsheet.production.{production}"]


async def told(what: str, production: str) -> bool:
    return bool(await about(what, production))


async def test_notices_that_are_left_are_told_by_the_next_reconcile(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As events of Prefect, and to the addresses of the settings."""
    receiver = Receiver()
    with receiver.served() as there:
        monkeypatch.setenv("CALLSHEET_NOTICE_URLS", there)
        monkeypatch.setenv("CALLSHEET_NOTICE_SECRET", "whsec_" + "bm5u" * 10)
        settings = settings_from_environment()
        ledger = await open_ledger(settings.ledger_address(), "UTC", [*addresses_of(settings)])
        fields = {"id": "lamp-9", "kind": "marketing", "name": "Lamp", "digest": "d", "provider": "studio"}
        await open_production(ledger, {**fields, "campaign": None}, cny("0.50"), None)
        await set_status(ledger, "published", id="lamp-9")
        await ledger.close()
        await reconcile_purchases()
        await reconcile_purchases()
    assert len(receiver.got) == 1
    assert json.loads(receiver.got[0][1])["data"]["production_id"] == "lamp-9"

    await until(functools.partial(told, "published", "lamp-9"))
    assert [one["payload"]["name"] for one in await about("published", "lamp-9")] == ["Lamp"]


async def test_a_run_that_fails_says_so(home: Path) -> None:
    """The hook that every product's flow has, after an error in the middle of a production."""

    @flow(on_failure=[tell_failure], persist_result=False)
    async def failing(ledger_block: str | None = None) -> None:
        async with open_desk(settings_from_environment(), buying=False) as desk:
            fields = {"id": "lamp-8", "kind": "marketing", "name": "Lamp", "digest": "d", "provider": "studio"}
            await open_production(desk.ledger, {**fields, "campaign": None}, cny("0.50"), str(flow_run.id))
        raise Unavailable("the ledger does not answer")

    with pytest.raises(Unavailable):
        await failing()

    await until(functools.partial(told, "failed", "lamp-8"))
    (event,) = await about("failed", "lamp-8")
    assert event["payload"]["error"] == "the ledger does not answer" and event["payload"]["may_be_repeated"] is True


@pytest.mark.parametrize("made", [housekeeping, spend_report, watch_inbox, reconcile_purchases])
def test_every_parameter_has_a_default_and_is_described(made: Any) -> None:
    schema = parameter_schema(made)
    assert schema.required == []
    for name in inspect.signature(made.fn).parameters:
        assert schema.properties[name].get("description"), name
    if made is housekeeping:
        assert schema.properties["orphans_after_days"]["minimum"] == 1


def test_wrong_parameters_are_refused_before_anything_is_done(home: Path) -> None:
    with pytest.raises(Exception, match="orphans_after_days"):
        asyncio.run(housekeeping(orphans_after_days=0))
    assert not (home / "ledger.sqlite").exists()
