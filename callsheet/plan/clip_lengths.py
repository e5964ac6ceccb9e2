"""How long each clip is that comes of a request, and in which words it is ordered. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence as Several
from typing import Any

from callsheet.features import (
    AnyRequest,
    CharacterSequence,
    DiscountedBatch,
    ImageToVideo,
    Sequence,
    StyledGenerate,
    TextToVideo,
    VariantsBatch,
)
from callsheet.features.batches import ordered_items
from callsheet.plan.model import Purchase


def parts(request: AnyRequest) -> Several[Any] | None:
    """What each clip of the request is ordered by: a shot, a scene, an item of a batch, or the request itself.

    None for a request that works on a clip, whose length is that clip's.
    """
    if isinstance(request, Sequence):
        return request.shots
    if isinstance(request, CharacterSequence):
        return request.scenes
    if isinstance(request, DiscountedBatch | VariantsBatch):
        return ordered_items(request)
    return (request,) if isinstance(request, TextToVideo | ImageToVideo | StyledGenerate) else None


def clip_seconds(request: AnyRequest, clips: Several[str]) -> dict[str, int] | None:
    """Seconds of each clip by its name; None where only the provider knows them."""
    found = parts(request)
    if found is None:
        return None
    names = [*clips, *(f"#{n}" for n in range(len(clips), len(found)))][: len(found)]
    return {name: int(part.duration) for name, part in zip(names, found, strict=True)}


def lengths_of(purchases: Iterable[Purchase]) -> dict[str, int]:
    """Seconds of each clip of all purchases by its name, where they are known before it is there."""
    found: dict[str, int] = {}
    for purchase in purchases:
        found |= clip_seconds(purchase.request, purchase.clips) or {}
    return found


def clip_prompts(request: AnyRequest, clips: Several[str]) -> dict[str, str]:
    """The words of each clip by its name; empty ones where a clip is ordered without words."""
    found = parts(request) or (request,) * len(clips)
    names = ("prompt", "animation_prompt", "extension_prompt")
    return {
        clip: next((str(getattr(part, name)) for name in names if hasattr(part, name)), "")
        for clip, part in zip(clips, found, strict=False)
    }
