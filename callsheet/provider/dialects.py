"""From a catalogue entry to the provider that speaks its dialect."""

from __future__ import annotations

from callsheet.provider.catalogue import CatalogueEntry
from callsheet.provider.http import HttpClient
from callsheet.provider.openai_videos import OpenAIVideosProvider
from callsheet.provider.openrouter import OpenRouterProvider
from callsheet.provider.protocol import Provider
from callsheet.provider.sora import SoraProvider


def make_provider(entry: CatalogueEntry, identity: str, http: HttpClient, *, model: str | None = None) -> Provider:
    """The provider of `entry` over `http`; `model` is ordered where the entry leaves the choice open."""
    if entry.dialect == "sora":
        return SoraProvider(entry, identity, http)
    if entry.dialect == "openrouter":
        return OpenRouterProvider(entry, identity, http, model=model)
    return OpenAIVideosProvider(entry, identity, http, model=model)
