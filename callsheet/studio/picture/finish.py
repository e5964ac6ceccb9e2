"""What is done to every finished frame: vignette, grain, letterbox, split colours, held pictures."""

from __future__ import annotations

import math

import cv2
import numpy as np

from callsheet.studio.picture.spec import U8, stream
from callsheet.studio.picture.styles import Style


class Finish:
    """Made once for a clip; `apply` costs four passes over 8-bit pixels at most."""

    def __init__(self, style: Style, width: int, height: int, seed: int, fps: int) -> None:
        self.style, self.width, self.height, self.fps = style, width, height, fps
        self.vignette = _vignette(width, height, style.vignette) if style.vignette > 0.02 else None
        self.noise: U8 | None = None
        if style.grain > 0.01:
            rng = stream("grain", seed)
            cell = max(1, round(height / 1080))
            size = ((height // cell) + 64, (width // cell) + 64)
            fine = rng.standard_normal(size, dtype=np.float32) * np.float32(min(style.grain, 1.5))
            grey = np.clip(np.round(fine) + 8, 0, 16).astype(np.uint8)
            if cell > 1:
                grey = cv2.resize(grey, (size[1] * cell, size[0] * cell), interpolation=cv2.INTER_LINEAR)
            self.noise = cv2.merge((grey, grey, grey))
        self.rng_shift = stream("grain-shift", seed).integers(0, 60, (97, 2))
        self.cuts = stream("glitch", seed)
        self.tears = self.cuts.random((64, 6, 4))

    def apply(self, pixels: U8, number: int) -> U8:
        """A BGRX frame to the BGR frame that leaves the studio."""
        if self.vignette is not None:
            pixels = cv2.multiply(pixels, self.vignette, scale=1 / 255)
        frame = cv2.cvtColor(pixels, cv2.COLOR_BGRA2BGR)
        if self.style.split > 0:
            frame = self._split(frame, number)
        if self.noise is not None:
            oy, ox = self.rng_shift[number % 97]
            frame = cv2.addWeighted(frame, 1.0, self.noise[oy : oy + self.height, ox : ox + self.width], 1.0, -8.0)
        if self.style.letterbox > 0 and self.width > self.height:
            bar = round(self.height * self.style.letterbox)
            frame[:bar] = 0
            frame[self.height - bar :] = 0
        return np.asarray(frame, np.uint8)

    def _split(self, frame: U8, number: int) -> U8:
        """Red and blue slip apart; strong settings also tear rows aside for a few frames."""
        beat = number * 30 / max(1, self.fps)
        amount = self.style.split
        swing = 0.6 + 0.4 * np.sin(beat * 0.21)
        shift = max(1, round(self.width * 0.0038 * max(amount, 0.25) * swing))
        out = frame.copy()
        out[:, shift:, 2] = frame[:, :-shift, 2]
        out[:, :-shift, 0] = frame[:, shift:, 0]
        if amount > 0.5:
            for top, tall, way, when in self.tears[int(beat / 5) % 64]:
                if when < 0.55:
                    y0 = int(top * self.height)
                    y1 = min(self.height, y0 + max(2, int(tall * 0.06 * self.height)))
                    out[y0:y1] = np.roll(out[y0:y1], int((way - 0.5) * 0.12 * self.width), 1)
            out[::4] = cv2.convertScaleAbs(out[::4], alpha=0.8)
        return out

    def moment(self, number: int) -> float:
        """The second that frame `number` shows: styles made by hand hold each picture for several frames."""
        step = self.style.step
        if step and step < self.fps:
            number = math.floor(number * step / self.fps) * self.fps // step
        return number / self.fps


def _vignette(width: int, height: int, amount: float) -> U8:
    y, x = np.mgrid[0:1:270j, 0:1:480j].astype(np.float32)
    aspect = min(1.0, max(0.56, width / height / 1.78))
    r = np.hypot((x - 0.5) * 1.16 * aspect, (y - 0.48) * 1.05)
    shade = 1 - np.float32(amount) * np.clip((r - 0.25) / 0.5, 0, 1) ** 1.7 * 0.85
    big = cv2.resize((shade * 255).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    grey = np.clip(big + 0.5, 0, 255).astype(np.uint8)
    return np.asarray(cv2.merge((grey, grey, grey, np.full_like(grey, 255))), np.uint8)
