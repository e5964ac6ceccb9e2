"""What the program says of its work, as JSON lines where that is asked for: CALLSHEET_LOG=json.

Each line names the production and the purchase that it is about, as far as there is one. They hold names, keys, states
and amounts; no secret is in any of our messages, and none of other packages' loggers is written.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from callsheet import progress
from callsheet.errors import SettingsError

_about: ContextVar[dict[str, str]] = ContextVar("about", default={})  # noqa: B039 - never changed in place
_logger = logging.getLogger("callsheet.work")


@contextmanager
def about(**names: str) -> Iterator[None]:
    """Every line that is logged in the block, and in tasks that it starts, has these names: production, key, …"""
    token = _about.set({**_about.get(), **names})
    try:
        yield
    finally:
        _about.reset(token)


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, what it is about, and an error's kind."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "about", {}),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class _About(logging.Filter):
    """Notes what a record is about, while that is known."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.about = {**_about.get(), **getattr(record, "about", {})}
        return True


def configure() -> None:
    """Writes our log to standard error as JSON lines when CALLSHEET_LOG is `json`; once for a process.

    Raises `SettingsError` for any other value than `json` and `text`.
    """
    form = os.environ.get("CALLSHEET_LOG", "text")
    if form not in ("json", "text"):
        raise SettingsError(f"CALLSHEET_LOG: {form} is not allowed; it must be json or text")
    ours = logging.getLogger("callsheet")
    if form == "text" or any(isinstance(handler.formatter, JsonLines) for handler in ours.handlers):
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(_About())
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)
    progress.watch(_news)


def _news(news: progress.News) -> None:
    if news.percent is not None:
        return  # a bar for people; a log wants what has changed
    told = {"what": news.what, "state": news.state}
    if news.charged is not None:
        told["charged"] = str(news.charged)
    message = f"{news.what}: {news.state}" + (f" ({news.note})" if news.note else "")
    _logger.info(message, extra={"about": {**_about.get(), **told}})
