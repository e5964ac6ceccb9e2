"""The video provider as a block."""

from __future__ import annotations

from typing import Any, ClassVar

from prefect.blocks.core import Block
from pydantic import Field, SecretStr, ValidationError

from callsheet.errors import SettingsError
from callsheet.provider.places import Place
from callsheet.provider.prices import parse_prices
from callsheet.validation import faults_of


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
    model: str | None = Field(default=None, description="The model to order, where the provider sells several.")
    fallback: list[str] = Field(
        default_factory=list, description="Names of saved blocks of this type, for when this one can't be bought from."
    )
    hosts: list[str] = Field(
        default_factory=list, description="More hosts, as HOST or HOST:PORT, from which results may be fetched."
    )
    prices: dict[str, Any] | None = Field(
        default=None, description="What it takes, as a price list: provider, currency, source, read_on, versions."
    )

    def place(self) -> Place:
        """Where this block buys. Raises `SettingsError` for a provider, address, model or price list that can't be."""
        where = f"a block {self._block_type_slug}: prices"
        prices = None if self.prices is None else parse_prices(self.prices, where)
        if prices is not None and prices.provider != self.provider:
            raise SettingsError(f"{where}.provider: {prices.provider} is not allowed; it must be {self.provider}")
        try:
            hosts = tuple(self.hosts) or None
            return Place(name=self.provider, url=self.url, model=self.model, key=self.key, hosts=hosts, prices=prices)
        except ValidationError as error:
            wrong = "; ".join(map(str, faults_of(error)))
            raise SettingsError(f"a block {self._block_type_slug}: {wrong}") from error
