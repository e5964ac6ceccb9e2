"""Settings from the environment, overruled by named blocks."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, cast

from blocks.bucket import MediaBucket
from blocks.ledger import PurchaseLedger
from blocks.provider import VideoProvider
from callsheet.errors import SettingsError
from callsheet.settings import Settings, settings_from_environment


async def settings_from_blocks(
    *, provider: str | None = None, bucket: str | None = None, ledger: str | None = None
) -> Settings:
    """The environment's settings with those of the blocks of these names. Raises `SettingsError` for one not saved."""
    overrides: dict[str, Any] = {}
    for kind, name in ((VideoProvider, provider), (MediaBucket, bucket), (PurchaseLedger, ledger)):
        if name:
            overrides |= await _overrides(kind, name)
    return settings_from_environment(**overrides)


async def _overrides(kind: type[VideoProvider | MediaBucket | PurchaseLedger], name: str) -> dict[str, Any]:
    try:
        block = await cast(Awaitable[VideoProvider | MediaBucket | PurchaseLedger], kind.aload(name))
    except ValueError as error:
        raise SettingsError(f"there is no block {kind._block_type_slug}/{name}: {error}") from error
    return block.overrides()
