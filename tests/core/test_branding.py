"""A plan in the clothes of its brand: nothing costs more, and no forbidden word is bought or said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from callsheet.brand import Brand, parse_brand
from callsheet.briefs import load_brief, parse_brief
from callsheet.briefs.files import read_files
from callsheet.errors import BriefError
from callsheet.media.given import Given
from callsheet.money import price_list
from callsheet.plan import Plan
from callsheet.plan.branding import branded
from callsheet.products import plan_of, plan_with
from callsheet.timeline import Shot

BRIEF = {"name": "Lamp", "description": "a brass lamp", "slogan": "Light by Lumo.", "language": "en-US", "duration": 10}
BRIEF |= {"scenarios": ["on a desk"]}


def given(name: str, kind: Any, suffix: str, seconds: float | None) -> Given:
    return Given(name=f"brand-{name}", kind=kind, sha256="a" * 64, suffix=suffix, bytes=10, seconds=seconds)


def plan() -> Plan:
    return plan_of(parse_brief(BRIEF), {}, price_list("sora"))


def brand(**fields: Any) -> Brand:
    return parse_brand({"name": "Lumo", **fields})


def test_a_brand_without_choices_changes_only_the_digest_it_must() -> None:
    dressed = branded(plan(), brand(), {})
    assert dressed.total == plan().total
    assert dressed.purchases == plan().purchases


def test_fragments_stand_in_every_prompt_and_cost_nothing() -> None:
    dressed = branded(plan(), brand(prompt=["brass and teal"]), {})
    requests: list[Any] = [purchase.request for purchase in dressed.purchases]
    assert requests[0].prompt.endswith("brass and teal")
    assert all(shot.prompt.endswith("brass and teal") for shot in requests[1].shots)
    assert dressed.total == plan().total
    assert dressed.digest != plan().digest


def test_opening_ending_logo_and_music() -> None:
    files = {
        "intro": given("intro", "video", ".mp4", 3.0),
        "outro": given("outro", "image", ".png", None),
        "logo": given("logo", "image", ".png", None),
        "music": given("music", "sound", ".wav", 4.0),
    }
    before = plan().works[0].timeline
    after = branded(plan(), brand(look={"accent": "#112233"}), files).works[0].timeline
    assert after.frames == before.frames + 90 + 60
    first, last = after.shots[0], after.shots[-1]
    assert isinstance(first, Shot)
    assert isinstance(last, Shot)
    assert (first.clip, first.hold, last.clip, last.hold) == ("brand-intro", False, "brand-outro", True)
    assert [title.start for title in after.titles] == [title.start + 90 for title in before.titles]
    assert [line.start for line in after.lines] == [line.start + 90 for line in before.lines]
    assert [(mark.image, mark.start, mark.frames) for mark in after.marks] == [("brand-logo", 90, before.frames)]
    assert after.music is None
    assert sum(cue.frames for cue in after.sounds) == after.frames
    assert all(cue.role == "music" and cue.duck for cue in after.sounds)
    assert after.look.accent == "#112233"


def test_words_are_spoken_as_the_brand_says_and_captioned_as_written() -> None:
    line = branded(plan(), brand(pronunciation={"Lumo": "Loo-mo"}), {}).works[0].timeline.lines[0]
    assert (line.text, line.said) == ("Light by Lumo.", "Light by Loo-mo.")


@pytest.mark.parametrize(("word", "field"), [("brass", "close-up.prompt"), ("light", "lines[0]")])
def test_a_forbidden_word_is_refused_with_its_field(word: str, field: str) -> None:
    with pytest.raises(BriefError) as caught:
        branded(plan(), brand(forbidden=[word]), {})
    assert caught.value.faults[0].field == field


def test_the_brand_that_a_brief_names_dresses_its_plan(tmp_path: Path) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(100)
    (tmp_path / "logo.png").write_bytes(picture)
    (tmp_path / "brand.yaml").write_text("name: Lumo\nlogo: logo.png\nstyle: luxury\nprompt: [brass and teal]\n")
    (tmp_path / "brief.yaml").write_text(json.dumps({**BRIEF, "brand": "brand.yaml"}))
    brief = load_brief(tmp_path / "brief.yaml")
    made = plan_with(brief, read_files(brief), price_list("sora"))
    request: Any = made.purchases[0].request
    assert request.style == "luxury"
    assert request.prompt.endswith("brass and teal")
    assert [(one.name, one.kind, one.bytes) for one in made.given] == [("brand-logo", "image", len(picture))]
    (tmp_path / "brand.yaml").write_text("name: Lumo\nforbidden: [brass]\n")
    with pytest.raises(BriefError, match="description: the word 'brass'"):
        plan_with(brief, read_files(brief), price_list("sora"))
