"""Sweeping real buckets with a real ledger: what was bought, published or is being made stays, the rest goes."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from callsheet.desk import Desk
from callsheet.errors import StorageError
from callsheet.housekeeping import Rules, Tidied, sweeping, tidy
from callsheet.ledger.buy import buy
from callsheet.ledger.queries import open_production, set_status
from callsheet.media.shelf import Shelf
from callsheet.production import Production, begin
from callsheet.provider.protocol import JobStatus
from callsheet.storage.keys import clip_key
from callsheet.storage.protocol import Bucket
from tests.ledger.fakes import Fake, cny, desk_of, given_up, order, the_entry
from tests.storage.conftest import Place, local_place, place, s3_clients, s3_place
from tests.studios import small_plan

__all__ = ["local_place", "place", "s3_clients", "s3_place"]
OLD = "lamp-00000000000f"
LATER = 60 * 86400.0
"""Seconds by which the ledger's clock is put forward, so that what was just written is old."""
RULES = Rules()


@contextlib.asynccontextmanager
async def desk_at(bucket: Bucket, home: Path, status: JobStatus = JobStatus.SUCCEEDED) -> AsyncIterator[Desk]:
    """A desk at this bucket whose provider delivers at once, sixty days later."""
    fake = Fake()
    fake.status = status
    async with desk_of(home, fake) as found:
        desk = replace(found, bucket=bucket)
        yield desk


async def keys(bucket: Bucket) -> set[str]:
    return {stored.key async for stored in bucket.list()}


def names(done: Tidied, what: str) -> list[str]:
    return [one.name for one in done.found if one.what == what]


async def test_what_nobody_names_goes_and_the_rest_stays(place: Place, tmp_path: Path) -> None:
    bucket, image = place.bucket, b"an image that nobody wants"
    orphan = clip_key(hashlib.sha256(image).hexdigest(), ".png")
    async with desk_at(bucket, tmp_path) as desk:
        await bucket.put_bytes(orphan, image)
        bought = await buy(order(OLD), desk)
        making = Production(small_plan(), desk)
        await begin(making, [order(making.id, take=2)])
        gone = {orphan, f"{OLD}/master.mp4", "replies/somebodys.txt"}
        kept = {f"{making.id}/master.mp4", "inbox/brief.yaml", "notes.txt"}
        for key in (gone | kept) - {orphan}:
            await bucket.put_bytes(key, b"x")
        kept.add(bought.assets[0].key)

        assert (await tidy(desk, RULES, remove=True)).found == (), "all of it is young"
        desk.ledger.clock.shift = LATER
        would = await tidy(desk, RULES, remove=False)
        assert await keys(bucket) == kept | gone
        did = await tidy(desk, RULES, remove=True)
        assert {one.name for one in did.found} == {one.name for one in would.found} == gone
        assert await keys(bucket) == kept
        await set_status(desk.ledger, "cancelled", id=making.id)
        assert (await tidy(desk, RULES, remove=True)).found == (), "it was wanted until a moment ago"
        desk.ledger.clock.shift *= 2
        assert {one.name for one in (await tidy(desk, RULES, remove=True)).found} == {f"{making.id}/master.mp4"}
        assert await bucket.stat(bought.assets[0].key) is not None, "what was paid for stays for ever"


async def test_a_bucket_with_another_ledger_is_left_alone(place: Place, tmp_path: Path) -> None:
    text = b'{"purchases": [{"key": "%s"}], "deliverables": []}' % (b"ab" * 32)
    async with desk_at(place.bucket, tmp_path) as desk:
        await place.bucket.put_bytes(f"{OLD}/manifest.json", text)
        await place.bucket.put_bytes("lamp-0000000000aa/master.mp4", b"x")
        desk.ledger.clock.shift = LATER
        with pytest.raises(StorageError, match="not in the ledger"):
            await tidy(desk, RULES, remove=True)
        assert len(await keys(place.bucket)) == 2


async def test_unfinished_uploads_are_given_up(place: Place, tmp_path: Path) -> None:
    """A part file of a killed writer in a folder, a multipart upload that nobody ends on S3."""
    if place.kind == "s3":
        settings = place.bucket.settings  # type: ignore[attr-defined]
        client = place.bucket.client  # type: ignore[attr-defined]
        client.create_multipart_upload(Bucket=settings.bucket, Key=f"{settings.prefix}/clips/big.mp4")
    else:
        root = place.bucket.root  # type: ignore[attr-defined]
        root.mkdir(parents=True)
        (root / ".callsheet-part-0123").write_bytes(b"half")
    async with desk_at(place.bucket, tmp_path) as desk:
        assert (await tidy(desk, RULES, remove=True)).found == ()
        assert len(place.leftovers()) == 1
        desk.ledger.clock.shift = LATER
        would = names(await tidy(desk, RULES, remove=False), "unfinished upload")
        assert len(would) == len(place.leftovers()) == 1
        assert names(await tidy(desk, RULES, remove=True), "unfinished upload") == would
        assert place.leftovers() == []


