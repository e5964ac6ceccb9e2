"""From a setting to a bucket, or one clear sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from callsheet.errors import SettingsError
from callsheet.storage import LocalBucket, S3Bucket, open_bucket
from tests.servers import S3Server


def s3(url: str, endpoint: str | None = None) -> S3Bucket:
    bucket = open_bucket(url, endpoint=endpoint)
    assert isinstance(bucket, S3Bucket)
    return bucket


def test_a_path_is_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for url in (
        str(tmp_path / "out"),
        "out",
        "./out",
        "~/out",
        (tmp_path / "out").as_uri(),
        f"file://localhost{tmp_path}/out",
    ):
        bucket = open_bucket(url)
        assert isinstance(bucket, LocalBucket)
        assert bucket.location() == str(tmp_path / "out")
    assert open_bucket((tmp_path / "with space").as_uri()).location() == str(tmp_path / "with space")


def test_bucket_and_prefix() -> None:
    assert s3("s3://productions").uri("a.txt") == "s3://productions/a.txt"
    assert s3("s3://productions/").uri("a.txt") == "s3://productions/a.txt"
    assert s3("s3://productions/2026/ads/").uri("a.txt") == "s3://productions/2026/ads/a.txt"


def test_the_endpoint_comes_from_the_argument_or_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert s3("s3://productions").settings.endpoint is None
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://one.example:9000")
    assert s3("s3://productions").settings.endpoint == "http://one.example:9000"
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://two.example/")
    assert s3("s3://productions").settings.endpoint == "https://two.example"
    assert s3("s3://productions", "http://[::1]:9000").settings.endpoint == "http://[::1]:9000"


async def test_keys_from_the_environment_open_it(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.secret_key)
    await open_bucket(f"s3://{s3_server.bucket}/from-environment").check()


async def test_keys_from_arguments_open_it(s3_server: S3Server) -> None:
    bucket = open_bucket(
        f"s3://{s3_server.bucket}",
        endpoint=s3_server.endpoint,
        access_key=SecretStr(s3_server.access_key),
        secret_key=SecretStr(s3_server.secret_key),
        region="us-east-1",
    )
    await bucket.check()


@pytest.mark.parametrize(
    "url",
    [
        "", "  ", "a\0b", "gs://bucket", "https://bucket.example/x", "s3:/bucket", "s3://", "s3://UPPER", "s3://ab",
        "s3://user:hidden@bucket", "s3://bucket/../x", "s3://bucket//x", "s3://bucket/a b", "s3://bucket?x=1",
        "file://host/share", "file:relative", "file:///a?b", "file:///a#b", "s3:bucket", "gs:bucket", "ftp://user:hidden@host/x",
    ],
)  # fmt: skip
def test_what_is_no_bucket(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^bucket |^the bucket ") as caught:
        open_bucket(url)
    assert "\n" not in caught.value.message
    assert "hidden" not in caught.value.message


def test_a_file_is_no_bucket(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SettingsError, match="a file, not a folder"):
        open_bucket(str(tmp_path / "file"))


def test_one_key_alone_is_refused() -> None:
    with pytest.raises(SettingsError, match="go together"):
        open_bucket("s3://productions", access_key=SecretStr("hidden"))
    with pytest.raises(SettingsError, match="go together") as caught:
        open_bucket("s3://productions", secret_key=SecretStr("hidden"))
    assert "hidden" not in caught.value.message
    with pytest.raises(SettingsError, match="go together"):
        open_bucket("s3://productions", access_key=SecretStr("hidden"), secret_key=SecretStr(""))


def test_empty_keys_are_none() -> None:
    """As Compose files hand over what nobody has set: boto3's own chain finds the credentials."""
    bucket = open_bucket("s3://productions", endpoint="", access_key=SecretStr(""), secret_key=SecretStr(""))
    assert isinstance(bucket, S3Bucket)
    assert bucket.settings.secrets == ()


@pytest.mark.parametrize(
    "endpoint",
    [
        "storage.example",
        "ftp://storage.example",
        "http://",
        "http://a:b",
        "http://user:hidden@a",
        "http://a/x",
        "http://a?x=1",
    ],
)
def test_what_is_no_endpoint(endpoint: str) -> None:
    with pytest.raises(SettingsError, match=r"^endpoint ") as caught:
        open_bucket("s3://productions", endpoint=endpoint)
    assert "hidden" not in caught.value.message
