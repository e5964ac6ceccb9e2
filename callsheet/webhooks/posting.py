"""One POST to an address that a customer named: no redirect is followed, no proxy asked, no answer's body read."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

import h11

LARGEST_HEAD = 16 * 1024
"""Bytes of an answer's head."""


class PostError(Exception):
    """No answer that can be read came."""


async def post(url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> int:
    """The status of the answer. Raises `PostError`; nothing takes longer than `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            return await _exchange(url, headers, body)
    except TimeoutError as error:
        raise PostError(f"no answer within {seconds:g} s") from error
    except (OSError, UnicodeError, h11.ProtocolError) as error:
        raise PostError(f"{type(error).__name__} {error}".strip()) from error


async def _exchange(url: str, headers: Mapping[str, str], body: bytes) -> int:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=LARGEST_HEAD)
    named = {"host": parts.netloc, "connection": "close", "content-length": str(len(body)), **headers}
    sent = b"".join(
        connection.send(event) or b""
        for event in (
            h11.Request(method="POST", target=target, headers=[*named.items()]),
            h11.Data(data=body),
            h11.EndOfMessage(),
        )
    )
    reader, writer = await asyncio.open_connection(
        parts.hostname, parts.port or (443 if secure else 80), ssl=ssl.create_default_context() if secure else None
    )
    try:
        writer.write(sent)
        await writer.drain()
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await reader.read(LARGEST_HEAD))
            elif isinstance(event, h11.Response):
                return int(event.status_code)
            elif not isinstance(event, h11.InformationalResponse):
                raise PostError("the connection was closed without an answer")
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
