"""Lowering: whatever a brief asks for, the chosen provider can take every order, and the cut finds every clip."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.briefs import parse_brief
from callsheet.errors import BriefError, Incapable
from callsheet.features import (
    FEATURES,
    AnyRequest,
    CharacterSequence,
    DiscountedBatch,
    Extension,
    ImageToVideo,
    Sequence,
    StyledGenerate,
    TextToVideo,
    VariantsBatch,
)
from callsheet.media import conform
from callsheet.media.images import Media
from callsheet.money import frame_size, price_list
from callsheet.plan import Plan, Purchase
from callsheet.plan.fitting import CROPPED, fit
from callsheet.plan.lowering import Lowered, lower
from callsheet.plan.quote import price_of
from callsheet.plan.support import support, table
from callsheet.products import plan_of
from callsheet.provider.catalogue import catalogue, catalogue_entry
from callsheet.provider.video_orders import video_order
from callsheet.timeline import Shot
from tests.markdown import text_of

STUDIO = catalogue_entry("studio-videos")
DOLLARS = price_list("openai-videos")


def image(number: int = 0) -> Media:
    return Media(sha256=f"{number:064x}", media_type="image/jpeg", bytes=1000 + number)


def marketing(images: int = 0, **change: Any) -> Plan:
    fields = {"name": "Lamp", "description": "a brass lamp", "slogan": "Light.", "language": "en-US", "duration": 5}
    brief = parse_brief({**fields, "tier": "prototype", **change})
    files = {f"{n}.jpg": image(n) for n in range(images)}
    return plan_of(brief.model_copy(update={"product_images": tuple(files)}), files, price_list("sora"))


def ordering(request: AnyRequest, *clips: str, price: str = "0") -> Plan:
    """A plan that buys one thing more."""
    plan = marketing()
    money = plan.total.model_copy(update={"amount": Decimal(price)})
    more = Purchase(id="more", request=request, clips=clips, price=money)
    fields = {name: getattr(plan, name) for name in Plan.model_fields}
    return Plan.model_validate({**fields, "purchases": (*plan.purchases, more)})


def for_studio(request: AnyRequest, *clips: str) -> tuple[list[Purchase], tuple[str, ...]]:
    found = lower(ordering(request, *clips), STUDIO, DOLLARS)
    return list(found.plan.purchases[1:]), tuple(note for note in found.notes if "close-up" not in note)


@given(
    images=st.integers(0, 4),
    scenarios=st.lists(st.sampled_from(["on a desk", "by a bed", "outdoors"]), max_size=4),
    duration=st.integers(5, 60),
    tier=st.sampled_from(["prototype", "social", "professional", "broadcast"]),
    aspect=st.sampled_from(["16:9", "9:16", "1:1", "4:5"]),
    takes=st.dictionaries(st.sampled_from(["close-up", "usage-1", "image-1"]), st.integers(1, 3)),
    name=st.sampled_from(["studio", "sora", "studio-videos", "openai", "vllm-omni", "sglang"]),
    model=st.sampled_from([None, "sora-2", "sora-2-pro"]),
)
def test_whatever_is_asked_can_be_ordered_and_cut(
    images: int, takes: dict[str, int], name: str, model: str | None, **fields: Any
) -> None:
    try:
        plan = marketing(images, takes=takes, **fields)
    except BriefError:
        return
    assert (plan.total.currency, len(plan.digest)) == ("CNY", 64)  # asked for once, they are kept with the plan
    entry = catalogue_entry(name)
    prices = price_list(entry.price_list)
    lowered = lower(plan, entry, prices, model).plan
    assert lowered.works[0].timeline == plan.works[0].timeline
    supplied = {clip: purchase for purchase in lowered.purchases for clip in purchase.clips}
    lengths = {
        clip: seconds
        for purchase in lowered.purchases
        for clip, (_, seconds) in zip(purchase.clips, purchase.request.billed(), strict=True)
    }
    assert len({purchase.id for purchase in lowered.purchases}) == len(lowered.purchases)
    for shot in plan.works[0].timeline.shots:
        assert isinstance(shot, Shot)
        assert supplied[shot.clip].request.feature in entry.features
        assert lengths[shot.clip] * plan.works[0].timeline.fps >= shot.source_in + shot.frames
    assert lowered.total.amount == sum(purchase.price.amount for purchase in lowered.purchases)
    assert lowered.total.currency == prices.currency
    for purchase in lowered.purchases:
        ordered = model
        if entry.dialect == "openai_videos":  # what goes over the wire names the model whose price was quoted
            ordered = video_order(purchase.request, entry, model).fields.get("model")
        assert purchase.price == price_of(purchase.request, prices, model=ordered)
    again = lower(lowered, entry, prices, model)
    assert (again, again.plan.digest) == (Lowered(lowered), lowered.digest)
    assert (lowered.digest == plan.digest) == (lowered == plan)
    if entry.dialect == "sora" and model is None:
        assert lowered == plan


def test_a_sequence_becomes_single_shots_that_begin_with_its_image() -> None:
    plan = marketing(1, scenarios=["on a desk", "by a bed"], duration=14)
    lowered = lower(plan, STUDIO, DOLLARS)
    assert [(p.id, p.request.feature, p.clips) for p in lowered.plan.purchases] == [
        ("close-up", "text_to_video", ("close-up",)),
        ("image-1", "image_to_video", ("image-1",)),
        ("usage-1", "image_to_video", ("usage-1",)),
        ("usage-2", "image_to_video", ("usage-2",)),
    ]
    shots = plan.purchases[-1].request
    assert isinstance(shots, Sequence)
    for shot, purchase in zip(shots.shots, lowered.plan.purchases[2:], strict=True):
        assert isinstance(purchase.request, ImageToVideo)
        assert (purchase.request.animation_prompt, purchase.request.image) == (shot.prompt, image())
    assert lowered.notes == (
        "close-up: 8 s are bought for 5 s, which the cut trims",
        "close-up, image-1, usage-1, usage-2: 1280x720 is bought for 854x480 and scaled down in the cut",
        "image-1: 4 s are bought for 3 s, which the cut trims",
        "usage: each shot is ordered by itself, as an animation of the reference image",
    )
    assert str(lowered.plan.total) == "2.00 USD"


def test_without_an_image_the_words_are_all_there_is() -> None:
    shots = ({"prompt": "a", "duration": 4, "camera": "pan"}, {"prompt": "b", "duration": 8})
    (one, two), notes = for_studio(Sequence.model_validate({"shots": shots}), "x", "y")
    assert isinstance(one.request, TextToVideo)
    assert (one.request.prompt, one.request.camera_movement, two.id) == ("a", "pan", "y")
    assert "only its words" in notes[0]


def test_a_shot_that_another_take_replaces_is_not_bought() -> None:
    plan = marketing(scenarios=["on a desk", "by a bed"], duration=12, takes={"usage-1": 2})
    assert [p.id for p in plan.purchases] == ["close-up", "usage", "usage-1"]
    lowered = lower(plan, STUDIO, DOLLARS).plan
    assert [(p.id, p.take) for p in lowered.purchases] == [("close-up", 1), ("usage-2", 1), ("usage-1", 2)]


def test_styles_characters_and_batches_become_single_orders() -> None:
    own = {"film_grain": True, "glow": "soft", "halo": False}
    styled = StyledGenerate.model_validate(
        {"prompt": "a fox", "style_preset": "watercolor", "custom_style": own, "resolution": "720p"}
    )
    (one,), notes = for_studio(styled, "fox")
    assert isinstance(one.request, TextToVideo)
    assert (one.request.style, one.request.prompt) == ("watercolor", "a fox, film grain, glow soft")
    assert "strength" in notes[0]
    scenes = CharacterSequence(character_reference=image(7), scenes=["she runs", "she rests"])
    parts, _ = for_studio(scenes, "run", "rest")
    assert [(p.id, p.request.image.sha256[-1]) for p in parts if isinstance(p.request, ImageToVideo)] == [
        ("run", "7"),
        ("rest", "7"),
    ]
    base = {"prompt": "a fox", "duration": 4, "resolution": "720p"}
    variants = VariantsBatch(base_config=base, variations=({"style": "vintage"}, {"duration": 8}))
    parts, _ = for_studio(variants, "a", "b")
    assert [(p.id, p.request.billed()) for p in parts] == [("a", (("720p", 4),)), ("b", (("720p", 8),))]


def test_a_batch_without_its_discount_costs_the_difference() -> None:
    one = TextToVideo(prompt="a fox", duration=5, resolution="1080p")
    plan = ordering(DiscountedBatch(requests=(one, one)), "a", "b", price="4.80")
    entry = catalogue_entry("sora").model_copy(update={"features": ("text_to_video",)})
    found = lower(plan, entry, price_list("sora"))
    assert found.plan.total.amount - plan.total.amount == Decimal("1.20")
    assert found.notes == ("more: 2 orders instead of one batch, without its discount of 20%",)


def test_work_on_a_clip_is_left_to_its_task() -> None:
    extension = Extension(video_url="http://x/y", extension_prompt="on")
    plan = ordering(extension, "longer", price="6.00")
    studio = catalogue_entry("studio").model_copy(update={"features": ("text_to_video", "image_to_video")})
    assert lower(plan, studio, price_list("sora")).plan == plan
    with pytest.raises(Incapable, match="planned at the prices of openai-videos"):
        lower(plan, STUDIO, DOLLARS)


def test_what_nobody_there_can_make_is_refused_and_says_who_could() -> None:
    mute = catalogue_entry("studio").model_copy(update={"features": ("text_to_video",)})
    with pytest.raises(Incapable, match=r"image-1: studio does not offer image_to_video; .*studio-videos"):
        lower(marketing(1, duration=8), mute, price_list("sora"))
    with pytest.raises(Incapable, match="sora-3; it sells sora-2, sora-2-pro"):
        lower(marketing(), STUDIO, DOLLARS, "sora-3")
    with pytest.raises(Incapable, match="no price for"):
        lower(marketing(), catalogue_entry("litellm"), price_list("relay"), "veo")
    with pytest.raises(Incapable, match="CALLSHEET_PROVIDER_MODEL"):
        lower(marketing(), catalogue_entry("litellm"), price_list("relay"))
    short = STUDIO.model_copy(update={"models": (STUDIO.models[0].model_copy(update={"seconds": (4,)}),)})
    with pytest.raises(Incapable, match=r"text_to_video of 5 s is not sold; sora-2 sells"):
        lower(marketing(), short, DOLLARS)


@pytest.mark.parametrize(
    ("wanted", "bought", "how"),
    [
        ("1080p", "1080p", ""),
        ("854x480", "1280x720", "scaled down"),
        ("480x854", "720x1280", "scaled down"),
        ("3840x2160", "1920x1080", "enlarged"),
        ("900x1600", "1080x1920", "scaled down"),
        ("480x600", "720x1280", "framed"),
        ("2160x2700", "1080x1920", "framed"),
        ("1000x1700", "1024x1792", "cropped"),
    ],
)
def test_the_nearest_size_is_bought(wanted: str, bought: str, how: str) -> None:
    found = fit("text_to_video", wanted, 4, STUDIO)
    assert found.resolution == bought
    assert how in "".join(found.notes)
    assert bool(found.notes) == bool(how)


def test_the_cheapest_model_that_has_the_size_is_priced_unless_one_is_named() -> None:
    named = [fit("text_to_video", "720p", 4, STUDIO, model).model for model in (None, "sora-2-pro")]
    assert named == ["sora-2", "sora-2-pro"]
    assert str(lower(marketing(), STUDIO, DOLLARS, "sora-2-pro").plan.total) == "2.40 USD"


def test_cropping_is_what_the_cutting_room_does() -> None:
    assert CROPPED == conform._COVER
    assert frame_size("854x480") == (854, 480)


def test_the_page_has_the_table_of_today() -> None:
    assert table() in text_of("docs/features.md"), "print it with `python -m callsheet.plan.lowering --table`"
    for name in catalogue():
        entry = catalogue_entry(name)
        assert {f for f in FEATURES if support(f, entry).kind == "native"} == set(entry.features)
    assert support("perspective_change", catalogue_entry("sglang")).kind == "refused"
    assert support("character_sequence", catalogue_entry("sglang")).kind == "lowered"
    with pytest.raises(KeyError):
        support("teleport", STUDIO)
