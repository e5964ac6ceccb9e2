"""What can befall one request on the wire: faults for `tests.proxy.Proxy.on`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from tests.proxy import Exchange, Fault, Reply

DRIP = 0.02
"""Seconds between two bytes of an answer that drips."""
PIECE = bytes(64 * 1024)


async def reset_unread(one: Exchange) -> None:
    """Reset before the request is read."""
    one.reset()


async def reset_halfway(one: Exchange) -> None:
    """Reset in the middle of the request's body."""
    await one.request(0.5)
    one.reset()


async def silent(one: Exchange) -> None:
    """Takes the request, gives it to nobody and never says anything."""
    await one.request()
    await asyncio.Event().wait()


async def reset_after(one: Exchange) -> None:
    """The server has answered; the connection is reset instead of the answer being passed on."""
    await one.forward()
    one.reset()


async def closed_after(one: Exchange) -> None:
    """The server has answered; the connection is closed in order, without a byte."""
    await one.forward()
    one.writer.close()


async def silent_after(one: Exchange) -> None:
    """The server has answered, and nothing of it ever comes."""
    await one.forward()
    await asyncio.Event().wait()


async def half_reply(one: Exchange) -> None:
    """The first half of the body, its length true of the whole."""
    await one.reply(await one.forward(), share=0.5)
    one.writer.close()


async def half_body(one: Exchange) -> None:
    """The first half of the body, sent as if it were all."""
    reply = await one.forward()
    await one.reply(replace(reply, body=reply.body[: len(reply.body) // 2]))


async def dripping(one: Exchange) -> None:
    """The answer, a byte at a time, so slowly that it never ends: each byte is in time, the whole is not."""
    reply = await one.forward()
    await one.send(reply.head("content-length: 1000000"))
    while True:
        await one.send(b" ")
        await asyncio.sleep(DRIP)


async def endless(one: Exchange) -> None:
    """An answer that never ends, as fast as it is read."""
    reply = await one.forward()
    await one.send(reply.head("transfer-encoding: chunked"))
    while True:
        await one.send(b"%x\r\n%b\r\n" % (len(PIECE), PIECE))


NEVER_ENDING = (silent, silent_after, dripping, endless)
"""What only the client's own limits end."""


def instead(status: int, body: bytes = b"", kind: str = "application/json", *, forward: bool, **headers: str) -> Fault:
    """Another answer than the server's, which may (`forward`) have had the request or not."""

    async def fault(one: Exchange) -> None:
        await (one.forward() if forward else one.request())
        named = [(name.replace("_", "-"), value) for name, value in headers.items()]
        await one.reply(Reply(status, (("content-type", kind), *named), body))

    return fault


def edited(change: Callable[[bytes], bytes]) -> Fault:
    """The server's answer with another body."""

    async def fault(one: Exchange) -> None:
        reply = await one.forward()
        await one.reply(replace(reply, body=change(reply.body)))

    return fault


class Held:
    """Keeps a request until it is released; with `after` it is the answer that is kept.

    `arrived` is set when it is there, `answered` when the server has answered it.
    """

    def __init__(self, *, after: bool = False) -> None:
        self.arrived, self.released, self.answered = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._after = after

    async def __call__(self, one: Exchange) -> None:
        reply = await one.forward() if self._after else None
        self.arrived.set()
        await self.released.wait()
        reply = reply or await one.forward()
        self.answered.set()
        await one.reply(reply)
