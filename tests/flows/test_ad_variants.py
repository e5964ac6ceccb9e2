"""An A/B test from brief to comparison: one picture that fails stops only its own variant; words buy nothing."""

from __future__ import annotations

import asyncio
import csv
import functools
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
from PIL import Image

from callsheet.briefs import parse_brief
from callsheet.cli.report import deliver
from callsheet.desk import open_desk
from callsheet.manifest import beside
from callsheet.money import price_list
from callsheet.production import Outcome, Production, conclude, outcome_of
from callsheet.products import plan_of
from callsheet.review.content import content
from callsheet.settings import settings_from_environment
from callsheet.studio import jobs
from callsheet.studio.books import Books
from callsheet.studio.jobs import Studio
from callsheet.testing import flat_renderer

BRIEF: dict[str, Any] = {
    "kind": "variants",
    "name": "台灯",
    "description": "a brass lamp",
    "language": "en-US",
    "tier": "prototype",
    "seconds": 3,
    "aspect": "16:9",
    "hook": "Light.",
    "call_to_action": "立即了解",
    "variations": [
        {"style": "modern", "color_tone": "cool"},
        {"style": "modern", "color_tone": "cool", "hook": "More light."},
        {"style": "vintage", "color_tone": "gore"},
    ],
}


def test_a_picture_that_fails_stops_only_its_own_variant(
    prefect_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.ad_variants import ad_variants

    monkeypatch.setenv("CALLSHEET_HOME", str(tmp_path))
    monkeypatch.setattr(jobs, "Studio", functools.partial(Studio, renderer=flat_renderer(2)))
    made = outcome_of(asyncio.run(ad_variants(brief=cast(Any, parse_brief(BRIEF)))))
    keys = ["v01-modern-cool-hook1", "v02-modern-cool-hook2", "v03-vintage-gore-hook1"]
    assert [manifest.work for manifest in made.manifests] == keys[:2]
    assert [failed.work for failed in made.failed] == keys[2:]
    assert "vintage-gore-shot-1 failed at the provider" in made.failed[0].error
    assert made.manifests[1].variant["hook"] == "More light."
    assert [one.feature for one in made.manifests[0].purchases] == ["variants_batch"]
    assert Books(tmp_path / "studio" / "books.sqlite").charged() == Decimal("0.30")  # what failed is given back

    folder = tmp_path / "bucket" / made.production_id
    with (folder / "comparison.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["variant"], row["published"]) for row in rows] == list(zip(keys, ["yes", "yes", "no"], strict=True))
    with Image.open(folder / "comparison.jpg") as sheet:
        assert sheet.height > 3 * 100
    page = content(plan_of(parse_brief(BRIEF), {}, price_list("sora")), made.production_id, made.manifests)
    assert page["money"]["shared"] == "0.30 CNY"  # two variants show one picture
    assert [shot["retake"] for shot in page["shots"]] == ["modern-cool-shot-1", "vintage-gore-shot-1"]
    # A run killed before its comparison leaves none: whoever concludes for it writes it.
    before = (folder / "comparison.csv").read_bytes()
    (folder / "comparison.csv").unlink()
    out = tmp_path / "out"
    asyncio.run(fetched(made, out))
    assert {path.name for path in out.iterdir()} == {*keys[:2], *beside(made.manifests), "review.html"}
    assert (out / "comparison.csv").read_bytes() == (folder / "comparison.csv").read_bytes() == before


async def fetched(made: Outcome, out: Path) -> None:
    """What `callsheet make --out` does with a production that is there."""
    plan = plan_of(parse_brief(BRIEF), {}, price_list("sora"))
    async with open_desk(settings_from_environment()) as desk:
        production = Production(plan, desk)
        await conclude(production, made.manifests, made.failed)
        await deliver(production, made.manifests, out)
