from __future__ import annotations

from typing import Any

import pytest

from callsheet.canonical import digest
from callsheet.errors import BriefError
from callsheet.features import Sequence, TextToVideo
from callsheet.ledger.order import orders_of
from callsheet.plan import Plan
from tests.core.test_plan import plan


def keys(made: Plan) -> dict[str, str]:
    return {order.purchase.id: order.key("studio") for order in orders_of(made, "p", cap=None)}


@pytest.mark.parametrize("name", ["close-up", "image-2", "usage", "usage-2"])
def test_another_take_of_one_shot_is_one_other_purchase(name: str) -> None:
    first, second = plan(), plan(takes={name: 2})
    before, after = keys(first), keys(second)
    assert {shot for shot, key in after.items() if key not in before.values()} == {name}
    assert first.works[0].timeline.shots == second.works[0].timeline.shots
    clips = [clip for purchase in second.purchases for clip in purchase.clips]
    assert len(clips) == len(set(clips))
    assert {shot.clip for shot in second.works[0].timeline.shots} <= set(clips)
    assert first.digest != second.digest


def test_a_shot_of_a_sequence_is_ordered_by_itself_as_it_was_written() -> None:
    made = {purchase.id: purchase for purchase in plan(takes={"usage-2": 3}).purchases}
    whole, alone = made["usage"].request, made["usage-2"].request
    assert isinstance(whole, Sequence)
    assert isinstance(alone, Sequence)
    assert alone.shots == (whole.shots[1],)
    assert alone.reference_image == whole.reference_image
    assert (made["usage"].clips, made["usage-2"].clips) == (("usage-1", "usage-2-take-1"), ("usage-2",))
    assert made["usage-2"].take == 3


def test_a_take_of_what_is_no_shot_is_refused() -> None:
    with pytest.raises(
        BriefError, match=r"takes\.usage-9: usage-9 is not allowed; it must be one of close-up, image-1"
    ):
        plan(takes={"usage-9": 2})


def test_a_field_that_came_later_is_in_no_digest_until_it_is_set() -> None:
    words: dict[str, Any] = {"prompt": "a lamp", "duration": 5, "resolution": "480p"}
    plain, varied = TextToVideo(**words), TextToVideo(**words, seed=2)
    assert "seed" not in plain.model_dump(mode="json")
    assert "seed" not in plain.wire()
    assert varied.wire()["seed"] == 2
    assert digest(plain) == digest({**words, **_defaults()})
    assert digest(varied) != digest(plain)


def _defaults() -> dict[str, Any]:
    """What an order of text to video held before it could have a seed."""
    return {
        "feature": "text_to_video", "model": "sora-2", "audio": True, "quality": "high",
        "style": None, "camera_movement": None, "emphasis": [],
    }  # fmt: skip
