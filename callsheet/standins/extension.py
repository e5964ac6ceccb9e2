"""An extension without a provider's extension: the picture at the seam is animated, and both are joined here.

The new part is bought as image to video from the last frame (or the first, and then played backwards, so that it runs
into it). Its first frame is that very picture, so it is dropped: a doubled frame would show as a stop.
"""

from __future__ import annotations

from callsheet.desk import Desk
from callsheet.errors import Incapable
from callsheet.features import Extension, ImageToVideo
from callsheet.ledger.assets import keep_clip
from callsheet.ledger.buy import buy
from callsheet.ledger.order import Bought, Order
from callsheet.media.footage import Footage
from callsheet.media.images import media_of
from callsheet.media.join import join
from callsheet.media.stills import still
from callsheet.plan.model import Purchase
from callsheet.plan.quote import price_of
from callsheet.scratch import scratch_folder
from callsheet.storage.keys import clip_key


async def extend(order: Order, desk: Desk) -> Bought:
    """The joined clip; its price is that of the new part. Raises `Incapable` for a clip that is not in our bucket."""
    request = order.purchase.request
    if not isinstance(request, Extension) or not isinstance(request.video_url, Footage):
        raise Incapable(f"{order.purchase.id}: an extension is made here only of a clip in our own bucket")
    source = request.video_url
    before = request.direction == "before"
    async with scratch_folder(desk.settings.scratch()) as folder:
        first = folder / "first.mp4"
        await desk.bucket.get_file(clip_key(source.sha256, source.suffix), first, sha256=source.sha256)
        picture = await still(first, last=not before)
        image = media_of(picture)
        await desk.keep_input(image, picture)
        wanted = ImageToVideo(
            image=image,
            animation_prompt=request.extension_prompt,
            duration=request.extension_duration,
            resolution=source.resolution,
            seed=request.seed,
        )
        price = price_of(wanted, desk.prices, model=desk.settings.provider_model)
        clips = order.purchase.clips
        part = Purchase(id=order.purchase.id, request=wanted, clips=clips, take=order.purchase.take, price=price)
        bought = await buy(order.model_copy(update={"purchase": part}), desk)
        second, joined = folder / "second.mp4", folder / "joined.mp4"
        await desk.bucket.get_file(bought.assets[0].key, second, sha256=bought.assets[0].sha256)
        await join(first, second, joined, backwards=before)
        asset = await keep_clip(clips[0], 0, joined, desk)
    return bought.model_copy(update={"feature": request.feature, "assets": (asset,)})
