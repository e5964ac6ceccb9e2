"""Tells customers that their jobs have ended: signed by Standard Webhooks, retried, only to hosts that are allowed."""

from __future__ import annotations

import base64
import os
import secrets
import uuid
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from callsheet.studio.outbox import Letter, Outbox
from callsheet.webhooks.addresses import NO_ADDRESS, checked_secret, is_here, parts_of
from callsheet.webhooks.sending import BACKOFF, Fault, Sender, signed_post


@dataclass(frozen=True)
class CallbackPolicy:
    """Where callbacks may go beside this machine itself, what signs them, how long between attempts.

    `hosts` are `HOST:PORT` in lower case, as `host_and_port` gives them. Without a `secret` the studio makes one and
    keeps it in its home.
    """

    hosts: tuple[str, ...] = ()
    secret: SecretStr | None = None
    backoff: tuple[float, ...] = BACKOFF

    def objection(self, url: str) -> str | None:
        """Why no callback goes to this address, None when it may."""
        parts = parts_of(url)
        if parts is None:
            return NO_ADDRESS
        host, port = str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)
        if is_here(host) or f"{host}:{port}" in self.hosts:
            return None
        return f"callbacks go to this machine and to the hosts that this studio was started with, not to {host}:{port}"


def kept_secret(home: Path) -> SecretStr:
    """The secret in `callback-secret` of a studio's home, made at the first call; only its owner may read it."""
    path = home / "callback-secret"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        part = home / f".callback-secret-{uuid.uuid4().hex}"
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
        try:
            os.link(part, path)
        except OSError:  # another process was first and its secret is everybody's, or there are no links here
            if not path.exists():
                part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return checked_secret(SecretStr(path.read_text(encoding="ascii").strip()), str(path))


class Callbacks(Sender[Letter]):
    """The studio's sender. What was allowed with the order need not be allowed when it is sent."""

    def __init__(self, outbox: Outbox, policy: CallbackPolicy, secret: SecretStr) -> None:
        self.policy = policy
        self.secret = secret
        posted = signed_post(secret, "callsheet-studio")

        async def deliver(letter: Letter) -> Fault | None:
            objection = policy.objection(letter.url)
            return Fault(objection, last=True) if objection is not None else await posted(letter)

        super().__init__(outbox, deliver, policy.backoff)
