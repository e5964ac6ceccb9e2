"""Blocks of the name `default`, saved from the environment's settings, so that a form can offer them."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, cast

from prefect.blocks.core import Block

from blocks import BrandKit, Budget, MediaBucket, PurchaseLedger, ResultBucket, VideoProvider
from callsheet.budget import Caps
from callsheet.errors import SettingsError
from callsheet.provider.places import Place, place_of
from callsheet.settings import Settings
from deployments.done import Done

NAME = "default"


def blocks_of(settings: Settings) -> list[tuple[str, Block]]:
    """Names and blocks. The provider always, as there is always one; bucket, ledger and budget only where the
    environment sets them: a folder of this machine is nobody else's.
    """
    others = [(f"{NAME}-fallback-{number}", _provider(place)) for number, place in enumerate(settings.fallbacks(), 1)]
    provider = _provider(place_of(settings))
    provider.fallback = [name for name, _ in others]
    found: list[Block] = [provider]
    if settings.bucket:
        keys = {"access_key": settings.bucket_access_key, "secret_key": settings.bucket_secret_key}
        found.append(MediaBucket(url=settings.bucket, endpoint=settings.bucket_endpoint, **keys))
        found.append(ResultBucket(url=settings.bucket, endpoint=settings.bucket_endpoint, **keys))
    if settings.ledger_url:
        found.append(PurchaseLedger(url=settings.ledger_url))
    if budget := _budget(settings.caps):
        found.append(budget)
    return [*others, *((NAME, block) for block in found)]


def _provider(place: Place) -> VideoProvider:
    hosts = list(place.hosts or ())
    return VideoProvider(provider=place.name, url=place.url, key=place.key, model=place.model, hosts=hosts)


def _budget(caps: Caps) -> Budget | None:
    said = {name: cap for name, cap in dict(caps).items() if cap is not None}
    currencies = {cap.currency for cap in said.values()}
    if not said:
        return None
    if len(currencies) > 1:
        raise SettingsError(f"CALLSHEET_CAP_…: {' and '.join(sorted(currencies))} can't be in one budget block")
    return Budget(currency=currencies.pop(), **{name: cap.amount for name, cap in said.items()})


async def set_up_blocks(settings: Settings) -> list[Done]:
    """Registers the types and saves the blocks; one that says the same already is left alone."""
    for kind in (VideoProvider, MediaBucket, PurchaseLedger, BrandKit, Budget, ResultBucket):
        await kind.aregister_type_and_schema()
    return [await _save(block, name) for name, block in blocks_of(settings)]


async def _save(block: Block, name: str) -> Done:
    kind = type(block)
    title = f"{kind._block_type_slug}/{name}"
    try:
        there = await cast(Awaitable[Block], kind.aload(name))
    except ValueError:
        await block.asave(name)
        return Done("block", title, "made")
    if _fields(there) == _fields(block) or _says_less(block, there):
        return Done("block", title, "as it was")
    await block.asave(name, overwrite=True)
    return Done("block", title, "changed")


def _says_less(block: Block, there: Block) -> bool:
    """Whether the settings name no provider, so that the studio of this process is meant, and a served studio is saved:
    that of `callsheet up`, whose address a `callsheet setup` in another shell isn't told.
    """
    if not isinstance(block, VideoProvider) or not isinstance(there, VideoProvider):
        return False
    return _fields(block) == _fields(VideoProvider()) and there.provider == block.provider


def _fields(block: Block) -> dict[str, Any]:
    return {name: getattr(block, name) for name in type(block).model_fields}
