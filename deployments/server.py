"""Which Prefect server the commands of this floor speak to, and whether it answers."""

from __future__ import annotations

from prefect.client.orchestration import PrefectClient
from prefect.settings import get_current_settings

from callsheet.errors import SettingsError

HINT = "start one with `callsheet up`, then set PREFECT_API_URL=http://127.0.0.1:4200/api"


def server_address() -> str:
    """Address of the server's API. Raises `SettingsError` where none is set."""
    address = get_current_settings().api.url
    if not address:
        raise SettingsError(f"PREFECT_API_URL is not set: it must name the Prefect server; {HINT}")
    return address


async def require_server(client: PrefectClient) -> None:
    """Raises `SettingsError` when the server doesn't answer."""
    fault = await client.api_healthcheck()
    if fault is not None:
        raise SettingsError(f"PREFECT_API_URL: {client.api_url} does not answer: {fault or type(fault).__name__}")
