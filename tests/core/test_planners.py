"""What all five planners keep: every field of a brief that matters is in the digest, and nothing else is.

A field that is added to a brief has to be put on one side or the other here.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.briefs import parse_brief
from callsheet.briefs.load import KINDS
from callsheet.ledger.order import orders_of
from callsheet.media.images import Media
from callsheet.money import price_list
from callsheet.plan import Plan
from callsheet.products import plan_of

SCRIPT = (
    "The sun warms the sea. Water rises into the air. Clouds form there.",
    "Small drops become large ones. They fall as rain. The rain feeds rivers.",
    "Rivers run to the sea. There it begins again. Thank you for watching.",
)
CHAPTERS = [{"title": f"Part {n}", "script": text} for n, text in enumerate(SCRIPT, 1)]
CHINESE = (
    "太阳把海水晒暖。水升到空中。那里长出云。小水滴变成大水滴。它们成为雨落下。"
    "雨喂饱河流。河流进大海。一切重新开始。谢谢观看。"
)
SHOT = {"description": "a lamp", "seconds": 4, "line": "Light.", "camera": "close", "scene": "a desk"}

BASES: dict[str, dict[str, Any]] = {
    "marketing": {"description": "a lamp", "product_images": ["a.jpg"], "scenarios": ["a desk"], "slogan": "Light."},
    "course": {"duration": 60, "chapters": CHAPTERS, "translations": {"zh-CN": CHINESE},
               "key_concepts": [{"name": "rain", "description": "Rain on a lake"}]},
    "matrix": {"message": "Light.", "call_to_action": "Now", "audience": "readers",
               "cells": [{"platform": "tiktok", "seconds": 15}, {"platform": "wechat_channels", "seconds": 20}]},
    "variants": {"description": "a lamp", "hook": "Dark?", "variations": [{}, {"style": "modern"}]},
    "storyboard": {"shots": [SHOT, {**SHOT, "line": None}], "reference_image": "a.jpg"},
}  # fmt: skip
EVERYWHERE = {
    "name": "Lantern",
    "language": "zh-CN",
    "tier": "social",
    "takes": {"*": 2},
    "ai_label": True,
    "style_text": "brass and warm light",
}
MATTERS: dict[str, dict[str, Any]] = {
    "marketing": {"description": "a lantern", "product_images": ["b.jpg"], "scenarios": ["a shelf"], "slogan": "Dark.",
                  "voice": "male", "music_mood": "calm", "duration": 18, "aspect": "1:1", "style": "luxury",
                  "platforms": ["tiktok"]},
    "course": {"script": "\n".join(f"# New {n}\n{text}" for n, text in enumerate(SCRIPT, 1)), "voice": "male",
               "chapters": [{**CHAPTERS[0], "title": "New"}, *CHAPTERS[1:]], "duration": 61, "style": "clean",
               "key_concepts": [{"name": "rain", "description": "Rain on a roof"}], "instructor": "a robot",
               "music_mood": "calm", "translations": {}, "dubbed": ["zh-CN"], "platforms": ["youtube"]},
    "matrix": {"message": "Dark.", "audience": "cats", "call_to_action": "Soon", "sharing": "none", "voice": "male",
               "cells": [{"platform": "tiktok", "seconds": 15, "manner": "fast"}], "music_mood": "calm",
               "style": "luxury", "languages": ["zh-CN"], "translations": {"zh-CN": {"message": "光明"}}},
    "variants": {"description": "a lantern", "action": "it glows", "scene": "a desk", "camera": "close", "hook": "No?",
                 "slogan": "Yes.", "call_to_action": "Now", "voice": "male", "music_mood": "calm", "style": "luxury",
                 "color_tone": "warm", "seconds": 12, "aspect": "1:1", "platforms": ["tiktok"],
                 "opening": {"description": "night"}, "ending": {"description": "day"},
                 "variations": [{}, {"style": "tech"}], "axes": {"style": ["modern", "tech", "clean"]}},
    "storyboard": {"characters": "a cat", "shots": [SHOT, SHOT], "shot_seconds": 6, "reference_image": "b.jpg",
                   "consistency": ["color_consistency"], "repair_budget": {"amount": 2}, "transition": "fade",
                   "transition_seconds": 0.6, "voice": "male", "music_mood": "tech", "style": "luxury",
                   "closing": "The end", "aspect": "1:1", "platforms": ["tiktok"]},
}  # fmt: skip
NOTHING = {"brand", "provider", "model", "campaign", "budget", "campaign_budget", "day_budget", "month_budget"}
"""Who pays, and who makes it: not the plan's. A brand is tried in test_branding.py."""
ELSEWHERE = {"kind", "library", "named_style", "script_file", "shots_file", "combine"}
"""Names the planner, is read as another field, or says what `axes` mean."""
FILES = {name: Media(sha256=f"{n:064x}", media_type="image/jpeg", bytes=9) for n, name in enumerate(("a.jpg", "b.jpg"))}


