"""The picture of the embedded studio: a prompt becomes a lit, composed, moving animatic.

`describe(order)` says what was understood; `frames(order)` paints it. OpenCV and numpy are loaded when a frame is asked
for or a scene described, not when this package is imported.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from callsheet.studio.picture.spec import U8, ProductSpec, SceneOrder, SceneSpec

__all__ = ["ProductSpec", "SceneOrder", "SceneSpec", "describe", "frames"]


def __getattr__(name: str) -> Any:
    if name in ("SceneOrder", "SceneSpec", "ProductSpec"):
        from callsheet.studio.picture import spec

        return getattr(spec, name)
    raise AttributeError(name)


def describe(order: SceneOrder) -> SceneSpec:
    """What is understood of an order; pure. Raises MediaError for an order that can't be drawn."""
    from callsheet.studio.picture.render import describe as read

    return read(order)


def frames(order: SceneOrder) -> Iterator[U8]:
    """The frames of an order, HxWx3 uint8 BGR; the same order gives the same bytes. Raises MediaError as `describe`."""
    from callsheet.studio.picture.render import frames as paint

    return paint(order)
