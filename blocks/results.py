"""The bucket as the place where Prefect keeps results, so that a run can go on on another machine."""

from __future__ import annotations

from typing import ClassVar

from prefect.filesystems import WritableFileSystem
from pydantic import Field, SecretStr

from callsheet.storage import Bucket, open_bucket

LARGEST_RESULT = 64 << 20
"""Bytes. A result holds keys, digests and amounts, never media; a plan of a thousand works is a few megabytes."""


class ResultBucket(WritableFileSystem):
    """Where Prefect's workers keep the results of flows and tasks: the folder `results` of the media bucket.

    Example:
        ```python
        from blocks import ResultBucket

        results = ResultBucket.load("BLOCK_NAME")
        ```
    """

    _block_type_name: ClassVar[str | None] = "Callsheet results"
    _block_type_slug: ClassVar[str | None] = "callsheet-results"

    url: str = Field(description="An address s3://BUCKET/PREFIX, or the path of a folder.")
    endpoint: str | None = Field(default=None, description="Address of the S3 server, when it is not AWS's own.")
    access_key: SecretStr | None = Field(default=None, description="Access key, when not from the AWS environment.")
    secret_key: SecretStr | None = Field(default=None, description="Secret key that belongs to the access key.")

    def _bucket(self) -> Bucket:
        return open_bucket(self.url, endpoint=self.endpoint, access_key=self.access_key, secret_key=self.secret_key)

    async def read_path(self, path: str) -> bytes:
        """The result of this name. Raises `ValueError`, as Prefect expects it, when there is none."""
        bucket, key = self._bucket(), self._resolve_path(path)
        if await bucket.stat(key) is None:
            raise ValueError(f"there is no result {key}")
        return await bucket.get_bytes(key, LARGEST_RESULT)

    async def write_path(self, path: str, content: bytes) -> None:
        """Keeps a result."""
        await self._bucket().put_bytes(self._resolve_path(path), content, content_type="application/json")

    def _resolve_path(self, path: str) -> str:
        """The key in the bucket; Prefect writes a result's address with it."""
        return path if path.startswith("results/") else f"results/{path}"
