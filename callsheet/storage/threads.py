"""Blocking work in a thread that really ends when the task that waits for it is cancelled.

`asyncio.to_thread` alone gives up waiting and lets the thread run on: an upload would go on after its flow was stopped.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

GRACE_SECONDS = 90.0
"""How long a cancelled task waits for its thread to clean up: longer than one read time-out of a silent server."""


class StoppedError(Exception):
    """Ends the work inside its thread; nobody outside sees it."""


class Stop:
    """Tells work in a thread that it is no longer wanted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopped = False
        self._actions: list[Callable[[], object]] = []

    def check(self) -> None:
        """Raise `StoppedError` when the work is no longer wanted. Called between chunks."""
        if self._stopped:
            raise StoppedError

    def then(self, action: Callable[[], object]) -> None:
        """Do this when stopped, at once if that was before. The action must not block."""
        with self._lock:
            if not self._stopped:
                self._actions.append(action)
                return
        action()

    def set(self) -> None:
        with self._lock:
            self._stopped = True
            actions, self._actions = self._actions, []
        for action in actions:
            action()


async def in_thread(work: Callable[[Stop], T]) -> T:
    """The result of ``work(stop)``. Cancelling stops the work and waits until it has ended, for `GRACE_SECONDS`."""
    stop = Stop()
    running = asyncio.ensure_future(asyncio.to_thread(work, stop))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        running.add_done_callback(lambda done: None if done.cancelled() else done.exception())
        stop.set()
        await asyncio.wait({running}, timeout=GRACE_SECONDS)
        raise
