"""The content matrix: cells are covered exactly, shots are shared as far as is allowed, and none is bought twice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.briefs import parse_brief
from callsheet.briefs.matrix import MatrixBrief
from callsheet.errors import BriefError
from callsheet.features import ImageToVideo
from callsheet.ledger.order import Order
from callsheet.money import price_list
from callsheet.plan import Plan
from callsheet.platforms import platforms
from callsheet.products import plan_of
from callsheet.timeline import Shot

FIELDS: dict[str, Any] = {"kind": "matrix", "name": "Lamp", "message": "Light, kept simple.", "language": "en-US"}


def plan(**change: Any) -> Plan:
    return plan_of(parse_brief({**FIELDS, **change}), {}, price_list("sora"))


def bought(made: Plan) -> int:
    return sum(seconds for purchase in made.purchases for _, seconds in purchase.request.billed())


def test_the_usual_cells_by_the_contract() -> None:
    made = plan()
    assert [(work.id, work.timeline.seconds, work.platforms) for work in made.works] == [
        ("tiktok", 15, ("tiktok",)),
        ("instagram-feed", 30, ("instagram_feed",)),
        ("youtube-shorts", 60, ("youtube_shorts",)),
        ("wechat-channels", 60, ("wechat_channels",)),
    ]
    sizes = {
        name: (platforms()[name].width, platforms()[name].height) for work in made.works for name in work.platforms
    }
    assert list(sizes.values()) == [(1080, 1920), (1080, 1350), (1080, 1920), (1080, 1080)]


@pytest.mark.parametrize(("sharing", "price"), [("none", "99.00"), ("aspect", "90.00"), ("full", "36.00")])
def test_what_each_choice_costs(sharing: str, price: str) -> None:
    assert plan(sharing=sharing).total.amount == Decimal(price)


def test_sharing_all_costs_at_most_45_percent_of_buying_each_cell_alone() -> None:
    alone = sum(
        (plan(cells=[{"platform": work.platforms[0], "seconds": int(work.timeline.seconds)}]).total.amount
         for work in plan().works), Decimal(0))  # fmt: skip
    assert alone == plan(sharing="none").total.amount
    assert plan(sharing="full").total.amount / alone <= Decimal("0.45")


def test_transitions_are_based_on_the_key_shot_before_them() -> None:
    made = plan()
    for before, purchase in zip(made.purchases, made.purchases[1:], strict=False):
        if isinstance(purchase.request, ImageToVideo):
            assert purchase.basis is not None
            assert purchase.basis.clip == before.clips[0]
            assert purchase.request.image == purchase.basis.to_come()


def test_a_further_language_buys_nothing_more() -> None:
    one = plan()
    words = {"message": "简单的光", "call_to_action": "立即了解"}
    two = plan(languages=["zh-CN"], translations={"zh-CN": words})
    assert two.total == one.total
    assert [work.id for work in two.works][4:] == [f"{work.id}-zh" for work in one.works]
    assert {work.language for work in two.works[4:]} == {"zh-CN"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"cells": [{"platform": "myspace", "seconds": 15}]}, "cells[0].platform"),
        ({"cells": []}, "cells"),
        ({"message": "word " * 39, "cells": [{"platform": "tiktok", "seconds": 5}]}, "message"),
        ({"sharing": "some"}, "sharing"),
        ({"languages": ["en-US"]}, "languages"),
        ({"takes": {"close-up": 2}}, "takes.close-up"),
    ],
)
def test_what_can_not_be_is_one_line_naming_the_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(BriefError) as caught:
        plan(**change)
    assert [fault.field for fault in caught.value.faults] == [field]


def test_another_take_of_a_key_shot_is_another_purchase() -> None:
    first, second = plan(), plan(takes={"shared-key-1": 2})
    assert first.digest != second.digest
    assert [a.request != b.request for a, b in zip(first.purchases, second.purchases, strict=True)] == [True] + [
        False
    ] * 7


CELLS = st.builds(
    lambda platform, seconds, manner, style: {
        "platform": platform,
        "seconds": seconds,
        "manner": manner,
        "style": style,
    },
    st.sampled_from(sorted(platforms())),
    st.integers(5, 180),
    st.sampled_from(["fast", "fashion", "narrative", "plain"]),
    st.sampled_from([None, None, "cinematic", "watercolor"]),
)


@given(
    cells=st.lists(CELLS, min_size=1, max_size=6),
    sharing=st.sampled_from(["none", "aspect", "full"]),
    tier=st.sampled_from(["prototype", "social", "professional", "broadcast"]),
)
def test_any_matrix_is_covered_exactly_and_buys_nothing_twice(cells: list[Any], sharing: str, tier: str) -> None:
    fields = {**FIELDS, "cells": cells, "sharing": sharing, "tier": tier}
    brief = parse_brief(fields)
    assert isinstance(brief, MatrixBrief)
    made = plan_of(brief, {}, price_list("sora"))
    lengths = {p.clips[0]: p.request.billed()[0][1] for p in made.purchases}
    assert all(2 <= seconds <= 20 for seconds in lengths.values())
    assert made.total.amount == sum(purchase.price.amount for purchase in made.purchases)
    keys = {Order(purchase=p, production_id="p", tier=tier).key("studio") for p in made.purchases}
    assert len(keys) == len(made.purchases)
    for work, cell in zip(made.works, cells, strict=True):
        assert work.timeline.seconds == cell["seconds"]
        for shot in work.timeline.shots:
            assert isinstance(shot, Shot)
            assert shot.source_in + shot.frames <= lengths[shot.clip] * work.timeline.fps
    assert made.shown <= set(lengths)
    alone = plan(**{**fields, "sharing": "none"})
    assert bought(made) <= bought(alone) == sum(cell["seconds"] for cell in cells)
    assert Plan.model_validate_json(made.model_dump_json()).digest == made.digest
    assert plan_of(parse_brief(dict(reversed(list(fields.items())))), {}, price_list("sora")).digest == made.digest
