"""Styled generation: a scene in a preset at a strength."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callsheet.features import StyledGenerate
from callsheet.money import frame_size

if TYPE_CHECKING:
    from callsheet.studio.picture import SceneOrder


def styled_order(request: StyledGenerate) -> SceneOrder:
    """The scene of a styled order. The style does not change what is seen: seeds are taken from the prompt."""
    from callsheet.studio.picture import SceneOrder
    from callsheet.studio.rendering import FPS, seed_of

    width, height = frame_size(request.resolution)
    return SceneOrder(
        prompt=request.prompt,
        seconds=request.duration,
        width=width,
        height=height,
        fps=FPS,
        style=request.style_preset,
        seed=seed_of(request.prompt, request.duration),
        world_seed=seed_of(request.prompt),
    )
