"""Storyboards: read from a brief, a table or a script; one sequence; repaired only within what is approved."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callsheet.approval import approve
from callsheet.briefs import load_brief, parse_brief
from callsheet.briefs.shotlist import from_script, from_table
from callsheet.briefs.storyboard import StoryboardBrief
from callsheet.errors import BriefError
from callsheet.features import Sequence
from callsheet.money import price_list
from callsheet.plan import Plan, quote
from callsheet.products import plan_of

FIELDS: dict[str, Any] = {"kind": "storyboard", "name": "Lamp", "language": "en-US"}
SHOTS = [{"description": "a lamp"}, {"description": "a hand", "seconds": 3, "line": "Light."}, {"description": "dark"}]


def plan(**change: Any) -> Plan:
    return plan_of(parse_brief({**FIELDS, "shots": SHOTS, **change}), {}, price_list("sora"))


def test_all_shots_are_one_sequence_cut_with_transitions() -> None:
    made = plan(consistency=["color_consistency"])
    (bought,) = made.purchases
    assert isinstance(bought.request, Sequence)
    assert [shot.duration for shot in bought.request.shots] == [5, 3, 5]
    assert bought.request.maintain_consistency.color_grade
    assert not bought.request.maintain_consistency.characters
    timeline = made.works[0].timeline
    assert timeline.frames == 13 * 30 - 2 * 12
    assert [line.start for line in timeline.lines] == [5 * 30 - 12 + 9]
    assert timeline.caption_languages == ("en-US",)


def test_a_repair_is_quoted_and_bought_only_as_far_as_it_is_approved() -> None:
    plain, made = plan(), plan(repair_budget={"amount": 2.5, "tries": 3})
    assert quote(plain).up_to is None
    assert quote(made).up_to == plain.total.amount + Decimal("2.5")
    assert made.digest != plain.digest != plan(repair_budget={"amount": 2.5, "tries": 2}).digest
    rules: dict[str, Any] = {"rehearsal": False, "budget": None}
    assert approve(made, **rules, up_to=None, auto_below=made.most.amount) == made.most
    assert approve(made, **rules, up_to=None, auto_below=made.total.amount) == made.total
    assert approve(made, **rules, up_to=made.total.amount, auto_below=Decimal(0)) == made.total
    assert approve(made, rehearsal=True, budget=None, up_to=None, auto_below=Decimal(0)) == made.most


@pytest.mark.parametrize(
    ("fields", "shots", "shown"),
    [
        ({}, ["An office in sunlight", "A young designer works", "A screen", "The designer smiles"], (0, 1, 0, 1)),
        ({}, ["办公室全景", "年轻设计师在工作", "软件界面特写", "她合上电脑"], (0, 1, 0, 1)),
        ({}, ["A lamp", "A table"], (1, 1)),
        ({}, ["A lamp", "The shelf", "A woman reads"], (1, 1, 1)),
        ({"characters": "a cat"}, ["A lamp", {"description": "A shelf", "character": False}], (1, 0)),
        ({}, ["A man", "She walks", {"description": "The cellist", "character": True}, "A chord"], (1, 1, 1, 0)),
    ],
)
def test_a_shot_shows_a_character_or_not(fields: dict[str, Any], shots: list[Any], shown: tuple[int, ...]) -> None:
    said = [shot if isinstance(shot, dict) else {"description": shot} for shot in shots]
    brief = parse_brief({"kind": "storyboard", "name": "Film", "shots": said, **fields})
    assert isinstance(brief, StoryboardBrief)
    assert brief.shows_character() == tuple(map(bool, shown))


def test_shots_play_where_their_scene_says() -> None:
    said = [
        {"description": "A lamp", "scene": scene} for scene in ("Kitchen  at night", "kitchen at night", None, "Hall")
    ]
    brief = parse_brief({"kind": "storyboard", "name": "Film", "shots": said})
    assert isinstance(brief, StoryboardBrief)
    assert brief.scenes() == ("kitchen at night", "kitchen at night", "", "hall")


def test_a_table_and_a_script_say_the_same() -> None:
    table = "Seconds,description,scene,camera,line,transition,shot,character\n"
    table += "4s,A lamp.,INT. ROOM - DAY,slow push in,Light.,,,\n"
    table += '6,"A hand, then dark.",INT. ROOM - DAY,,,fade,,yes\n,,INT. ROOM - DAY,,,,reveal,no\n'
    table += "2,The door.,INT. ROOM - DAY,,,,reveal,\n"
    script = """Title: Lamp
