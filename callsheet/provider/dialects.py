"""From a catalogue entry to the provider that speaks its dialect."""

from __future__ import annotations

from callsheet.errors import SettingsError
from callsheet.provider.catalogue import CatalogueEntry
from callsheet.provider.http import HttpClient
from callsheet.provider.openai_videos import OpenAIVideosProvider
from callsheet.provider.openrouter import OpenRouterProvider
from callsheet.provider.protocol import Provider
from callsheet.provider.sora import SoraProvider


def make_provider(
    entry: CatalogueEntry, identity: str, http: HttpClient, *, model: str | None = None, callback_url: str | None = None
) -> Provider:
    """The provider of `entry` over `http`; `model` is ordered where the entry leaves the choice open.

    `callback_url` is asked for with each order of the `sora` dialect; the others know no such thing of single orders.
    """
    if entry.dialect == "sora":
        return SoraProvider(entry, identity, http, callback_url=callback_url)
    if entry.dialect == "openai_speech":
        raise SettingsError(f"{entry.name} sells spoken lines and no clips; name it in CALLSHEET_SPEECH_URL")
    if entry.dialect == "openrouter":
        return OpenRouterProvider(entry, identity, http, model=model)
    return OpenAIVideosProvider(entry, identity, http, model=model)
