"""The production desk: the provider, the bucket and the ledger that one production works with."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
from collections.abc import AsyncIterator
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from callsheet.errors import Incapable
from callsheet.logs import configure
from callsheet.media.images import LARGEST_IMAGE, Media
from callsheet.money import PriceList
from callsheet.provider.catalogue import CatalogueEntry, catalogue_entry
from callsheet.provider.dialects import make_provider
from callsheet.provider.http import HttpClient
from callsheet.provider.places import place_of
from callsheet.provider.protocol import Provider
from callsheet.provider.speech_services import speech_service
from callsheet.scratch import sweep
from callsheet.settings import Settings, settings_from_environment
from callsheet.storage import open_bucket
from callsheet.storage.keys import clip_key
from callsheet.storage.protocol import Bucket

if TYPE_CHECKING:
    from callsheet.ledger.lease import Leases
    from callsheet.ledger.pace import Limits
    from callsheet.ledger.poller import Poller
    from callsheet.ledger.store import Ledger

SPEECH = "speech"
"""The feature of a spoken line, which another seller has than that of the clips."""
SENT_AT_ONCE = 16
"""Orders that one process has on their way to a provider at a time."""
FETCHED_AT_ONCE = 6
"""Purchases whose clips one process downloads at a time; each may hold some hundred megabytes on the disk."""


@dataclass(frozen=True)
class Desk:
    """Everything a purchase needs. Made by `open_desk`."""

    settings: Settings
    bucket: Bucket
    ledger: Ledger
    seller: Provider | None = None
    lines: Desk | None = None
    """Where spoken lines are bought, when a service of speech is set and a plan needs it."""

    def selling(self, feature: str) -> Desk:
        """The desk at which this feature is bought. Raises `Incapable` for a line where no service of speech is set."""
        if feature != SPEECH:
            return self
        if self.lines is None:
            raise Incapable("a spoken line is to be bought and CALLSHEET_SPEECH_URL names no service of speech")
        return self.lines

    @property
    def provider(self) -> Provider:
        """Who to buy from. A desk that was opened only to look things up has nobody: `RuntimeError`."""
        if self.seller is None:
            raise RuntimeError("this desk was opened without a provider")
        return self.seller

    @property
    def entry(self) -> CatalogueEntry:
        """The provider in the catalogue."""
        return catalogue_entry(self.settings.provider)

    @property
    def prices(self) -> PriceList:
        """What is bought here is priced by it."""
        return self.settings.prices_of(self.entry)

    @property
    def identity(self) -> str:
        """Name, model and address of the provider; purchase keys and production names are made with it."""
        return self.identity_of("")

    def identity_of(self, feature: str) -> str:
        """The same of whoever sells this feature, also at a desk that was opened only to look things up."""
        return provider_identity(self.settings, feature)

    @cached_property
    def leases(self) -> Leases:
        """What this process works on."""
        from callsheet.ledger.lease import Leases

        return Leases(self.ledger)

    @cached_property
    def poller(self) -> Poller:
        """The one who waits for all jobs of this process."""
        from callsheet.ledger.poller import Poller

        return Poller(self.provider, self.provider.entry.poll_seconds)

    def nudge(self, job_id: str) -> None:
        """A hint, from a callback, that a job may have ended: it is asked for now if anybody here waits for it."""
        self.poller.nudge(job_id)

    @cached_property
    def sending(self) -> asyncio.Semaphore:
        """Held by whoever sends an order."""
        return asyncio.Semaphore(SENT_AT_ONCE)

    @cached_property
    def resending(self) -> asyncio.Semaphore:
        """Held by whoever sends an order again under the same idempotency key."""
        return asyncio.Semaphore(SENT_AT_ONCE)

    @cached_property
    def turn(self) -> asyncio.Lock:
        """Held by the one of this process who waits for a place at the provider; the others wait for the lock."""
        return asyncio.Lock()

    @cached_property
    def fetching(self) -> asyncio.Semaphore:
        """Held by whoever downloads."""
        return asyncio.Semaphore(FETCHED_AT_ONCE)

    @property
    def limits(self) -> Limits:
        """What the provider allows: the settings' word, else the catalogue's."""
        from callsheet.ledger.pace import Limits

        entry, settings = self.provider.entry, self.settings
        return Limits(
            in_flight=settings.provider_in_flight or entry.max_in_flight,
            per_minute=settings.provider_per_minute or entry.submits_per_minute,
        )

    async def input_bytes(self, media: Media) -> bytes:
        """The bytes of an input image, from the bucket, checked against its digest."""
        return await self.bucket.get_bytes(clip_key(media.sha256, media.suffix), LARGEST_IMAGE, sha256=media.sha256)

    async def keep_input(self, media: Media, data: bytes) -> None:
        """Puts an input image into the bucket, from where every machine that works on the production reads it."""
        await self.bucket.put_bytes(
            clip_key(media.sha256, media.suffix), data, sha256=media.sha256, content_type=media.media_type
        )


def provider_identity(settings: Settings, feature: str = "") -> str:
    """Name, model and address of the provider that `settings` choose for a feature: see `Place.identity`."""
    if feature == SPEECH and (service := speech_service(settings)) is not None:
        return service.identity
    return place_of(settings).identity


@contextlib.asynccontextmanager
async def open_provider(settings: Settings, *, features: set[str] | None = None) -> AsyncIterator[Provider]:
    """The provider that `settings` choose. The studio runs in this process unless it has an address.

    Raises `Incapable` before anything is sent when it does not offer `features`, or is retired.
    """
    entry, place = catalogue_entry(settings.provider), place_of(settings)
    today = dt.datetime.now(dt.UTC).date()
    entry.refuse_incapable(features or set(), address_is_default=place.url is None, today=today)
    async with contextlib.AsyncExitStack() as stack:
        if place.in_process:
            from callsheet.studio import embedded_studio

            app, key = await stack.enter_async_context(embedded_studio(settings.home / "studio"))
            client = HttpClient(entry.base_url, key, app=app)
        else:
            address = place.url or entry.base_url
            client = HttpClient(address, settings.provider_key, allowed_hosts=settings.provider_hosts)
        stack.push_async_callback(client.close)
        told = None if place.in_process else settings.callback_url
        yield make_provider(entry, place.identity, client, model=place.model, callback_url=told)


_in_use: ContextVar[Desk | None] = ContextVar("desk", default=None)


def settings_in_use() -> Settings:
    """The settings of the desk in use, the environment's where there is none."""
    desk = _in_use.get()
    return desk.settings if desk is not None else settings_from_environment()


