"""The flows that run by themselves: what they leave in the bucket, among Prefect's artifacts, and as events."""

from __future__ import annotations

import asyncio
import datetime as dt
import inspect
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.sorting import ArtifactSort
from prefect.utilities.callables import parameter_schema

from callsheet.ledger.buy import buy
from callsheet.provider.protocol import JobStatus
from flows.housekeeping import housekeeping
from flows.reconcile import reconcile_purchases
from flows.spend_report import spend_report
from flows.watch_inbox import watch_inbox
from tests.ledger.fakes import Fake, desk_of, order, until

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
        "deployment": "marketing-video/marketing-video",
    }
    assert event["id"] == found["told"][0]["event"]


@pytest.mark.parametrize("flow", [housekeeping, spend_report, watch_inbox, reconcile_purchases])
def test_every_parameter_has_a_default_and_is_described(flow: Any) -> None:
    schema = parameter_schema(flow)
    assert schema.required == []
    for name in inspect.signature(flow.fn).parameters:
        assert schema.properties[name].get("description"), name
    if flow is housekeeping:
        assert schema.properties["orphans_after_days"]["minimum"] == 1


def test_wrong_parameters_are_refused_before_anything_is_done(home: Path) -> None:
    with pytest.raises(Exception, match="orphans_after_days"):
        asyncio.run(housekeeping(orphans_after_days=0))
    assert not (home / "ledger.sqlite").exists()
