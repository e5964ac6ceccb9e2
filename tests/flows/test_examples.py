"""The examples, made from brief to manifest at prototype tier: what was quoted is charged, and nothing failed.

All forty are made by `make examples`. The suite makes two, as a cut costs processor time and other tests make the first
advertisement, a course and a matrix. Pictures are flat colours that a bar moves across, of a quarter of the size, and a
tone stands for the voice.
"""

from __future__ import annotations

import asyncio
import functools
import os
from decimal import Decimal
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from callsheet.briefs import load_brief
from callsheet.briefs.files import read_files
from callsheet.media.probe import probe
from callsheet.media.speech import kokoro
from callsheet.money import price_list
from callsheet.production import outcome_of
from callsheet.products import plan_with
from callsheet.studio import jobs
from callsheet.studio.books import Books
from callsheet.studio.jobs import Studio
from callsheet.testing import flat_renderer
from tests.flows.test_course_video import synthesise

EXAMPLES = Path(__file__).parents[2] / "examples"
ALL = sorted(str(path.relative_to(EXAMPLES)) for path in EXAMPLES.rglob("*.yaml"))
SOME = ["prototype/variants-en.yaml", "prototype/storyboard-zh.yaml"]
PACE = {"zh-CN": (0.05, 0.7), "en-US": (0.06, 0.4)}
"""Seconds of a phoneme, and of what a sentence has more: the scripts were written to be spoken at about that pace."""
MADE = ALL if os.environ.get("CALLSHEET_TEST_BRIEFS") == "all" else SOME


def test_there_is_one_of_each_kind_tier_and_language() -> None:
    """And each has a price at its own tier."""
    found = [load_brief(EXAMPLES / name) for name in ALL]
    kinds = {kind.name for kind in entry_points(group="callsheet.products")}
    tiers, languages = ("prototype", "social", "professional", "broadcast"), ("zh-CN", "en-US")
    wanted = {(kind, tier, language) for kind in kinds for tier in tiers for language in languages}
    assert {(brief.kind, brief.tier, brief.language) for brief in found} == wanted
    for brief in found:
        assert plan_with(brief, read_files(brief), price_list("sora")).total.amount > 0


@pytest.mark.parametrize("name", MADE)
def test_it_is_made(name: str, prefect_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLSHEET_HOME", str(tmp_path))
    brief = load_brief(EXAMPLES / name).model_copy(update={"tier": "prototype"})
    each, more = PACE[brief.language]
    monkeypatch.setattr(kokoro, "synthesise", functools.partial(synthesise, each=each, more=more))
    monkeypatch.setattr(jobs, "Studio", functools.partial(Studio, renderer=flat_renderer(4, moving=True)))
    plan = plan_with(brief, read_files(brief), price_list("sora"))
    [product] = entry_points(group="callsheet.products", name=brief.kind)
    made = outcome_of(asyncio.run(product.load()(brief=brief)))
    assert made.failed == ()
    assert [manifest.work for manifest in made.manifests] == [work.id for work in plan.works]
    books = Books(tmp_path / "studio" / "books.sqlite")
    further = sum((one.charged for one in made.manifests[0].consistency.further_takes), Decimal(0)) if (
        made.manifests[0].consistency
    ) else Decimal(0)  # fmt: skip
    assert books.charged() == plan.total.amount + further
    folder = tmp_path / "bucket" / made.production_id
    assert (folder / "review.html").stat().st_size > 10_000
    for manifest, work in zip(made.manifests, plan.works, strict=True):
        assert probe(folder / work.folder / "master.mp4").frames == work.timeline.frames
        assert [report.passed for report in manifest.checks] == [True] * len(work.platforms)
