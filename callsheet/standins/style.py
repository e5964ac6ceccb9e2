"""A style transfer without a provider's: the palette of the reference, laid over the clip as one grade.

One grade for the whole clip keeps its motion untouched and can't flicker. Brush strokes and textures are not carried
over: what needs them needs a provider that has the feature.
"""

from __future__ import annotations

from callsheet.desk import Desk
from callsheet.errors import Incapable
from callsheet.features import StyleTransfer
from callsheet.ledger.assets import keep_clip
from callsheet.ledger.order import Bought, Order
from callsheet.media.footage import Footage
from callsheet.media.grade import grade
from callsheet.scratch import scratch_folder
from callsheet.standins.free import free_receipt
from callsheet.storage.keys import clip_key


async def grade_like(order: Order, desk: Desk) -> Bought:
    """The graded clip, at no charge. Raises `Incapable` for a clip or picture that is not in our bucket."""
    request = order.purchase.request
    if (
        not isinstance(request, StyleTransfer)
        or not isinstance(request.content_video_url, Footage)
        or isinstance(request.style_reference_url, str)
    ):
        raise Incapable(f"{order.purchase.id}: a style is transferred here only between files in our own bucket")
    content, style = request.content_video_url, request.style_reference_url
    async with scratch_folder(desk.settings.scratch()) as folder:
        source, reference = folder / f"source{content.suffix}", folder / f"reference{style.suffix}"
        for file, path in ((content, source), (style, reference)):
            await desk.bucket.get_file(clip_key(file.sha256, file.suffix), path, sha256=file.sha256)
        graded = folder / "graded.mp4"
        await grade(source, reference, graded, strength=request.transfer_strength)
        asset = await keep_clip(order.purchase.clips[0], 0, graded, desk)
    return free_receipt(order, asset)
