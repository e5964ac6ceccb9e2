"""A complete work from a provider that makes none: clips are bought, or taken from our bucket, and cut here.

Its master is the clip that comes of it. Stems, captions and edit lists of a work are what the flows publish.
"""

from __future__ import annotations

import asyncio
from typing import Any

from callsheet.desk import Desk
from callsheet.errors import Incapable
from callsheet.features import CompleteProduction, DiscountedBatch, TextToVideo
from callsheet.ledger.assets import keep_clip
from callsheet.ledger.order import Bought, Order
from callsheet.media.footage import Footage
from callsheet.money import frame_size
from callsheet.plan.model import Purchase
from callsheet.scratch import scratch_folder
from callsheet.standins.free import free_receipt
from callsheet.standins.parts import one_by_one
from callsheet.storage.keys import clip_key
from callsheet.timeline import Line, Music, Shot, Timeline

LONGEST_SHOT = 10
"""Seconds of one shot where a work is divided here."""


async def produce(order: Order, desk: Desk) -> Bought:
    """The finished work as one clip. Raises `Incapable` for clips that are not in our bucket."""
    from callsheet.media.cut import ClipFile, cut

    request = order.purchase.request
    if not isinstance(request, CompleteProduction):
        raise ValueError(f"{order.purchase.id}: only complete productions are cut here")
    if any(isinstance(clip, str) for clip in request.video_clips):
        raise Incapable(f"{order.purchase.id}: a work is cut here only of clips in our own bucket")
    given = [clip for clip in request.video_clips if isinstance(clip, Footage)]
    receipt = None if given else await _shots(order, request, desk)
    sources = given or [asset.footage() for asset in (receipt.assets if receipt else ())]
    timeline = _timeline(request, sources)
    async with scratch_folder(desk.settings.scratch()) as folder:
        clips = {}
        for number, source in enumerate(sources, 1):
            path = folder / f"clip-{number}.mp4"
            await desk.bucket.get_file(clip_key(source.sha256, source.suffix), path, sha256=source.sha256)
            clips[f"clip-{number}"] = ClipFile(path=path, uri=path.name)
        await asyncio.wait_for(cut(timeline, clips, folder / "out"), desk.settings.cut_seconds)
        asset = await keep_clip(order.purchase.clips[0], 0, folder / "out" / "master.mp4", desk)
    if receipt is None:
        return free_receipt(order, asset)
    return receipt.model_copy(update={"feature": request.feature, "assets": (asset,)})


async def _shots(order: Order, request: CompleteProduction, desk: Desk) -> Bought:
    """The shots that the work is divided into: the same words, each another picture."""
    specs = request.video_specs
    count = -(-specs.duration // LONGEST_SHOT)
    lengths = [specs.duration * (n + 1) // count - specs.duration * n // count for n in range(count)]
    fields: dict[str, Any] = {"prompt": specs.prompt, "resolution": specs.resolution, "style": specs.style}
    shots = tuple(TextToVideo(duration=length, seed=n, **fields) for n, length in enumerate(lengths, 1))
    batch = Purchase(
        id=order.purchase.id,
        request=DiscountedBatch(requests=shots, apply_discount=False),
        clips=tuple(f"{order.purchase.id[:50]}-{n}" for n in range(1, count + 1)),
        take=order.purchase.take,
        price=order.purchase.price,
    )
    return await one_by_one(order.model_copy(update={"purchase": batch}), desk)


def _timeline(request: CompleteProduction, sources: list[Footage]) -> Timeline:
    specs, audio = request.video_specs, request.audio_specs
    width, height = frame_size(specs.resolution)
    left, shots = specs.duration * specs.fps, []
    for number, source in enumerate(sources, 1):
        frames = min(left, int(source.seconds * specs.fps + 0.5))
        if frames > 0:
            shots.append(Shot(clip=f"clip-{number}", frames=frames))
            left -= frames
    voice, music = audio.voice_over, audio.background_music
    return Timeline(
        name=request.project_name,
        fps=specs.fps,
        width=width,
        height=height,
        timecode_start=request.post_production_ready.timecode_start,
        language=voice.language if voice else "en-US",
        voice=(voice.voice or "") if voice else "",
        shots=tuple(shots),
        lines=(Line(text=voice.text, start=0),) if voice else (),
        music=Music(mood=music.mood, volume_db=music.volume) if music.enabled else None,
    )
