"""From the subject's boxes to a crop that keeps it: a camera that holds still, and moves gently where it must.

Each frame allows places of the crop that keep the subject; a frame is bound by what the frames around it allow, too.
Within those bounds the camera moves only when it must, and is then averaged over the same frames around: so every mean
is of places that keep the subject, and the softened path keeps it in every frame. A cut starts a new path. A shot whose
subject is wider than the crop is shown whole, on a fill.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from callsheet.media.reframe.subject import Seen, Shot

Curve = npt.NDArray[np.float64]

ROOMS = (0.6, 0.3, 0.1)
"""Of what the crop is wider than the subject: kept free at its sides while the camera moves, as much as can be."""
SOFT = (0.6, 0.4, 0.25, 0.12)
"""Seconds before and after a frame over which a movement is averaged, as many as can be."""
TOO_WIDE = 0.25  # of a shot's pictures in which the subject does not fit: more, and the shot is shown whole
ABOVE, BELOW = 0.6, 0.15
"""Of a box's height: what stands upright reaches farther than it was found. A head or a cap has other colours than the
body below it; of four such subjects, found without it, all are kept whole with this much more (2026-11)."""
SAME_SHAPE = 0.01  # shapes that differ less are only scaled


@dataclass(frozen=True)
class Hold:
    """One shot. `places` are the crop's left (or upper) edge as a share of the master's side, one for each of `knots`
    (frames, ascending), straight lines between them; a single one holds still. Without places the shot is shown whole.
    """

    first: int
    end: int
    knots: tuple[int, ...] = ()
    places: tuple[float, ...] = ()


@dataclass(frozen=True)
class Framing:
    """How a master of `width` x `height` is shown in another shape. `share` is how much of the side along `axis` is
    seen: 1 for the same shape."""

    width: int
    height: int
    fps: float
    axis: Literal["x", "y"]
    share: float
    holds: tuple[Hold, ...]

    @property
    def crops(self) -> bool:
        return any(hold.places for hold in self.holds)

    @property
    def fills(self) -> bool:
        return self.share < 1 and any(not hold.places for hold in self.holds)

    @property
    def moves(self) -> bool:
        return any(len(hold.places) > 1 for hold in self.holds)


def same_shape(own: tuple[int, int], wanted: tuple[int, int]) -> bool:
    """Whether a picture (width, height) is only scaled for a shape: then nothing has to be seen in it."""
    return _share(own[0] / own[1], wanted[0] / wanted[1]) > 1 - SAME_SHAPE


def _share(own: float, wanted: float) -> float:
    return min(own / wanted, wanted / own)


def framing(seen: Seen, width: int, height: int) -> Framing:
    """How what was `seen` is shown in the shape `width` : `height`."""
    own, wanted = seen.width / seen.height, width / height
    axis: Literal["x", "y"] = "x" if wanted < own else "y"
    share = _share(own, wanted)
    if share > 1 - SAME_SHAPE:
        return Framing(seen.width, seen.height, seen.fps, axis, 1.0, ())
    holds = tuple(_hold(shot, share, axis, seen.fps) for shot in seen.shots)
    return Framing(seen.width, seen.height, seen.fps, axis, share, holds)


def _hold(shot: Shot, share: float, axis: Literal["x", "y"], fps: float) -> Hold:
    low, high = (0, 2) if axis == "x" else (1, 3)
    spans = [(at, box[low], box[high]) for at, box in zip(shot.at, shot.boxes, strict=True) if box is not None]
    if not spans:
        return Hold(shot.first, shot.end, (shot.first,), ((1 - share) / 2,))
    at, near, far = (np.array(column, np.float64) for column in zip(*spans, strict=True))
    if axis == "y":
        near, far = _upright(near, far)
    if float((far - near > share).mean()) > TOO_WIDE:
        return Hold(shot.first, shot.end)
    least, most = _allowed(near, far, share, ROOMS[-1])
    # The highest of the lower bounds and the lowest of the upper: if they leave room, nothing has to move.
    if least.max() <= most.min():
        place = float(np.clip(np.median(near + far - share) / 2, least.max(), most.min()))
        return Hold(shot.first, shot.end, (shot.first,), (round(place, 5),))
    frames = np.arange(shot.first, shot.end, dtype=np.float64)
    return _simplified(shot, frames, _calm(np.interp(frames, at, near), np.interp(frames, at, far), share, fps))


def _upright(near: Curve, far: Curve) -> tuple[Curve, Curve]:
    """From where to where a subject is counted that stands: over the whole shot, for a camera that follows what is
    found up and down leaves behind what was not."""
    height = far - near
    above, below = float((near - ABOVE * height).min()), float((far + BELOW * height).max())
    return np.full_like(near, max(above, 0.0)), np.full_like(far, min(below, 1.0))


def _allowed(near: Curve, far: Curve, share: float, room: float) -> tuple[Curve, Curve]:
    """The lowest and the highest place of the crop at which the subject is inside, with room where there is room."""
    spare = share - (far - near)
    free = np.clip(spare, 0, None) / 2 * room
    least, most = far + free - share, near - free
    middle = (near + far - share) / 2
    least, most = np.where(spare < 0, middle, least), np.where(spare < 0, middle, most)
    return np.clip(least, 0, 1 - share), np.clip(most, 0, 1 - share)


def _calm(near: Curve, far: Curve, share: float, fps: float) -> Curve:
    """The path in each frame, as soft as keeps the subject."""
    for seconds in SOFT:
        reach = max(1, round(seconds * fps))
        for room in ROOMS:
            least, most = _allowed(near, far, share, room)
            low, high = _around(least, reach, np.max), _around(most, reach, np.min)
            if (low <= high).all():
                return _averaged(_lazy(low, high), reach)
    # Too fast for any of them: the camera stays on the subject's middle.
    return _averaged((least + most) / 2, max(1, round(SOFT[-1] * fps)))


def _around(curve: Curve, reach: int, of: Callable[..., Curve]) -> Curve:
    padded = np.pad(curve, reach, "edge")
    return of(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1), axis=1)


def _lazy(low: Curve, high: Curve) -> Curve:
    """The path between both that moves only when it must. It starts where it can stay the longest."""
    floor, ceiling = np.maximum.accumulate(low), np.minimum.accumulate(high)
    stays = int(np.argmax(floor > ceiling)) or len(low)
    place = float(floor[stays - 1] + ceiling[stays - 1]) / 2
    path = np.empty_like(low)
    for number in range(len(low)):
        place = min(max(place, float(low[number])), float(high[number]))
        path[number] = place
    return path


def _averaged(path: Curve, reach: int) -> Curve:
    """With a raised cosine over `reach` frames on either side."""
    kernel = np.hanning(2 * reach + 3)[1:-1]
    return np.asarray(np.convolve(np.pad(path, reach, "edge"), kernel / kernel.sum(), "valid"), np.float64)


def _simplified(shot: Shot, frames: Curve, path: Curve, tolerance: float = 0.0004) -> Hold:
    """The fewest knots whose straight lines stay within `tolerance` of the path (Ramer, Douglas and Peucker)."""
    kept, open_parts = {0, len(path) - 1}, [(0, len(path) - 1)]
    while open_parts:
        start, end = open_parts.pop()
        if end - start < 2:
            continue
        line = np.linspace(path[start], path[end], end - start + 1)
        away = np.abs(path[start : end + 1] - line)
        worst = int(away.argmax())
        if away[worst] > tolerance:
            kept.add(start + worst)
            open_parts += [(start, start + worst), (start + worst, end)]
    knots = sorted(kept)
    places = tuple(round(float(path[knot]), 5) for knot in knots)
    return Hold(shot.first, shot.end, tuple(int(frames[knot]) for knot in knots), places)
