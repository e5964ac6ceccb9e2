"""The rival of benchmarks/kill_and_rerun.py: buys clips with genblaze-core. Runs in .venv-bench.

.venv-bench/bin/python benchmarks/genblaze_buy.py ORDER.json

An adapter for the `sora` dialect in genblaze's typed lifecycle, with everything that its API offers against paying
twice: the retry policy that its manual advises for billed video, its idempotency header, its cache of finished steps
and, where the order asks for `checkpoints`, its hook after a submission, whose job ids the next run resumes.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import httpx
from genblaze_core import Modality, Pipeline
from genblaze_core.exceptions import ProviderError
from genblaze_core.models.asset import Asset
from genblaze_core.models.enums import ProviderErrorCode, StepStatus
from genblaze_core.models.step import Step
from genblaze_core.pipeline.cache import StepCache
from genblaze_core.providers import BaseProvider
from genblaze_core.providers.retry import RetryPolicy, retry_after_from_response
from genblaze_core.runnable.config import RunnableConfig

CODES = {
    401: ProviderErrorCode.AUTH_FAILURE,
    422: ProviderErrorCode.CONTENT_POLICY,
    429: ProviderErrorCode.RATE_LIMIT,
}


class Sora(BaseProvider):
    """A server of the `sora` dialect."""

    name = "sora-dialect"
    IDEMPOTENCY_HEADER_NAME = "Idempotency-Key"

    def __init__(self, url: str, folder: Path) -> None:
        super().__init__(retry_policy=RetryPolicy.conservative())
        self._folder = folder
        self._http = httpx.Client(base_url=url, headers={"Authorization": "Bearer studio"}, timeout=60.0)

    def submit(self, step: Step, config: RunnableConfig | None = None) -> Any:
        headers = self._inject_idempotency_header({"Prefer": "respond-async"}, step)
        body = {"model": step.model, "prompt": step.prompt, **step.params}
        return self._answer(self._http.post("/generate", json=body, headers=headers))["job_id"]

    def poll(self, prediction_id: Any, config: RunnableConfig | None = None) -> bool:
        job = self._answer(self._http.get(f"/jobs/{prediction_id}"))
        self._cache_poll_result(prediction_id, job)
        return job["status"] in ("succeeded", "failed", "cancelled")

    def fetch_output(self, prediction_id: Any, step: Step) -> Step:
        job = self._get_cached_poll_result(prediction_id) or self._answer(self._http.get(f"/jobs/{prediction_id}"))
        if job["status"] != "succeeded":
            raise ProviderError(str(job["error"]), error_code=ProviderErrorCode.UNKNOWN)
        path = self._folder / f"{prediction_id}.mp4"
        digest = hashlib.sha256()
        with self._http.stream("GET", job["result"]["video_url"]) as response, path.open("wb") as file:
            response.raise_for_status()
            for chunk in response.iter_bytes():
                digest.update(chunk)
                file.write(chunk)
        step.assets = [Asset(url=path.as_uri(), media_type="video/mp4", sha256=digest.hexdigest())]
        return step

    @staticmethod
    def _answer(response: httpx.Response) -> Any:
        if response.is_success:
            return response.json()
        server = ProviderErrorCode.SERVER_ERROR if response.is_server_error else ProviderErrorCode.INVALID_INPUT
        raise ProviderError(
            f"HTTP {response.status_code}",
            error_code=CODES.get(response.status_code, server),
            retry_after=retry_after_from_response(response),
        )


async def buy(clip: dict[str, Any], order: dict[str, Any], provider: Sora, home: Path) -> None:
    """One clip: from the cache, resumed at its job, or bought."""
    note = home / "checkpoints" / f"{clip['name']}.json"
    if order["checkpoints"] and note.exists():
        step = Step(provider=provider.name, model="sora-2", prompt=clip["prompt"], modality=Modality.VIDEO)
        step = await Pipeline(clip["name"]).aresume_step(step, json.loads(note.read_text()), provider)
        assert step.status is StepStatus.SUCCEEDED, step.error
        return

    def checkpoint(step_id: str, prediction_id: Any) -> None:
        with note.open("w") as file:
            json.dump(prediction_id, file)
            file.flush()
            os.fsync(file.fileno())

    config = RunnableConfig(timeout=120)
    if order["checkpoints"]:
        config["on_submit"] = checkpoint
    pipeline = Pipeline(clip["name"]).cache(StepCache(home / "cache")).config(config)
    params = {"duration": clip["duration"], "resolution": clip["resolution"]}
    pipeline.step(provider, model="sora-2", prompt=clip["prompt"], modality=Modality.VIDEO, params=params)
    await pipeline.arun(raise_on_failure=True, progress=False)


async def buy_all(order: dict[str, Any]) -> None:
    home = Path(order["home"])
    for folder in ("clips", "checkpoints"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    provider = Sora(order["url"], home / "clips")
    await asyncio.gather(*(buy(clip, order, provider, home) for clip in order["clips"]))


asyncio.run(buy_all(json.loads(Path(sys.argv[1]).read_text())))
