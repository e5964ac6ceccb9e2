"""Where finished things are kept: a folder or an S3 bucket behind one contract (`protocol`), named by `keys`.

boto3 is imported by the first call to an S3 bucket, not here.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from callsheet.errors import SettingsError, StorageError
from callsheet.storage.keys import check_prefix
from callsheet.storage.local import LocalBucket
from callsheet.storage.protocol import Bucket, Stored
from callsheet.storage.s3 import S3Bucket
from callsheet.storage.s3_client import S3Settings

__all__ = ["Bucket", "LocalBucket", "S3Bucket", "S3Settings", "Stored", "open_bucket"]

SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
"""Two characters at least, so that a drive letter is none. A folder called ``a:b`` can be given as ``./a:b``."""

BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
"""docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html, read 2026-11-22; without the rarer rules."""


def open_bucket(
    url: str,
    *,
    endpoint: str | None = None,
    access_key: SecretStr | None = None,
    secret_key: SecretStr | None = None,
    region: str | None = None,
) -> Bucket:
    """The bucket at ``s3://bucket/prefix``, a folder's path or a ``file://`` URL. Nothing is contacted or made yet.

    Without `endpoint` the variables AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL are looked at, in this order; without keys
    the usual chain of boto3 (variables, profile, role) is. An empty key is none, as Compose files hand over what nobody
    has set. Raises `SettingsError` for everything else.
    """
    scheme = SCHEME.match(url)
    if not url.strip() or "\0" in url:
        raise SettingsError("the bucket is empty: give s3://bucket/prefix or a folder")
    if scheme is None:
        return _folder(Path(url))
    if scheme[1] == "file":
        return _folder(_file_path(url))
    if scheme[1] != "s3":
        raise SettingsError(f"bucket {_safe(url)}: {scheme[1]}: is not known; give s3://bucket/prefix or a folder")
    name, prefix = _s3_place(url)
    access_key, secret_key = access_key or None, secret_key or None
    if (access_key is None) != (secret_key is None):
        raise SettingsError(f"bucket {url}: an access key and a secret key go together; one of them is missing")
    server = endpoint or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    return S3Bucket(S3Settings(name, prefix, _endpoint(server) if server else None, access_key, secret_key, region))


def _folder(path: Path) -> LocalBucket:
    try:
        bucket = LocalBucket(path)
    except (OSError, RuntimeError) as error:
        raise SettingsError(f"bucket {path}: {error}") from error
    if bucket.root.exists() and not bucket.root.is_dir():
        raise SettingsError(f"bucket {bucket.root}: there is a file, not a folder")
    return bucket


def _file_path(url: str) -> Path:
    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost") or parts.query or parts.fragment or not parts.path.startswith("/"):
        raise SettingsError(
            f"bucket {_safe(url)}: a file URL has three slashes and an absolute path: file:///data/bucket"
        )
    return Path(unquote(parts.path))


def _s3_place(url: str) -> tuple[str, str]:
    name, _, prefix = url.removeprefix("s3://").partition("/")
    if not url.startswith("s3://") or not BUCKET.fullmatch(name):
        raise SettingsError(f"bucket {_safe(url)}: after s3:// comes a bucket's name, 3 to 63 of a-z 0-9 . -")
    try:
        return name, check_prefix(prefix)
    except StorageError as error:
        raise SettingsError(f"bucket {_safe(url)}: {error.message}") from error


def _endpoint(url: str) -> str:
    parts = urlsplit(url)
    try:
        sound = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:  # a port that is no number
        sound = False
    if not sound or "@" in url or parts.query or parts.fragment or parts.path.strip("/"):
        raise SettingsError(f"endpoint {_safe(url)}: it has to look like https://storage.example.com:9000")
    return f"{parts.scheme}://{parts.netloc}"


def _safe(url: str) -> str:
    """The URL for a message: on one line and without what may be a password."""
    return ascii(re.sub(r"//[^/]*@", "//***@", url))
