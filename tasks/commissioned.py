"""What a product's flow begins with: who asks for what, on whose account, and the plan that comes of it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blocks import BrandKit, caps_from_block, load, settings_from_blocks
from callsheet.brand import Brand
from callsheet.briefs import parse_brief
from callsheet.budget import Caps
from callsheet.commission import Commission, of_kind, read_commission
from callsheet.errors import BriefError, Fault
from callsheet.fetching import fetch
from callsheet.plan.files import PlanFile
from callsheet.production import Planned, consider
from callsheet.scratch import scratch_folder
from callsheet.settings import Settings


@dataclass(frozen=True)
class Asked:
    """A commission with the settings, the caps and the brand that its blocks stand for.

    `folder` holds the files that were fetched for it, as long as the run lasts.
    """

    commission: Commission
    kind: str
    settings: Settings
    caps: Caps
    brand: Brand | None
    folder: Path


@contextlib.asynccontextmanager
async def commissioned(kind: str, parameters: Mapping[str, Any]) -> AsyncIterator[Asked]:
    """What a run of the product `kind` was started with. Raises `BriefError` and `SettingsError`."""
    commission = read_commission(kind, parameters)
    settings = await settings_from_blocks(
        provider=commission.provider_block, bucket=commission.bucket_block, ledger=commission.ledger_block
    )
    kit = await load(BrandKit, commission.brand_block) if commission.brand_block else None
    caps = await caps_from_block(commission.budget_block)
    async with scratch_folder(settings.scratch()) as folder:
        yield Asked(commission, kind, settings, caps, kit.brand() if kit else None, folder)


async def planned(asked: Asked) -> Planned:
    """The plan of what was asked, with its price, from whoever would make it. Nothing is bought or recorded."""
    commission = asked.commission
    try:
        given = await fetch(commission, asked.kind, asked.settings, asked.folder)
        return await consider(
            of_kind(asked.kind, parse_brief(given.data.get("brief"))) if isinstance(given, PlanFile) else given,
            asked.settings,
            provider=commission.provider,
            model=commission.model,
            insist=commission.provider_block is not None,
            approve_up_to=commission.approve_up_to,
            approve_currency=commission.approve_currency,
            caps=asked.caps,
            brand=asked.brand,
            plan=given.data if isinstance(given, PlanFile) else None,
        )
    except BriefError as error:
        raise BriefError([_as_named(fault, asked.folder) for fault in error.faults] or error.message) from error


def _as_named(fault: Fault, folder: Path) -> Fault:
    """A fault of a file that was fetched, with its key instead of where it lies on this machine."""

    def named(text: str) -> str:
        return text.replace(f"{folder.resolve()}/", "").replace(f"{folder}/", "")

    return Fault(named(fault.field), named(fault.value), named(fault.allowed))
