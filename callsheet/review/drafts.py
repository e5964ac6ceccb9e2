"""One free draft frame for each shot of a plan, drawn on this machine by the studio's picture code, before buying.

It shows what the embedded studio understands of the words, at the size of a thumbnail. An animated image is the image
itself; a shot that goes on from another begins with that one's draft.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from callsheet.features import (
    CharacterSequence,
    CompleteProduction,
    ImageToVideo,
    Sequence,
    StyledGenerate,
    TextToVideo,
)
from callsheet.media.images import Media
from callsheet.money import frame_size
from callsheet.plan.clip_lengths import clip_prompts, parts
from callsheet.plan.model import Plan, Purchase
from callsheet.review.pictures import opened, small_jpeg

if TYPE_CHECKING:
    from callsheet.studio.picture import SceneOrder

SIDE = 320
"""Pixels along the longer side of a draft."""
Told = Callable[[str], None]


def drafts(plan: Plan, files: Mapping[str, bytes], told: Told = lambda _: None) -> dict[str, bytes]:
    """A JPEG for each clip by its name; none for a clip of a request without words. About 1 s of CPU each.

    `files` are the bytes of the plan's images by their sha256; `told` is called with the name of each clip.
    """
    found: dict[str, bytes] = {}
    for purchase in plan.purchases:
        for number, clip in enumerate(purchase.clips):
            told(clip)
            picture = _draft(purchase, number, files, found)
            if picture is not None:
                found[clip] = picture
    return found


def _draft(purchase: Purchase, number: int, files: Mapping[str, bytes], drawn: Mapping[str, bytes]) -> bytes | None:
    request: Any = purchase.request
    if purchase.basis is not None:
        return drawn.get(purchase.basis.clip)
    if isinstance(request, ImageToVideo):
        return _given(files[request.image.sha256], *frame_size(request.resolution))
    order = _order(request, number, files)
    return None if order is None else _drawn(order)


def _given(data: bytes, width: int, height: int) -> bytes:
    """An image cropped to the shape of its clip."""
    from PIL import ImageOps

    scale = SIDE / max(width, height)
    return small_jpeg(ImageOps.fit(opened(data).convert("RGB"), (round(width * scale), round(height * scale))), SIDE)


def _order(request: Any, number: int, files: Mapping[str, bytes]) -> SceneOrder | None:
    """The scene as the studio would draw it for the clip `number` of a request."""
    from callsheet.studio.picture import SceneOrder
    from callsheet.studio.rendering import FPS, scene_order, seed_of, shot_order

    if isinstance(request, Sequence):
        reference, person = _part(request.reference_image, files)
        return shot_order(request, request.shots[number], reference, person=person)
    if isinstance(request, CompleteProduction):
        words, seconds, resolution = request.video_specs.prompt, 4, request.video_specs.resolution
        width, height = frame_size(resolution)
        return SceneOrder(
            words, seconds, width, height, FPS, style=request.video_specs.style, world_seed=seed_of(words)
        )
    found = parts(request)
    if found is None:
        return None
    part = found[number]
    if isinstance(part, TextToVideo):
        return scene_order(part)
    width, height = frame_size(request.resolution)
    words = clip_prompts(request, [str(n) for n in range(len(found))])[str(number)]
    order = SceneOrder(words, int(part.duration), width, height, FPS, seed=seed_of(request, number))
    if isinstance(request, StyledGenerate):
        return dataclasses.replace(order, style=request.style_preset, strength=request.style_strength)
    if isinstance(request, CharacterSequence):
        reference, person = _part(request.character_reference, files)
        return dataclasses.replace(order, **{"performer" if person else "reference": reference})
    return order


def _part(image: Any, files: Mapping[str, bytes]) -> tuple[Any, bool]:
    """The reference picture of a sequence, and whether a person is in it."""
    if not isinstance(image, Media):
        return None, False
    import cv2
    import numpy as np

    from callsheet.studio.characters import part_of

    picture = cv2.imdecode(np.frombuffer(files[image.sha256], np.uint8), cv2.IMREAD_UNCHANGED)
    return (None, False) if picture is None else part_of(np.ascontiguousarray(picture, np.uint8))


def _drawn(order: SceneOrder) -> bytes:
    """The middle frame of a scene."""
    from PIL import Image

    from callsheet.studio.picture.render import span

    scale = SIDE / max(order.width, order.height)
    width, height = (max(32, round(side * scale)) for side in (order.width, order.height))
    small = dataclasses.replace(order, width=width, height=height)
    middle = small.frame_count // 2
    frame = next(span(small, middle, middle + 1))
    return small_jpeg(Image.fromarray(frame[:, :, ::-1]), SIDE)
