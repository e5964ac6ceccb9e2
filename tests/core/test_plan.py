from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from callsheet.briefs import parse_brief
from callsheet.canonical import canonical_json
from callsheet.errors import BriefError
from callsheet.features import (
    DiscountedBatch,
    Extension,
    PerspectiveChange,
    SceneEvolution,
    StyleTransfer,
    TextToVideo,
)
from callsheet.media.images import Media
from callsheet.money import PriceList, price_list
from callsheet.plan import Plan, quote
from callsheet.plan.lengths import fit_lengths
from callsheet.plan.quote import price_of
from callsheet.products import plan_of

ARTICLE: dict[str, Any] = {
    "name": "智能音箱",
    "description": "现代简约设计的智能音箱，黑色外壳带LED环形灯",
    "scenarios": ["客厅沙发旁", "卧室床头柜"],
    "slogan": "你的智能生活助手",
}


def image(number: int) -> Media:
    return Media(sha256=f"{number:064x}", media_type="image/jpeg", bytes=1000 + number)


def plan(images: int = 3, **change: Any) -> Plan:
    return planned({**ARTICLE, **change}, [image(n) for n in range(images)])


def planned(fields: dict[str, Any], images: list[Media], prices: PriceList | None = None) -> Plan:
    files = {f"{number}.jpg": media for number, media in enumerate(images)}
    return plan_of(parse_brief({**fields, "product_images": list(files)}), files, prices or price_list("sora"))


def test_the_articles_product_is_planned_by_the_articles_rule() -> None:
    made = plan()
    bought = [(p.id, p.request.feature, p.request.billed(), p.clips) for p in made.purchases]
    assert bought == [
        ("close-up", "text_to_video", (("1080p", 5),), ("close-up",)),
        ("image-1", "image_to_video", (("1080p", 3),), ("image-1",)),
        ("image-2", "image_to_video", (("1080p", 3),), ("image-2",)),
        ("image-3", "image_to_video", (("1080p", 3),), ("image-3",)),
        ("usage", "sequence", (("1080p", 4), ("1080p", 4)), ("usage-1", "usage-2")),
    ]
    assert made.total.amount == Decimal("13.20")
    assert made.works[0].timeline.frames == 600
    assert (made.works[0].timeline.width, made.works[0].timeline.height, made.works[0].timeline.fps) == (1920, 1080, 30)
    assert [shot.overlap for shot in made.works[0].timeline.shots] == [0, 12, 12, 12, 12, 12]
    assert [line.text for line in made.works[0].timeline.lines] == ["你的智能生活助手"]


def test_prompts_lead_with_the_product_and_name_the_place() -> None:
    made = plan()
    close, usage = made.purchases[0].request, made.purchases[-1].request
    assert close.feature == "text_to_video"
    assert close.prompt.startswith("现代简约设计的智能音箱")
    assert close.style == "commercial"
    assert usage.feature == "sequence"
    assert "客厅沙发旁" in usage.shots[0].prompt
    assert "卧室床头柜" in usage.shots[1].prompt
    assert usage.reference_image == image(0)
    assert made.advice() == []


def test_the_quote_sums_to_the_total() -> None:
    found = quote(plan())
    lines = [(line.feature, line.count, line.seconds, line.resolution, str(line.amount)) for line in found.lines]
    assert lines == [
        ("text_to_video", 1, 5, "1080p", "3.00"),
        ("image_to_video", 3, 9, "1080p", "5.40"),
        ("sequence", 1, 8, "1080p", "4.80"),
    ]
    assert sum(line.amount for line in found.lines) == found.total


@pytest.mark.parametrize(
    ("tier", "size", "total"),
    [("prototype", (854, 480), "2.20"), ("social", (1280, 720), "5.28"), ("broadcast", (3840, 2160), "35.20")],
)
def test_a_tier_decides_size_and_price(tier: str, size: tuple[int, int], total: str) -> None:
    made = plan(tier=tier)
    assert (made.works[0].timeline.width, made.works[0].timeline.height) == size
    assert made.total.amount == Decimal(total)


def test_an_upright_work_is_ordered_upright() -> None:
    made = plan(aspect="9:16")
    assert made.purchases[0].request.billed() == (("1080x1920", 5),)
    assert (made.works[0].timeline.width, made.works[0].timeline.height) == (1080, 1920)
    assert made.total == plan().total


def test_the_digest_ignores_the_order_of_keys() -> None:
    turned = dict(reversed(list(ARTICLE.items())))
    assert planned(turned, [image(n) for n in range(3)]).digest == plan().digest
    assert canonical_json({"b": 1, "a": "é"}) == '{"a":"é","b":1}'


