"""Facts as Prefect events, for automations to hear. An event counts as told when the server has taken it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.events import Event, Resource


async def emit(name: str, resource: str, payload: dict[str, Any], id: str) -> None:
    """Gives one event to the server and waits for its answer. The server hears the same `id` only once.

    Raises what Prefect's client raises when the server does not take it; then it is to be told again.
    """
    about = Resource({"prefect.resource.id": resource})
    event = Event(event=name, resource=about, payload=payload, id=UUID(id))
    async with get_client() as client:
        answer = await client.request("POST", "/events", json=[event.model_dump(mode="json")])
        answer.raise_for_status()
