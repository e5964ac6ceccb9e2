"""A proxy on loopback that does to chosen requests what networks, gateways and broken servers do to them.

`Proxy.on(method, path, fault)` says which request is to suffer; everything else passes as it is. A fault is a coroutine
that is given the `Exchange` as soon as its first line has been read, and does with it what it likes.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Reply:
    """An answer: status, headers without those of the connection, body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def head(self, length: str) -> bytes:
        lines = [f"HTTP/1.1 {self.status} -", *(f"{name}: {value}" for name, value in self.headers), length]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


@dataclass
class Exchange:
    """One request under way. `status` is what the server answered, None while it was not asked; `sent` counts bytes."""

    server: tuple[str, int]
    method: str
    path: str
    line: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    status: int | None = None
    sent: int = 0

    async def request(self, share: float = 1.0) -> bytes:
        """The request, or the first `share` of its body, as it came, with `Connection: close`."""
        lines = [self.line]
        length = 0
        while (line := await self.reader.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            if name.lower() != b"connection":
                lines.append(line)
        body = await self.reader.readexactly(int(length * share))
        return b"".join([*lines, b"connection: close\r\n\r\n", body])

    async def forward(self) -> Reply:
        """Gives the whole request to the server; what the server answered."""
        request = await self.request()
        reader, writer = await asyncio.open_connection(*self.server)
        try:
            writer.write(request)
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        finally:
            writer.close()
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split()[1])
        pairs = [line.split(": ", 1) for line in lines]
        skipped = ("connection", "content-length", "transfer-encoding")
        return Reply(self.status, tuple((n, v) for n, v in pairs if n.lower() not in skipped), body)

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()
        self.sent += len(data)

    async def reply(self, reply: Reply, *, share: float = 1.0) -> None:
        """An answer, or the first `share` of its body under the length of the whole."""
        await self.send(reply.head(f"content-length: {len(reply.body)}") + reply.body[: int(len(reply.body) * share)])

    def reset(self) -> None:
        """RST instead of FIN: nothing more is sent, what was not read is thrown away."""
        made = self.writer.get_extra_info("socket")
        made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Fault = Callable[[Exchange], Awaitable[None]]


@dataclass
class Rule:
    """Which requests suffer: the `skip` first ones of their kind don't, the `times` next ones do."""

    method: str
    path: re.Pattern[str]
    fault: Fault
    skip: int
    times: int


@dataclass
class Proxy:
    """Between a client and the server at `target`. `passed` are the requests that came, in order of their ends."""

    target: str
    passed: list[Exchange] = field(default_factory=list)
    _rules: list[Rule] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return "http://{}:{}".format(*self._server.sockets[0].getsockname())

    def on(self, method: str, path: str, fault: Fault, *, skip: int = 0, times: int = 1) -> None:
        """A rule for requests whose path matches anywhere; of several rules the first with a turn left counts."""
        self._rules.append(Rule(method, re.compile(path), fault, skip, times))

    def heal(self) -> None:
        """Forgets every rule and what has passed."""
        self._rules.clear()
        self.passed.clear()

    def count(self, method: str, path: str) -> int:
        """How many such requests came."""
        return sum(one.method == method and bool(re.search(path, one.path)) for one in self.passed)

    def _fault(self, method: str, path: str) -> Fault | None:
        for rule in self._rules:
            if rule.method != method or not rule.path.search(path):
                continue
            if rule.skip:
                rule.skip -= 1
            elif rule.times:
                rule.times -= 1
                return rule.fault
        return None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        address = urlsplit(self.target)
        assert address.hostname and address.port
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while line := await reader.readline():
                method, path, _ = line.decode("latin-1").split(" ", 2)
                one = Exchange((address.hostname, address.port), method, path, line, reader, writer)
                self.passed.append(one)
                await (self._fault(method, path) or passing)(one)
                if writer.is_closing():
                    return
        writer.close()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[Proxy]:
        """Listens on a free port until the block ends; what is still held then is dropped."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        try:
            yield self
        finally:
            self._server.close()
            for task in [*self._tasks]:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)


async def passing(one: Exchange) -> None:
    """No fault."""
    await one.reply(await one.forward())
