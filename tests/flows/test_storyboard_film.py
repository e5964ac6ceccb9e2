"""A storyboard from its file to a film: measured, repaired within its budget, and recorded."""

from __future__ import annotations

import asyncio
import functools
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest

from callsheet import repair as repairing
from callsheet.briefs import load_brief
from callsheet.ledger.assets import Asset
from callsheet.manifest import Manifest
from callsheet.media.consistency import Consistency, Scores, ShotScores
from callsheet.studio import jobs
from callsheet.studio.jobs import Studio
from callsheet.testing import flat_renderer

SCRIPT = """INT. ROOM - DAY

A lamp. [[2s]]

NARRATOR
Light.

A hand. [[2s]]
"""
BRIEF = """kind: storyboard
name: Lamp
language: en-US
tier: prototype
shots_file: lamp.fountain
transition_seconds: 0.2
repair_budget: {amount: 0.5, tries: 1}
"""


def second_fits_when_bought_again() -> Any:
    """A measure that finds the second shot wrong until another take of it is there."""
    seen: list[str] = []

    async def measure(assets: list[Asset], desk: Any, items: Any, absent: Any, scenes: Any) -> Consistency:
        assert list(absent) == []
        assert len(scenes) == len(assets)
        own = [asset.sha256 for asset in assets]
        seen.extend(own[1:] if not seen else [])
        scores = [0.95, 0.5 if own[1] == seen[0] else 0.9]
        return Consistency(
            consistency_score=min(scores),
            inconsistent_shots=tuple(n for n, score in enumerate(scores, 1) if score < 0.85),
            scores=Scores(
                items={},
                shots=tuple(ShotScores(shot=n, items={"color_consistency": s}) for n, s in enumerate(scores, 1)),
                pairs=(),
            ),
        )

    return measure


def test_a_shot_that_does_not_fit_is_bought_again_and_all_of_it_recorded(
    prefect_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.storyboard_film import storyboard_film
    from tasks import check_consistency

    monkeypatch.setenv("CALLSHEET_HOME", str(tmp_path))
    monkeypatch.setattr(jobs, "Studio", functools.partial(Studio, renderer=flat_renderer(2)))
    measure = second_fits_when_bought_again()
    monkeypatch.setattr(repairing, "measure", measure)
    monkeypatch.setitem(check_consistency.fn.__globals__, "measure", measure)
    (tmp_path / "lamp.fountain").write_text(SCRIPT)
    (tmp_path / "brief.yaml").write_text(BRIEF)
    made = Manifest.model_validate(asyncio.run(storyboard_film(brief=cast(Any, load_brief(tmp_path / "brief.yaml")))))
    assert made.consistency is not None
    assert made.consistency.before.inconsistent_shots == (2,)
    assert made.consistency.after.inconsistent_shots == ()
    assert [(one.purchase, one.take, one.kept) for one in made.consistency.further_takes] == [("shot-2", 2, True)]
    names = {one.id: [clip.clip for clip in one.clips] for one in made.purchases}
    assert names == {"storyboard": ["shot-1", "shot-2-take-1"], "shot-2": ["shot-2"]}
    assert made.cost.charged == Decimal("0.60")
    assert (tmp_path / "bucket" / made.production_id / "captions" / "en-US.srt").is_file()
    assert made.timeline.frames == 4 * 30 - 6
