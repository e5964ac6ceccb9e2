"""The deployments of `prefect.yaml`, put on the server by Prefect's own command when something of them has changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from prefect.client.orchestration import PrefectClient
from prefect.exceptions import ObjectNotFound
from prefect.flows import Flow, load_flow_from_entrypoint
from prefect.settings import get_current_settings
from prefect.utilities.callables import parameter_schema
from prefect.variables import Variable

from callsheet.canonical import digest
from callsheet.errors import SettingsError
from deployments.done import Done
from deployments.processes import finished

FILE = "prefect.yaml"
DEPLOYED = "callsheet_deployed"
"""The variable that holds the digest of what was deployed."""
DEPLOY_SECONDS = 300.0
LAST_LINES = 5


def deployment_file(given: Path | None = None) -> Path:
    """The file with the deployments: the given one, that of the working folder, or that of the source tree.

    Raises `SettingsError` where there is none.
    """
    places = [given] if given else [Path.cwd() / FILE, Path(__file__).parents[1] / FILE]
    for place in places:
        if place.is_file():
            return place.absolute()
    raise SettingsError(f"--file: {' and '.join(map(str, places))} can't be found; it must be the product's {FILE}")


def read_deployments(path: Path) -> list[dict[str, Any]]:
    """The deployments as the file declares them. Raises `SettingsError` for a file that declares none."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise SettingsError(f"--file: {path} can't be read: {' '.join(str(error).split())}") from error
    found = data.get("deployments") if isinstance(data, dict) else None
    if not isinstance(found, list) or not found:
        raise SettingsError(f"--file: {path} is not allowed; it must be a {FILE} with deployments")
    return found


def full_name(deployment: dict[str, Any]) -> str:
    """FLOW/NAME, as the server calls it."""
    return f"{_flow(deployment).name}/{deployment['name']}"


def _flow(deployment: dict[str, Any]) -> Flow[..., Any]:
    return load_flow_from_entrypoint(deployment["entrypoint"])


async def set_up_deployments(client: PrefectClient, path: Path, zone: str, *, force: bool = False) -> list[Done]:
    """Deploys the file. The same file and the same parameters again change nothing, so that what a person has switched
    in the UI stays; when one of them has changed, the schedules are those of the file.

    Raises `SettingsError` with Prefect's last lines when it refuses.
    """
    declared = read_deployments(path)
    schemas = [parameter_schema(_flow(one)).model_dump(mode="json") for one in declared]
    version = digest(json.loads(json.dumps([declared, schemas, zone], default=str)))
    names = [full_name(one) for one in declared]
    there = [name for name in names if await _exists(client, name)]
    if not force and there == names and await Variable.aget(DEPLOYED) == version:
        return [Done("deployment", name, "as it was") for name in names]
    code, output = await finished(
        ["prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(path)],
        folder=path.parent,
        environment=get_current_settings().to_environment_variables(exclude_unset=True),
        seconds=DEPLOY_SECONDS,
    )
    if code != 0:
        last = [line.strip() for line in output.splitlines() if line.strip()][-LAST_LINES:]
        raise SettingsError(f"{path} could not be deployed: {' '.join(last)}")
    await Variable.aset(DEPLOYED, version, overwrite=True)
    return [Done("deployment", name, "changed" if name in there else "made") for name in names]


async def _exists(client: PrefectClient, name: str) -> bool:
    try:
        await client.read_deployment_by_name(name)
    except ObjectNotFound:
        return False
    return True
