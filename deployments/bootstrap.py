"""Everything that a Prefect server has to know of Callsheet, put there once; again, it changes only what differs."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from prefect.client.orchestration import PrefectClient, get_client
from prefect.exceptions import ObjectNotFound
from prefect.settings import get_current_settings
from prefect.variables import Variable

from callsheet.errors import SettingsError
from callsheet.settings import Settings
from deployments.automations import KINDS, automations, set_up_automations
from deployments.blocks import set_up_blocks
from deployments.deploying import deployment_file, set_up_deployments
from deployments.done import Done
from deployments.pools import Infrastructure, set_up_pools
from deployments.server import require_server, server_address

ZONE = "callsheet_time_zone"
"""The variable that the schedules take their time zone from."""
RENDERS = "tag:renders"
"""The limit of Prefect's for tasks with the tag `renders`: the cuts, over all workers of a server."""


@dataclass(frozen=True)
class Wishes:
    """What setting up is told. A limit or a zone that isn't given stays as it is on the server."""

    file: Path | None = None
    infrastructure: Infrastructure = "process"
    image: str | None = None
    renders: int | None = None
    time_zone: str | None = None
    notify: str | None = None
    force: bool = False


async def set_up(settings: Settings, wishes: Wishes) -> list[Done]:
    """Sets the server up; says what became of each thing. Raises `SettingsError` for a wish that can't be met."""
    server_address()
    file = deployment_file(wishes.file)
    if wishes.time_zone is not None:
        _check_zone(wishes.time_zone)
    async with get_client() as client:
        await require_server(client)
        notify = await _block(client, wishes.notify) if wishes.notify else None
        done = await set_up_pools(client, wishes.infrastructure, wishes.image)
        done.append(await _limit(client, wishes.renders))
        done += await set_up_blocks(settings)
        zone = await _variable(ZONE, wishes.time_zone, settings.budget_time_zone)
        done.append(zone)
        in_force = str(await Variable.aget(ZONE))
        done += await set_up_deployments(client, file, in_force, force=wishes.force)
        beat = get_current_settings().flows.heartbeat_frequency or 180
        wanted = automations(await _deployments(client), notify, dt.timedelta(seconds=beat))
        return done + await set_up_automations(client, wanted)


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SettingsError(f"--time-zone: {name} is not allowed; it must be one such as Asia/Shanghai") from error


async def _limit(client: PrefectClient, wanted: int | None) -> Done:
    try:
        there = (await client.read_global_concurrency_limit_by_name(RENDERS)).limit
    except ObjectNotFound:
        await client.upsert_global_concurrency_limit_by_name(RENDERS, wanted or os.cpu_count() or 1)
        return Done("limit", RENDERS, "made")
    if wanted in (None, there):
        return Done("limit", RENDERS, "as it was")
    await client.upsert_global_concurrency_limit_by_name(RENDERS, wanted)
    return Done("limit", RENDERS, "changed")


async def _variable(name: str, wanted: str | None, otherwise: str) -> Done:
    there = await Variable.aget(name)
    if there is None:
        await Variable.aset(name, wanted or otherwise)
        return Done("variable", name, "made")
    if wanted in (None, there):
        return Done("variable", name, "as it was")
    await Variable.aset(name, wanted, overwrite=True)
    return Done("variable", name, "changed")


async def _deployments(client: PrefectClient) -> Mapping[str, UUID]:
    """The ids of the deployments that automations start."""
    flows = (*KINDS.values(), "resume")
    return {flow: (await client.read_deployment_by_name(f"{flow}/main")).id for flow in flows}


async def _block(client: PrefectClient, title: str) -> UUID:
    """The id of a saved block. Raises `SettingsError` for one that isn't."""
    slug, _, name = title.partition("/")
    try:
        return (await client.read_block_document_by_name(name, slug)).id
    except (ObjectNotFound, ValueError) as error:
        raise SettingsError(
            f"--notify: {title} is not allowed; it must be a saved notification block, such as slack-webhook/ops"
        ) from error