def fields(kind: str, **change: Any) -> dict[str, Any]:
    base = {"kind": kind, "name": "Lamp", "language": "en-US", "tier": "prototype", **BASES[kind], **change}
    if "script" in change:
        del base["chapters"]
    if kind == "matrix" and {"languages", "translations"} & set(change):
        base = {"languages": ["zh-CN"], "translations": {"zh-CN": {"message": "光"}}, **base}
    if "axes" in change:
        del base["variations"]
    if "shot_seconds" in change:
        base["shots"] = [{"description": "a lamp"}]
    if change.get("language") == "zh-CN" and kind == "course":
        base |= {"key_concepts": [{"name": "雨", "description": "雨"}], "translations": {}}
        base["chapters"] = [{"title": t, "script": s + "。"} for t, s in zip("一二三", _thirds(CHINESE), strict=True)]
    return base


def _thirds(text: str) -> list[str]:
    sentences = text.strip("。").split("。")
    return ["。".join(sentences[n : n + 3]) for n in (0, 3, 6)]


def planned(**said: Any) -> Plan:
    return plan_of(parse_brief(said), FILES, price_list("sora"))


def changes() -> list[tuple[str, str, Any]]:
    return [(kind, field, value) for kind in BASES for field, value in {**EVERYWHERE, **MATTERS[kind]}.items()]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_field_of_a_brief_is_on_one_side(kind: str) -> None:
    there = set(KINDS[kind].model_fields) - ELSEWHERE
    assert there == set(EVERYWHERE) | set(MATTERS[kind]) | NOTHING


@pytest.mark.parametrize(("kind", "field", "value"), changes())
def test_a_field_that_matters_makes_another_plan(kind: str, field: str, value: Any) -> None:
    before = fields(kind)
    if field == "shot_seconds":
        before["shots"] = [{"description": "a lamp"}]
    plain = planned(**before)
    if field == "takes":
        value = {plain.purchases[0].clips[0]: 2}
    if (kind, field) == ("matrix", "translations"):
        plain = planned(**fields(kind, languages=["zh-CN"]))
    if field == "dubbed":
        assert planned(**before, dubbed=[]).digest == plain.digest
    assert planned(**fields(kind, **{field: value})).digest != plain.digest


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_who_pays_and_who_makes_it_is_no_part_of_a_plan(kind: str) -> None:
    money = {name: "9" for name in NOTHING if name.endswith("budget")}
    other = {**money, "campaign": "spring", "provider": "sora", "model": "sora-2-pro"}
    assert planned(**fields(kind), **other).digest == planned(**fields(kind)).digest


@given(kind=st.sampled_from(sorted(KINDS)), tier=st.sampled_from(["prototype", "social", "broadcast"]), data=st.data())
def test_any_combination_of_changes_is_a_plan_that_adds_up(kind: str, tier: str, data: Any) -> None:
    """Each shot is bought once and shown, no part is longer than one generation, and the price is its lines'."""
    alone = {"language", "takes", "script", "dubbed", "translations", "axes", "shot_seconds"}
    names = data.draw(st.sets(st.sampled_from(sorted(set(MATTERS[kind]) - alone))))
    plan = planned(**fields(kind, **{name: MATTERS[kind][name] for name in names}, tier=tier))
    assert plan.total.amount == sum(purchase.price.amount for purchase in plan.purchases)
    assert all(1 <= seconds <= 20 for purchase in plan.purchases for _, seconds in purchase.request.billed())
    bought = [clip for purchase in plan.purchases for clip in purchase.clips]
    assert len(set(bought)) == len(bought) and plan.shown == set(bought)
    assert len({order.key("studio") for order in orders_of(plan, "p", cap=plan.total)}) == len(plan.purchases)
    turned = dict(reversed(list(fields(kind, **{name: MATTERS[kind][name] for name in names}, tier=tier).items())))
    assert planned(**turned).digest == plan.digest
