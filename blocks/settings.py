"""Settings from the environment, overruled by named blocks."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, TypeVar, cast

from prefect.blocks.core import Block

from blocks.bucket import MediaBucket
from blocks.ledger import PurchaseLedger
from blocks.provider import VideoProvider
from callsheet.errors import SettingsError
from callsheet.settings import Settings, settings_from_environment

B = TypeVar("B", bound=Block)


async def settings_from_blocks(
    *, provider: str | None = None, bucket: str | None = None, ledger: str | None = None
) -> Settings:
    """The environment's settings with those of the blocks of these names. Raises `SettingsError` for one not saved."""
    overrides: dict[str, Any] = {}
    if bucket:
        overrides |= (await _load(MediaBucket, bucket)).overrides()
    if ledger:
        overrides |= (await _load(PurchaseLedger, ledger)).overrides()
    settings = settings_from_environment(**overrides)
    return await _at(await _load(VideoProvider, provider), settings) if provider else settings


async def _at(block: VideoProvider, settings: Settings) -> Settings:
    """The settings at the block's provider. Of the environment's address and key nothing stays: they are another's."""
    others = tuple([(await _load(VideoProvider, name)).place() for name in block.fallback])
    there = block.place().over(settings)
    return there.model_copy(update={"fallback": others, "fallback_keys": None}) if others else there


async def _load(kind: type[B], name: str) -> B:
    try:
        return await cast(Awaitable[B], kind.aload(name))
    except ValueError as error:
        raise SettingsError(f"there is no block {kind._block_type_slug}/{name}: {error}") from error
