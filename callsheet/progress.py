"""What is going on, told to whoever watches: the command line's table, a log, a test. Nobody watching costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from callsheet.money import Money


@dataclass(frozen=True)
class News:
    """`what` is a purchase of the plan or a stage of the work; `percent` 0..100 where it is known."""

    what: str
    state: str
    percent: float | None = None
    charged: Money | None = None
    note: str = ""


_watchers: list[Callable[[News], None]] = []


def report(
    what: str, state: str, *, percent: float | None = None, charged: Money | None = None, note: str = ""
) -> None:
    """Tells all watchers."""
    if _watchers:
        news = News(what, state, percent, charged, note)
        for watcher in tuple(_watchers):
            watcher(news)


def watch(watcher: Callable[[News], None]) -> None:
    """Calls `watcher` with each piece of news in this process from now on."""
    _watchers.append(watcher)


@contextmanager
def watching(watcher: Callable[[News], None]) -> Iterator[None]:
    """Calls `watcher` with each piece of news in this process while the block runs."""
    _watchers.append(watcher)
    try:
        yield
    finally:
        _watchers.remove(watcher)
