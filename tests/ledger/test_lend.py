"""Orders that work on a clip of our bucket: how the provider gets it, and that nothing is spent when it can't."""

from __future__ import annotations

import pytest

from callsheet.desk import Desk
from callsheet.errors import Incapable, InDoubt
from callsheet.features import Extension, SceneEvolution
from callsheet.ledger.buy import buy
from callsheet.ledger.lend import addressed
from callsheet.ledger.order import Order
from callsheet.ledger.queries import entries
from callsheet.ledger.states import State
from callsheet.media.footage import Footage
from callsheet.money import price_list
from callsheet.plan.model import Purchase
from callsheet.plan.quote import price_of
from callsheet.provider.sora import SoraProvider
from tests.ledger.test_buy import First
from tests.studios import Shop


def evolution(clip: Footage) -> Order:
    request = SceneEvolution(video_url=clip, lighting="night")
    price = price_of(request, price_list("sora"))
    return Order(
        purchase=Purchase(id="night", request=request, clips=("night",), price=price), production_id="p", tier="t"
    )


async def test_a_clip_is_uploaded_where_the_provider_takes_files(one_shop: Shop) -> None:
    bought = await one_shop.buy()
    clip = bought.assets[0].footage()
    assert (clip.resolution, clip.whole_seconds) == (f"{clip.width}x{clip.height}", 5)
    async with one_shop.desk() as desk:
        request = await addressed(Extension(video_url=clip, extension_prompt="on"), desk)
        again = await addressed(Extension(video_url=clip, extension_prompt="on"), desk)
    assert isinstance(request, Extension)
    assert str(request.video_url).endswith(f"/uploads/{clip.sha256}.mp4")
    assert request == again
    assert len(one_shop.charges) == 1
    assert one_shop.leftovers() == []


async def test_an_order_on_a_clip_is_keyed_by_its_content_and_priced_by_its_length(one_shop: Shop) -> None:
    clip = (await one_shop.buy()).assets[0].footage()
    order = evolution(clip)
    assert order.purchase.request.billed() == ((clip.resolution, 5), (clip.resolution, 5))
    assert order.key("studio") == evolution(clip.model_copy()).key("studio")
    assert order.key("studio") != evolution(clip.model_copy(update={"sha256": "f" * 64})).key("studio")


@pytest.mark.parametrize(("takes", "why"), [("link", "use an S3 bucket"), ("own", "works only on clips that it has")])
async def test_a_clip_that_can_not_be_handed_over_is_said_before_anything_is_sent(
    one_shop: Shop, takes: str, why: str
) -> None:
    clip = (await one_shop.buy()).assets[0].footage().model_copy(update={"sha256": "f" * 64})
    async with one_shop.desk() as desk:
        entry = desk.provider.entry.model_copy(update={"takes": takes})
        provider = desk.provider
        assert isinstance(provider, SoraProvider)
        other = SoraProvider(entry, "elsewhere", provider._http)
        away = Desk(desk.settings, desk.bucket, desk.ledger, other)
        with pytest.raises(Incapable, match=why):
            await buy(evolution(clip), away)
        assert {entry.state for entry in await entries(desk.ledger)} == {State.SETTLED, State.INTENDED}
    assert len(one_shop.charges) == 1


async def test_a_lost_order_on_a_clip_is_in_doubt_where_only_a_list_could_tell(one_shop: Shop) -> None:
    clip = (await one_shop.buy()).assets[0].footage()
    one_shop.lost_replies = ("listing",)
    one_shop.between = [First("POST", "/re-edit", 504, after=True)]
    async with one_shop.desk() as desk:
        for _ in range(2):
            with pytest.raises(InDoubt):
                await buy(evolution(clip), desk)
    assert len(one_shop.charges) == 2


async def test_a_clip_of_its_own_making_is_named_to_it(one_shop: Shop) -> None:
    clip = (await one_shop.buy()).assets[0].footage()
    async with one_shop.desk() as desk:
        entry = desk.provider.entry.model_copy(update={"takes": "own"})
        provider = desk.provider
        assert isinstance(provider, SoraProvider)
        away = Desk(desk.settings, desk.bucket, desk.ledger, SoraProvider(entry, "studio", provider._http))
        request = await addressed(Extension(video_url=clip, extension_prompt="on"), away)
    assert isinstance(request, Extension)
    assert "/media/job_" in str(request.video_url)
