"""From the subject's boxes to a crop that keeps it: a camera that holds still, and moves gently where it must.

Of all paths that keep the subject inside, the one is taken whose speed and whose change of speed add up to least
(Grundmann, Kwatra and Essa, "Auto-Directed Video Stabilization with Robust L1 Optimal Camera Paths", CVPR 2011): it
stands still wherever that is possible. A cut starts a new path. A shot whose subject is wider than the crop is shown
whole, on a fill.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from callsheet.media.reframe.subject import Seen, Shot

Curve = npt.NDArray[np.float64]

ROOM = 0.05  # of the crop's side: kept free beside the subject where there is room for it
TOO_WIDE = 0.25  # of a shot's pictures in which the subject does not fit: more, and the shot is shown whole
SAME_SHAPE = 0.01  # shapes that differ less are only scaled
SOFT = 0.2  # seconds, standard deviation: takes the corners off the path
_ROUNDS = 400
_MOST = 400  # pictures of one shot that are solved together; more are thinned out


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


def framing(seen: Seen, width: int, height: int) -> Framing:
    """How what was `seen` is shown in the shape `width` : `height`."""
    own, wanted = seen.width / seen.height, width / height
    axis: Literal["x", "y"] = "x" if wanted < own else "y"
    share = min(1.0, wanted / own if axis == "x" else own / wanted)
    if share > 1 - SAME_SHAPE:
        return Framing(seen.width, seen.height, seen.fps, axis, 1.0, ())
    holds = tuple(_hold(shot, share, axis, seen.fps) for shot in seen.shots)
    return Framing(seen.width, seen.height, seen.fps, axis, share, holds)


def _hold(shot: Shot, share: float, axis: Literal["x", "y"], fps: float) -> Hold:
    low, high = (0, 2) if axis == "x" else (1, 3)
    spans = [(at, box[low], box[high]) for at, box in zip(shot.at, shot.boxes, strict=True) if box is not None]
    if not spans:
        return Hold(shot.first, shot.end, (shot.first,), ((1 - share) / 2,))
    spans = spans[:: -(-len(spans) // _MOST)]
    at, near, far = (np.array(column, np.float64) for column in zip(*spans, strict=True))
    if float((far - near > share).mean()) > TOO_WIDE:
        return Hold(shot.first, shot.end)
    least, most = _allowed(near, far, share)
    middle = (near + far - share) / 2
    # The highest of the lower bounds and the lowest of the upper: if they leave room, nothing has to move.
    if least.max() <= most.min():
        place = float(np.clip(np.median(middle), least.max(), most.min()))
        return Hold(shot.first, shot.end, (shot.first,), (round(place, 5),))
    frames = np.arange(shot.first, shot.end, dtype=np.float64)
    path = np.interp(frames, at, _calm(least, most))
    path = np.clip(_softened(path, SOFT * fps), 0, 1 - share)
    return _simplified(shot, frames, path)


def _allowed(near: Curve, far: Curve, share: float) -> tuple[Curve, Curve]:
    """The lowest and the highest place of the crop at which the subject is inside, with room where there is room."""
    room = np.clip((share - (far - near)) / 2, 0, ROOM * share)
    least, most = far + room - share, near - room
    crossed = least > most
    middle = (least + most) / 2
    least, most = np.where(crossed, middle, least), np.where(crossed, middle, most)
    return np.clip(least, 0, 1 - share), np.clip(most, 0, 1 - share)


def _calm(least: Curve, most: Curve) -> Curve:
    """The path between both bounds with the least speed and change of speed, by ADMM."""
    count = len(least)
    terms = [(np.eye(count), 0.0)]
    terms += [
        (np.diff(np.eye(count), order, axis=0), weight) for order, weight in ((1, 0.02), (2, 0.2)) if count > order
    ]
    solve = np.linalg.inv(np.sum([matrix.T @ matrix for matrix, _ in terms], axis=0))
    path = (least + most) / 2
    parts = [matrix @ path for matrix, _ in terms]
    owed = [np.zeros_like(part) for part in parts]
    for _ in range(_ROUNDS):
        path = solve @ np.sum([m.T @ (p - o) for (m, _), p, o in zip(terms, parts, owed, strict=True)], axis=0)
        for number, (matrix, weight) in enumerate(terms):
            wish = matrix @ path + owed[number]
            if weight:
                parts[number] = np.sign(wish) * np.maximum(np.abs(wish) - weight, 0)
            else:
                parts[number] = np.clip(wish, least, most)
            owed[number] = wish - parts[number]
    return np.clip(path, least, most)


def _softened(path: Curve, deviation: float) -> Curve:
    reach = max(1, round(3 * deviation))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(deviation, 1e-3)) ** 2)
    # Mirrored through the ends, so that a camera in motion is in motion at a cut.
    padded = (
        np.pad(path, reach, mode="reflect", reflect_type="odd") if len(path) > reach else np.pad(path, reach, "edge")
    )
    return np.asarray(np.convolve(padded, kernel / kernel.sum(), "valid"), np.float64)


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
