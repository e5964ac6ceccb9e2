"""What only S3 has: credentials, a server that may fail, parts, metadata, pages."""

from __future__ import annotations

import asyncio
import hashlib
import http.server
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
from botocore.exceptions import ConnectionClosedError
from pydantic import SecretStr

from callsheet.errors import StorageError
from callsheet.storage import S3Bucket, S3Settings, open_bucket
from tests.servers import S3Server, free_port
from tests.storage.conftest import PART, Place, settings_of
from tests.storage.test_contract import BIG, assert_nothing_left, keys_of, pattern, sha, written

SECRET = "a-secret-that-nobody-may-see"


@pytest.fixture
def own(s3_server: S3Server, request: pytest.FixtureRequest) -> S3Bucket:
    """A bucket whose client is its own, to tamper with."""
    return S3Bucket(settings_of(s3_server, "own-" + hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12]))


def uploads(server: S3Server) -> list[Any]:
    return [*server.client().list_multipart_uploads(Bucket=server.bucket).get("Uploads", [])]


async def test_the_object_carries_its_type_and_digest(s3_place: Place, s3_server: S3Server, tmp_path: Path) -> None:
    bucket, data = s3_place.bucket, pattern(BIG)
    await bucket.put_file("ad-1/master.mp4", written(tmp_path / "in", data), sha256=sha(data))
    await bucket.put_bytes("ad-1/captions/zh-CN.vtt", b"WEBVTT")
    await bucket.put_bytes("ad-1/data.bin", b"1", content_type="application/x-own")
    outside = s3_server.client()
    prefix = bucket.uri("x").split("/")[3]

    def told(key: str) -> tuple[str, str]:
        head = outside.head_object(Bucket=s3_server.bucket, Key=f"{prefix}/{key}")
        return head["ContentType"], head["Metadata"]["sha256"]

    assert told("ad-1/master.mp4") == ("video/mp4", sha(data))
    assert told("ad-1/captions/zh-CN.vtt") == ("text/vtt; charset=utf-8", sha(b"WEBVTT"))
    assert told("ad-1/data.bin") == ("application/x-own", sha(b"1"))


@pytest.mark.parametrize("wrong", ["secret", "both"])
async def test_wrong_credentials_are_told_in_one_line_without_the_secret(s3_server: S3Server, wrong: str) -> None:
    access = s3_server.access_key if wrong == "secret" else "nobody-we-know"
    keys = {"access_key": SecretStr(access), "secret_key": SecretStr(SECRET)}
    bucket = S3Bucket(settings_of(s3_server, "ad", **keys))
    for call in (
        lambda: bucket.put_bytes("a.txt", b"1"),
        lambda: bucket.stat("a.txt"),
        lambda: bucket.get_bytes("a.txt", limit=1),
        lambda: keys_of(bucket),
        bucket.check,
    ):
        with pytest.raises(StorageError, match="refuses these credentials") as caught:
            await call()
        message = caught.value.message
        assert SECRET not in message
        assert access not in message
        assert "\n" not in message
        assert "s3://productions/ad" in message
        assert not caught.value.retryable
    assert SECRET not in repr(bucket.settings)


async def test_no_credentials_at_all(s3_server: S3Server) -> None:
    bucket = open_bucket("s3://productions", endpoint=s3_server.endpoint)
    with pytest.raises(StorageError, match="no credentials were found"):
        await bucket.stat("a.txt")


async def test_a_missing_bucket_is_not_a_missing_object(s3_server: S3Server, tmp_path: Path) -> None:
    settings = settings_of(s3_server, "")
    bucket = S3Bucket(S3Settings("never-made", "", settings.endpoint, settings.access_key, settings.secret_key))
    for call in (
        lambda: bucket.put_bytes("a.txt", b"1"),
        lambda: bucket.stat("a.txt"),
        lambda: bucket.get_file("a.txt", tmp_path / "a.txt"),
        lambda: keys_of(bucket),
    ):
        with pytest.raises(StorageError, match="no such bucket") as caught:
            await call()
        assert not caught.value.retryable


async def test_an_unreachable_server_is_told_in_time(s3_server: S3Server) -> None:
    bucket = S3Bucket(settings_of(s3_server, "", endpoint=f"http://127.0.0.1:{free_port()}", attempts=2))
    started = time.monotonic()
    with pytest.raises(StorageError, match="can't be reached") as caught:
        await bucket.put_bytes("a.txt", b"1")
    assert time.monotonic() - started < 15
    assert caught.value.retryable


