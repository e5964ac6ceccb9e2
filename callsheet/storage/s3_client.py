"""Which S3 bucket is meant, and the boto3 client that talks to it: time limits, retries, addressing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import SecretStr

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class S3Settings:
    """Which bucket, and how long to try. Without keys the usual chain of boto3 finds the credentials."""

    bucket: str
    prefix: str = ""
    endpoint: str | None = None
    access_key: SecretStr | None = None
    secret_key: SecretStr | None = None
    region: str | None = None
    part_bytes: int = 16 << 20
    """Files from this size on go up in parts of this size; S3 allows no part below 5 MiB but the last."""
    connect_seconds: float = 5.0
    read_seconds: float = 60.0
    attempts: int = 3

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(key.get_secret_value() for key in (self.access_key, self.secret_key) if key is not None)


def open_client(settings: S3Settings) -> S3Client:
    """A client with bounded waits: at most `attempts` times, each with a limit for connecting and for reading."""
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=settings.connect_seconds,
        read_timeout=settings.read_seconds,
        retries={"total_max_attempts": settings.attempts, "mode": "standard"},
        signature_version="s3v4",
        s3={"addressing_style": "path" if settings.endpoint else "auto"},
        # Every get is checked against SHA-256 here; some servers send checksums of the whole with a part.
        response_checksum_validation="when_required",
    )
    region = settings.region or ("us-east-1" if settings.endpoint else None)
    return boto3.session.Session().client(
        "s3",
        endpoint_url=settings.endpoint,
        aws_access_key_id=settings.access_key.get_secret_value() if settings.access_key else None,
        aws_secret_access_key=settings.secret_key.get_secret_value() if settings.secret_key else None,
        region_name=region,
        config=config,
    )
