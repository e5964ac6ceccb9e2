"""Receives a provider's callbacks: an ASGI application to mount where the `callback_url` of orders leads.

A callback says that a job has ended, signed by Standard Webhooks. It is a hint to ask for the job now instead of later,
never the job's result: its status is not believed, and an order is safe when none of its callbacks arrives.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

logger = logging.getLogger(__name__)

LARGEST_CALLBACK = 20 * 1024
"""Bytes: the size that the Standard Webhooks specification 1.0.0 advises not to pass."""
_ID = re.compile(r"^[\x21-\x7e]{1,200}$")
_Word = Field(pattern=r"^[A-Za-z0-9_.:-]{1,200}$")


class CallbackEvent(BaseModel):
    """Somebody who knows the secret says that a job has ended. `at` is when this was sent."""

    model_config = ConfigDict(frozen=True)

    job_id: str = _Word
    status: str = _Word
    webhook_id: str
    at: dt.datetime


class Seen(Protocol):
    """Which callbacks have been taken. What it holds must outlast 300 s: later copies are refused by their time."""

    async def first(self, webhook_id: str) -> bool:
        """Notes the id; False when it was noted before. Of two calls at one time one is told True."""

    async def forget(self, webhook_id: str) -> None:
        """Takes the note back, as what was to be done about it failed: the next attempt counts as the first."""


class MemorySeen:
    """The ids of the last `most` callbacks, for one process. Only signed ones get here, so nobody else can fill it."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._ids: OrderedDict[str, None] = OrderedDict()

    async def first(self, webhook_id: str) -> bool:
        """See `Seen.first`."""
        if webhook_id in self._ids:
            return False
        self._ids[webhook_id] = None
        if len(self._ids) > self._most:
            self._ids.popitem(last=False)
        return True

    async def forget(self, webhook_id: str) -> None:
        """See `Seen.forget`."""
        self._ids.pop(webhook_id, None)


def callback_app(
    secrets: Sequence[SecretStr], seen: Seen, on_event: Callable[[CallbackEvent], Awaitable[None]]
) -> Starlette:
    """The application; it takes POSTs at every path, so it can be mounted anywhere.

    `secrets` are `whsec_…`; a callback signed with any of them is genuine, so an old one can stay while it is replaced.
    `on_event` is awaited before the answer: it should note the job and return. Answers 204 for a genuine callback and
    for a copy of one, 401 for a forged, unsigned or too old one (300 s), 413 for one that is too large, 400 for a
    genuine one that names no job, 500 when `on_event` fails; then the sender's next attempt is taken anew.
    """
    hooks = [Webhook(secret.get_secret_value()) for secret in secrets]

    async def receive(request: Request) -> Response:
        body = await _bounded(request)
        if body is None:
            return Response(status_code=413)
        headers = dict(request.headers)
        if not any(_genuine(hook, body, headers) for hook in hooks):
            return Response(status_code=401)
        try:
            event = _event(body, headers)
        except ValidationError:
            return Response(status_code=400)
        if not await seen.first(event.webhook_id):
            return Response(status_code=204)
        try:
            await on_event(event)
        except BaseException as error:
            await seen.forget(event.webhook_id)
            if not isinstance(error, Exception):
                raise
            logger.exception("callback %s of job %s was not taken", event.webhook_id, event.job_id)
            return Response(status_code=500)
        return Response(status_code=204)

    return Starlette(routes=[Route("/{anywhere:path}", receive, methods=["POST"])])


async def _bounded(request: Request) -> bytes | None:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_CALLBACK:
            return None
    return bytes(body)


def _genuine(hook: Webhook, body: bytes, headers: dict[str, str]) -> bool:
    try:
        hook.verify(body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError):  # ValueError: a signature or a body that isn't even text
        return False
    return _ID.match(headers["webhook-id"]) is not None


def _event(body: bytes, headers: Mapping[str, str]) -> CallbackEvent:
    """Raises `ValidationError` for a body that is not a JSON object with a job's id and status."""
    at = dt.datetime.fromtimestamp(int(float(headers["webhook-timestamp"])), dt.UTC)
    said = _Said.model_validate_json(body)
    return CallbackEvent(job_id=said.job_id, status=said.status, webhook_id=headers["webhook-id"], at=at)


class _Said(BaseModel):
    job_id: str = _Word
    status: str = _Word
