"""The same clips bought, killed and bought again: Callsheet beside genblaze: ``python -m benchmarks.kill_and_rerun``.

Both buy N clips at the same time from one studio behind real sockets, whose books count every charge. Both are killed
with SIGKILL at the same moment, as the studio sees it, and then run again to the end:

- accepted: every order is taken and charged, no reply has left;
- polling: every job has been asked for once, and the answers are held;
- downloading: half of every clip is sent.

The first run without a kill is the measure: N charges.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from callsheet.features import TextToVideo
from callsheet.money import price_list
from callsheet.plan.model import Purchase
from callsheet.plan.quote import price_of
from callsheet.studio.app import PREFIX, studio_app
from callsheet.studio.books import Books
from callsheet.studio.jobs import Studio
from callsheet.testing import flat_renderer, serving

ROOT = Path(__file__).parents[1]
RIVAL = ROOT / ".venv-bench" / "bin" / "python"
LIMIT = 180.0
"""Seconds that one run may take."""
MOMENTS = ("none", "accepted", "polling", "downloading")
_SEEN = {"accepted": ("POST", "/generate"), "polling": ("GET", "/jobs/"), "downloading": ("GET", "/media/")}


class Gate:
    """An ASGI layer that stops every client at a moment. `all_there` is set when `clips` of them stand there."""

    def __init__(self, app: ASGIApp, moment: str, clips: int) -> None:
        self._app, self._clips = app, clips
        self.moment: str | None = moment
        self.all_there = threading.Event()
        self._opened = threading.Event()
        self._there: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, path = _SEEN.get(self.moment or "", ("", ""))
        if scope["type"] != "http" or scope["method"] != method or path not in scope["path"]:
            await self._app(scope, receive, send)
            return
        if self.moment == "downloading":
            await self._app(scope, receive, lambda message: self._half(scope["path"], message, send))
            return
        kept: list[Message] = []

        async def keep(message: Message) -> None:
            kept.append(message)

        await self._app(scope, receive, keep)
        await self._stand(scope["path"] if method == "GET" else str(len(self._there)))
        for message in kept:
            await send(message)

    async def _half(self, path: str, message: Message, send: Send) -> None:
        body = message.get("body", b"")
        if not body:
            await send(message)
            return
        half = len(body) // 2
        await send({**message, "body": body[:half], "more_body": True})
        await self._stand(path)
        await send({**message, "body": body[half:]})

    async def _stand(self, name: str) -> None:
        self._there.add(name)
        if len(self._there) >= self._clips:
            self.all_there.set()
        await asyncio.to_thread(self._opened.wait)

    def open(self) -> None:
        """From now on nobody is stopped."""
        self.moment = None
        self._opened.set()


@dataclass(frozen=True)
class Result:
    """What the books say after a kill and a rerun, and the seconds that the rerun took."""

    charges: int
    money: Decimal
    seconds: float


def clips(count: int) -> list[dict[str, Any]]:
    return [
        {"name": f"clip-{number}", "prompt": f"a brass lamp, view {number}", "duration": 5, "resolution": "480p"}
        for number in range(count)
    ]


def command(tool: str, order: Path) -> list[str]:
    if tool == "callsheet":
        return [sys.executable, "-m", "benchmarks.kill_and_rerun", "--order", str(order)]
    return [str(RIVAL), str(ROOT / "benchmarks" / "genblaze_buy.py"), str(order)]


@contextmanager
def running(arguments: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as file:
        process = subprocess.Popen(arguments, cwd=ROOT, stdout=file, stderr=file, start_new_session=True)
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def experiment(tool: str, moment: str, count: int, folder: Path) -> Result:
    """Buys, kills at `moment`, buys again."""
    home, log = folder / "home", folder / "log"
    home.mkdir(parents=True)
    gate = Gate(studio_app(Studio(folder / "studio", renderer=flat_renderer(8)), serve=True), moment, count)
    with serving(gate) as url:
        order = folder / "order.json"
        checkpoints = tool.endswith("checkpoints")
        wanted = {"url": f"{url}{PREFIX}", "home": str(home), "clips": clips(count), "checkpoints": checkpoints}
        order.write_text(json.dumps(wanted))
        if moment != "none":
            with running(command(tool, order), log) as process:
                reached = gate.all_there.wait(LIMIT)
                assert reached, f"{tool}, {moment}: never came so far: {log.read_text()[-2000:]}"
                assert process.poll() is None, log.read_text()[-2000:]
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        gate.open()
        began = time.monotonic()
        with running(command(tool, order), log) as process:
            assert process.wait(LIMIT) == 0, f"{tool}, {moment}: {log.read_text()[-2000:]}"
        seconds = time.monotonic() - began
        charges = Books(folder / "studio" / "books.sqlite").charges()
    return Result(len(charges), sum((amount for _, amount, _ in charges), Decimal(0)), seconds)


async def buy_all(order: dict[str, Any]) -> None:
    """Callsheet's side: every clip as a purchase of one production."""
    from callsheet.desk import open_desk
    from callsheet.ledger.buy import buy
    from callsheet.ledger.order import Order
    from callsheet.settings import settings_from_environment

    def wanted(clip: dict[str, Any]) -> Order:
        fields = {name: clip[name] for name in ("prompt", "duration", "resolution")}
        request = TextToVideo.model_validate(fields)
        price = price_of(request, price_list("sora"))
        purchase = Purchase(id=clip["name"], request=request, clips=(clip["name"],), price=price)
        return Order(purchase=purchase, production_id="benchmark", tier="prototype")

    settings = settings_from_environment(
        home=order["home"], provider="sora", provider_url=order["url"], provider_key="studio", wait_seconds=LIMIT
    )
    async with open_desk(settings) as desk:
        await asyncio.gather(*(buy(wanted(clip), desk) for clip in order["clips"]))


def rival_version() -> str:
    """The rival's version; it is installed where it is missing."""
    asked = [str(RIVAL), "-c", "from importlib.metadata import version; print(version('genblaze-core'))"]
    if not RIVAL.exists() or subprocess.run(asked, capture_output=True, check=False).returncode:
        subprocess.run(["sh", str(ROOT / "benchmarks" / "setup.sh")], check=True)
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--clips", type=int, default=6)
    parser.add_argument("--order", type=Path, help="(the benchmark's own use)")
    given = parser.parse_args()
    if given.order:
        asyncio.run(buy_all(json.loads(given.order.read_text())))
        return
    version = rival_version()
    folder = Path(tempfile.mkdtemp(prefix="callsheet-kills-"))
    print(f"{given.clips} clips; charges and money after kill and rerun; genblaze-core {version}\n")
    print("| | " + " | ".join("no kill" if moment == "none" else moment for moment in MOMENTS) + " |")
    print("|---|" + "---|" * len(MOMENTS))
    try:
        for tool in ("callsheet", "genblaze", "genblaze, checkpoints"):
            results = [experiment(tool, moment, given.clips, folder / tool / moment) for moment in MOMENTS]
            cells = [f"{one.charges} = {one.money:.2f} CNY, {one.seconds:.1f} s" for one in results]
            print(f"| {tool} | {' | '.join(cells)} |", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
