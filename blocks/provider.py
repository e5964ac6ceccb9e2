"""The video provider as a block."""

from __future__ import annotations

from typing import Any, ClassVar

from prefect.blocks.core import Block
from pydantic import Field, SecretStr


class VideoProvider(Block):
    """The service that clips are bought from, with its address and key.

    Example:
        ```python
        from blocks import VideoProvider

        provider = VideoProvider.load("BLOCK_NAME")
        ```
    """

    _block_type_name: ClassVar[str | None] = "Callsheet video provider"
    _block_type_slug: ClassVar[str | None] = "callsheet-video-provider"

    provider: str = Field(default="studio", description="Name of the provider in the catalogue.")
    url: str | None = Field(default=None, description="Base address, when it is not the catalogue's.")
    key: SecretStr | None = Field(default=None, description="The key that orders are authorised with.")
    hosts: list[str] = Field(
        default_factory=list, description="More hosts, as HOST or HOST:PORT, from which results may be fetched."
    )

    def overrides(self) -> dict[str, Any]:
        """The settings that this block decides."""
        found = {"provider": self.provider, "provider_url": self.url, "provider_key": self.key}
        return {**found, "provider_hosts": tuple(self.hosts) or None}
