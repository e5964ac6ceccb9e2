"""One contract, run against a folder and against a real S3 server."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from callsheet.errors import StorageError
from callsheet.storage import Bucket, Stored
from callsheet.storage.keys import clip_key, master_key
from tests.storage.conftest import PART, Place

BIG = 2 * PART + 4321
"""Three parts."""


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def pattern(size: int, seed: int = 1) -> bytes:
    """Bytes that differ from place to place, so that parts in the wrong order are noticed."""
    block = hashlib.sha256(str(seed).encode()).digest()
    return b"".join(block[:24] + index.to_bytes(8, "big") for index in range(size // 32 + 1))[:size]


def inside(folder: Path) -> list[str]:
    """The names of all files and folders below, sorted."""
    return sorted(path.name for path in folder.rglob("*"))


def inode_and_times(path: str) -> tuple[int, int, int]:
    file = Path(path).stat()
    return file.st_ino, file.st_mtime_ns, file.st_ctime_ns


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


async def keys_of(bucket: Bucket, prefix: str = "") -> list[str]:
    return [stored.key async for stored in bucket.list(prefix)]


async def assert_nothing_left(place: Place) -> None:
    assert await keys_of(place.bucket) == []
    assert place.leftovers() == []


@pytest.mark.parametrize("size", [0, 1, 70_000, BIG])
async def test_a_file_comes_back_as_it_went(bucket: Bucket, tmp_path: Path, size: int) -> None:
    data = pattern(size)
    key = clip_key(sha(data))
    stored = await bucket.put_file(key, written(tmp_path / "in.mp4", data), sha256=sha(data))
    assert stored == Stored(key, size, sha(data), bucket.uri(key))
    assert await bucket.stat(key) == stored
    assert await bucket.get_file(key, tmp_path / "new" / "folder" / "out.mp4") == stored
    assert (tmp_path / "new" / "folder" / "out.mp4").read_bytes() == data
    assert inside(tmp_path / "new") == ["folder", "out.mp4"]


async def test_a_big_file_goes_up_in_three_parts(s3_place: Place, tmp_path: Path) -> None:
    data = pattern(BIG)
    await s3_place.bucket.put_file("ad/master.mp4", written(tmp_path / "in.mp4", data), sha256=sha(data))
    assert s3_place.sent == ["UploadPart"] * 3
    assert s3_place.leftovers() == []


async def test_bytes_come_back_as_they_went(bucket: Bucket) -> None:
    stored = await bucket.put_bytes("ad-1/manifest.json", b'{"a": 1}')
    assert stored.sha256 == sha(b'{"a": 1}')
    assert await bucket.get_bytes("ad-1/manifest.json", limit=8) == b'{"a": 1}'
    await bucket.put_bytes("ad-1/empty.txt", b"")
    assert await bucket.get_bytes("ad-1/empty.txt", limit=0) == b""


async def test_bytes_beyond_the_limit_are_refused(bucket: Bucket) -> None:
    await bucket.put_bytes("ad-1/manifest.json", b"12345")
    with pytest.raises(StorageError, match="has 5 bytes, the limit is 4"):
        await bucket.get_bytes("ad-1/manifest.json", limit=4)


@pytest.mark.parametrize("size", [100, BIG])
async def test_a_wrong_digest_is_refused_and_nothing_is_left(place: Place, tmp_path: Path, size: int) -> None:
    data = pattern(size)
    with pytest.raises(StorageError, match=sha(data)) as caught:
        await place.bucket.put_file("ad/master.mp4", written(tmp_path / "in.mp4", data), sha256=sha(b"another"))
    assert "\n" not in caught.value.message
    assert not caught.value.retryable
    assert place.sent == []
    await assert_nothing_left(place)


async def test_wrong_bytes_are_refused_and_nothing_is_left(place: Place) -> None:
    with pytest.raises(StorageError, match="not " + sha(b"another")):
        await place.bucket.put_bytes("ad/poster.jpg", b"one", sha256=sha(b"another"))
    with pytest.raises(StorageError, match="not a SHA-256 digest"):
        await place.bucket.put_bytes("ad/poster.jpg", b"one", sha256="")
    await assert_nothing_left(place)


async def test_a_wrong_put_leaves_what_was_there(bucket: Bucket) -> None:
    await bucket.put_bytes("ad/poster.jpg", b"first")
    with pytest.raises(StorageError):
        await bucket.put_bytes("ad/poster.jpg", b"second", sha256=sha(b"third"))
    assert await bucket.get_bytes("ad/poster.jpg", limit=100) == b"first"


async def test_the_same_content_again_sends_nothing(s3_place: Place, tmp_path: Path) -> None:
    data = pattern(BIG)
    path = written(tmp_path / "in.mp4", data)
    first = await s3_place.bucket.put_file("ad/master.mp4", path, sha256=sha(data))
    del s3_place.sent[:]
    assert await s3_place.bucket.put_file("ad/master.mp4", path, sha256=sha(data)) == first
    assert await s3_place.bucket.put_bytes("ad/master.mp4", data) == first
    assert s3_place.sent == []


async def test_the_same_content_again_writes_nothing(local_place: Place, tmp_path: Path) -> None:
    data = pattern(70_000)
    path = written(tmp_path / "in.mp4", data)
    await local_place.bucket.put_file("ad/master.mp4", path, sha256=sha(data))
    before = inode_and_times(local_place.bucket.location("ad/master.mp4"))
    await local_place.bucket.put_file("ad/master.mp4", path, sha256=sha(data))
    await local_place.bucket.put_bytes("ad/master.mp4", data)
    assert inode_and_times(local_place.bucket.location("ad/master.mp4")) == before


async def test_other_content_takes_the_place(bucket: Bucket) -> None:
    await bucket.put_bytes("ad/manifest.json", b"first")
    stored = await bucket.put_bytes("ad/manifest.json", b"other")
    assert stored.sha256 == sha(b"other")
    assert await bucket.stat("ad/manifest.json") == stored
    assert await bucket.get_bytes("ad/manifest.json", limit=100) == b"other"


async def test_content_damaged_in_the_bucket_is_not_handed_out(place: Place, tmp_path: Path) -> None:
    await place.bucket.put_bytes("ad/master.mp4", pattern(1000))
    place.spoil("ad/master.mp4")
    with pytest.raises(StorageError, match="SHA-256"):
        await place.bucket.get_file("ad/master.mp4", tmp_path / "out" / "master.mp4")
    assert inside(tmp_path / "out") == []
    with pytest.raises(StorageError, match="SHA-256"):
        await place.bucket.get_bytes("ad/master.mp4", limit=2000)


async def test_a_reader_who_expects_other_content_gets_none(bucket: Bucket, tmp_path: Path) -> None:
    await bucket.put_bytes("ad/master.mp4", b"one")
    with pytest.raises(StorageError, match=f"not {sha(b'two')}"):
        await bucket.get_file("ad/master.mp4", tmp_path / "out.mp4", sha256=sha(b"two"))
    assert not (tmp_path / "out.mp4").exists()
    with pytest.raises(StorageError, match=f"not {sha(b'two')}"):
        await bucket.get_bytes("ad/master.mp4", limit=10, sha256=sha(b"two"))
    await bucket.get_file("ad/master.mp4", tmp_path / "out.mp4", sha256=sha(b"one"))


async def test_what_is_missing(bucket: Bucket, tmp_path: Path) -> None:
    assert await bucket.stat("ad/master.mp4") is None
    await bucket.delete("ad/master.mp4")
    with pytest.raises(StorageError, match="no such object") as caught:
        await bucket.get_file("ad/master.mp4", tmp_path / "out.mp4")
    assert bucket.uri("ad/master.mp4") in caught.value.message
    assert not caught.value.retryable
    with pytest.raises(StorageError, match="no such object"):
        await bucket.get_bytes("ad/master.mp4", limit=1)
    with pytest.raises(StorageError, match="No such file"):
        await bucket.put_file("ad/master.mp4", tmp_path / "never-made.mp4", sha256=sha(b""))
    assert "out.mp4" not in inside(tmp_path)
    await bucket.put_bytes("ad/stems/voice.wav", b"1")
    assert await bucket.stat("ad/stems") is None
    await bucket.delete("ad/stems")
    assert await keys_of(bucket) == ["ad/stems/voice.wav"]


async def test_a_listing_is_sorted_by_key_and_ends_at_a_folder(bucket: Bucket) -> None:
    names = ["ad-2/a.txt", "ad/b/c.txt", "ad/b-c.txt", "ad/b.txt", "ad/a.txt", "ad/b/Z.txt", "z.txt"]
    for name in names:
        await bucket.put_bytes(name, name.encode())
    assert await keys_of(bucket) == sorted(names)
    below = sorted(name for name in names if name.startswith("ad/"))
    assert await keys_of(bucket, "ad") == await keys_of(bucket, "ad/") == below
    assert await keys_of(bucket, "ad/b") == ["ad/b/Z.txt", "ad/b/c.txt"]
    assert await keys_of(bucket, "ad/b.txt") == []
    assert await keys_of(bucket, "nothing") == []
    listed = [stored async for stored in bucket.list("ad-2")]
    assert listed == [Stored("ad-2/a.txt", len("ad-2/a.txt"), None, bucket.uri("ad-2/a.txt"))]


async def test_a_deleted_object_is_gone_and_its_name_is_free(bucket: Bucket) -> None:
    await bucket.put_bytes("ad/edit/cut.edl", b"1")
    await bucket.delete("ad/edit/cut.edl")
    assert await bucket.stat("ad/edit/cut.edl") is None
    assert await keys_of(bucket) == []
    await bucket.put_bytes("ad/edit", b"a file where a folder was")
    assert await keys_of(bucket) == ["ad/edit"]


HOSTILE = [
    "../outside.mp4", "/etc/passwd", "a/../../b", "a//b", "a/", "", ".", "..", ".callsheet/sha256/x", "a/./b",
    "C:\\x", "a\\b", "a b", "a\0b", "a\nb", "~/x", "-rf", "a/-rf", "ä.mp4", "a%2e%2e", "x" * 513, "s3://a/b",
]  # fmt: skip


async def test_a_hostile_key_goes_nowhere(place: Place, tmp_path: Path) -> None:
    bucket = place.bucket
    path = written(tmp_path / "in.mp4", b"1")
    calls: list[Callable[[str], Awaitable[object]]] = [
        lambda key: bucket.put_file(key, path, sha256=sha(b"1")),
        lambda key: bucket.put_bytes(key, b"1"),
        lambda key: bucket.get_file(key, tmp_path / "out.mp4"),
        lambda key: bucket.get_bytes(key, limit=1),
        bucket.stat,
        bucket.delete,
    ]
    for key in HOSTILE:
        for call in calls:
            with pytest.raises(StorageError) as caught:
                await call(key)
            assert "\n" not in caught.value.message
            assert not caught.value.retryable
        with pytest.raises(StorageError):
            bucket.uri(key)
    assert inside(tmp_path) == ["in.mp4"]
    await assert_nothing_left(place)


async def test_puts_of_one_content_at_once(place: Place, tmp_path: Path) -> None:
    data = pattern(200_000)
    path = written(tmp_path / "in.mp4", data)
    stored = await asyncio.gather(*(place.bucket.put_file("ad/master.mp4", path, sha256=sha(data)) for _ in range(8)))
    assert {one.sha256 for one in stored} == {sha(data)}
    assert await place.bucket.get_bytes("ad/master.mp4", limit=len(data)) == data
    assert place.leftovers() == []


async def test_puts_of_different_contents_at_once_leave_one_of_them_whole(place: Place) -> None:
    contents = {sha(data): data for data in (pattern(200_000, seed) for seed in range(8))}
    ends = await asyncio.gather(
        *(place.bucket.put_bytes("ad/master.mp4", data) for data in contents.values()), return_exceptions=True
    )
    won = [end for end in ends if isinstance(end, Stored)]
    lost = [end for end in ends if not isinstance(end, Stored)]
    assert won
    assert all(isinstance(end, StorageError) and end.retryable for end in lost)
    there = await place.bucket.stat("ad/master.mp4")
    assert there is not None
    assert there.sha256 in contents
    assert await place.bucket.get_bytes("ad/master.mp4", limit=200_000) == contents[there.sha256]
    assert place.leftovers() == []


async def test_puts_and_deletes_of_neighbours_do_not_disturb_each_other(bucket: Bucket) -> None:
    # Without this one a server over a file system takes the emptied folder away from under the next put.
    await bucket.put_bytes("ad/stems/stays.txt", b"1")

    async def come_and_go(name: str) -> None:
        for _ in range(5):
            await bucket.put_bytes(f"ad/stems/{name}.wav", name.encode())
            assert await bucket.get_bytes(f"ad/stems/{name}.wav", limit=10) == name.encode()
            await bucket.delete(f"ad/stems/{name}.wav")

    await asyncio.gather(*(come_and_go(name) for name in ("voice", "music", "effects", "room")))
    assert await keys_of(bucket) == ["ad/stems/stays.txt"]


async def test_the_check_leaves_no_trace(place: Place) -> None:
    await place.bucket.check()
    await assert_nothing_left(place)


async def test_it_is_a_bucket_and_says_where_it_is(place: Place) -> None:
    assert isinstance(place.bucket, Bucket)
    scheme = {"local": "file://", "s3": "s3://"}[place.kind]
    assert place.bucket.uri(master_key("ad-1")).startswith(scheme)
    assert place.bucket.uri(master_key("ad-1")).endswith("/ad-1/master.mp4")
    assert place.bucket.location("ad-1") != place.bucket.location()
    assert "ad-1" in place.bucket.location("ad-1")