async def test_a_server_that_never_answers_is_told_in_time(s3_server: S3Server) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        bucket = S3Bucket(settings_of(s3_server, "", endpoint=endpoint, read_seconds=0.3, attempts=2))
        started = time.monotonic()
        with pytest.raises(StorageError, match="did not answer in time"):
            await bucket.stat("a.txt")
        assert time.monotonic() - started < 15


async def test_a_cancelled_upload_leaves_no_open_upload(own: S3Bucket, s3_server: S3Server, tmp_path: Path) -> None:
    data = pattern(4 * PART)
    path = written(tmp_path / "in.mp4", data)
    under_way, cancelled = threading.Event(), threading.Event()

    def hold(**_: Any) -> None:
        under_way.set()
        assert cancelled.wait(30)

    own.client.meta.events.register("before-send.s3.UploadPart", hold)
    putting = asyncio.create_task(own.put_file("ad/master.mp4", path, sha256=sha(data)))
    assert await asyncio.to_thread(under_way.wait, 30)
    assert len(uploads(s3_server)) == 1
    putting.cancel()
    asyncio.get_running_loop().call_soon(cancelled.set)
    with pytest.raises(asyncio.CancelledError):
        await putting
    assert uploads(s3_server) == []
    assert await own.stat("ad/master.mp4") is None


async def test_a_part_that_fails_for_good_leaves_no_open_upload(
    own: S3Bucket, s3_server: S3Server, tmp_path: Path
) -> None:
    data = pattern(BIG)
    tried: list[str] = []

    def cut(request: Any, **_: Any) -> None:
        if "partNumber=2" in request.url:
            tried.append(request.url)
            raise ConnectionClosedError(endpoint_url=request.url)

    own.client.meta.events.register("before-send.s3.UploadPart", cut)
    with pytest.raises(StorageError, match="ConnectionClosedError") as caught:
        await own.put_file("ad/master.mp4", written(tmp_path / "in.mp4", data), sha256=sha(data))
    assert caught.value.retryable
    assert len(tried) == own.settings.attempts
    assert uploads(s3_server) == []
    assert await own.stat("ad/master.mp4") is None


async def test_a_file_that_changes_while_it_is_sent_is_not_kept(own: S3Bucket, tmp_path: Path) -> None:
    path = written(tmp_path / "in.mp4", b"as it was when it was looked at")

    def change(**_: Any) -> None:
        path.write_bytes(b"as it was afterwards, and longer than it had been")

    own.client.meta.events.register("request-created.s3.PutObject", change)
    with pytest.raises(StorageError, match="changed while it was sent"):
        await own.put_file("ad/master.mp4", path, sha256=sha(b"as it was when it was looked at"))
    assert await own.stat("ad/master.mp4") is None


async def test_objects_of_others(own: S3Bucket, s3_server: S3Server, tmp_path: Path) -> None:
    outside, prefix = s3_server.client(), own.settings.prefix
    for name in ("ad/clip.mp4", "ad/With Spaces.mp4", "ad/.hidden", f"../{prefix}-2/other.mp4"):
        outside.put_object(Bucket=s3_server.bucket, Key=f"{prefix}/{name}".replace(f"{prefix}/../", ""), Body=b"theirs")
    assert await keys_of(own) == ["ad/clip.mp4"]
    there = await own.stat("ad/clip.mp4")
    assert there is not None
    assert (there.bytes, there.sha256) == (6, None)
    assert (await own.get_file("ad/clip.mp4", tmp_path / "clip.mp4")).sha256 == sha(b"theirs")
    assert (await own.put_bytes("ad/clip.mp4", b"theirs")).sha256 == sha(b"theirs")


async def test_a_listing_of_many_pages(own: S3Bucket) -> None:
    names = [f"ad/{number:02}.txt" for number in range(7)]
    for name in names:
        await own.put_bytes(name, b"1")
    pages: list[str] = []

    def small(params: dict[str, Any], **_: Any) -> None:
        params["MaxKeys"] = 3
        pages.append(params.get("ContinuationToken", ""))

    own.client.meta.events.register("before-parameter-build.s3.ListObjectsV2", small)
    assert await keys_of(own) == names
    assert len(set(pages)) == 3


