"""What the Prefect server has to know, and who works for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prefect.blocks.core import Block
from prefect.client.orchestration import PrefectClient, get_client
from prefect.exceptions import ObjectNotFound
from prefect.settings import get_current_settings

import blocks as kinds
from callsheet.errors import SettingsError
from callsheet.settings import Settings
from deployments.automations import KINDS
from deployments.blocks import blocks_of
from deployments.bootstrap import RENDERS
from deployments.pools import POOLS
from deployments.server import require_server, server_address

SETUP = "run `callsheet setup`"


@asynccontextmanager
async def _server() -> AsyncIterator[PrefectClient]:
    server_address()
    async with get_client() as client:
        await require_server(client)
        yield client


async def server(_: Settings) -> str:
    """Whether it answers, and in which version."""
    async with _server() as client:
        return f"{client.api_url} answers, Prefect {await client.api_version()}"


async def pools(_: Settings) -> str:
    """Whether each pool is there, not paused, and has a worker that is up."""
    said: list[str] = []
    async with _server() as client:
        for name in POOLS:
            try:
                pool = await client.read_work_pool(name)
            except ObjectNotFound as error:
                raise SettingsError(f"there is no work pool {name}; {SETUP}") from error
            if pool.is_paused:
                raise SettingsError(f"the work pool {name} is paused")
            workers = await client.read_workers_for_work_pool(name)
            online = [worker.name for worker in workers if worker.status and worker.status.value == "ONLINE"]
            if not online:
                raise SettingsError(
                    f"no worker of the pool {name} is up: start one with `prefect worker start --pool {name}`"
                )
            said.append(f"{name} {len(online)}")
    return f"workers: {', '.join(said)}"


async def limits(_: Settings) -> str:
    """Whether the limit of cuts is there."""
    async with _server() as client:
        try:
            limit = await client.read_global_concurrency_limit_by_name(RENDERS)
        except ObjectNotFound as error:
            raise SettingsError(f"there is no limit {RENDERS}; {SETUP}") from error
    return f"{RENDERS}: {limit.active_slots} of {limit.limit} taken"


async def deployments(_: Settings) -> str:
    """Whether each product can be started."""
    async with _server() as client:
        for flow in KINDS.values():
            try:
                await client.read_deployment_by_name(f"{flow}/main")
            except ObjectNotFound as error:
                raise SettingsError(f"there is no deployment {flow}/main; {SETUP}") from error
    return f"{len(KINDS)} products"


async def blocks(settings: Settings) -> str:
    """Whether those that setting up saves of the environment are there and can be read."""
    wanted = [(type(block), name) for name, block in blocks_of(settings)]
    async with _server() as client:
        for kind, name in wanted:
            slug = str(kind._block_type_slug)
            try:
                Block._from_block_document(await client.read_block_document_by_name(name, slug))
            except ObjectNotFound as error:
                raise SettingsError(f"there is no block {slug}/{name}; {SETUP}") from error
        await _results(client)
    return f"{len(wanted)} can be read"


async def _results(client: PrefectClient) -> None:
    chosen = get_current_settings().results.default_storage_block
    slug, _, name = str(chosen or "").partition("/")
    if chosen and slug == kinds.ResultBucket._block_type_slug:
        try:
            await client.read_block_document_by_name(name, slug)
        except ObjectNotFound as error:
            raise SettingsError(f"PREFECT_DEFAULT_RESULT_STORAGE_BLOCK: there is no block {chosen}") from error


LOOKS = {"server": server, "pools": pools, "limits": limits, "deployments": deployments, "blocks": blocks}
