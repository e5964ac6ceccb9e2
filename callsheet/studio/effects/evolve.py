"""A picture in another light, weather or season, its contents kept: grades, sky, haze, glow, and what falls."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from callsheet.studio.effects.particles import Falling, Lightning, Precipitation, Splashes
from callsheet.studio.effects.places import Places, Surveyor
from callsheet.studio.effects.states import ORDER, State, said, state
from callsheet.studio.picture.noise import tile
from callsheet.studio.picture.spec import F32, U8, stream

LUMA = np.array([[0.114, 0.587, 0.299]], np.float32)


@dataclass(frozen=True)
class Changes:
    """The ordered states by kind."""

    lighting: str | None = None
    weather: str | None = None
    season: str | None = None

    def __bool__(self) -> bool:
        return bool(self.lighting or self.weather or self.season)

    def states(self) -> list[tuple[str, State]]:
        return [(kind, state(kind, name)) for kind in ORDER if (name := getattr(self, kind))]


def changes_in(prompt: str) -> Changes:
    """What a prompt asks of light, weather and season."""
    return Changes(**said(prompt))


class Evolution:
    """Made once for a clip; `apply` is called for its frames in their order. `indoors` keeps rain and snow outside."""

    def __init__(
        self,
        width: int,
        height: int,
        fps: int,
        changes: Changes,
        seed: int,
        *,
        indoors: bool = False,
        seconds: float = 60,
    ) -> None:
        self._states = changes.states()
        self._surveyor = Surveyor()
        self._size = (width, height)
        self._mean: float | None = None
        self._cast: F32 | None = None
        states = [one for _, one in self._states]
        rainy, snowy = max(s.rain for s in states), max(s.snow for s in states)
        self._flashes = Lightning(seed, seconds) if any(s.flashes for s in states) else None
        self.indoors = indoors
        self._fall = (
            None
            if indoors or not (rainy or snowy)
            else Precipitation(width, height, fps, seed, rainy=rainy, snowy=snowy)
        )
        self._splashes = Splashes(height, seed, rainy) if rainy and not indoors else None
        kind = next((s.falling for s in states if s.falling), None)
        self._falling = Falling(kind, width, height, seed) if kind and not indoors else None
        self._stars = _stars(width, height, seed) if any(s.stars for s in states) else None
        self._noise = tile(seed % 1000, 256, 5, 4)
        dither = stream("evolution", seed).integers(0, 3, (height + 16, width + 16), dtype=np.uint8)
        self._dither = cv2.merge((dither, dither, dither))

    def apply(self, frame: U8, t: float, amount: float) -> U8:
        """The frame `t` seconds into the clip with `amount` 0..1 of the change."""
        places = self._surveyor.look(frame)
        if self._mean is None:
            small = cv2.resize(frame, (64, 36), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
            self._cast = small.reshape(-1, 3).mean(0)
            self._mean = float(self._cast @ LUMA[0])
        if amount <= 0:
            return frame
        done, lamps = frame, _lamps(frame, places) if any(s.lamps for _, s in self._states) else None
        light = 1.0
        for kind, one in self._states:
            done = self._graded(done, one, amount, places, t)
            light *= self._exposure(one) if kind != "season" else 1.0
        for _, one in self._states:
            if one.lamps and lamps is not None:
                done = _lit(done, lamps, one.lamps * amount)
            if one.stars and self._stars is not None:
                done = self._starred(done, places, one.stars * amount)
        return self._in_the_air(done, places, t, amount, float(np.clip(light, 0.25, 1.1)))

    def flashes(self, seconds: float) -> list[float]:
        """When lightning strikes in a clip of this length."""
        return [at for at in self._flashes.times if at < seconds] if self._flashes else []

    def _exposure(self, one: State) -> float:
        assert self._mean is not None  # noqa: S101 - measured on the first frame
        return one.exposure if one.luma is None else one.luma / max(0.1, self._mean)

    def _graded(self, frame: U8, one: State, amount: float, places: Places, t: float) -> U8:
        if one.greens is not None:
            frame = _leaves(frame, one.greens, amount)
        if one.cover and not self.indoors:
            frame = _snowed(frame, places, self._noise, one.cover * amount)
        if one.wet and not self.indoors:
            frame = _wet(frame, places, one.wet * amount, t)
        share = one.sky_mix * amount * min(1.0, places.open_air * 1.6)
        if one.sky is not None and share > 0.02:
            frame = self._sky(frame, one, places, share, t)
        if one.haze:
            frame = self._hazed(frame, one, places, amount, t)
        frame = self._toned(frame, one, amount)
        if one.glow is not None and one.glow_level:
            frame = _glowing(frame, one, amount)
        return frame

    def _toned(self, frame: U8, one: State, amount: float) -> U8:
        """Curve and colour of a state as one table for each channel and one matrix."""
        assert self._mean is not None and self._cast is not None  # noqa: S101 - measured on the first frame
        x = np.arange(256, dtype=np.float32) / 255
        y = x * np.float32(one.exposure)
        if one.luma is not None:
            # A power keeps black and white where they are: windows and lamps stay bright in the night.
            power = float(np.clip(np.log(one.luma) / np.log(min(0.9, max(0.03, self._mean))), 0.42, 2.7))
            y = x ** np.float32(power)
        curve = y * y * (3 - 2 * y)
        y = y + (curve - y) * np.float32(max(0.0, one.contrast) * 2) + (0.5 - y) * np.float32(max(0.0, -one.contrast))
        table = np.clip((x + (y - x) * np.float32(amount)) * 255, 0, 255)
        matrix = _saturation(one.saturation)
        tint = np.array(one.tint[::-1], np.float32)
        if one.neutral:
            grey = self._cast.mean() / np.maximum(self._cast, 0.05)
            tint = tint * (1 + (np.clip(grey, 0.7, 1.4) - 1) * np.float32(one.neutral))
        full = np.diag(tint) @ matrix
        mixed = np.eye(3, dtype=np.float32) * np.float32(1 - amount) + full * np.float32(amount)
        shade = np.array(one.shade[::-1], np.float32)[:, None] * np.float32(255 * amount)
        lifted = mixed * (1 - np.abs(shade) / 255)
        out = cv2.LUT(frame, np.round(table).astype(np.uint8))
        return np.asarray(cv2.transform(out, np.hstack([lifted, shade]).astype(np.float32)), np.uint8)

    def _sky(self, frame: U8, one: State, places: Places, share: float, t: float) -> U8:
        assert one.sky is not None  # noqa: S101 - asked by the caller
        rows, cols = places.sky.shape
        top, low = (np.array(color[::-1], np.float32) * 255 for color in one.sky)
        v = np.clip(np.arange(rows, dtype=np.float32) / (rows * max(0.2, places.horizon)), 0, 1)[:, None, None]
        painted: F32 = np.broadcast_to(top + (low - top) * v**1.3, (rows, cols, 3)).astype(np.float32)
        if one.clouds:
            painted = painted * (1 + (self._cloud(rows, cols, t, 1.0) - 0.5)[..., None] * np.float32(0.75 * one.clouds))
        return _laid(frame, np.clip(painted, 0, 255), places.sky * np.float32(share), keep=0.35)

    def _hazed(self, frame: U8, one: State, places: Places, amount: float, t: float) -> U8:
        rows, cols = places.far.shape
        drift = self._cloud(rows, cols, t, 0.5)
        dense = np.clip(one.haze * (places.far**1.15) * (0.72 + 0.56 * drift), 0, 0.97) * np.float32(amount)
        color = np.array(one.haze_color[::-1], np.float32) * 255
        return _laid(frame, np.broadcast_to(color, (*dense.shape, 3)).astype(np.float32), dense, keep=0.0)

    def _cloud(self, rows: int, cols: int, t: float, scale: float) -> F32:
        y, x = np.mgrid[0:rows, 0:cols].astype(np.float32)
        # Clouds are smaller and closer to each other toward the horizon.
        stretch = 1.0 + 1.6 * y / rows
        at_x = np.mod(x * np.float32(0.9 * scale) * stretch + np.float32(t * 5.0), 256)
        at_y = np.mod(y * np.float32(2.0 * scale) + np.float32(t * 0.8), 256)
        return np.asarray(cv2.remap(self._noise, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP), np.float32)

    def _starred(self, frame: U8, places: Places, level: float) -> U8:
        assert self._stars is not None  # noqa: S101 - asked by the caller
        mask = np.clip(places.sky * min(1.0, places.open_air * 2), 0, 1) * np.float32(255 * level)
        big = cv2.resize(mask.astype(np.uint8), self._size, interpolation=cv2.INTER_LINEAR)
        return np.asarray(
            cv2.add(frame, cv2.multiply(self._stars, cv2.merge((big, big, big)), scale=1 / 255)), np.uint8
        )

    def _in_the_air(self, frame: U8, places: Places, t: float, amount: float, light: float) -> U8:
        if self._splashes is not None:
            frame = frame.copy()
            self._splashes.over(frame, t, max(0.5, places.horizon), amount)
        if self._fall is not None:
            frame = self._fall.over(frame, t, amount * (0.45 + 0.55 * light))
        if self._falling is not None:
            frame = frame.copy()
            self._falling.over(frame, t, amount, min(1.0, 0.35 + 0.65 * light))
        flash = self._flashes.level(t) * amount if self._flashes else 0.0
        if flash > 0.01:
            sky = cv2.resize((places.far * np.float32(110 * flash)).astype(np.uint8), self._size)
            frame = cv2.convertScaleAbs(frame, alpha=1 + 0.85 * flash)
            frame = cv2.add(frame, cv2.merge((sky, (sky * 0.94).astype(np.uint8), (sky * 0.9).astype(np.uint8))))
        y, x = int(t * 331) % 16, int(t * 577) % 16
        h, w = frame.shape[:2]
        return np.asarray(cv2.addWeighted(frame, 1, self._dither[y : y + h, x : x + w], 1, -1), np.uint8)


def _saturation(amount: float) -> F32:
    return np.asarray(np.eye(3) * amount + np.ones((3, 1)) @ LUMA * (1 - amount), np.float32)


def _laid(frame: U8, color: F32, alpha: F32, *, keep: float) -> U8:
    """A small coloured map over the frame; `keep` is how much of the frame's own shading stays in it."""
    size = (frame.shape[1], frame.shape[0])
    cover = cv2.resize(
        (np.clip(alpha, 0, 1) * (1 - keep * 0.5) * 255).astype(np.uint8), size, interpolation=cv2.INTER_LINEAR
    )
    cover = cv2.merge((cover, cover, cover))
    painted = cv2.resize(color.astype(np.uint8), size, interpolation=cv2.INTER_LINEAR)
    if keep:
        painted = cv2.addWeighted(painted, 1 - 0.3 * keep, frame, 0.3 * keep, 0)
    under = cv2.multiply(frame, cv2.bitwise_not(cover), scale=1 / 255)
    return np.asarray(cv2.add(under, cv2.multiply(painted, cover, scale=1 / 255)), np.uint8)


