"""Two buckets that have to keep the same contract, each test in a place of its own."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from callsheet.storage import Bucket, LocalBucket, S3Bucket, S3Settings
from tests.servers import S3Server

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PART = 5 << 20
SENDING = ("PutObject", "UploadPart")


@dataclass
class Place:
    """A bucket and the means to look behind it."""

    bucket: Bucket
    kind: str
    leftovers: Callable[[], list[str]]
    """What an upload that failed may have left: temporary files, open multipart uploads."""
    spoil: Callable[[str], None]
    """Changes one byte of an object without telling the bucket."""
    sent: list[str] = field(default_factory=list)
    """The requests that carried content, as they leave."""


def settings_of(server: S3Server, prefix: str, **more: Any) -> S3Settings:
    keys = {"access_key": SecretStr(server.access_key), "secret_key": SecretStr(server.secret_key)}
    given: dict[str, Any] = {"endpoint": server.endpoint, "part_bytes": PART, **keys, **more}
    return S3Settings(server.bucket, prefix, **given)


@pytest.fixture(scope="session")
def s3_clients(s3_server: S3Server) -> tuple[S3Client, S3Client]:
    """The bucket's client, made as the product makes it, and the test's own. Making one takes a quarter of a second."""
    return S3Bucket(settings_of(s3_server, "")).client, s3_server.client()


@pytest.fixture
def s3_place(
    s3_server: S3Server, s3_clients: tuple[S3Client, S3Client], request: pytest.FixtureRequest
) -> Iterator[Place]:
    client, outside = s3_clients
    prefix = "t-" + hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12]

    def leftovers() -> list[str]:
        return [upload["Key"] for upload in outside.list_multipart_uploads(Bucket=s3_server.bucket).get("Uploads", [])]

    def spoil(key: str) -> None:
        name = f"{prefix}/{key}"
        there = outside.get_object(Bucket=s3_server.bucket, Key=name)
        data = bytearray(there["Body"].read())
        data[0] ^= 1
        outside.put_object(Bucket=s3_server.bucket, Key=name, Body=bytes(data), Metadata=there["Metadata"])

    place = Place(S3Bucket(settings_of(s3_server, prefix), client), "s3", leftovers, spoil)

    def count(event_name: str, **_: Any) -> None:
        place.sent.append(event_name.rpartition(".")[2])

    for operation in SENDING:
        client.meta.events.register(f"before-send.s3.{operation}", count)
    yield place
    for operation in SENDING:
        client.meta.events.unregister(f"before-send.s3.{operation}", count)


@pytest.fixture
def local_place(tmp_path: Path) -> Place:
    root = tmp_path / "bucket"
    bucket = LocalBucket(root)

    def leftovers() -> list[str]:
        return [str(path) for path in root.rglob(".callsheet-part-*")]

    def spoil(key: str) -> None:
        path = root / key
        before = path.stat()
        with path.open("r+b") as file:
            first = file.read(1)[0]
            file.seek(0)
            file.write(bytes([first ^ 1]))
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    return Place(bucket, "local", leftovers, spoil)


@pytest.fixture(params=["local", "s3"])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(f"{request.param}_place")
    return found


@pytest.fixture
def bucket(place: Place) -> Bucket:
    return place.bucket
