"""Any clip continued before its first or after its last frame.

The camera goes on at its speed and comes to rest softly; what moved beside it goes on a little and then flows into the
place of the shot that is most like the end, from where the shot is played again, brought under the new camera. Nothing
runs backwards, nothing stands still. What was never filmed is not known: a longer continuation is a variation of what
was seen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from callsheet.studio.effects import motion
from callsheet.studio.effects.reading import Clip, read
from callsheet.studio.picture.spec import F32, U8, stream

WATCHED = 8.0
"""Seconds beside the seam that are looked at and played again."""
MORPH = 1.0
"""Seconds in which the end flows into the frames that are played again."""
LIVELY = 0.04
"""Small pixels a frame; with less beside the camera's motion there is nothing to play again."""
_COARSE = 4


@dataclass
class Prolonged:
    """A clip's continuation, prepared: `frames(count)` paints it in the order of time."""

    clip: Clip
    after: bool
    shot: motion.Shot
    speed: F32
    drift: F32
    back: int | None
    way: F32
    grain: Grain | None

    def frames(self, count: int) -> Iterator[U8]:
        """The `count` frames that follow the clip or come before it."""
        for number, frame in enumerate(self._frames(count)):
            # A picture that is only bent has grain that stands still: that is seen, so it is made to live.
            yield self.grain.over(frame, number) if self.grain else frame

    def _frames(self, count: int) -> Iterator[U8]:
        edge = next(read(self.clip, self.clip.frames - 1)) if self.after else next(read(self.clip, 0, 1))
        if self.back is None:
            for k in range(1, count + 1) if self.after else range(count, 0, -1):
                yield self._paint(edge, None, k, k, 0)
            return
        target = self.shot.count - 1 if self.after else 0
        period = abs(target - self.back)
        onto = self.shot.onto(target)
        numbers = range(1, count + 1) if self.after else range(count, 0, -1)
        source: Iterator[U8] | None = None
        for k in numbers:
            within = (k - 1) % period + 1
            at = self.back + within if self.after else self.back - within
            if source is None or within == (1 if self.after else period):
                source = read(self.clip, self.shot.first + at)
            yield self._paint(edge, (next(source), onto[at]), k, within, period)

    def _paint(self, edge: U8, again: tuple[U8, F32] | None, k: int, within: int, period: int) -> U8:
        fps = self.clip.fps
        q = self._seen(k)
        # What moved goes on at its speed and slows down within a third of a second.
        tau = 0.35 * fps
        roll = tau * (1 - math.exp(-within / tau)) * (1 if self.after else -1)
        if again is None:
            return self._looked_up(edge, q - self._field(self.drift, q) * np.float32(roll), None)
        width = min(MORPH * fps, period * 0.8)
        u = min(1.0, within / width)
        picture, onto = again
        gone = u * u * (3 - 2 * u)
        # The mixture begins at once, as a held picture would be seen to stand; places leave and arrive softly.
        share = 0.4 * gone + 0.6 * u * (2 - u)
        seen = self._looked_up(picture, q + self._field(self.way, q) * np.float32(1 - gone), onto)
        # The light of the frames that are played again starts at the end's own.
        there = self.shot.light[-1 if self.after else 0] / np.maximum(self.shot.light[self.back or 0], 1)
        gain = 1 + (np.clip(there, 0.8, 1.25) - 1) * (1 - within / period)
        if np.abs(gain - 1).max() > 0.004:
            seen = np.asarray(np.clip(seen * gain, 0, 255), np.uint8)
        if share >= 1:
            return seen
        rolled = self._field(self.drift, q) * np.float32(roll * (1 - gone))
        move = rolled + self._field(self.way, q) * np.float32(gone)
        held = self._looked_up(edge, q - move, None)
        return np.asarray(cv2.addWeighted(held, 1 - share, seen, share, 0), np.uint8)

    def _seen(self, k: int) -> F32:
        """For a coarse raster of the frame: which place of the edge frame (small pixels) is seen there, k frames on."""
        fps, sign = self.clip.fps, 1 if self.after else -1
        h, w = self.shot.greys[0].shape
        size, turn, vx, vy = (float(v) for v in self.speed)
        fast = math.hypot(vx, vy)
        tau = max(0.15 * fps, min(1.3 * fps, 0.09 * w / max(fast, 1e-4), 0.12 / max(abs(size), 1e-6)))
        s = tau * (1 - math.exp(-k / tau))
        t = k / fps
        # The travel uncovers a rim that was never filmed; coming nearer hides part of it, and keeps a still end alive.
        hide = min(0.12, 1.2 * fast * tau / w) * (1 - math.exp(-((k / tau) ** 2)))
        near = 0.1 * (1 - math.exp(-0.012 * t * t / (0.3 + 0.1 * t)))
        zoom = math.exp(size * s * sign + hide + near + max(0.0, -size * s * sign) * 0.5)
        sway = 0.004 * w * min(1.0, t / 2) ** 2
        dx = vx * s * sign + sway * math.sin(0.7 * t)
        dy = vy * s * sign + 0.6 * sway * math.sin(0.53 * t)
        angle = turn * s * sign
        rows, cols = self.clip.height // _COARSE, self.clip.width // _COARSE
        y, x = np.mgrid[0:rows, 0:cols].astype(np.float32)
        x, y = (
            (x + np.float32(0.5)) * np.float32(w / cols) - w / 2 - dx,
            (y + np.float32(0.5)) * np.float32(h / rows) - h / 2 - dy,
        )
        c, n = math.cos(-angle) / zoom, math.sin(-angle) / zoom
        return np.stack([x * c - y * n + w / 2, x * n + y * c + h / 2], -1).astype(np.float32)

    @staticmethod
    def _field(field: F32, q: F32) -> F32:
        return np.asarray(
            cv2.remap(field, q[..., 0], q[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32
        )

    def _looked_up(self, picture: U8, q: F32, onto: F32 | None) -> U8:
        """The picture at coarse places `q` of the edge frame; `onto` brings the picture onto that frame."""
        if onto is not None:
            back = np.linalg.inv(onto.astype(np.float64)).astype(np.float32)
            q = np.asarray(q @ back[:2, :2].T + back[:2, 2], np.float32)
        size = (self.clip.width, self.clip.height)
        big = cv2.resize(q, size, interpolation=cv2.INTER_LINEAR) * np.float32(1 / self.shot.scale) - np.float32(0.5)
        return np.asarray(
            cv2.remap(picture, big[..., 0], big[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101), np.uint8
        )


class Grain:
    """Noise of `sigma` steps of 255 that is another one in each frame."""

    def __init__(self, sigma: float, width: int, height: int) -> None:
        dice = stream("prolonged grain", width, height)
        fine = dice.standard_normal((height + 64, width + 64), dtype=np.float32) * np.float32(min(sigma, 6.0))
        grey = np.clip(np.round(fine) + 24, 0, 48).astype(np.uint8)
        self._noise = cv2.merge((grey, grey, grey))
        self._shifts = dice.integers(0, 64, (97, 2))

    def over(self, frame: U8, number: int) -> U8:
        y, x = self._shifts[number % 97]
        h, w = frame.shape[:2]
        return np.asarray(cv2.addWeighted(frame, 1, self._noise[y : y + h, x : x + w], 1, -24), np.uint8)


def roughness(clip: Clip, first: int) -> float:
    """The sigma of a clip's grain at a place, in steps of 255: what is fine and changes from frame to frame."""
    frames = list(read(clip, max(0, first), max(0, first) + 3))
    if len(frames) < 2:
        return 0.0
    fine = [f[..., 1].astype(np.float32) - cv2.GaussianBlur(f[..., 1], (0, 0), 1.5).astype(np.float32) for f in frames]
    return float(np.median([np.median(np.abs(b - a)) for a, b in pairwise(fine)]) / 0.6745 / 2**0.5)


def prolong(clip: Clip, *, after: bool) -> Prolonged:
    """Prepares the continuation of a clip. Raises MediaError for one that can't be decoded."""
    span = min(clip.frames, round(WATCHED * clip.fps))
    first = clip.frames - span if after else 0
    shot = motion.watch(read(clip, first, first + span), first, last_shot=after)
    end = -1 if after else 0
    back = None
    if motion.liveliness(shot) > LIVELY:
        back = motion.return_point(shot, end, least=round(0.9 * clip.fps))
    h, w = shot.greys[0].shape
    way: F32 = np.zeros((h, w, 2), np.float32)
    if back is not None:
        target = shot.count - 1 if after else 0
        onto = shot.onto(target)[back]
        seen = cv2.warpAffine(shot.greys[back], onto[:2], (w, h), borderMode=cv2.BORDER_REPLICATE)
        way = motion.flow(shot.greys[target], np.asarray(seen, np.uint8), smooth=3.0)
    drift = motion.residual(shot, end)
    # Frames that are played again bring most of their own grain.
    rough = roughness(clip, clip.frames - 3 if after else 0) * (1.0 if back is None else 0.5)
    grain = Grain(rough, clip.width, clip.height) if rough > 0.4 else None
    return Prolonged(clip, after, shot, motion.velocity(shot, end), drift, back, way, grain)
