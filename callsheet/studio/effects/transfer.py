"""A clip in the palette and texture of a picture or another clip; its motion stays its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from callsheet.studio.effects import motion
from callsheet.studio.picture.spec import F32, U8, stream

TONES = 3
"""Classes of lightness, each of which has a texture of its own."""
PHASE = 2.4
"""Seconds after which a texture that the motion has carried along is laid anew; two take turns, unseen."""
BOIL = 12
"""Pictures a second where the motion need not be preserved, as of a film that is painted picture by picture."""
_SMALL = 144
_COARSE = 4


@dataclass(frozen=True)
class Palette:
    """Mean (3,) and covariance (3, 3) in Lab, and 256 quantiles of the lightness 0..100."""

    mean: F32
    spread: F32
    light: F32


def palette_of(frames: Iterable[U8]) -> Palette:
    """The palette of pictures together."""
    rows = []
    for frame in frames:
        small = cv2.resize(frame, (128, 72), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        rows.append(cv2.cvtColor(small, cv2.COLOR_BGR2Lab).reshape(-1, 3))
    lab = np.concatenate(rows)
    return Palette(
        lab.mean(0).astype(np.float32),
        np.cov(lab.T).astype(np.float32) + np.eye(3, dtype=np.float32) * np.float32(2.0),
        np.quantile(lab[:, 0], np.linspace(0, 1, 256)).astype(np.float32),
    )


def color_map(content: Palette, wanted: Palette) -> F32:
    """The linear map (3, 4) in Lab that moves one palette to the other with the least change (Pitie 2007, MKL)."""
    half, back = _root(content.spread), np.linalg.inv(_root(content.spread))
    matrix = back @ _root(half @ wanted.spread @ half) @ back
    # A picture of few colours must not tear the other one's apart.
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    matrix = vectors @ np.diag(np.clip(values, 0.25, 2.6)) @ vectors.T
    return np.hstack([matrix, (wanted.mean - matrix @ content.mean)[:, None]]).astype(np.float32)


def _root(matrix: F32) -> F32:
    values, vectors = np.linalg.eigh(matrix.astype(np.float64))
    return np.asarray(vectors @ np.diag(np.sqrt(np.maximum(values, 1e-6))) @ vectors.T)


class Transfer:
    """Prepared for one clip. `content` are a few of its frames, `reference` those of the style."""

    def __init__(
        self,
        content: Sequence[U8],
        reference: Sequence[U8],
        fps: int,
        seed: int,
        *,
        strength: float,
        consistency: float = 0.9,
        preserve_motion: bool = True,
    ) -> None:
        self._height, self._width = content[0].shape[:2]
        self._fps, self._strength, self._keep = fps, strength, preserve_motion
        self._hold = 0.6 * consistency
        mine, theirs = palette_of(content), palette_of(reference)
        self._map = color_map(mine, theirs)
        # What is left of the lightness after the linear map follows the reference's own distribution, halfway.
        mapped = mine.light * self._map[0, 0] + (self._map[0, 3] + self._map[0, 1:3] @ mine.mean[1:])
        self._light = (np.maximum.accumulate(mapped + np.arange(256) * 1e-3).astype(np.float32), theirs.light)
        self._sheet = cv2.merge([_sheet(reference, tone, self._width, self._height, seed) for tone in range(TONES)])
        own, given = _fineness(content), _fineness(reference)
        self._flatten = float(np.clip(1.15 - given / max(own, 1e-3), 0.15, 0.9))

    def frames(self, clip: Iterable[U8]) -> Iterator[U8]:
        """The clip's frames in the style."""
        last_grey: U8 | None = None
        last: U8 | None = None
        out: U8 | None = None
        h, w = self._height // _COARSE, self._width // _COARSE
        y, x = np.mgrid[0:h, 0:w].astype(np.float32)
        here = np.stack([x, y], -1)
        carried = [here.copy(), here.copy()]
        period = round(PHASE * self._fps)
        step = 1 if self._keep else max(1, round(self._fps / BOIL))
        for number, frame in enumerate(clip):
            if number % step and out is not None:
                yield out
                continue
            grey = self._grey(frame)
            back = motion.flow(grey, last_grey, smooth=1.5) if last_grey is not None else None
            for n in (0, 1):
                if (number + n * period // 2) % period == 0:
                    carried[n] = here.copy()
                elif back is not None and self._keep:
                    carried[n] = self._carried(carried[n], back)
            if not self._keep:
                shift = stream("boil", number).random(2).astype(np.float32) * np.float32(40)
                carried = [here + shift, here + shift]
            done = self._painted(frame, carried, number, period)
            if out is not None and back is not None and last is not None and self._keep and self._hold > 0:
                done = self._steadied(done, out, frame, last, back)
            last_grey, last, out = grey, frame, done
            result = cv2.addWeighted(frame, 1 - self._strength, done, self._strength, 0)
            out_now = np.asarray(result, np.uint8)
            if step > 1:
                out = out_now
            yield out_now

    def _grey(self, frame: U8) -> U8:
        scale = _SMALL / frame.shape[0]
        small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)

    def _carried(self, places: F32, back: F32) -> F32:
        h, w = places.shape[:2]
        flow = cv2.resize(back, (w, h)) * np.float32(w / back.shape[1])
        y, x = np.mgrid[0:h, 0:w].astype(np.float32)
        moved = cv2.remap(places, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(moved, np.float32)

    def _painted(self, frame: U8, carried: list[F32], number: int, period: int) -> U8:
        flat = cv2.bilateralFilter(cv2.resize(frame, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), 5, 42, 3)
        flat = cv2.resize(flat, (self._width, self._height), interpolation=cv2.INTER_CUBIC)
        base = cv2.addWeighted(frame, 1 - self._flatten, flat, self._flatten, 0).astype(np.float32) * np.float32(
            1 / 255
        )
        lab = cv2.transform(cv2.cvtColor(base, cv2.COLOR_BGR2Lab), self._map)
        light = np.ascontiguousarray(lab[..., 0])
        table = np.interp(np.linspace(-20, 120, 256), *self._light).astype(np.float32)
        index = cv2.convertScaleAbs(np.maximum(light, -20) + np.float32(20), alpha=255 / 140)
        light = cv2.addWeighted(light, 0.4, cv2.LUT(index, table), 0.6, 0)
        lab[..., 0] = np.clip(light + self._texture(light, carried, number, period), 0, 100)
        bgr = cv2.cvtColor(lab, cv2.COLOR_Lab2BGR)
        return np.asarray(np.clip(bgr * 255 + 0.5, 0, 255), np.uint8)

    def _texture(self, light: F32, carried: list[F32], number: int, period: int) -> F32:
        """The reference's fine relief, of the class of lightness that each place has, carried along by the motion."""
        phases = [((number + n * period // 2) % period) / period for n in (0, 1)]
        weights = [1 - abs(2 * phase - 1) for phase in phases]
        norm = max(1e-3, (weights[0] ** 2 + weights[1] ** 2) ** 0.5)
        small = cv2.resize(light, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
        tone = np.clip(cv2.GaussianBlur(small, (0, 0), 1.2) * np.float32(TONES / 100) - np.float32(0.5), 0, TONES - 1)
        shares = np.maximum(0, 1 - np.abs(tone[..., None] - np.arange(TONES, dtype=np.float32)))
        size = (self._width, self._height)
        shares = cv2.resize(shares, size, interpolation=cv2.INTER_LINEAR)
        total: F32 = np.zeros((self._height, self._width, TONES), np.float32)
        for places, weight in zip(carried, weights, strict=True):
            if weight >= 0.02:
                big = cv2.resize(places * np.float32(_COARSE), size, interpolation=cv2.INTER_LINEAR)
                seen = cv2.remap(
                    self._sheet, big[..., 0], big[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
                )
                cv2.scaleAdd(seen, weight / norm, total, dst=total)
        return np.asarray(cv2.transform(cv2.multiply(total, shares), np.ones((1, TONES), np.float32)), np.float32)

    def _steadied(self, done: U8, before: U8, frame: U8, last: U8, back: F32) -> U8:
        """Where the clip itself did not change beyond its motion, the painted picture may not either."""
        h, w = back.shape[:2]
        y, x = np.mgrid[0:h, 0:w].astype(np.float32)
        field = np.stack([(x + back[..., 0] + 0.5) / w * self._width, (y + back[..., 1] + 0.5) / h * self._height], -1)
        big = cv2.resize(
            field.astype(np.float32), (self._width, self._height), interpolation=cv2.INTER_LINEAR
        ) - np.float32(0.5)
        moved = cv2.remap(before, big[..., 0], big[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        half = (self._width // 2, self._height // 2)
        small = cv2.resize(
            field.astype(np.float32) * np.float32(0.5), half, interpolation=cv2.INTER_LINEAR
        ) - np.float32(0.5)
        was, now = (cv2.resize(picture, half, interpolation=cv2.INTER_AREA) for picture in (last, frame))
        source = cv2.remap(was, small[..., 0], small[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        b, g, r = cv2.split(cv2.absdiff(source, now))
        change = cv2.GaussianBlur(cv2.max(cv2.max(b, g), r), (0, 0), 1.0)
        table = np.clip(np.exp(-((np.arange(256) / 14) ** 2)) * self._hold * 255, 0, 255).astype(np.uint8)
        share = cv2.resize(cv2.LUT(change, table), (self._width, self._height), interpolation=cv2.INTER_LINEAR)
        share = cv2.merge((share, share, share))
        kept = cv2.multiply(moved, share, scale=1 / 255)
        return np.asarray(cv2.add(cv2.multiply(done, cv2.bitwise_not(share), scale=1 / 255), kept), np.uint8)


def _fine(picture: U8, height: int) -> tuple[F32, F32]:
    """Lightness 0..100 of a picture brought to `height` lines: its fine relief, and what is under it."""
    scale = height / picture.shape[0]
    size = (max(16, round(picture.shape[1] * scale)), height)
    area = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    light = cv2.cvtColor(area.astype(np.float32) / 255, cv2.COLOR_BGR2Lab)[..., 0]
    under = cv2.GaussianBlur(light, (0, 0), height / 90)
    return np.asarray(light - under, np.float32), np.asarray(under, np.float32)


def _fineness(frames: Sequence[U8]) -> float:
    """How much fine relief pictures have: the root of the mean square of it, edges held down."""
    found = [np.clip(_fine(frame, 270)[0], -8, 8) for frame in frames]
    return float(np.sqrt(np.mean([np.mean(relief**2) for relief in found])))


def _sheet(reference: Sequence[U8], tone: int, width: int, height: int, seed: int) -> F32:
    """A sheet of the frame's size of the reference's relief at this lightness: pieces that flow together."""
    reliefs, covers = [], []
    for picture in reference:
        relief, under = _fine(picture, height)
        reliefs.append(relief)
        covers.append(np.exp(-(((under - 100 * (tone + 0.5) / TONES) / 22) ** 2)).astype(np.float32))
    dice = stream("sheet", seed, tone)
    side = max(24, height // 6)
    window = np.outer(np.hanning(side + 2)[1:-1], np.hanning(side + 2)[1:-1]).astype(np.float32)
    total = np.zeros((height + side, width + side), np.float32)
    weight = np.zeros_like(total)
    # Strong edges are things and not manner: pieces with them are passed over for calmer ones.
    scores = [cv2.blur(c, (side, side)) - 0.08 * cv2.blur(np.clip(np.abs(r) - 6, 0, 40), (side, side))
              for r, c in zip(reliefs, covers, strict=True)]  # fmt: skip
    for top in range(0, height, side // 2):
        for left in range(0, width, side // 2):
            best: tuple[float, int, int, int] | None = None
            for _ in range(10):
                n = int(dice.integers(len(reliefs)))
                h, w = reliefs[n].shape
                y, x = int(dice.integers(max(1, h - side))), int(dice.integers(max(1, w - side)))
                score = float(scores[n][min(h - 1, y + side // 2), min(w - 1, x + side // 2)])
                if best is None or score > best[0]:
                    best = (score, n, y, x)
            assert best is not None  # noqa: S101 - ten were tried
            piece = reliefs[best[1]][best[2] : best[2] + side, best[3] : best[3] + side]
            ph, pw = piece.shape
            total[top : top + ph, left : left + pw] += piece * window[:ph, :pw]
            weight[top : top + ph, left : left + pw] += window[:ph, :pw] ** 2
    done = total / np.sqrt(np.maximum(weight, 0.05))
    # What stands out far is a thing, not a manner.
    return np.asarray(np.tanh(done[:height, :width] / 11) * 11, np.float32)
