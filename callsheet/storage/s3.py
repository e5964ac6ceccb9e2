"""A bucket on S3 or a server that speaks its protocol.

Integrity: the SHA-256 that the writer stated is checked against the file before a byte is sent, travels as the object's
metadata and is checked against what arrives by every get. On the way up boto3 adds a SHA-256 checksum to each request
or part, which the server verifies where it can (AWS does); afterwards the object is asked for, and must have this size,
this recorded digest and, where the server tells one, this checksum.

Objects are deleted one by one: DeleteObjects of current boto3 sends a CRC where older servers insist on Content-MD5.
A process that is killed outright can't abort its multipart upload; whoever puts the same object next does it once the
object is there. For what is never put again a lifecycle rule AbortIncompleteMultipartUpload of one day cleans up.
A missing object is told from a forbidden one only with s3:ListBucket.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callsheet.errors import StorageError
from callsheet.storage import keys
from callsheet.storage.files import CHUNK, arriving, chunks, digest
from callsheet.storage.keys import check_key, check_prefix, check_sha256, refusal
from callsheet.storage.probe import probe
from callsheet.storage.protocol import Stored
from callsheet.storage.s3_client import S3Settings, open_client
from callsheet.storage.s3_errors import is_aborted, is_missing, telling, unless_aborted
from callsheet.storage.threads import Stop, StoppedError, in_thread

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef, HeadObjectOutputTypeDef

DIGEST = "sha256"
"""The metadata entry (``x-amz-meta-sha256``) that holds the digest."""


class S3Bucket:
    """Keeps the contract of `Bucket`. Nothing is imported, opened or asked before the first call.

    `client` may be shared between buckets of one server; without it one is made from the settings.
    """

    def __init__(self, settings: S3Settings, client: S3Client | None = None) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._opened = client
        self._bucket_seen = False

    async def put_file(self, key: str, path: Path, *, sha256: str, content_type: str | None = None) -> Stored:
        check_sha256(sha256)
        headers = self._headers(key, sha256, content_type)

        def work(stop: Stop) -> Stored:
            with self._telling("put", key):
                before = path.stat()
                with path.open("rb") as source:
                    self._check_content(key, digest(chunks(source, stop))[0], sha256)
                if there := self._same(key, before.st_size, sha256):
                    return there
                with self._keeping_its_place(key):
                    if there := self._upload(key, path, headers, sha256, stop):
                        return there
                after = path.stat()
                if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                    self.client.delete_object(Bucket=self.settings.bucket, Key=self._full(key))
                    raise StorageError(f"put {self.uri(key)}: the file changed while it was sent; nothing was stored")
                stored = self._confirmed(key, before.st_size, sha256)
                if before.st_size >= self.settings.part_bytes:
                    self._abort_others(key)
                return stored

        return await in_thread(work)

    async def put_bytes(
        self, key: str, data: bytes, *, sha256: str | None = None, content_type: str | None = None
    ) -> Stored:
        expected = hashlib.sha256(data).hexdigest() if sha256 is None else check_sha256(sha256)
        headers = self._headers(key, expected, content_type)

        def work(_: Stop) -> Stored:
            self._check_content(key, hashlib.sha256(data).hexdigest(), expected)
            with self._telling("put", key):
                if there := self._same(key, len(data), expected):
                    return there
                with self._keeping_its_place(key):
                    self.client.put_object(Bucket=self.settings.bucket, Key=self._full(key), Body=data, **headers)
                return self._confirmed(key, len(data), expected)

        return await in_thread(work)

    async def get_file(self, key: str, path: Path, *, sha256: str | None = None) -> Stored:
        def work(stop: Stop) -> Stored:
            with self._telling("get", key):
                answer = self._get(key)
                with closing(answer["Body"]), arriving(path) as out:
                    return self._verified(key, answer, digest(_blocks(answer, stop), out), sha256)

        return await in_thread(work)

    async def get_bytes(self, key: str, limit: int, *, sha256: str | None = None) -> bytes:
        def work(_: Stop) -> bytes:
            with self._telling("get", key):
                answer = self._get(key)
                with closing(answer["Body"]) as body:
                    if answer["ContentLength"] > limit:
                        size = answer["ContentLength"]
                        raise refusal(f"get {self.uri(key)}: it has {size} bytes, the limit is {limit}")
                    data = body.read(limit + 1)
                self._verified(key, answer, digest([data]), sha256)
                return data

        return await in_thread(work)

    async def stat(self, key: str) -> Stored | None:
        def work(_: Stop) -> Stored | None:
            with self._telling("stat", key):
                head = self._head(key)
                if head is None and not self._bucket_seen:
                    self.client.list_objects_v2(Bucket=self.settings.bucket, MaxKeys=1)  # tells a missing bucket
                self._bucket_seen = True
                return None if head is None else self._stored(key, head)

        return await in_thread(work)

    async def list(self, prefix: str = "") -> AsyncIterator[Stored]:
        folder = check_prefix(prefix)
        start = self._full(folder) + "/" if folder or self.settings.prefix else ""
        token: str | None = None
        while True:
            page, token = await in_thread(partial(self._page, folder, start, token))
            for stored in page:
                yield stored
            if token is None:
                return

    async def delete(self, key: str) -> None:
        def work(_: Stop) -> None:
            with self._telling("delete", key):
                self.client.delete_object(Bucket=self.settings.bucket, Key=self._full(check_key(key)))

        await in_thread(work)

    async def unfinished(self, before: dt.datetime, *, remove: bool) -> tuple[str, ...]:
        def work(stop: Stop) -> tuple[str, ...]:
            with self._telling("look through", ""):
                old = [upload for upload in self._uploads(stop) if upload["Initiated"] < before]
                for upload in old if remove else []:
                    place = {"Bucket": self.settings.bucket, "Key": upload["Key"], "UploadId": upload["UploadId"]}
                    with unless_aborted():
                        self.client.abort_multipart_upload(**place)
                return tuple(f"{upload['Key']} ({upload['UploadId'][:16]})" for upload in old)

        return await in_thread(work)

    def _uploads(self, stop: Stop) -> tuple[Any, ...]:
        """All multipart uploads below the prefix. MinIO knows no prefix but a whole key, so all are listed."""
        start = f"{self.settings.prefix}/" if self.settings.prefix else ""
        found: tuple[Any, ...] = ()
        for page in self.client.get_paginator("list_multipart_uploads").paginate(Bucket=self.settings.bucket):
            stop.check()
            found += tuple(upload for upload in page.get("Uploads", []) if upload["Key"].startswith(start))
        return found

    async def link(self, key: str, seconds: float) -> str | None:
        place = {"Bucket": self.settings.bucket, "Key": self._full(check_key(key))}

        def work(_: Stop) -> str:
            with self._telling("link", key):
                return self.client.generate_presigned_url("get_object", Params=place, ExpiresIn=int(seconds))

        return await in_thread(work)

    def uri(self, key: str) -> str:
        return f"s3://{self.settings.bucket}/{self._full(check_key(key))}"

    def location(self, prefix: str = "") -> str:
        where = "/".join(("s3:/", self.settings.bucket, *filter(None, [self._full(check_prefix(prefix))])))
        return f"{where} at {self.settings.endpoint}" if self.settings.endpoint else where

    async def check(self) -> None:
        await probe(self)

    @property
    def client(self) -> S3Client:
        """The one client, made when it is first needed; boto3 allows it to be shared between threads."""
        with self._lock:
            if self._opened is None:
                self._opened = open_client(self.settings)
            return self._opened

    def _full(self, key: str) -> str:
        return "/".join(filter(None, (self.settings.prefix, key)))

    def _telling(self, verb: str, key: str) -> Any:
        where = self.uri(key) if key else self.location()
        return telling(f"{verb} {where}", self.settings.secrets)

    def _headers(self, key: str, sha256: str, content_type: str | None) -> dict[str, Any]:
        media = content_type or keys.content_type(key)
        return {"ContentType": media, "Metadata": {DIGEST: sha256}, "ChecksumAlgorithm": "SHA256"}

    def _check_content(self, key: str, found: str, sha256: str) -> None:
        if found != sha256:
            raise refusal(f"put {self.uri(key)}: the content has SHA-256 {found}, not {sha256}; nothing was sent")

    def _head(self, key: str) -> HeadObjectOutputTypeDef | None:
        from botocore.exceptions import ClientError

        try:
            return self.client.head_object(
                Bucket=self.settings.bucket, Key=self._full(check_key(key)), ChecksumMode="ENABLED"
            )
        except ClientError as error:
            if is_missing(error):
                return None
            raise

    def _get(self, key: str) -> GetObjectOutputTypeDef:
        return self.client.get_object(Bucket=self.settings.bucket, Key=self._full(check_key(key)))

    def _stored(self, key: str, head: HeadObjectOutputTypeDef) -> Stored:
        return Stored(key, head["ContentLength"], _recorded(head["Metadata"]), self.uri(key))

    def _same(self, key: str, size: int, sha256: str) -> Stored | None:
        head = self._head(key)
        there = self._stored(key, head) if head is not None else None
        return there if there is not None and (there.bytes, there.sha256) == (size, sha256) else None

    def _upload(self, key: str, path: Path, headers: dict[str, Any], sha256: str, stop: Stop) -> Stored | None:
        """One PUT or a multipart upload. A failed or stopped one has been aborted when this returns.

        None, or what is there when another writer of the very same content was done first and aborted this one.
        """
        from concurrent.futures import CancelledError

        from boto3.s3.transfer import TransferConfig, create_transfer_manager
        from botocore.exceptions import ClientError

        size = self.settings.part_bytes
        config = TransferConfig(multipart_threshold=size, multipart_chunksize=size, max_concurrency=4)
        stop.check()
        with create_transfer_manager(self.client, config) as transfers:
            sending = transfers.upload(str(path), self.settings.bucket, self._full(key), extra_args=headers)
            stop.then(sending.cancel)
            try:
                sending.result()
            except CancelledError:
                raise StoppedError from None
            except ClientError as error:
                if not is_aborted(error):
                    raise
                if there := self._same(key, path.stat().st_size, sha256):
                    return there
                raise StorageError(f"put {self.uri(key)}: another writer was done first; put it again") from None
        return None

    def _abort_others(self, key: str) -> None:
        """Uploads of this object that a killed process left. It is there now, so a living one need not go on either."""
        from botocore.exceptions import ClientError

        bucket, full = self.settings.bucket, self._full(key)
        with suppress(ClientError):  # not allowed, or no such thing at this server: the lifecycle rule does it
            for upload in self.client.list_multipart_uploads(Bucket=bucket, Prefix=full).get("Uploads", []):
                if upload["Key"] == full:
                    self.client.abort_multipart_upload(Bucket=bucket, Key=full, UploadId=upload["UploadId"])

    @contextmanager
    def _keeping_its_place(self, key: str) -> Iterator[None]:
        """MinIO over a file system answers a put with NoSuchKey when a delete beside it takes the empty folder away."""
        from botocore.exceptions import ClientError

        try:
            yield
        except ClientError as error:
            if is_missing(error):
                raise StorageError(
                    f"put {self.uri(key)}: a delete beside it disturbed the server; put it again"
                ) from None
            raise

    def _confirmed(self, key: str, size: int, sha256: str) -> Stored:
        head = self._head(key)
        if head is None:
            raise StorageError(f"put {self.uri(key)}: the server took it and now has no such object")
        stored = self._stored(key, head)
        # A checksum with a hyphen is one of parts' checksums, each of which the server verified when the part came.
        told = head.get("ChecksumSHA256", "-")
        whole = "-" in told or told == base64.b64encode(bytes.fromhex(sha256)).decode()
        if (stored.bytes, stored.sha256, whole) != (size, sha256, True):
            raise StorageError(
                f"put {self.uri(key)}: what is there now is not what was sent: another writer, or damage"
            )
        return stored

    def _verified(self, key: str, answer: GetObjectOutputTypeDef, found: tuple[str, int], sha256: str | None) -> Stored:
        if found[1] != answer["ContentLength"]:
            raise StorageError(f"get {self.uri(key)}: {found[1]} of {answer['ContentLength']} bytes came")
        for expected in (_recorded(answer["Metadata"]), sha256):
            if expected is not None and expected != found[0]:
                raise refusal(f"get {self.uri(key)}: the content has SHA-256 {found[0]}, not {expected}")
        return Stored(key, found[1], found[0], self.uri(key))

    def _page(self, folder: str, start: str, token: str | None, _: Stop) -> tuple[tuple[Stored, ...], str | None]:
        more: dict[str, Any] = {"ContinuationToken": token} if token else {}
        with self._telling("list", folder):
            answer = self.client.list_objects_v2(Bucket=self.settings.bucket, Prefix=start, **more)
        skip = len(self.settings.prefix) + 1 if self.settings.prefix else 0
        found = [(entry["Key"][skip:], entry["Size"], entry["LastModified"]) for entry in answer.get("Contents", [])]
        page = tuple(Stored(key, size, None, self.uri(key), at) for key, size, at in found if _is_key(key))
        return page, answer.get("NextContinuationToken")


def _blocks(answer: GetObjectOutputTypeDef, stop: Stop) -> Iterator[bytes]:
    for block in answer["Body"].iter_chunks(CHUNK):
        stop.check()
        yield block


def _recorded(metadata: dict[str, str]) -> str | None:
    told = metadata.get(DIGEST, "")
    return told if keys.SHA256.fullmatch(told) else None


def _is_key(key: str) -> bool:
    try:
        check_key(key)
    except StorageError:
        return False
    return True
