"""In which order the studio renders what waits."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from callsheet.features import REQUEST
from callsheet.studio import jobs
from callsheet.studio.jobs import Studio

LIMIT = 30.0


@pytest.mark.parametrize("runners", [1, 2])
async def test_of_the_orders_of_one_moment_the_dearest_is_begun_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runners: int
) -> None:
    monkeypatch.setattr(jobs, "RUNNERS", runners)
    begun: list[int] = []

    def note(request: Any, *_: Any) -> list[Any]:
        begun.append(request.duration)
        return []

    studio = Studio(tmp_path, renderer=note)
    await studio.start()
    order = [studio.books.accept(**_order(seconds))[0] for seconds in (5, 20, 10, 15)]
    for job in order:
        studio.take(job)
    ended = [await studio.ended(job.job_id, LIMIT) for job in order]
    assert [job.status for job in ended if job] == ["succeeded"] * 4
    assert sorted(begun) == [5, 10, 15, 20]
    assert set(begun[:runners]) == set([20, 15][:runners])
    await studio.stop()


async def test_a_cancelled_wait_gives_its_turn_to_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "RUNNERS", 1)
    studio = Studio(tmp_path, renderer=lambda *_: [])
    await studio.start()
    dear, cheap = (studio.books.accept(**_order(seconds))[0] for seconds in (20, 5))
    for job in (dear, cheap):
        studio.take(job)
    studio._tasks[dear.job_id].cancel()
    ended = await studio.ended(cheap.job_id, LIMIT)
    assert ended is not None
    assert ended.status == "succeeded"
    await studio.stop()


def _order(seconds: int) -> dict[str, Any]:
    request = REQUEST.validate_python(
        {"feature": "text_to_video", "prompt": "a lamp", "resolution": "480p", "duration": seconds}
    )
    return {
        "key": f"k{seconds}",
        "body_digest": f"d{seconds}",
        "feature": "text_to_video",
        "request": request.model_dump(mode="json", by_alias=True),
        "cost": Decimal(seconds) / 10,
    }