CHANGES: list[dict[str, Any]] = [
    {"name": "音箱"},
    {"description": "白色音箱"},
    {"slogan": "听见生活"},
    {"scenarios": ["客厅沙发旁", "厨房"]},
    {"voice": "male"},
    {"music_mood": "calm"},
    {"tier": "social"},
    {"duration": 18},
    {"aspect": "1:1"},
    {"style": "cinematic"},
    {"language": "en-US"},
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_digest_changes_with_anything_that_matters(change: dict[str, Any]) -> None:
    assert plan(**change).digest != plan().digest


def test_the_digest_changes_with_an_image_and_with_a_price() -> None:
    other = planned(ARTICLE, [image(0), image(1), image(9)])
    assert other.digest != plan().digest
    dearer = price_list("sora").model_copy(deep=True)
    rates = {name: rate * 2 for name, rate in dearer.versions[0].per_second.items()}
    version = dearer.versions[0].model_copy(update={"per_second": rates})
    dear = planned(ARTICLE, [image(n) for n in range(3)], dearer.model_copy(update={"versions": (version,)}))
    assert dear.digest != plan().digest
    assert dear.total.amount == 2 * plan().total.amount


def test_a_rehearsal_is_another_production_than_the_real_thing() -> None:
    made = plan()
    assert made.production_id("studio") != made.production_id("sora@https://video.example/v1/sora")
    assert made.production_id("studio").startswith("zhi-neng-yin-xiang-")


@given(
    images=st.integers(0, 8),
    scenarios=st.lists(st.text("甲乙丙丁", min_size=1, max_size=6), max_size=6),
    duration=st.integers(5, 60),
    slogan=st.text("甲乙丙 abc", min_size=1, max_size=200).filter(str.strip),
    tier=st.sampled_from(["prototype", "social", "professional", "broadcast"]),
    aspect=st.sampled_from(["16:9", "9:16", "1:1", "4:5"]),
)
def test_any_brief_is_planned_to_its_length_or_refused(images: int, **fields: Any) -> None:
    try:
        made = plan(images, **fields)
    except BriefError as error:
        assert error.faults[0].field == "duration"
        return
    assert made.works[0].timeline.frames == fields["duration"] * made.works[0].timeline.fps
    assert made.total.amount == sum(p.price.amount for p in made.purchases)
    clips = [clip for purchase in made.purchases for clip in purchase.clips]
    assert clips == [shot.clip for shot in made.works[0].timeline.shots]
    assert len(set(clips)) == len(clips)
    bought = [seconds for purchase in made.purchases for _, seconds in purchase.request.billed()]
    assert all(1 <= seconds <= 20 for seconds in bought)
    assert [shot.frames for shot in made.works[0].timeline.shots] == [seconds * 30 for seconds in bought]
    assert Plan.model_validate_json(made.model_dump_json()).digest == made.digest


@given(st.lists(st.integers(1, 20), min_size=1, max_size=15), st.integers(1, 200))
def test_lengths_fill_the_duration_exactly(wanted: list[int], duration: int) -> None:
    assume(min(wanted) >= 2)
    try:
        lengths = fit_lengths(wanted, duration, 30)
    except BriefError:
        return
    assert sum(lengths.seconds) * 30 - sum(lengths.overlaps) == duration * 30
    assert all(2 <= seconds <= 20 for seconds in lengths.seconds)
    assert all(overlap == 0 or 2 <= overlap <= 30 for overlap in lengths.overlaps)


@pytest.mark.parametrize(
    ("request_", "source", "price"),
    [
        (Extension(video_url="http://x/y", extension_prompt="on", extension_duration=5), ("1080p", 5), "6.00"),
        (PerspectiveChange(video_url="http://x/y", new_perspective="aerial_view_60deg"), ("720p", 10), "4.80"),
        (SceneEvolution(video_url="http://x/y", weather="rainy"), ("480p", 5), "1.00"),
        (StyleTransfer(content_video_url="http://x/y", style_reference_url="http://x/z"), ("4k", 5), "8.00"),
    ],
)
def test_work_on_a_clip_is_billed_by_that_clip(request_: Any, source: tuple[str, int], price: str) -> None:
    assert price_of(request_, price_list("sora"), source).amount == Decimal(price)
    with pytest.raises(ValueError, match="billed by the clip it works on"):
        price_of(request_, price_list("sora"))


@pytest.mark.parametrize(
    ("priority", "apply", "price"), [("normal", True, "4.80"), ("high", True, "5.40"), ("normal", False, "6")]
)
def test_a_batch_has_its_discount(priority: Any, apply: bool, price: str) -> None:
    one = TextToVideo(prompt="x", duration=5, resolution="1080p")
    batch = DiscountedBatch(requests=(one, one), priority=priority, apply_discount=apply)
    assert price_of(batch, price_list("sora")).amount == Decimal(price)
