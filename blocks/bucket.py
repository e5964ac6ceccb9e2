"""The bucket as a block."""

from __future__ import annotations

from typing import Any, ClassVar

from prefect.blocks.core import Block
from pydantic import Field, SecretStr


class MediaBucket(Block):
    """Where clips and finished works are kept: S3, or a folder that all workers see.

    Example:
        ```python
        from blocks import MediaBucket

        bucket = MediaBucket.load("BLOCK_NAME")
        ```
    """

    _block_type_name: ClassVar[str | None] = "Callsheet media bucket"
    _block_type_slug: ClassVar[str | None] = "callsheet-media-bucket"

    url: str = Field(description="An address s3://BUCKET/PREFIX, or the path of a folder.")
    endpoint: str | None = Field(default=None, description="Address of the S3 server, when it is not AWS's own.")
    access_key: SecretStr | None = Field(default=None, description="Access key, when not from the AWS environment.")
    secret_key: SecretStr | None = Field(default=None, description="Secret key that belongs to the access key.")

    def overrides(self) -> dict[str, Any]:
        """The settings that this block decides."""
        found: dict[str, Any] = {"bucket": self.url, "bucket_endpoint": self.endpoint}
        return {**found, "bucket_access_key": self.access_key, "bucket_secret_key": self.secret_key}
