"""Bring a given picture to life: the subject turns, light travels over it, the background moves behind it.

::

    order = AnimateOrder(image, "Product slowly rotates", seconds=3, width=1920, height=1080)
    for frame in frames(order):  # uint8 BGR (1080, 1920, 3), order.count of them
        ...

Nothing here needs a model or a network; the same order gives the same frames."""

from __future__ import annotations

from collections.abc import Iterator

from callsheet.studio.animate.motions import pose
from callsheet.studio.animate.order import U8, AnimateOrder, Intensity
from callsheet.studio.animate.sounds import sounds

__all__ = ["AnimateOrder", "Intensity", "frames", "sounds"]


def frames(order: AnimateOrder) -> Iterator[U8]:
    """The frames of an order, each a fresh uint8 BGR array (height, width, 3).

    A looping order has `order.count` frames after which the first follows again. Raises MediaError at the first
    frame for an order or picture that can't be rendered."""
    from callsheet.studio.animate.shoot import shoot
    from callsheet.studio.animate.stage import prepare

    stage = prepare(order)
    last = order.count if order.loop else max(1, order.count - 1)
    for number in range(order.count):
        u = number / last
        yield shoot(stage, pose(stage.moves, u, order.seconds, loop=order.loop), u)
