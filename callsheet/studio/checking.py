"""Consistency checks as jobs of the studio: the clips are measured, the result is a report and no clip."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from callsheet.features import ConsistencyCheck


def check(
    request: ConsistencyCheck, clips: Mapping[str, Path], heartbeat: Callable[[float], None]
) -> list[dict[str, Any]]:
    """The report as the only output. `clips` are the files of the order's addresses; `heartbeat` may end the check.

    Raises `MediaError` for a clip that can't be decoded.
    """
    from callsheet.media.consistency import judge
    from callsheet.media.consistency.describe import describe
    from callsheet.media.consistency.sampling import sample

    shots = []
    for number, url in enumerate(request.video_urls):
        heartbeat(number / (len(request.video_urls) + 1))
        shots.append(describe(sample(clips[str(url)])))
    found = judge(shots, request.check_items)
    return [{"name": "report", "kind": "report", "seconds": 0, "report": found.model_dump(mode="json")}]


def report_of(outputs: list[dict[str, Any]]) -> dict[str, Any]:
    """The report among a job's outputs, as it goes over the wire; `scores` is an addition to the published fields."""
    found = next(output["report"] for output in outputs if output["kind"] == "report")
    return {name: found[name] for name in ("consistency_score", "inconsistent_shots", "scores")}
