"""Settings from the environment, overruled by saved blocks."""

from __future__ import annotations

from typing import Any

from blocks.bucket import MediaBucket
from blocks.ledger import PurchaseLedger
from blocks.provider import VideoProvider
from blocks.saved import Saved, load
from callsheet.settings import Settings, settings_from_environment


async def settings_from_blocks(
    *, provider: Saved | None = None, bucket: Saved | None = None, ledger: Saved | None = None
) -> Settings:
    """The environment's settings with those of these saved blocks. Raises `SettingsError` for one that isn't there."""
    overrides: dict[str, Any] = {}
    if bucket:
        overrides |= (await load(MediaBucket, bucket)).overrides()
    if ledger:
        overrides |= (await load(PurchaseLedger, ledger)).overrides()
    settings = settings_from_environment(**overrides)
    return await _at(await load(VideoProvider, provider), settings) if provider else settings


async def _at(block: VideoProvider, settings: Settings) -> Settings:
    """The settings at the block's provider. Of the environment's address and key nothing stays: they are another's."""
    others = tuple([(await load(VideoProvider, name)).place() for name in block.fallback])
    there = block.place().over(settings)
    return there.model_copy(update={"fallback": others, "fallback_keys": None}) if others else there