def _leaves(frame: U8, to: tuple[float, float, float], amount: float) -> U8:
    """Greens and yellow-greens take another hue; what is not green stays as it is."""
    hsv = cv2.cvtColor(frame, cv2.COLOR_BGR2HSV)
    hue = np.arange(256, dtype=np.float32)
    share = np.clip(np.minimum((hue - 26) / 8, (96 - hue) / 16), 0, 1) * np.float32(amount)
    target = to[0] + (hue - 60) * np.float32(0.18)
    tables = [hue + (target - hue) * share, 128 * (1 + (to[1] - 1) * share), 128 * (1 + (to[2] - 1) * share)]
    h = hsv[..., 0]
    new = [np.clip(np.round(table), 0, 255).astype(np.uint8) for table in tables]
    s = cv2.multiply(hsv[..., 1], cv2.LUT(h, new[1]), scale=1 / 128)
    v = cv2.multiply(hsv[..., 2], cv2.LUT(h, new[2]), scale=1 / 128)
    return np.asarray(cv2.cvtColor(cv2.merge((cv2.LUT(h, new[0]), s, v)), cv2.COLOR_HSV2BGR), np.uint8)


def _snowed(frame: U8, places: Places, noise: F32, amount: float) -> U8:
    """Snow lies on the ground, on leaves and along the upper edges of what stands before the sky."""
    rows, cols = places.ground.shape
    small = cv2.resize(frame, (cols, rows), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    b, g, r = (small[..., c] for c in range(3))
    green = np.clip((g - np.maximum(b, r * 0.9)) * 8, 0, 1)
    light = np.clip(small.max(-1) * 1.6, 0, 1)
    edge = np.clip(np.roll(places.sky, max(1, rows // 60), 0) - places.sky, 0, 1)
    patches = cv2.resize(noise, (cols, rows))
    cover = np.maximum(places.ground * (0.35 + 0.5 * light), green * 0.6) * np.clip(0.55 + 0.9 * patches, 0, 1)
    cover = cover * np.clip(1 - (r - g - 0.06) * 6, 0, 1)  # not on faces and coats
    cover = np.maximum(cover, edge * 0.7) * (1 - places.sky) * min(1.0, 0.25 + places.open_air * 1.5)
    cover = cv2.GaussianBlur(cover.astype(np.float32), (0, 0), 0.8) * np.float32(amount)
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    # The relief of the ground is kept: snow is white where it was light and blue in the shade.
    lift = cv2.LUT(grey, np.clip(255 * (0.42 + 0.62 * (np.arange(256) / 255) ** 0.6), 0, 255).astype(np.uint8))
    white = cv2.merge((cv2.convertScaleAbs(lift, beta=8), lift, cv2.convertScaleAbs(lift, alpha=0.97)))
    mask = cv2.resize((np.clip(cover, 0, 1) * 235).astype(np.uint8), (frame.shape[1], frame.shape[0]))
    mask = cv2.merge((mask, mask, mask))
    under = cv2.multiply(frame, cv2.bitwise_not(mask), scale=1 / 255)
    return np.asarray(cv2.add(under, cv2.multiply(white, mask, scale=1 / 255)), np.uint8)


def _wet(frame: U8, places: Places, amount: float, t: float) -> U8:
    """A wet ground mirrors what stands on it, trembling."""
    h, w = frame.shape[:2]
    line = int(h * max(0.5, places.horizon))
    tall = h - line
    source = frame[max(0, line - tall) : line]
    mirror = cv2.GaussianBlur(cv2.resize(cv2.flip(source, 0), (w // 4, max(2, tall // 4))), (0, 0), 1.2, sigmaY=3.0)
    rows = np.arange(mirror.shape[0], dtype=np.float32)[:, None]
    y, x = np.mgrid[0 : mirror.shape[0], 0 : mirror.shape[1]].astype(np.float32)
    x = x + np.sin(rows * np.float32(0.9) + np.float32(t * 5)) * np.float32(0.8)
    mirror = cv2.resize(cv2.remap(mirror, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), (w, tall))
    ground = places.ground[int(places.ground.shape[0] * line / h) :]
    mask = cv2.resize((ground * np.float32(255 * amount)).astype(np.uint8), (w, tall))
    mask = cv2.merge((mask, mask, mask))
    out = frame.copy()
    under = cv2.multiply(frame[line:], cv2.bitwise_not(mask), scale=1 / 255)
    out[line:] = cv2.add(under, cv2.multiply(mirror, mask, scale=1 / 255))
    return np.asarray(out, np.uint8)


def _glowing(frame: U8, one: State, amount: float) -> U8:
    """Light from a side or from above, spilt over the picture from a small raster."""
    assert one.glow is not None  # noqa: S101 - asked by the caller
    rows, cols = 90, 160
    y, x = np.mgrid[0:rows, 0:cols].astype(np.float32)
    far = np.hypot((x / cols - one.glow_at[0]) * 1.5, y / rows - one.glow_at[1])
    fan = np.exp(-far * 2.6) * 0.8 + np.exp(-((far / 0.16) ** 2)) * 0.35
    light = fan[..., None] * np.array(one.glow[::-1], np.float32) * np.float32(255 * one.glow_level * amount)
    big = cv2.resize(light.astype(np.float32), (frame.shape[1], frame.shape[0]), interpolation=cv2.INTER_LINEAR)
    spill = np.clip(big, 0, 255).astype(np.uint8)
    # As light: bright places get less of it, so that nothing burns out.
    return np.asarray(cv2.add(frame, cv2.multiply(spill, cv2.bitwise_not(frame), scale=1 / 255)), np.uint8)


def _lamps(frame: U8, places: Places) -> U8:
    """What shines by itself: warm or very bright small places that are not sky."""
    h, w = frame.shape[:2]
    small = cv2.resize(frame, (w // 2, h // 2), interpolation=cv2.INTER_AREA)
    b, g, r = cv2.split(small)
    top = cv2.max(cv2.max(b, g), r).astype(np.float32)
    wide = cv2.blur(top, (w // 14 | 1, w // 14 | 1))
    stands_out = np.clip((top - wide - 38) / 60, 0, 1) * np.clip((top - 165) / 60, 0, 1)
    # Not what is merely light before a dark thing, as a sky between trees is: lamps are warm, or far from any sky.
    wide_sky = cv2.dilate(places.sky, np.ones((13, 13), np.uint8))
    sky = cv2.resize(wide_sky, (w // 2, h // 2))
    warm = np.clip((small[..., 2].astype(np.float32) - small[..., 0] - 4) / 20, 0, 1)
    mask = (stands_out * (0.25 + 0.75 * warm) * (1 - np.clip(sky * 1.5, 0, 1)) * 255).astype(np.uint8)
    return np.asarray(cv2.multiply(small, cv2.merge((mask, mask, mask)), scale=1 / 255), np.uint8)


def _lit(frame: U8, lamps: U8, level: float) -> U8:
    """Lamps keep burning in the dark, warm, with a halo."""
    h, w = frame.shape[:2]
    warm = cv2.transform(lamps, np.diag([0.62, 0.86, 1.08]).astype(np.float32))
    tiny = cv2.resize(warm, (max(2, w // 8), max(2, h // 8)), interpolation=cv2.INTER_AREA)
    halo = cv2.GaussianBlur(tiny, (0, 0), max(1.0, w / 320))
    spill = cv2.addWeighted(
        cv2.resize(warm, (w, h)), 0.85 * level, cv2.resize(halo, (w, h), interpolation=cv2.INTER_CUBIC), 1.3 * level, 0
    )
    return np.asarray(cv2.add(frame, spill), np.uint8)


def _stars(width: int, height: int, seed: int) -> U8:
    dice = stream("stars", seed)
    sky = np.zeros((height, width, 3), np.uint8)
    unit = max(1.0, height / 720)
    for x, y, size, warm in dice.random((150, 4)):
        level = 60 + 150 * size**3
        color = (int(level), int(level * (0.92 + 0.06 * warm)), int(level * (0.82 + 0.18 * warm)))
        at = (round(float(x) * width * 8), round(float(y) ** 1.2 * height * 0.75 * 8))
        cv2.circle(sky, at, round(unit * (4 + 6 * float(size) ** 2)), color, -1, cv2.LINE_AA, 3)
    return sky
