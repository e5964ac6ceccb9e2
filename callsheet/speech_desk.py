"""The desk at which spoken lines are bought: another seller, the same bucket and ledger."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from callsheet.desk import Desk
from callsheet.provider.catalogue import CatalogueEntry
from callsheet.provider.http import HttpClient
from callsheet.provider.openai_speech import SpeechProvider
from callsheet.provider.speech_services import SpeechService


class SpeechDesk(Desk):
    """A desk whose seller is a service of speech. The limits of the video provider don't hold there."""

    @property
    def entry(self) -> CatalogueEntry:
        """The service, as a provider."""
        return self.provider.entry

    @property
    def identity(self) -> str:
        """Name and address of the service; purchase keys are made with it."""
        return self.provider.identity


@contextlib.asynccontextmanager
async def open_speech_desk(desk: Desk, service: SpeechService) -> AsyncIterator[SpeechDesk]:
    """Beside `desk`, one at which `buy` buys lines. The studio runs in this process where it is the service."""
    settings = desk.settings.model_copy(update={"provider_in_flight": None, "provider_per_minute": None})
    async with contextlib.AsyncExitStack() as stack:
        if service.in_process:
            from callsheet.studio import embedded_studio

            app, key = await stack.enter_async_context(embedded_studio(settings.home / "studio"))
            client = HttpClient(service.url, key, app=app)
        else:
            client = HttpClient(service.url, service.key)
        stack.push_async_callback(client.close)
        seller = SpeechProvider(service, client, bucket=desk.bucket, folder=settings.home / "speech")
        yield SpeechDesk(settings, desk.bucket, desk.ledger, seller)
