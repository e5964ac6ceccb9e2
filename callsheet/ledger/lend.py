"""Addresses for the files that an order works on, made before it is recorded as sent: nothing is spent by a failure."""

from __future__ import annotations

from callsheet.desk import Desk
from callsheet.errors import Incapable
from callsheet.features import AnyRequest
from callsheet.ledger.queries import entries
from callsheet.ledger.states import State
from callsheet.media.footage import Footage
from callsheet.media.images import Media
from callsheet.scratch import scratch_folder
from callsheet.storage.keys import clip_key

LENT_SECONDS = 24 * 3600.0
"""How long an address holds: a job may wait in the provider's queue before it reads its input."""


async def addressed(request: AnyRequest, desk: Desk) -> AnyRequest:
    """The request with an address for each file of our bucket in it.

    Raises `Incapable` when this provider can't be given one: it takes only what it has made itself, or the bucket is a
    folder that it can't reach.
    """
    addresses = {file.sha256: await _address(file, desk) for file in request.lent()}
    return request.addressed(addresses) if addresses else request


async def _address(file: Footage | Media, desk: Desk) -> str:
    entry, key = desk.provider.entry, clip_key(file.sha256, file.suffix)
    if entry.takes == "upload":
        async with scratch_folder(desk.settings.scratch()) as folder:
            path = folder / f"lent{file.suffix}"
            await desk.bucket.get_file(key, path, sha256=file.sha256)
            return await desk.provider.upload(path, file.media_type)
    if entry.takes == "own":
        return await _made_there(file, desk)
    link = await desk.bucket.link(key, LENT_SECONDS)
    if link is None:
        raise Incapable(
            f"{entry.name} has to fetch {key} and can't reach the folder {desk.bucket.location()}: use an S3 bucket"
        )
    return link


async def _made_there(file: Footage | Media, desk: Desk) -> str:
    """The address that a clip has at the provider that made it."""
    for entry in await entries(desk.ledger, states=(State.SETTLED,), provider=desk.identity):
        for number, asset in enumerate(entry.assets):
            if asset["sha256"] == file.sha256 and entry.result:
                return str(entry.result["clips"][number]["url"])
    raise Incapable(f"{desk.provider.entry.name} works only on clips that it has made, and not on {file.sha256[:12]}")
