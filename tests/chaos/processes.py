"""The parent's side of a buyer: forks it from a warm process, kills it, and hears how it ended.

The warm process is the standard library's fork server: it has imported everything once and runs no thread of ours, so
that a buyer costs milliseconds to start and none of it is copied from the middle of something.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from callsheet.errors import CallsheetError
from tests.chaos.buyer import GO, READY, Errand, Way, all_at_once, work

LIMIT = 60.0
"""Seconds in which anything that is waited for has to happen."""

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.chaos.warm"])


class Killed(Exception):
    """It ended without a word."""


class Buyer:
    """A running process. Told `errand.waits`, it begins when it is told to `go`, otherwise at once."""

    def __init__(self, errand: Errand, way: Way = all_at_once) -> None:
        self._wire, other = _context.Pipe()
        self._process = _context.Process(target=work, args=(errand, way, other), daemon=True)
        self._process.start()
        other.close()
        self._told = False

    def ready(self) -> Buyer:
        """Waits until it is about to begin."""
        word = self._heard()
        assert word == READY, word
        return self

    def go(self) -> None:
        """Lets it begin."""
        self._wire.send(GO)

    def killed(self, after: float = 0.0) -> bool:
        """Kills it after so many seconds; False when it had done its work before."""
        done = self._wire.poll(after)
        self._process.kill()
        self._joined()
        return not done

    @contextmanager
    def suspended(self, after: float) -> Iterator[None]:
        """Stops it where it is after so many seconds, as a laptop's lid does, while the block runs.

        One that has done its work by then is left alone: its number may be another process's.
        """
        if self._wire.poll(after):
            yield
            return
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

    def says(self, within: float) -> bool:
        """Whether it has something to say, or has ended, within so many seconds."""
        return self._wire.poll(within)

    def done(self) -> Any:
        """What it brought home. Raises the error that it ended with, `Killed` when there is none."""
        result = self._heard()
        if result == READY:
            result = self._heard()
        self._joined()
        if isinstance(result, CallsheetError):
            raise result
        return result

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def _heard(self) -> Any:
        if not self._wire.poll(LIMIT):
            self.killed()
            raise TimeoutError(f"a buyer has said nothing for {LIMIT:g} s")
        try:
            return self._wire.recv()
        except EOFError:
            self._joined()
            if self._process.exitcode != -signal.SIGKILL:
                raise RuntimeError(f"a buyer ended with {self._process.exitcode}; it wrote why") from None
            raise Killed from None

    def _joined(self) -> None:
        """The fork server reaps it, so that it is no more for anybody who looks."""
        self._process.join(LIMIT)
        assert self._process.exitcode is not None, "it does not end"
