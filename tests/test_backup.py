"""Backed up, lost, restored: the same brief buys nothing again, and every file has the digest that it had."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from callsheet.cli import cli
from callsheet.errors import SettingsError
from callsheet.ledger.approvals import approvals_of, record_approval
from callsheet.ledger.backup import back_up, restore_from
from callsheet.ledger.buy import buy
from callsheet.ledger.queries import entries, history_of
from callsheet.ledger.store import open_ledger
from callsheet.provider.protocol import JobStatus
from callsheet.storage.copying import copy_bucket
from callsheet.storage.local import LocalBucket
from tests.databases import fresh_database
from tests.ledger.fakes import Fake, cny, desk_of, opened, order
from tests.storage.conftest import Place, local_place, place, s3_clients, s3_place
from tests.studios import Shop

__all__ = ["local_place", "place", "s3_clients", "s3_place"]


def invoke(*words: str) -> str:
    done = CliRunner().invoke(cli, list(words), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_after_all_is_lost_the_same_order_buys_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, safe = tmp_path / "home", tmp_path / "safe"
    shop = Shop(home, f"sqlite:///{home / 'ledger.sqlite'}")
    before = asyncio.run(shop.buy())
    assert len(shop.charges) == 1
    monkeypatch.setenv("CALLSHEET_HOME", str(home))
    assert "1 of them new" in invoke("ledger", "backup", str(safe / "ledger.jsonl"), "--bucket", str(safe / "bucket"))
    assert "0 of them new" in invoke("ledger", "backup", str(safe / "again.jsonl"), "--bucket", str(safe / "bucket"))
    shutil.rmtree(home)  # ledger, bucket, and the studio with its jobs
    invoke("ledger", "restore", str(safe / "ledger.jsonl"), "--bucket", str(safe / "bucket"))
    after = asyncio.run(shop.buy())
    assert after == before
    assert shop.charges == [], "a new studio was asked for nothing"
    bucket = LocalBucket(home / "bucket")
    for asset in after.assets:
        got = asyncio.run(bucket.get_file(asset.key, tmp_path / "clip.mp4", sha256=asset.sha256))
        assert got.sha256 == asset.sha256


@pytest.mark.parametrize("to", ["sqlite", "postgresql"])
async def test_every_row_comes_back_on_either_database(
    ledger_url: str, to: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    fake = Fake()
    fake.status = JobStatus.SUCCEEDED
    path, again = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    async with desk_of(tmp_path, fake, ledger_url) as desk:
        await opened(desk, "lamp-1")
        await buy(order("lamp-1"), desk)
        await buy(order("lamp-1", take=2), desk)
        given = {"digest": "d", "provider": "studio", "name": "灯", "quoted": cny("1"), "up_to": cny("2"), "by": "me"}
        await record_approval(desk.ledger, **given)  # type: ignore[arg-type]
        count = await back_up(desk.ledger, path)
        assert count > 10
    sqlite = f"sqlite:///{tmp_path / 'other.sqlite'}"
    other = sqlite if to == "sqlite" else fresh_database(request.getfixturevalue("postgres_cluster"))
    async with desk_of(tmp_path, fake, other) as desk:
        assert await restore_from(desk.ledger, path) == count
        await back_up(desk.ledger, again)
        assert again.read_bytes() == path.read_bytes()
        await buy(order("lamp-2"), desk)
        assert fake.sent == 2, "it is bought already"
        await buy(order("lamp-2", take=3), desk)  # numbers go on after those that were restored
        assert len(await entries(desk.ledger)) == 3
        assert (await approvals_of(desk.ledger))[0].name == "灯"
        assert len(await history_of(desk.ledger, order("lamp-2", take=3).key("studio"))) > 3
        with pytest.raises(SettingsError, match="the ledger is not empty"):
            await restore_from(desk.ledger, path)


@pytest.mark.parametrize("damage", ["cut", "changed", "other", "none", "old"])
async def test_a_file_that_is_not_whole_is_refused_and_nothing_is_written(tmp_path: Path, damage: str) -> None:
    fake = Fake()
    fake.status = JobStatus.SUCCEEDED
    path = tmp_path / "a.jsonl"
    async with desk_of(tmp_path, fake) as desk:
        await buy(order(), desk)
        await back_up(desk.ledger, path)
    whole = path.read_bytes()
    damaged = {
        "cut": whole[: len(whole) * 2 // 3],
        "changed": whole.replace(b'"quoted":"0.50"', b'"quoted":"0.05"'),
        "other": b"{}\n",
        "none": b"",
        "old": whole.replace(b'"revision":"00', b'"revision":"99'),
    }[damage]
    path.write_bytes(damaged)
    ledger = await open_ledger(f"sqlite:///{tmp_path / 'new.sqlite'}")
    with pytest.raises(SettingsError, match=r"a\.jsonl: it"):
        await restore_from(ledger, path)
    assert await entries(ledger) == []
    await ledger.close()


async def test_a_bucket_is_copied_by_digest(place: Place, tmp_path: Path) -> None:
    for name in ("clips/a.mp4", "lamp-1/manifest.json", "inbox/x.yaml"):
        await place.bucket.put_bytes(name, name.encode())
    other = LocalBucket(tmp_path / "copy")
    copied = await copy_bucket(place.bucket, other, tmp_path)
    assert (copied.objects, copied.sent) == (3, 3)
    await place.bucket.put_bytes("inbox/x.yaml", b"changed")
    assert (await copy_bucket(place.bucket, other, tmp_path)).sent == 1
    assert await other.get_bytes("inbox/x.yaml", 100) == b"changed"
    assert not (tmp_path / "object").exists()
