"""Blocks as flows are given them: by name, or by the reference that Prefect's picker writes. Never with their content,
as parameters are stored in the clear.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, TypeVar, cast

from prefect.blocks.core import Block

from callsheet.errors import SettingsError

B = TypeVar("B", bound=Block)
Saved = str | dict[str, Any]
"""A name, or ``{"$ref": {"block_document_id": ID}}``."""


async def load(kind: type[B], saved: Saved) -> B:
    """The saved block. Raises `SettingsError` in one line when it isn't there or is of another type."""
    slug = kind._block_type_slug
    if isinstance(saved, str):
        try:
            return await cast(Awaitable[B], kind.aload(saved))
        except ValueError as error:
            raise SettingsError(f"there is no block {slug}/{saved}: {error}") from error
    reference = saved.get("$ref")
    id = reference.get("block_document_id") if isinstance(reference, dict) else reference
    if not isinstance(id, str) or saved.keys() != {"$ref"}:
        raise SettingsError(f"a block {slug} is given by its name or picked; what was given is neither")
    try:
        found = await cast(Awaitable[Block], Block.aload_from_ref(id))
    except ValueError as error:
        raise SettingsError(f"there is no block {slug} of the id {id}: {error}") from error
    if not isinstance(found, kind):
        raise SettingsError(f"the block that was picked is a {found._block_type_slug}; it must be a {slug}")
    return found
