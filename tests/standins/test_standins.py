"""What a provider lacks is made of what it sells: measured on the clips that come of it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from callsheet.desk import Desk, open_desk
from callsheet.errors import Incapable
from callsheet.features import (
    AnyRequest,
    CompleteProduction,
    DiscountedBatch,
    Extension,
    PerspectiveChange,
    Sequence,
    StyleTransfer,
)
from callsheet.ledger.order import Bought, Order
from callsheet.media.footage import Footage
from callsheet.media.images import media_of
from callsheet.media.probe import probe
from callsheet.money import Money, price_list
from callsheet.plan.model import Purchase
from callsheet.plan.quote import price_of
from callsheet.provider.catalogue import catalogue_entry
from callsheet.settings import Settings
from callsheet.standins import perform
from tests.studios import Shop, small_plan

SIMPLE = ("text_to_video", "image_to_video")
Frames = npt.NDArray[np.float32]


def order(request: AnyRequest, name: str = "longer") -> Order:
    price = Money.zero("CNY") if isinstance(request, StyleTransfer) else price_of(request, price_list("sora"))
    purchase = Purchase(id=name, request=request, clips=(name,), price=price)
    return Order(purchase=purchase, production_id="lamp-1", tier="prototype")


async def first_clip(desk: Desk) -> Bought:
    purchase = small_plan().purchases[0]
    return await perform(Order(purchase=purchase, production_id="lamp-1", tier="prototype"), desk)


def frames(path: Path) -> Frames:
    reader = cv2.VideoCapture(str(path))
    found: list[Any] = []
    while True:
        there, frame = reader.read()
        if not there:
            return np.asarray(found, np.float32)
        found.append(frame)


@pytest.mark.parametrize("direction", ["after", "before"])
async def test_an_extension_is_made_of_its_last_picture(one_shop: Shop, direction: Any) -> None:
    one_shop.features = SIMPLE
    async with one_shop.desk() as desk:
        clip = (await first_clip(desk)).assets[0]
        request = Extension(
            video_url=clip.footage(), extension_prompt="on it goes", extension_duration=3, direction=direction
        )
        made = await perform(order(request), desk)
    source = one_shop.home / "bucket" / clip.key
    joined = one_shop.home / "bucket" / made.assets[0].key
    measured = probe(joined)
    assert (measured.width, measured.height) == (probe(source).width, probe(source).height)
    assert measured.frames == 150 + 89  # the picture at the seam is there once
    assert measured.audio_codec == "aac"
    assert measured.audio_seconds == pytest.approx(measured.seconds, abs=0.1)
    own, all_ = frames(source), frames(joined)
    part = all_[:150] if direction == "after" else all_[89:]
    assert np.abs(part - own).mean() < 4  # the given clip is in it as it was
    assert [amount for _, amount, _ in one_shop.charges] == [Decimal("0.50"), Decimal("0.30")]
    assert made.feature == "extension"
    assert one_shop.leftovers() == []


async def test_an_extension_again_buys_nothing(one_shop: Shop) -> None:
    one_shop.features = SIMPLE
    async with one_shop.desk() as desk:
        clip = (await first_clip(desk)).assets[0]
        request = Extension(video_url=clip.footage(), extension_prompt="on it goes", extension_duration=3)
        first = await perform(order(request), desk)
        again = await perform(order(request), desk)
    assert first.assets == again.assets
    assert len(one_shop.charges) == 2


async def test_a_style_is_laid_over_as_one_grade(one_shop: Shop) -> None:
    one_shop.features = SIMPLE
    picture = np.zeros((90, 160, 3), np.uint8)
    picture[:, :80], picture[:, 80:] = (40, 60, 200), (90, 140, 240)
    data = cv2.imencode(".png", picture)[1].tobytes()
    image = media_of(data)
    distances = []
    async with one_shop.desk() as desk:
        clip = (await first_clip(desk)).assets[0]
        await desk.keep_input(image, data)
        source = frames(one_shop.home / "bucket" / clip.key)
        for strength in (0.0, 0.5, 1.0):
            request = StyleTransfer(
                content_video_url=clip.footage(), style_reference_url=image, transfer_strength=strength
            )
            made = await perform(order(request, f"graded-{int(10 * strength)}"), desk)
            graded = frames(one_shop.home / "bucket" / made.assets[0].key)
            assert graded.shape == source.shape
            assert made.charged == Money.zero("CNY")
            distances.append(float(np.abs(graded.mean((0, 1, 2)) - picture.mean((0, 1))).mean()))
    assert distances[0] > distances[1] > distances[2]
    assert len(one_shop.charges) == 1


async def test_a_sequence_and_a_batch_are_ordered_one_by_one(one_shop: Shop) -> None:
    one_shop.features = ("text_to_video",)
    shots = [{"duration": 1, "prompt": f"a lamp on shelf {n}"} for n in range(3)]
    sequence = Sequence.model_validate({"shots": shots, "resolution": "480p"})
    single = {"prompt": "a lamp", "duration": 1, "resolution": "480p"}
    batch = DiscountedBatch.model_validate({"requests": [single, {**single, "prompt": "two lamps"}]})
    async with one_shop.desk() as desk:
        for request, clips in ((sequence, ("one", "two", "three")), (batch, ("left", "right"))):
            price = price_of(request, price_list("sora"))
            purchase = Purchase(id="film", request=request, clips=clips, price=price)
            made = await perform(Order(purchase=purchase, production_id="lamp-1", tier="prototype"), desk)
            assert tuple(asset.clip for asset in made.assets) == clips
            assert made.feature == request.feature
            assert made.charged.amount == Decimal("0.10") * len(clips)
    assert [amount for _, amount, _ in one_shop.charges] == [Decimal("0.10")] * 5


async def test_a_complete_work_is_cut_here(one_shop: Shop) -> None:
    one_shop.features = ("text_to_video",)
    fields = {
        "project_name": "Lamp",
        "video_specs": {"prompt": "a lamp", "duration": 12, "resolution": "480p"},
        "audio_specs": {"background_music": {"enabled": True, "mood": "calm"}},
    }
    async with one_shop.desk() as desk:
        made = await perform(order(CompleteProduction.model_validate(fields), "work"), desk)
        clip = made.assets[0].footage()
        again = CompleteProduction.model_validate(
            {**fields, "video_clips": [clip], "video_specs": {**fields["video_specs"], "duration": 4}}  # type: ignore[dict-item]
        )
        joined = await perform(order(again, "shorter"), desk)
    measured = probe(one_shop.home / "bucket" / made.assets[0].key)
    assert (measured.width, measured.height, measured.frames) == (854, 480, 360)
    assert measured.audio_codec == "aac"
    assert [amount for _, amount, _ in one_shop.charges] == [Decimal("0.60")] * 2
    assert probe(one_shop.home / "bucket" / joined.assets[0].key).frames == 120
    assert joined.charged == Money.zero("CNY")


async def test_what_nothing_stands_in_for_is_refused_before_anything_is_spent(one_shop: Shop) -> None:
    one_shop.features = SIMPLE
    clip = Footage(sha256="0" * 64, bytes=1, width=854, height=480, seconds=5)
    request = PerspectiveChange(video_url=clip, new_perspective="low_angle")
    async with one_shop.desk() as desk:
        with pytest.raises(Incapable, match="studio does not offer perspective_change and nothing stands in for it"):
            await perform(order(request), desk)
        elsewhere = Extension(video_url="https://example.org/clip.mp4", extension_prompt="on")
        with pytest.raises(Incapable, match="only of a clip in our own bucket"):
            await perform(
                Order(
                    purchase=Purchase(id="x", request=elsewhere, clips=("x",), price=Money.zero("CNY")),
                    production_id="p",
                    tier="t",
                ),
                desk,
            )
    assert one_shop.charges == []


async def test_a_desk_opens_for_a_plan_with_stand_ins(tmp_path: Path) -> None:
    """What is made here of what is sold is no reason to refuse; what is neither sold nor made is one."""
    settings = Settings(home=tmp_path, provider="studio-videos")
    made_here = {"text_to_video", "sequence", "style_transfer", "consistency_check"}
    assert not made_here <= set(catalogue_entry("studio-videos").features)
    async with open_desk(settings, features=made_here) as desk:
        assert desk.provider.entry.name == "studio-videos"
    relay = Settings(home=tmp_path, provider="vllm-omni", provider_url="http://127.0.0.1:1/v1")
    with pytest.raises(Incapable, match="vllm-omni does not offer perspective_change, scene_evolution; studio"):
        async with open_desk(relay, features=made_here | {"perspective_change", "scene_evolution"}):
            raise AssertionError("it was opened")