Author: nobody

INT. ROOM - DAY

/* struck
out */

A lamp. [[4s]]
> slow push in

NARRATOR (V.O.)
(softly)
Light.

FADE TO:

A hand,
then dark. [[a note]] [[Character: yes]]

[[6s]]

[[shot: reveal]] [[character：no]]

The door. [[2s]]
[[shot: reveal]]
"""
    rows, scenes = from_table(table, "x.csv"), from_script(script, "x.fountain")
    assert [row.line for row in rows] == [2, 3, 4, 5]
    assert [row.line for row in scenes] == [9, 18, 23, 25]

    def plain(fields: dict[str, Any]) -> dict[str, str]:
        return {name: str(value) for name, value in fields.items()}

    assert [plain(row.fields) for row in scenes] == [plain(row.fields) for row in rows]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "what,seconds\nx,1\n", "a.csv:1"),
        ("a.csv", "description,seconds\nx,1\ny,99\n", "a.csv:3 seconds"),
        ("a.csv", "description\nx,1\n", "more cells than columns"),
        ("a.fountain", "A shot.\n\nSMASH CUT TO:\n", "a.fountain:3"),
        ("a.fountain", "NARRATOR\nLight.\n", "no shot before it"),
        ("a.fountain", "", "no shot in it"),
        ("a.fountain", "[[shot: push_inn]]\n", "`library` must be a file that has it"),
        ("a.fountain", "A shot.\n\nA door. [[character: perhaps]]\n", "a.fountain:3 character"),
        ("a.doc", "x", "must end in"),
    ],
)
def test_wrong_files_are_named_by_their_lines(tmp_path: Path, name: str, text: str, words: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "brief.yaml").write_text(f"kind: storyboard\nname: Lamp\nlanguage: en-US\nshots_file: {name}\n")
    with pytest.raises(BriefError) as caught:
        load_brief(tmp_path / "brief.yaml")
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"shots": []}, "either shots or shots_file"),
        ({"shots": [{"description": "a", "voice": "nobody"}]}, "the voice of shot 1"),
        ({"shots": [{"description": "a", "line": "word " * 39}]}, "shots[0].line"),
        ({"repair_budget": {"amount": 0}}, "it must be more than 0"),
    ],
)
def test_what_can_not_be_is_said(change: dict[str, Any], words: str) -> None:
    with pytest.raises(BriefError) as caught:
        plan(**change)
    assert words in caught.value.message


SHOT = st.fixed_dictionaries(
    {"description": st.sampled_from(["a lamp", "a hand"]), "seconds": st.integers(1, 20)},
    optional={"transition": st.sampled_from(["cut", "fade", "wipe"]), "camera": st.just("close")},
)


@settings(max_examples=40, deadline=None)
@given(shots=st.lists(SHOT, min_size=1, max_size=50), length=st.floats(0.1, 2), tier=st.sampled_from(["prototype"]))
def test_any_storyboard_is_a_plan(shots: list[Any], length: float, tier: str) -> None:
    fields = {**FIELDS, "shots": shots, "transition_seconds": length, "tier": tier}
    brief = parse_brief(fields)
    assert isinstance(brief, StoryboardBrief)
    made = plan_of(brief, {}, price_list("sora"))
    assert made.total.amount == sum(purchase.price.amount for purchase in made.purchases)
    assert made.total.amount == Decimal("0.10") * sum(shot["seconds"] for shot in shots)
    assert made.works[0].timeline.clips == made.purchases[0].clips
    assert len(set(made.purchases[0].clips)) == len(shots)
    turned = {**dict(reversed(list(fields.items()))), "shots": [dict(reversed(shot.items())) for shot in shots]}
    assert plan_of(parse_brief(turned), {}, price_list("sora")).digest == made.digest
    assert plan(shots=[*shots[:-1], {**shots[-1], "camera": "wide"}], tier=tier).digest != made.digest
