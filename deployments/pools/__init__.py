"""Work pools: `studio` for everything, `render` for long cuts; on processes, on Docker or on Kubernetes.

`docker.json` and `kubernetes.json` are base job templates: what a run's container is given, with resources. Those of a
process pool are Prefect's own.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, get_args

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.exceptions import ObjectNotFound
from prefect.workers.process import ProcessWorker

from callsheet.errors import SettingsError
from deployments.done import Done

Infrastructure = Literal["process", "docker", "kubernetes"]
INFRASTRUCTURES: tuple[Infrastructure, ...] = get_args(Infrastructure)

POOLS = {
    "studio": "Every product and the operations. Its runs wait for the provider more than they work.",
    "render": "Long cuts: give its workers the cores.",
}
"""Name -> description."""


def job_template(infrastructure: Infrastructure, image: str | None = None) -> dict[str, Any]:
    """The base job template of a pool; `image` takes the place of the image that is named in it."""
    if infrastructure == "process":
        own: dict[str, Any] = ProcessWorker.get_default_base_job_template()
        return own
    path = Path(__file__).with_name(f"{infrastructure}.json")
    template: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if image:
        template["variables"]["properties"]["image"]["default"] = image
    return template


async def set_up_pools(client: PrefectClient, infrastructure: Infrastructure, image: str | None) -> list[Done]:
    """Makes the pools that are missing and gives the others the template of today; a person's limits stay.

    Raises `SettingsError` where a pool of the name runs on something else.
    """
    done: list[Done] = []
    template = job_template(infrastructure, image)
    for name, description in POOLS.items():
        try:
            pool = await client.read_work_pool(name)
        except ObjectNotFound:
            made = WorkPoolCreate(name=name, type=infrastructure, description=description, base_job_template=template)
            await client.create_work_pool(made)
            done.append(Done("work pool", name, "made"))
            continue
        if pool.type != infrastructure:
            raise SettingsError(
                f"--infrastructure: {infrastructure} is not allowed; the work pool {name} is there and of the type "
                f"{pool.type}: delete it first, or keep its type"
            )
        if pool.base_job_template == template:
            done.append(Done("work pool", name, "as it was"))
        else:
            await client.update_work_pool(name, WorkPoolUpdate(base_job_template=template))
            done.append(Done("work pool", name, "changed"))
    return done
