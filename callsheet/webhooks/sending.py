"""Sends what is due in an outbox: at once or for as long as a server runs, each attempt later than the one before."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import os
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from pydantic import SecretStr
from standardwebhooks import Webhook

from callsheet.webhooks.posting import PostError, post

logger = logging.getLogger(__name__)

BACKOFF = (5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 50400.0, 72000.0, 86400.0)
"""Seconds between the attempts: the schedule that the Standard Webhooks specification 1.0.0 gives as its example."""
ATTEMPT = 20.0
"""Seconds for one attempt; the same specification advises 15 to 30."""
ABREAST = 8
"""Attempts at a time, so that a receiver that does not answer does not hold up the others."""
LOOK = 5.0
"""Seconds after which the outbox is looked into for what other processes have left there."""
GONE = 410
"""The receiver's word that it wants no more of it."""


class Letter(Protocol):
    """Something to send. `attempts` failed before; `webhook_id` is the same each time; `about` is for the log."""

    @property
    def webhook_id(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def attempts(self) -> int: ...
    @property
    def about(self) -> str: ...


L = TypeVar("L", bound=Letter)


class Outbox(Protocol[L]):
    """Where letters lie until they are sent. Who sends one holds a lease on it, longer than one attempt may last."""

    async def take(self, sender: str) -> L | None:
        """One letter that is due and nobody's, now `sender`'s; None when there is none."""

    async def wait(self) -> float | None:
        """Seconds until the next one can be taken, None when none is due."""

    async def delivered(self, letter: L, sender: str) -> None:
        """It was taken by its receiver."""

    async def failed(self, letter: L, sender: str, fault: str, pause: float | None) -> None:
        """An attempt failed: the next is due in `pause` seconds, or there is none any more."""

    async def release(self, sender: str) -> None:
        """Gives up what a sender that stops had taken, so that the next one need not wait for its lease."""


@dataclass(frozen=True)
class Fault:
    """What went wrong with an attempt, and whether it is useless to try again."""

    reason: str
    last: bool = False


def signed_post(secret: SecretStr, user_agent: str) -> Callable[[Letter], Awaitable[Fault | None]]:
    """Posts a letter, signed. The time that is signed is that of the attempt."""

    async def deliver(letter: Letter) -> Fault | None:
        now = dt.datetime.now(dt.UTC)
        signature = Webhook(secret.get_secret_value()).sign(letter.webhook_id, now, letter.body)
        headers = {
            "content-type": "application/json",
            "user-agent": user_agent,
            "webhook-id": letter.webhook_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
        }
        try:
            status = await post(letter.url, headers, letter.body.encode(), ATTEMPT)
        except PostError as error:
            return Fault(str(error))
        return None if 200 <= status < 300 else Fault(f"HTTP {status}", last=status == GONE)

    return deliver


class Sender(Generic[L]):
    """Sends what is due in an outbox, from `start` to `stop` or once by `drain`; what is left then the next one sends.

    `deliver` makes one attempt and says what went wrong; `backoff` are the pauses between attempts, after the last of
    which a letter is given up.
    """

    def __init__(
        self,
        outbox: Outbox[L],
        deliver: Callable[[L], Awaitable[Fault | None]],
        backoff: tuple[float, ...] = BACKOFF,
    ) -> None:
        self._outbox = outbox
        self._deliver = deliver
        self._backoff = backoff
        self._name = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._attempts: set[asyncio.Task[None]] = set()
        self._begun = 0

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    def wake(self) -> None:
        """Something may have fallen due."""
        self._news.set()

    async def stop(self) -> None:
        tasks = [task for task in (self._task, *self._attempts) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._outbox.release(self._name)

    async def drain(self, seconds: float) -> None:
        """Sends what is due now, for at most so long."""
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while True:
                        # An attempt that has ended during the look may have left its letter due again.
                        begun, busy = self._begun, bool(self._attempts)
                        await self._look()
                        if self._attempts:
                            await asyncio.wait(tuple(self._attempts), return_when=asyncio.FIRST_COMPLETED)
                        elif not busy and self._begun == begun:
                            return
        finally:
            await self.stop()

    async def _run(self) -> None:
        while True:
            self._news.clear()
            try:
                pause = await self._look()
            except Exception:
                # The books may be locked for long; letters must go out after that.
                logger.exception("the outbox can't be read")
                pause = LOOK
            # Not wait_for: before Python 3.12 it can lose a cancellation that comes together with the news.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._news.wait()

    async def _look(self) -> float:
        """Begins all attempts that can be begun; the seconds until there may be more."""
        while len(self._attempts) < ABREAST:
            letter = await self._outbox.take(self._name)
            if letter is None:
                wait = await self._outbox.wait()
                return LOOK if wait is None else min(wait, LOOK)
            self._begun += 1
            task = asyncio.create_task(self._attempt(letter))
            self._attempts.add(task)
            task.add_done_callback(self._attempted)
        return LOOK

    def _attempted(self, task: asyncio.Task[None]) -> None:
        self._attempts.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("the end of an attempt was not noted; it is sent again", exc_info=task.exception())
        self.wake()

    async def _attempt(self, letter: L) -> None:
        fault = await self._deliver(letter)
        if fault is None:
            await self._outbox.delivered(letter, self._name)
            return
        pauses = self._backoff
        pause = None if fault.last or letter.attempts >= len(pauses) else pauses[letter.attempts]
        if pause is None:
            logger.warning("%s is given up: %s", letter.about, fault.reason)
        await self._outbox.failed(letter, self._name, fault.reason, pause)
