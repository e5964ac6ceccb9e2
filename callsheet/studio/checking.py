"""Consistency checks as jobs of the studio: the clips are measured, the result is a report and no clip.

Of clips that it made itself the studio knows whether somebody is seen in them: those without are not judged by a
character. Of others nothing is known but the picture, and all items are checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from callsheet.features import ConsistencyCheck
from callsheet.studio.origins import shows_somebody


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
    found = judge(shots, request.check_items, absent=_without_anybody([clips[str(url)] for url in request.video_urls]))
    return [{"name": "report", "kind": "report", "seconds": 0, "report": found.model_dump(mode="json")}]


def _without_anybody(clips: Sequence[Path]) -> list[int]:
    """The clips, from 1, whose own order shows nobody. None where fewer than two may show somebody: then it is the
    things in front that are compared.
    """
    seen = [shows_somebody(clip) for clip in clips]
    return [number for number, there in enumerate(seen, 1) if not there] if sum(seen) > 1 else []


def report_of(outputs: list[dict[str, Any]]) -> dict[str, Any]:
    """The report among a job's outputs, as it goes over the wire; `scores` is an addition to the published fields."""
    found = next(output["report"] for output in outputs if output["kind"] == "report")
    return {name: found[name] for name in ("consistency_score", "inconsistent_shots", "scores")}
