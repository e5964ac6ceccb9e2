"""A studio on a real socket whose renderer does what the prompt says, and a receiver of its callbacks."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callsheet.studio.app import PREFIX, studio_app
from callsheet.studio.callbacks import CallbackPolicy
from callsheet.studio.jobs import Studio
from callsheet.testing import serving

LIMIT = 30.0
KEY = {"Authorization": "Bearer anything"}
ASYNC = {**KEY, "Prefer": "respond-async"}


class Bench:
    """A renderer that writes a few bytes. A prompt with `broken` fails; one with `slow` waits until `go` is set.

    It waits `limit` seconds at most.
    """

    def __init__(self, limit: float = LIMIT) -> None:
        self._limit = limit
        self.begun: list[Any] = []
        self.slow = threading.Semaphore(0)
        self.go = threading.Event()

    def __call__(
        self, request: Any, folder: Path, images: Any, heartbeat: Callable[[float], None], output_path: Any
    ) -> list[dict[str, Any]]:
        self.begun.append(request)
        words = str(getattr(request, "prompt", ""))
        if "broken" in words:
            raise ZeroDivisionError("the lamp is broken")
        if "slow" in words:
            self.slow.release()
            deadline = time.monotonic() + self._limit
            while not self.go.wait(0.01) and time.monotonic() < deadline:
                heartbeat(0.5)
        (folder / "video.mp4").write_text(f"a clip of {request.model_dump_json()}")
        return [{"name": "video.mp4", "kind": "video", "seconds": request.billed()[0][1]}]

    def wait_for_slow(self) -> None:
        """Until one more slow order is being rendered."""
        assert self.slow.acquire(timeout=LIMIT)

    @property
    def prompts(self) -> list[str]:
        return [request.prompt for request in self.begun]


class Served:
    """A studio, its address and a client of it."""

    def __init__(self, studio: Studio, address: str, client: httpx.Client) -> None:
        self.studio, self.address, self.client = studio, address, client

    def post(self, path: str, body: Any = None, headers: Any = None, **content: Any) -> httpx.Response:
        if body is not None:
            content["json"] = body
        return self.client.post(f"{PREFIX}{path}", headers=headers or KEY, **content)

    def job(self, job_id: str, method: str = "GET") -> Any:
        return self.client.request(method, f"{PREFIX}/jobs/{job_id}", headers=KEY).json()

    def ended(self, job_id: str) -> Any:
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            job = self.job(job_id)
            if job["status"] not in ("queued", "running"):
                return job
        raise TimeoutError(job_id)

    def order(self, path: str, body: Any, headers: Any = None) -> Any:
        """An accepted order's job."""
        response = self.post(path, body, headers or ASYNC)
        assert response.status_code == 202, response.text
        return response.json()

    @property
    def lines(self) -> list[tuple[Decimal, str]]:
        """Amount and reason of each line of the books."""
        return [(amount, reason) for _, amount, reason in self.studio.books.charges()]


@contextlib.contextmanager
def serve(
    home: Path, renderer: Any = None, *, callbacks: CallbackPolicy | None = None, **options: Any
) -> Iterator[Served]:
    """A studio on a free port, stopped as a studio is that is asked to end."""
    studio = Studio(home, renderer=renderer or Bench(), callbacks=callbacks)
    with (
        serving(studio_app(studio, serve=True, **options)) as address,
        httpx.Client(base_url=address, timeout=LIMIT, trust_env=False) as client,
    ):
        yield Served(studio, address, client)


def error(response: httpx.Response) -> tuple[int, str, str | None]:
    body = response.json()["error"]
    return response.status_code, body["code"], body["param"]


class Receiver:
    """Takes POSTs and answers them one after the other with `answers`, then with 204. An answer may be a wait."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self._change = threading.Condition()
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.app = Starlette(routes=[Route("/{path:path}", self._receive, methods=["POST", "GET"])])

    async def _receive(self, request: Request) -> Response:
        body = await request.body()
        with self._change:
            answer = self._answers.pop(0) if self._answers else 204
            self.got.append((dict(request.headers), body))
            self._change.notify_all()
        if not isinstance(answer, Response) and callable(answer):
            answer = await answer()
        return answer if isinstance(answer, Response) else Response(status_code=int(answer))

    def wait(self, count: int) -> list[tuple[dict[str, str], bytes]]:
        """The first `count` requests, when that many have come."""
        with self._change:
            assert self._change.wait_for(lambda: len(self.got) >= count, LIMIT), self.got
        return self.got[:count]

    @contextlib.contextmanager
    def served(self) -> Iterator[str]:
        with serving(self.app) as address:
            yield address
