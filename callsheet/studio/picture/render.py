"""The loop that paints frames."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from callsheet.studio.picture.canvas import Canvas
from callsheet.studio.picture.finish import Finish
from callsheet.studio.picture.spec import U8, SceneOrder, SceneSpec
from callsheet.studio.picture.stage import produce
from callsheet.studio.picture.styles import style
from callsheet.studio.picture.understand import understand


def describe(order: SceneOrder) -> SceneSpec:
    """What is understood of an order: pure, cheap, no picture is made. Raises MediaError for an impossible order."""
    order.check()
    return understand(order)


def frames(order: SceneOrder) -> Iterator[U8]:
    """The clip's frames, HxWx3 uint8 BGR, exactly `order.frame_count` of them; identical orders, identical bytes."""
    return span(order, 0, order.frame_count)


def span(order: SceneOrder, first: int, stop: int) -> Iterator[U8]:
    """Frames `first` to before `stop` of an order's scene, which goes on before and after the ordered time."""
    spec = describe(order)
    production = produce(order, spec)
    finish = Finish(style(spec.style, order.strength, order.tune), order.width, order.height, order.seed, order.fps)
    canvas = Canvas.blank(order.width, order.height)
    for number in range(first, stop):
        t = finish.moment(number)
        pose = production.move.at(t)
        for layer in production.layers:
            layer.draw(canvas, pose, t)
        yield np.ascontiguousarray(finish.apply(canvas.pixels, number))
