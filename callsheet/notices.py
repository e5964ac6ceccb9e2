"""Tells others what has happened: posts the ledger's notices, signed, to the addresses of the settings.

Nothing chooses an address but the settings: no brief, block or parameter does. No redirect is followed and no proxy
asked, so a notice goes to the hosts that are named there and to no other.
"""

from __future__ import annotations

from callsheet import faults
from callsheet.errors import SettingsError
from callsheet.ledger.notices import Notice, NoticeBox, address_name
from callsheet.ledger.store import Ledger
from callsheet.settings import Settings
from callsheet.webhooks.addresses import NO_ADDRESS, checked_secret, parts_of
from callsheet.webhooks.sending import BACKOFF, Fault, Sender, signed_post

SENDING = 25.0
"""Seconds that a run waits at its end for notices to be taken; the rest goes with the next run or `reconcile`."""


def addresses_of(settings: Settings) -> dict[str, str]:
    """The addresses of the settings by their names in the ledger. Raises `SettingsError` for one that is none."""
    if settings.notice_urls is None:
        return {}
    urls = [url.strip() for url in settings.notice_urls.get_secret_value().split(",") if url.strip()]
    for number, url in enumerate(urls, 1):
        if parts_of(url) is None:  # it may hold a secret, so it is not repeated
            raise SettingsError(f"CALLSHEET_NOTICE_URLS: address {number} is not allowed; {NO_ADDRESS}")
    if urls and settings.notice_secret is None:
        raise SettingsError("CALLSHEET_NOTICE_SECRET: it must be set, as notices are signed with it")
    if settings.notice_secret is not None:
        checked_secret(settings.notice_secret, "CALLSHEET_NOTICE_SECRET")
    return {address_name(url): url for url in urls}


def notice_sender(ledger: Ledger, settings: Settings, backoff: tuple[float, ...] = BACKOFF) -> Sender[Notice] | None:
    """Who sends the notices; None where nobody is to be told."""
    urls = addresses_of(settings)
    if not urls or settings.notice_secret is None:
        return None
    posted = signed_post(settings.notice_secret, "callsheet")

    async def deliver(notice: Notice) -> Fault | None:
        fault = await posted(notice)
        if fault is None:
            faults.reach("notice.sent")
        return fault

    return Sender(NoticeBox(ledger, urls), deliver, backoff)


async def send_notices(ledger: Ledger, settings: Settings, seconds: float = SENDING) -> None:
    """Sends what is due, each once. What was not taken is due again later, for whoever comes then."""
    sender = notice_sender(ledger, settings)
    if sender is not None:
        await sender.drain(seconds)
