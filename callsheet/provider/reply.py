"""Replies of providers, read whatever they hold: a JSON object, the words of a refusal, when to ask again."""

from __future__ import annotations

import email.utils
import json
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from callsheet.errors import ProviderError

LONGEST_RETRY_AFTER = 300.0
"""Seconds."""
LONGEST_WORDS = 500
"""Characters of what a server says about a refusal."""
_ODD = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")


@dataclass(frozen=True)
class Reply:
    """A readable answer: status, JSON object, and the seconds after which the server wants to be asked again."""

    status: int
    body: dict[str, Any]
    retry_after: float | None


def object_of(content: bytes) -> dict[str, Any] | None:
    """The JSON object of a reply, its numbers exact, None when it is none."""
    try:
        body = json.loads(content, parse_float=Decimal)
    except (ValueError, RecursionError, ArithmeticError):
        return None
    if not isinstance(body, dict):
        return None
    return _storable(body) if _ODD.search(content) else body


def _storable(value: Any) -> Any:
    """The value with a mark in place of what no database takes: halves of a pair of code units, and zero bytes."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")
    if isinstance(value, dict):
        return {_storable(name): _storable(inner) for name, inner in value.items()}
    return [_storable(inner) for inner in value] if isinstance(value, list) else value


def amount_of(value: Any) -> Decimal | None:
    """What a server says that something costs; None for what is no amount, or below 0."""
    if value is None or isinstance(value, bool):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 else None


def refusal(
    kind: type[ProviderError], status: int, content: bytes, headers: Mapping[str, str], reason: str
) -> ProviderError:
    """The provider's error, by any envelope in use: `{"error": {…}}`, `{"error": "…"}`, `{"code", "message"}`, or
    FastAPI's `{"detail": …}`, whose value is text, another envelope, or a list of wrong fields.
    """
    body = object_of(content) or {}
    said: dict[str, Any] = body
    for name in ("error", "detail"):
        inner = body.get(name)
        if inner:
            said = inner if isinstance(inner, dict) else {**body, "message": _details(inner)}
            said = said["error"] if isinstance(said.get("error"), dict) else said
            break
    message = _plain(said.get("message")) or reason or "no message"
    where = f" ({_plain(said['param'])})" if said.get("param") else ""
    return kind(
        f"HTTP {status}: {message}{where}",
        status=status,
        code=None if said.get("code") is None else _plain(said["code"]),
        request_id=None if said.get("request_id") is None else _plain(said["request_id"]),
        retry_after=retry_after(headers),
    )


def _details(detail: Any) -> str:
    """Text as it is; of a list, each field with what is wrong with it. What the customer sent is not repeated."""
    if not isinstance(detail, list):
        return _plain(detail)
    lines = []
    for item in detail:
        if isinstance(item, dict) and (item.get("msg") or item.get("message")):
            place = item.get("loc")
            parts = [_plain(part) for part in place if part != "body"] if isinstance(place, list) else []
            lines.append(": ".join(filter(None, (".".join(parts), _plain(item.get("msg") or item.get("message"))))))
        else:
            lines.append(_plain(item))
    return _plain("; ".join(lines))


def _plain(value: Any) -> str:
    """One line of a server's words, not too long."""
    return "" if value is None else " ".join(str(value).split())[:LONGEST_WORDS]


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds within reason, from either form of the header, or from the milliseconds that `/v1/videos` may name."""
    text = headers.get("retry-after")
    if text is None:
        return _within_reason(headers.get("openai-poll-after-ms"), 1000)
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, OverflowError):
            return None
    return _within_reason(seconds)


def _within_reason(value: str | float | None, per_second: int = 1) -> float | None:
    try:
        seconds = math.nan if value is None else float(value) / per_second
    except ValueError:
        return None
    return None if math.isnan(seconds) else min(max(seconds, 0.0), LONGEST_RETRY_AFTER)
