"""One quick look at whether a provider answers. It reads, and so costs nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from callsheet.errors import CallsheetError, Rejected, SettingsError, Unavailable
from callsheet.provider.catalogue import CatalogueEntry, catalogue_entry
from callsheet.provider.http import HttpClient
from callsheet.provider.places import place_of

if TYPE_CHECKING:
    from callsheet.settings import Settings

LOOK = 5.0
"""Seconds in which it must have answered."""
NOBODY = "callsheet-is-anybody-there"
"""A reference that no order has."""


async def look(settings: Settings) -> CallsheetError | None:
    """What keeps the provider of `settings` from being bought from now, None when it answers.

    `Unavailable`: no answer, or a failing one. `SettingsError`: it refuses the key. Any other refusal, also that there
    is nothing to read at this path or that it is busy, is an answer. The studio in this process always answers.
    """
    place = place_of(settings)
    if place.in_process:
        return None
    entry = catalogue_entry(place.name)
    client = HttpClient(place.url or entry.base_url, settings.provider_key)
    path, params = _question(entry)
    try:
        async with asyncio.timeout(LOOK):
            await client.read(path, params=params)
    except TimeoutError:
        return Unavailable(f"no answer within {LOOK:g} s")
    except Rejected as error:
        return SettingsError(f"it refuses the key: {error.message}") if error.status in (401, 403) else None
    except Unavailable as error:
        return None if error.status == 429 else error
    finally:
        await client.close()
    return None


def _question(entry: CatalogueEntry) -> tuple[str, dict[str, str]]:
    if entry.dialect == "sora":
        return "jobs", {"client_reference": NOBODY}
    return ("models", {}) if entry.quirks.no_list else ("videos", {"limit": "1"})
