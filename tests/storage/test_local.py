"""What only a folder has: links, records, edits by hand, full disks."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from callsheet.errors import StorageError
from callsheet.storage import LocalBucket
from callsheet.storage.files import TEMPORARY, arriving
from tests.storage.conftest import Place
from tests.storage.test_contract import inside, keys_of, pattern, sha, written

MIB = 1 << 20


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "bucket"


@pytest.fixture
def own(root: Path) -> LocalBucket:
    return LocalBucket(root)


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The operating system refuses to let a file grow past `size`, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_opening_makes_nothing(own: LocalBucket, root: Path) -> None:
    assert own.location() == str(root)
    assert not root.exists()


async def test_a_bucket_that_is_not_there_yet_is_empty(own: LocalBucket) -> None:
    assert await keys_of(own) == []
    assert await own.stat("a.txt") is None
    await own.delete("a.txt")


async def test_a_full_disk_leaves_no_temporary_file(local_place: Place, tmp_path: Path) -> None:
    data = pattern(3 * MIB)
    path = written(tmp_path / "in.mp4", data)
    with files_of_at_most(MIB), pytest.raises(StorageError, match="put file://") as caught:
        await local_place.bucket.put_file("ad/master.mp4", path, sha256=sha(data))
    assert caught.value.retryable
    assert local_place.leftovers() == []
    assert await local_place.bucket.stat("ad/master.mp4") is None
    await local_place.bucket.put_file("ad/master.mp4", path, sha256=sha(data))
    with files_of_at_most(MIB), pytest.raises(StorageError, match="get file://"):
        await local_place.bucket.get_file("ad/master.mp4", tmp_path / "out" / "master.mp4")
    assert inside(tmp_path / "out") == []


async def test_what_a_killed_put_left_is_removed_and_what_is_being_written_is_not(own: LocalBucket, root: Path) -> None:
    (root / "ad").mkdir(parents=True)
    left = written(root / "ad" / f"{TEMPORARY}{'0' * 16}", b"half of a f")
    with arriving(root / "ad" / "slow.txt") as out:
        out.write(b"half of a f")
        await own.put_bytes("ad/quick.txt", b"1")
        assert not left.exists()
        out.write(b"ile")
    assert (root / "ad" / "slow.txt").read_bytes() == b"half of a file"
    assert inside(root / "ad") == ["quick.txt", "slow.txt"]


async def test_a_link_to_a_folder_outside_is_not_followed(own: LocalBucket, root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    secret = written(outside / "secret.txt", b"secret")
    await own.put_bytes("real.txt", b"1")
    (root / "ad").symlink_to(outside)
    for call in (
        lambda: own.put_bytes("ad/new.txt", b"1"),
        lambda: own.put_bytes("ad/secret.txt", b"1"),
        lambda: own.get_bytes("ad/secret.txt", limit=100),
        lambda: own.get_file("ad/secret.txt", tmp_path / "out.txt"),
        lambda: own.stat("ad/secret.txt"),
        lambda: own.delete("ad/secret.txt"),
        lambda: keys_of(own, "ad"),
    ):
        with pytest.raises(StorageError, match="symbolic link"):
            await call()
    assert await keys_of(own) == ["real.txt"]
    assert inside(outside) == ["secret.txt"]
    assert secret.read_bytes() == b"secret"


async def test_a_link_to_a_file_is_not_followed(own: LocalBucket, root: Path, tmp_path: Path) -> None:
    secret = written(tmp_path / "secret.txt", b"secret")
    await own.put_bytes("real.txt", b"1")
    (root / "a.txt").symlink_to(secret)
    for call in (
        lambda: own.put_bytes("a.txt", b"1"),
        lambda: own.get_bytes("a.txt", limit=100),
        lambda: own.stat("a.txt"),
        lambda: own.delete("a.txt"),
    ):
        with pytest.raises(StorageError, match="symbolic link"):
            await call()
    assert await keys_of(own) == ["real.txt"]
    assert secret.read_bytes() == b"secret"


async def test_a_linked_folder_of_records_is_not_written_to(own: LocalBucket, root: Path, tmp_path: Path) -> None:
    await own.put_bytes("a.txt", b"1")
    (root / ".callsheet").rename(tmp_path / "outside")
    (root / ".callsheet").symlink_to(tmp_path / "outside")
    before = inside(tmp_path / "outside")
    with pytest.raises(StorageError, match="symbolic link"):
        await own.put_bytes("b.txt", b"1")
    assert inside(tmp_path / "outside") == before
    assert await keys_of(own) == ["a.txt"]


async def test_the_bucket_itself_may_be_reached_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    bucket = LocalBucket(tmp_path / "link")
    await bucket.put_bytes("a.txt", b"1")
    assert bucket.uri("a.txt") == (tmp_path / "disk" / "a.txt").as_uri()


async def test_a_digest_on_record_is_not_computed_again(local_place: Place) -> None:
    await local_place.bucket.put_bytes("a.txt", b"content")
    local_place.spoil("a.txt")  # with the size, time and inode that are on record
    there = await local_place.bucket.stat("a.txt")
    assert there is not None
    assert there.sha256 == sha(b"content")


async def test_an_edit_by_hand_makes_the_record_void(own: LocalBucket, root: Path) -> None:
    await own.put_bytes("a.txt", b"content")
    written(root / "a.txt", b"another")
    os.utime(root / "a.txt", ns=(1, 1))
    there = await own.stat("a.txt")
    assert there is not None
    assert there.sha256 == sha(b"another")
    assert await own.get_bytes("a.txt", limit=100) == b"another"


@pytest.mark.parametrize("record", [b"", b"{", b"[]", b'{"key": "a.txt"}', b"\xff"])
async def test_a_record_that_is_damaged_is_void(own: LocalBucket, root: Path, record: bytes) -> None:
    await own.put_bytes("a.txt", b"content")
    (only,) = (root / ".callsheet" / "sha256").iterdir()
    only.write_bytes(record)
    there = await own.stat("a.txt")
    assert there is not None
    assert there.sha256 == sha(b"content")


async def test_what_a_person_put_there_is_an_object(own: LocalBucket, root: Path, tmp_path: Path) -> None:
    (root / "ad").mkdir(parents=True)
    written(root / "ad" / "logo.png", b"logo")
    written(root / "ad" / "My Logo.png", b"not a key")
    os.mkfifo(root / "ad" / "pipe")
    assert await keys_of(own) == ["ad/logo.png"]
    there = await own.stat("ad/logo.png")
    assert there is not None
    assert (there.bytes, there.sha256) == (4, sha(b"logo"))
    assert (await own.get_file("ad/logo.png", tmp_path / "logo.png")).sha256 == sha(b"logo")
    assert await own.stat("ad/pipe") is None


async def test_a_key_and_a_folder_do_not_share_a_name(own: LocalBucket) -> None:
    await own.put_bytes("ad/a.txt", b"1")
    for key in ("ad", "ad/a.txt/b.txt"):
        with pytest.raises(StorageError) as caught:
            await own.put_bytes(key, b"2")
        assert not caught.value.retryable
    assert await own.stat("ad/a.txt/b.txt") is None
    assert await keys_of(own) == ["ad/a.txt"]


async def test_a_folder_that_is_pruned_under_a_put_is_made_again(
    own: LocalBucket, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str | Path] = []
    real = os.open

    def prune_first(path: str | Path, *more: Any, **named: Any) -> int:
        if TEMPORARY in str(path) and Path(path).parent.name == "stems" and len(opened) < 3:
            opened.append(path)
            Path(path).parent.rmdir()
        return real(path, *more, **named)

    monkeypatch.setattr(os, "open", prune_first)
    await own.put_bytes("ad/stems/voice.wav", b"1")
    assert len(opened) == 3
    assert await keys_of(own) == ["ad/stems/voice.wav"]
    assert inside(root / "ad") == ["stems", "voice.wav"]


async def test_puts_and_deletes_that_empty_a_folder_do_not_disturb_each_other(own: LocalBucket, root: Path) -> None:
    async def come_and_go(name: str) -> None:
        for _ in range(30):
            await own.put_bytes(f"ad/stems/{name}.wav", name.encode())
            assert await own.get_bytes(f"ad/stems/{name}.wav", limit=10) == name.encode()
            await own.delete(f"ad/stems/{name}.wav")

    await asyncio.gather(*(come_and_go(name) for name in ("voice", "music", "effects", "room")))
    assert inside(root) == [".callsheet", "sha256"]


async def test_nothing_but_the_records_stays_when_all_is_deleted(own: LocalBucket, root: Path) -> None:
    await own.put_bytes("ad/edit/cut.edl", b"1")
    assert inside(root / "ad") == ["cut.edl", "edit"]
    await own.delete("ad/edit/cut.edl")
    assert inside(root) == [".callsheet", "sha256"]