@contextlib.asynccontextmanager
async def desk_in_use() -> AsyncIterator[Desk]:
    """The desk that this call is made at; one of its own, from the environment's settings, where there is none."""
    desk = _in_use.get()
    if desk is not None:
        yield desk
        return
    async with open_desk(settings_from_environment()) as own:
        yield own


@contextlib.asynccontextmanager
async def open_desk(
    settings: Settings, *, features: set[str] | None = None, buying: bool = True
) -> AsyncIterator[Desk]:
    """Opens provider, bucket and ledger, makes them the desk in use, and closes them afterwards.

    Without `buying` there is no provider: enough to look things up. Raises `Incapable` when the provider neither sells
    one of `features` nor anything that it could be made of.
    """
    from callsheet.ledger.store import open_ledger
    from callsheet.notices import addresses_of
    from callsheet.plan.support import support

    configure()
    entry = catalogue_entry(settings.provider)
    wanted = (features or set()) - {SPEECH}
    lacking = {feature for feature in wanted if support(feature, entry).kind == "refused"}

    bucket = open_bucket(
        settings.bucket_url(),
        endpoint=settings.bucket_endpoint,
        access_key=settings.bucket_access_key,
        secret_key=settings.bucket_secret_key,
    )
    ledger = await open_ledger(settings.ledger_address(), settings.budget_time_zone, [*addresses_of(settings)])
    try:
        sweep(settings.scratch())
        async with contextlib.AsyncExitStack() as stack:
            seller = await stack.enter_async_context(open_provider(settings, features=lacking)) if buying else None
            desk = Desk(settings, bucket, ledger, seller)
            service = speech_service(settings) if buying else None
            if service is not None:
                from callsheet.speech_desk import open_speech_desk

                lines = await stack.enter_async_context(open_speech_desk(desk, service))
                desk = dataclasses.replace(desk, lines=lines)
            token = _in_use.set(desk)
            try:
                yield desk
            finally:
                _in_use.reset(token)
    finally:
        await ledger.close()
