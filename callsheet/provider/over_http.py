"""What the dialects have in common: an entry of the catalogue, its identity, and a client to come to it."""

from __future__ import annotations

from pathlib import Path

from callsheet.errors import Rejected
from callsheet.provider.catalogue import CatalogueEntry
from callsheet.provider.http import HttpClient
from callsheet.provider.protocol import Job


class OverHttp:
    """A provider at an address. `model` is the one to order, where the catalogue does not settle it."""

    def __init__(self, entry: CatalogueEntry, identity: str, http: HttpClient, *, model: str | None = None) -> None:
        self._entry = entry
        self._identity = identity
        self._http = http
        self._model = model
        self._base = identity.partition("@")[2] or entry.base_url.rstrip("/")

    @property
    def entry(self) -> CatalogueEntry:
        """See `Provider.entry`."""
        return self._entry

    @property
    def identity(self) -> str:
        """See `Provider.identity`."""
        return self._identity

    async def find(self, reference: str) -> Job | None:
        """See `Provider.find`. `Rejected` with 404 where a dialect has no reference to look up."""
        raise Rejected(f"{self._entry.name} has no look-up by client reference", status=404)

    async def fetch(self, url: str, path: Path) -> None:
        """See `Provider.fetch`."""
        await self._http.download(url, path)

    async def close(self) -> None:
        """See `Provider.close`."""
        await self._http.close()