async def test_deleting_sends_single_deletes(own: S3Bucket) -> None:
    seen: list[str] = []
    own.client.meta.events.register("before-call.s3", lambda model, **_: seen.append(model.name))
    await own.delete("ad/a.txt")
    assert seen == ["DeleteObject"]


async def test_the_place_for_a_person_names_bucket_and_server(own: S3Bucket, s3_server: S3Server) -> None:
    prefix = own.settings.prefix
    assert own.location("ad-1") == f"s3://productions/{prefix}/ad-1 at {s3_server.endpoint}"
    assert own.uri("ad-1/master.mp4") == f"s3://productions/{prefix}/ad-1/master.mp4"
    assert S3Bucket(S3Settings("plain-bucket")).location() == "s3://plain-bucket"


class Answers(http.server.BaseHTTPRequestHandler):
    """Gives every request the same answer: status, headers, body."""

    answer: ClassVar[tuple[int, dict[str, str], bytes]]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, headers, body = self.answer
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), "Connection": "close", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_PUT = do_GET  # noqa: N815 (the names that the base class calls)

    def log_message(self, *_: object) -> None:
        """Silent: the base class writes to standard error."""


@contextmanager
def answering(status: int, body: bytes, **headers: str) -> Iterator[S3Bucket]:
    """A bucket on a server that always says this."""
    handler = type(
        "Handler", (Answers,), {"answer": (status, {k.replace("_", "-"): v for k, v in headers.items()}, body)}
    )
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        keys = SecretStr("access-key-1"), SecretStr(SECRET)
        try:
            yield S3Bucket(S3Settings("canned", "", f"http://127.0.0.1:{server.server_port}", *keys, attempts=1))
        finally:
            server.shutdown()
            thread.join(10)


def refused(code: str, message: str = "said the server") -> bytes:
    return f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()


@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [(503, "SlowDown", True), (500, "InternalError", True), (429, "TooManyRequests", True), (400, "Odd", False)],
)
async def test_an_answer_says_whether_to_come_again(status: int, code: str, retryable: bool) -> None:
    with answering(status, refused(code)) as bucket, pytest.raises(StorageError) as caught:
        await bucket.get_bytes("a.txt", limit=10)
    assert caught.value.message == f"get s3://canned/a.txt: the server answered {status} {code}: said the server"
    assert caught.value.retryable is retryable


async def test_a_put_whose_folder_the_server_lost_may_come_again(tmp_path: Path) -> None:
    with answering(404, refused("NoSuchKey")) as bucket:
        with pytest.raises(StorageError, match="put it again") as caught:
            await bucket.put_bytes("a.txt", b"1")
        assert caught.value.retryable
        with pytest.raises(StorageError, match="put it again"):
            await bucket.put_file("a.txt", written(tmp_path / "a.txt", b"1"), sha256=sha(b"1"))


async def test_a_secret_in_a_foreign_message_is_not_passed_on() -> None:
    body = refused("Odd", f"your\nkey {SECRET}\nof access-key-1 is odd")
    with answering(400, body) as bucket, pytest.raises(StorageError) as caught:
        await bucket.get_bytes("a.txt", limit=10)
    assert caught.value.message.endswith("400 Odd: your key *** of *** is odd")
    assert caught.value.__cause__ is None


async def test_a_content_that_ends_early_is_not_kept(tmp_path: Path) -> None:
    with answering(200, b"12345", Content_Length="10") as bucket:
        with pytest.raises(StorageError) as caught:
            await bucket.get_file("a.txt", tmp_path / "a.txt")
        assert caught.value.retryable
        with pytest.raises(StorageError):
            await bucket.get_bytes("a.txt", limit=100)
    assert not [*tmp_path.iterdir()]  # noqa: ASYNC240


async def test_nothing_is_left_of_the_tests_above(s3_place: Place) -> None:
    await assert_nothing_left(s3_place)


def test_boto3_waits_for_the_first_call() -> None:
    code = (
        "import sys; from callsheet.storage import open_bucket; open_bucket('s3://productions/ad');"
        "print([name for name in ('boto3', 'botocore', 's3transfer') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.strip() == "[]"