async def test_a_living_writers_file_stays(local_place: Place, tmp_path: Path) -> None:
    from callsheet.storage.files import arriving

    root = local_place.bucket.root  # type: ignore[attr-defined]
    async with desk_at(local_place.bucket, tmp_path) as desk:
        desk.ledger.clock.shift = LATER
        with arriving(root / "clips" / "x.mp4") as out:
            out.write(b"on its way")
            assert (await tidy(desk, RULES, remove=True)).found == ()
        assert (root / "clips" / "x.mp4").read_bytes() == b"on its way"


def ended_process() -> int:
    """The number of a process that is no more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait(30)
    return process.pid


async def test_what_lies_on_the_machine(local_place: Place, tmp_path: Path) -> None:
    async with desk_at(local_place.bucket, tmp_path) as desk:
        scratch = desk.settings.scratch()
        dead, living = scratch / f"callsheet-{ended_process()}-abc", scratch / f"callsheet-{os.getpid()}-abc"
        for folder in (dead, living):
            folder.mkdir()
            (folder / "clip.mp4").write_bytes(b"123")
        shelf = Shelf(desk.settings.home / "cache" / "segments")
        fresh, stale = shelf.folder / "fresh.mp4", shelf.folder / "stale.mp4"
        for path in (fresh, stale):
            path.write_bytes(b"1234")
        month = (desk.ledger.clock.now() - dt.timedelta(days=30)).timestamp()
        os.utime(stale, (month, month))
        would = await tidy(desk, RULES, remove=False)
        assert [(one.what, one.name, one.bytes) for one in would.found] == [
            ("scratch folder", str(dead), 3),
            ("cached segment", str(stale), 4),
        ]
        assert dead.exists() and stale.exists()
        assert (await tidy(desk, RULES, remove=True)).bytes == 7
        assert not dead.exists() and not stale.exists()
        assert living.exists() and fresh.exists()


@pytest.mark.parametrize("home", ["studio", "studio-server"])
async def test_what_the_studio_rendered_goes_when_it_is_old(local_place: Place, tmp_path: Path, home: str) -> None:
    async with desk_at(local_place.bucket, tmp_path, JobStatus.RUNNING) as desk:
        job = await under_way(desk)
        studio = desk.settings.home / home
        old, wanted, fresh = (studio / "media" / name / "clip.mp4" for name in ("job_old", job, "job_fresh"))
        given = studio / "inputs" / "abc.png"
        for path in (old, wanted, fresh, given):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"12345")
        (studio / "books.sqlite").write_bytes(b"books")
        month = (desk.ledger.clock.now() - dt.timedelta(days=31)).timestamp()
        soon = (desk.ledger.clock.now() - dt.timedelta(days=29)).timestamp()
        for path in (old.parent, wanted.parent, given):
            os.utime(path, (month, month))
        os.utime(fresh.parent, (soon, soon))
        done = await tidy(desk, RULES, remove=True)
        assert (names(done, "studio's render"), names(done, "studio's input")) == ([str(old.parent)], [str(given)])
        assert (old.parent.exists(), wanted.exists(), fresh.exists(), given.exists()) == (False, True, True, False)
        assert (studio / "books.sqlite").exists()


async def under_way(desk: Desk) -> str:
    """A purchase that the provider has taken and not delivered; gives its job."""
    await given_up(desk, order(), buy)
    job = (await the_entry(desk)).job_id
    assert job is not None
    return job


async def test_a_production_that_begins_meanwhile_keeps_what_it_was_given(
    local_place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It begins after the bucket was listed, and finds its old image there, so that it does not put it again."""
    image = clip_key("d" * 64, ".png")
    async with desk_at(local_place.bucket, tmp_path) as desk:
        root = local_place.bucket.root  # type: ignore[attr-defined]
        (root / image).parent.mkdir(parents=True)
        (root / image).write_bytes(b"old")
        desk.ledger.clock.shift = LATER
        assert names(await tidy(desk, RULES, remove=False), "clip") == [image]
        look = sweeping._remove

        async def late(*arguments: object) -> object:
            fields = {"id": "lamp-0000000000bb", "kind": "marketing", "name": "x", "digest": "d", "provider": "studio"}
            await open_production(desk.ledger, {**fields, "campaign": None, "needs": [image]}, cny("0.50"), None)
            return await look(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(sweeping, "_remove", late)
        assert (await tidy(desk, RULES, remove=True)).found == ()
        assert (root / image).exists()
