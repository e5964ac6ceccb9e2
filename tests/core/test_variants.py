"""Variants of a test: each picture is bought once, words cost nothing, and the key tells which variant is which."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callsheet.briefs import parse_brief
from callsheet.briefs.combining import pairwise
from callsheet.briefs.variants import VariantsBrief
from callsheet.errors import BriefError
from callsheet.features import VariantsBatch
from callsheet.features.batches import ordered_items
from callsheet.ledger.order import Order
from callsheet.money import price_list
from callsheet.plan import Plan
from callsheet.plan.lowering import lower
from callsheet.products import plan_of
from callsheet.provider.catalogue import catalogue_entry
from callsheet.timeline import Shot

LOOKS = [{"style": "modern", "color_tone": "cool"}, {"style": "vintage", "color_tone": "warm"}]
FIELDS: dict[str, Any] = {
    "kind": "variants", "name": "Car", "description": "a car on city roads", "language": "en-US", "variations": LOOKS,
}  # fmt: skip


def plan(**change: Any) -> Plan:
    return plan_of(parse_brief({**FIELDS, **change}), {}, price_list("sora"))


def test_the_pictures_are_one_batch_and_words_cost_nothing() -> None:
    made = plan(hook="Quiet.", variations=[*LOOKS, {**LOOKS[0], "hook": "Loud."}, {**LOOKS[0], "voice": "male"}])
    (batch,) = made.purchases
    assert isinstance(batch.request, VariantsBatch)
    assert batch.request.asynchronous
    assert [dict(one) for one in batch.request.variations] == LOOKS
    assert made.total.amount == Decimal("18.00")  # two looks of 15 s at 1080p
    assert [work.id for work in made.works][:3] == [
        "v01-modern-cool-hook1-female", "v02-vintage-warm-hook1-female", "v03-modern-cool-hook2-female",
    ]  # fmt: skip
    assert made.works[2].variant["hook"] == "Loud."
    assert made.works[2].folder == made.works[2].variant["key"]


def test_shared_shots_are_bought_once() -> None:
    made = plan(ending={"description": "the car at rest", "seconds": 3})
    assert [purchase.id for purchase in made.purchases] == ["ending", "pictures"]
    assert all(work.timeline.shots[-1].clip == "ending" and work.timeline.seconds == 15 for work in made.works)


def test_another_take_of_one_picture_leaves_the_batch_as_it_was() -> None:
    first, second = plan(), plan(takes={"modern-cool-shot-1": 2})
    assert first.purchases[0].request == second.purchases[0].request
    assert second.purchases[0].clips == ("modern-cool-shot-1-take-1", "vintage-warm-shot-1")
    assert second.purchases[1].request == ordered_items(first.purchases[0].request)[0].model_copy(update={"seed": 2})  # type: ignore[arg-type]
    entry = catalogue_entry("studio").model_copy(update={"features": ("text_to_video",)})
    lowered = lower(second, entry, price_list("sora")).plan
    assert [purchase.clips for purchase in lowered.purchases] == [("vintage-warm-shot-1",), ("modern-cool-shot-1",)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"variations": []}, "either variations or axes must be given"),
        ({"variations": [{}, {"voice": "male"}]}, "number 2 is the same work as number 1"),
        ({"variations": [], "axes": {"style": ["modern", "tech"] * 4, "seconds": list(range(5, 17)),
                                     "hook": list("abcdefgh")}}, "192 works, at most 64"),
        ({"variations": [{"voice": "nobody"}]}, "[0].voice is 'nobody'"),
        ({"hook": "word " * 39, "seconds": 5}, "are spoken, and v01"),
        ({"ending": {"description": "x", "seconds": 10}, "seconds": 11}, "are shared by all variants"),
        ({"takes": {"close-up": 2}}, "it must be one of"),
    ],
)  # fmt: skip
def test_what_can_not_be_is_said(change: dict[str, Any], words: str) -> None:
    with pytest.raises(BriefError) as caught:
        plan(**change)
    assert words in caught.value.message


VARIATION = st.fixed_dictionaries(
    {},
    optional={
        "style": st.sampled_from(["modern", "vintage", "tech"]),
        "color_tone": st.sampled_from(["cool", "warm", "霓虹"]),
        "hook": st.sampled_from(["One.", "Two."]),
        "seconds": st.integers(8, 60),
        "music_mood": st.sampled_from(["calm", "tech"]),
    },
)


@settings(max_examples=40, deadline=None)
@given(
    variations=st.lists(VARIATION, min_size=1, max_size=6, unique_by=lambda one: json.dumps(one, sort_keys=True)),
    tier=st.sampled_from(["prototype", "professional"]),
    ending=st.sampled_from([None, {"description": "the end", "seconds": 3}]),
)
def test_any_test_is_covered_exactly_and_buys_nothing_twice(variations: list[Any], tier: str, ending: Any) -> None:
    fields = {**FIELDS, "variations": variations, "tier": tier, "ending": ending, "hook": "Base."}
    brief = parse_brief(fields)
    assert isinstance(brief, VariantsBrief)
    made = plan_of(brief, {}, price_list("sora"))
    lengths = {clip: s for p in made.purchases for clip, (_, s) in zip(p.clips, p.request.billed(), strict=True)}
    assert all(1 <= seconds <= 20 for seconds in lengths.values())
    assert made.total.amount == sum(purchase.price.amount for purchase in made.purchases)
    assert made.shown == set(lengths)
    items = [item for p in made.purchases if isinstance(p.request, VariantsBatch) for item in ordered_items(p.request)]
    assert len({item.model_dump_json() for item in items}) == len(items)
    assert len({Order(purchase=p, production_id="p", tier=tier).key("s") for p in made.purchases}) == len(
        made.purchases
    )
    for work, one in zip(made.works, variations, strict=True):
        assert work.timeline.seconds == one.get("seconds", 15)
        for shot in work.timeline.shots:
            assert isinstance(shot, Shot)
            assert shot.source_in + shot.frames <= lengths[shot.clip] * work.timeline.fps
    turned = {**dict(reversed(list(fields.items()))), "variations": [dict(reversed(v.items())) for v in variations]}
    assert plan_of(parse_brief(turned), {}, price_list("sora")).digest == made.digest
    assert plan(**{**fields, "slogan": "More."}).digest != made.digest


@given(st.lists(st.integers(2, 4), min_size=2, max_size=5))
def test_pairwise_has_every_pair_and_is_the_same_every_time(sizes: list[int]) -> None:
    axes = {f"axis{n}": list(range(size)) for n, size in enumerate(sizes)}
    rows = pairwise(axes)
    assert rows == pairwise(axes)
    for one, two in combinations(axes, 2):
        assert {(row[one], row[two]) for row in rows} == {(a, b) for a in axes[one] for b in axes[two]}
