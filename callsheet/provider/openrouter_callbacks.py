"""OpenRouter's callbacks: genuine or not. Like every callback one is a hint to ask for the job, never its result."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping

from pydantic import SecretStr, ValidationError

from callsheet.provider.callbacks import CallbackEvent

TOLERANCE = 300.0
"""Seconds by which the signed time may differ from now."""
_SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")
_TYPE = re.compile(r"video\.generation\.(completed|failed|cancelled|expired)")


def genuine_event(
    headers: Mapping[str, str], body: bytes, secret: SecretStr, *, now: float | None = None
) -> CallbackEvent | None:
    """What a callback says, None when it is not signed with `secret`, is too old, or tells of no job.

    The signature is HMAC-SHA256 over time and raw body, joined by a comma; header names are in lower case.
    """
    signed = _SIGNATURE.fullmatch(headers.get("x-openrouter-signature", "").replace(" ", ""))
    if signed is None:
        return None
    meant = hmac.new(secret.get_secret_value().encode(), signed[1].encode() + b"," + body, hashlib.sha256).hexdigest()
    at = int(signed[1])
    if not hmac.compare_digest(meant, signed[2]) or abs((time.time() if now is None else now) - at) > TOLERANCE:
        return None
    try:
        said = json.loads(body)
        kind = _TYPE.fullmatch(str(said["type"]))
        job = said["data"]["id"] if isinstance(said["data"], dict) else None
    except (ValueError, KeyError, TypeError):
        return None
    if kind is None or not isinstance(job, str):
        return None
    delivery = headers.get("x-openrouter-idempotency-key") or f"{job}-{kind[1]}"
    try:
        return CallbackEvent(job_id=job, status=kind[1], webhook_id=delivery, at=dt.datetime.fromtimestamp(at, dt.UTC))
    except ValidationError:
        return None
