"""Tells customers that their jobs have ended: signed by Standard Webhooks, retried, only to hosts that are allowed."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import datetime as dt
import ipaddress
import logging
import os
import secrets
import uuid
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr
from standardwebhooks import Webhook

from callsheet.errors import SettingsError
from callsheet.studio.outbox import Letter, Outbox
from callsheet.studio.posting import PostError, post

logger = logging.getLogger(__name__)

BACKOFF = (5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 50400.0, 72000.0, 86400.0)
"""Seconds between the attempts: the schedule that the Standard Webhooks specification 1.0.0 gives as its example."""
ATTEMPT = 20.0
"""Seconds for one attempt; the same specification advises 15 to 30."""
ABREAST = 8
"""Attempts at a time, so that a receiver that does not answer does not hold up the others."""
LOOK = 5.0
"""Seconds after which the outbox is looked into for what other processes of the same books have left there."""
GONE = 410
"""The receiver's word that it wants no more of it."""
LONGEST_URL = 2000
NO_ADDRESS = "it must be an http or https address, with no name or fragment in it, of at most 2000 characters"
"""What is said of a text to which no studio could send anything."""


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
        parts = _parts(url)
        if parts is None:
            return NO_ADDRESS
        host, port = str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)
        if _is_here(host) or f"{host}:{port}" in self.hosts:
            return None
        return f"callbacks go to this machine and to the hosts that this studio was started with, not to {host}:{port}"


def _parts(url: str) -> SplitResult | None:
    if not url.isascii() or not url.isprintable() or " " in url or len(url) > LONGEST_URL:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    plain = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc and not parts.fragment
    return parts if plain and port != 0 else None


def _is_here(host: str) -> bool:
    """By its written form alone: a name that some resolver leads here is none of this machine's."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def host_and_port(text: str, name: str) -> str:
    """`HOST:PORT` in the form in which addresses are compared with it. Raises `SettingsError`."""
    parts = _parts(f"http://{text}/")
    if parts is None or parts.port is None or parts.path != "/" or parts.query:
        raise SettingsError(f"{name}: {text} is not allowed; it must be HOST:PORT such as hooks.example.com:443")
    return f"{parts.hostname}:{parts.port}"


def checked_secret(secret: SecretStr, name: str) -> SecretStr:
    """The secret, when it is `whsec_` and 24 to 64 bytes in base64. Raises `SettingsError` that does not repeat it."""
    text = secret.get_secret_value()
    try:
        length = len(base64.b64decode(text.removeprefix("whsec_"), validate=True))
    except (binascii.Error, ValueError):
        length = 0
    if not text.startswith("whsec_") or not 24 <= length <= 64:
        raise SettingsError(f"{name}: it must be whsec_ followed by 24 to 64 bytes in base64")
    return secret


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


class Sender:
    """Sends what is due in an outbox, from `start` to `stop`; what is left then is sent by the next one."""

    def __init__(self, outbox: Outbox, policy: CallbackPolicy, secret: SecretStr) -> None:
        self.policy = policy
        self.secret = secret
        self._outbox = outbox
        self._name = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._attempts: set[asyncio.Task[None]] = set()

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
        await asyncio.to_thread(self._outbox.release, self._name)

    async def _run(self) -> None:
        while True:
            self._news.clear()
            try:
                pause = await self._look()
            except Exception:
                # The books may be locked for long; callbacks must go on after that.
                logger.exception("the outbox can't be read")
                pause = LOOK
            # Not wait_for: before Python 3.12 it can lose a cancellation that comes together with the news.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._news.wait()

    async def _look(self) -> float:
        """Begins all attempts that can be begun; the seconds until there may be more."""
        while len(self._attempts) < ABREAST:
            letter = await asyncio.to_thread(self._outbox.take, self._name)
            if letter is None:
                wait = await asyncio.to_thread(self._outbox.wait)
                return LOOK if wait is None else min(wait, LOOK)
            task = asyncio.create_task(self._attempt(letter))
            self._attempts.add(task)
            task.add_done_callback(self._attempted)
        return LOOK

    def _attempted(self, task: asyncio.Task[None]) -> None:
        self._attempts.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("a callback's end was not noted; it is sent again", exc_info=task.exception())
        self.wake()

    async def _attempt(self, letter: Letter) -> None:
        fault, last = self.policy.objection(letter.url), True  # allowed once need not be allowed now
        if fault is None:
            fault, last = await self._sent(letter)
        if fault is None:
            await asyncio.to_thread(self._outbox.delivered, letter, self._name)
            return
        pauses = self.policy.backoff
        pause = None if last or letter.attempts >= len(pauses) else pauses[letter.attempts]
        if pause is None:
            logger.warning("the callback of job %s is given up: %s", letter.job_id, fault)
        await asyncio.to_thread(self._outbox.failed, letter, self._name, fault, pause)

    async def _sent(self, letter: Letter) -> tuple[str | None, bool]:
        """What went wrong, and whether it is useless to try again. The time that is signed is that of the attempt."""
        now = dt.datetime.now(dt.UTC)
        signature = Webhook(self.secret.get_secret_value()).sign(letter.webhook_id, now, letter.body)
        headers = {
            "content-type": "application/json",
            "user-agent": "callsheet-studio",
            "webhook-id": letter.webhook_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
        }
        try:
            status = await post(letter.url, headers, letter.body.encode(), ATTEMPT)
        except PostError as error:
            return str(error), False
        return (None, False) if 200 <= status < 300 else (f"HTTP {status}", status == GONE)
