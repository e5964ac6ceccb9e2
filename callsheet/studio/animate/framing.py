"""How a picture of one shape is put into a frame of another without cutting what matters."""

from __future__ import annotations

from dataclasses import dataclass

LITTLE, MUCH = 0.75, 0.62
"""How much smaller than covering a picture with a guessed subject may become: usually, and when its shape is far from
the frame's, as a landscape's in a portrait frame."""
AIR = 0.085
"""Least room round a subject, as a share of the frame."""


@dataclass(frozen=True)
class Framing:
    """Sizes in pixels. The canvas is the frame with a margin all round, which the camera may move in. The picture,
    scaled to `width` x `height`, has its upper left corner at (`left`, `top`) of the canvas; what it does not reach is
    continued background."""

    scale: float
    width: int
    height: int
    left: int
    top: int
    margin: int
    canvas_width: int
    canvas_height: int


def _place(frame: float, size: float, low: float, high: float, *, near: bool, far: bool) -> float:
    """Where along one axis the picture of `size` goes in the frame, the subject reaching from `low` to `high` of it.

    `near` and `far`: the subject is cut there by the picture's own edge, which then must lie on the frame's edge."""
    if size >= frame:
        focus = 0.5 * (low + high)
        room = size - frame
        start = min(max(focus - frame / 2, 0.0), room)
        # Prefer the picture's own composition as long as the subject stays well inside.
        middle = room / 2
        air = AIR * frame
        least, most = high + air - frame, low - air
        if least <= most:
            start = min(max(middle, least), most)
        if near and not far:
            start = 0.0
        elif far and not near:
            start = room
        return -min(max(start, 0.0), room)
    if near and not far:
        return 0.0
    if far and not near:
        return frame - size
    return (frame - size) / 2


def fit(
    size: tuple[int, int],
    frame: tuple[int, int],
    margin: int,
    *,
    box: tuple[float, float, float, float],
    touches: tuple[bool, bool, bool, bool] = (False, False, False, False),
    growth: float = 0.0,
    guessed: bool = False,
) -> Framing:
    """Scale and place a picture of `size` (w, h) in a `frame` (w, h).

    `box` is the subject as x, y, w, h in 0..1; `guessed` when that is only where something seems to matter. The
    picture covers the frame when that cuts little; otherwise it is made smaller until the subject is whole, and the
    rest is continued background. `growth` is how much larger the subject will become on the way."""
    width, height = size
    frame_w, frame_h = frame
    # A subject that was not separated may not show mirrored edges in the margin: the picture covers the whole canvas.
    extra = 2 * margin if guessed else 0
    cover = max((frame_w + extra) / width, (frame_h + extra) / height)
    contain = min((frame_w + extra) / width, (frame_h + extra) / height)
    left, top, right, bottom = touches
    x, y, w, h = box
    scale = cover
    air = 0.015 if guessed else AIR
    # A side at which the picture cuts the subject needs no air.
    if not (left and right):
        scale = min(scale, frame_w * (1.0 - air * (2 - left - right)) / (1.0 + growth) / (w * width))
    if not (top and bottom):
        scale = min(scale, frame_h * (1.0 - air * (2 - top - bottom)) / (1.0 + growth) / (h * height))
    # A subject that the picture itself cuts on both sides is as wide as the picture.
    if left and right:
        scale = min(scale, max(frame_w / (w * width), 0.72 * cover))
    if top and bottom:
        scale = min(scale, max(frame_h / (h * height), 0.72 * cover))
    if guessed:
        # A guess is not worth much continued background.
        scale = max(scale, (LITTLE if contain > 0.6 * cover else MUCH) * cover)
    scale = max(scale, min(contain, cover))
    wide, tall = max(2, round(width * scale)), max(2, round(height * scale))
    at_x = _place(frame_w, wide, x * wide, (x + w) * wide, near=left, far=right)
    at_y = _place(frame_h, tall, y * tall, (y + h) * tall, near=top, far=bottom)
    return Framing(
        scale,
        wide,
        tall,
        round(at_x) + margin,
        round(at_y) + margin,
        margin,
        frame_w + 2 * margin,
        frame_h + 2 * margin,
    )
