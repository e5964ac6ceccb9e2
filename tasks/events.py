"""Facts as Prefect events, for automations to hear. An event counts as told when the server has taken it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.events import Event, Resource


async def emit(
    name: str, resource: str, payload: dict[str, Any], id: str, labels: Mapping[str, str] | None = None
) -> None:
    """Gives one event to the server and waits for its answer. The server hears the same `id` only once.

    Automations choose by the resource and its `labels`; they fill in what they start from the payload.

    Raises what Prefect's client raises when the server does not take it; then it is to be told again.
    """
    about = Resource({"prefect.resource.id": resource, **(labels or {})})
    event = Event(event=name, resource=about, payload=payload, id=UUID(id))
    async with get_client() as client:
        answer = await client.request("POST", "/events", json=[event.model_dump(mode="json")])
        answer.raise_for_status()
