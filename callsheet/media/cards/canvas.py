"""The canvas of a card: its ground, and text, shapes and pictures that never leave the room they are given.

Everything is drawn at twice the size and reduced, so that edges of shapes are smooth. Boxes are (left, top, right,
bottom) in pixels of the canvas; `unit` is a hundredth of its shorter side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from callsheet.media.cards.images import image_of
from callsheet.media.fonts import font, length
from callsheet.media.linebreaks import lines_of, shown
from callsheet.timeline import Look

if TYPE_CHECKING:
    from PIL.Image import Image

Box = tuple[float, float, float, float]
Rgb = tuple[int, int, int]

LEADING = 1.34
"""Distance of two lines in ems."""
_TWICE_UP_TO = 4096 * 2304  # pixels: a larger card is drawn at its own size
_SMALLEST = 2.0  # pixels of an em: where a text ends that no size would make fit
_CONTRAST = 3.0  # of letters on their ground at least: WCAG 2.2, 1.4.3, for large letters


@dataclass(frozen=True)
class Setting:
    """Paragraphs broken into lines, all in one em."""

    em: float
    paragraphs: tuple[tuple[str, ...], ...]
    gap: float

    @property
    def heights(self) -> tuple[float, ...]:
        return tuple(len(lines) * self.em * LEADING for lines in self.paragraphs)

    @property
    def height(self) -> float:
        return sum(self.heights) + self.gap * self.em * max(0, len(self.paragraphs) - 1)

    @property
    def width(self) -> float:
        return max((length(line) for lines in self.paragraphs for line in lines), default=0.0) * self.em


def rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    """`one`, with so much of `other`, 0 to 1."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def contrast(one: Rgb, other: Rgb) -> float:
    """1 to 21, as WCAG 2.2 defines it."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def legible(ink: Rgb, ground: Rgb) -> Rgb:
    """`ink`, unless it can't be read on `ground`: then black or white."""
    if contrast(ink, ground) >= _CONTRAST:
        return ink
    return max(((0, 0, 0), (255, 255, 255)), key=lambda plain: contrast(plain, ground))


def _luminance(colour: Rgb) -> float:
    parts = [part / 255 for part in colour]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


class Canvas:
    """A card of `width` x `height` pixels in the colours of `look`; `ground` stands for the look's own."""

    def __init__(self, width: int, height: int, look: Look, language: str, ground: str | None = None) -> None:
        from PIL import ImageDraw

        self._size = (width, height)
        scale = 2 if width * height <= _TWICE_UP_TO else 1
        self.width, self.height, self.language = width * scale, height * scale, language
        self.unit = min(self.width, self.height) / 100
        self.ground = rgb(ground or look.ground)
        self.ink = legible(rgb(look.ink), self.ground)
        self.accent = rgb(look.accent)
        self.soft = mix(self.ink, self.ground, 0.25)
        self.panel = mix(self.ground, self.ink, 0.08)
        self._image = _field(self.width, self.height, self.ground, self.accent, self.ink).copy()
        self._draw = ImageDraw.Draw(self._image)

    @property
    def tall(self) -> bool:
        """Whether parts of the card stand one under the other."""
        return self.height >= self.width

    def finished(self) -> Image:
        from PIL import Image

        return self._image.resize(self._size, Image.Resampling.BOX)

    def set_text(self, texts: Sequence[str], em: float, box: Box, *, gap: float = 0.0) -> Setting:
        """The texts, one paragraph each, in the largest em up to `em` in which they fit into the box. `gap` is what
        stands between paragraphs, in ems."""
        wide, high = box[2] - box[0], box[3] - box[1]
        while True:
            room = wide / em

            def share(piece: str, room: float = room) -> float:
                return length(shown(piece)) / room

            broken = [lines_of(text, self.language, share) for text in texts if text]
            made = Setting(em, tuple(tuple(map(shown, lines)) for lines in broken), gap)
            if (made.height <= high and made.width <= wide and not any(map(_torn, broken))) or em <= _SMALLEST:
                return made
            em *= 0.94

    def write(
        self, setting: Setting, left: float, top: float, colour: Rgb, *, bold: bool = False, middle: bool = False
    ) -> float:
        """Write all paragraphs from `top` down, `left` being where lines begin, or their middle. Returns the end."""
        for lines, high in zip(setting.paragraphs, setting.heights, strict=True):
            self.lines(lines, setting.em, left, top, colour, bold=bold, middle=middle)
            top += high + setting.gap * setting.em
        return top - setting.gap * setting.em if setting.paragraphs else top

    def lines(
        self,
        lines: Sequence[str],
        em: float,
        left: float,
        top: float,
        colour: Rgb,
        *,
        bold: bool = False,
        middle: bool = False,
    ) -> None:
        for number, line in enumerate(lines):
            # A Chinese letter stands from 0.88 em above its line to 0.12 em below it.
            foot = top + (number + 0.5) * em * LEADING + 0.38 * em
            anchor = "ms" if middle else "ls"
            stroke = em * 0.022 if bold else 0
            self._draw.text((left, foot), line, colour, font(em), anchor=anchor, stroke_width=stroke)

    def rectangle(self, box: Box, colour: Rgb, radius: float = 0.0, *, edge: Rgb | None = None) -> None:
        thick = round(self.unit * 0.3) if edge else 0
        self._draw.rounded_rectangle(box, radius, colour, edge, thick)

    def disc(self, x: float, y: float, radius: float, colour: Rgb) -> None:
        self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), colour)

    def tick(self, x: float, y: float, radius: float, colour: Rgb) -> None:
        points = [(x - 0.45 * radius, y + 0.02 * radius), (x - 0.12 * radius, y + 0.36 * radius)]
        points.append((x + 0.48 * radius, y - 0.34 * radius))
        self._draw.line(points, colour, round(radius * 0.24), joint="curve")
        for end in (points[0], points[-1]):
            self.disc(*end, radius * 0.11, colour)

    def arrow(self, points: Sequence[tuple[float, float]], colour: Rgb) -> None:
        """A line through the points with a head at the last one."""
        thick, head = self.unit * 0.55, self.unit * 2.0
        (fromx, fromy), (x, y) = points[-2], points[-1]
        far = max(abs(x - fromx) + abs(y - fromy), 1e-6)
        dx, dy = (x - fromx) / far, (y - fromy) / far
        neck = (x - dx * head, y - dy * head)
        self._draw.line([*points[:-1], neck], colour, round(thick), joint="curve")
        side = (-dy * head * 0.55, dx * head * 0.55)
        self._draw.polygon(
            [(x, y), (neck[0] + side[0], neck[1] + side[1]), (neck[0] - side[0], neck[1] - side[1])], colour
        )

    def picture(self, path: Path, box: Box, *, name: str) -> Box:
        """Show an image, or a still of a clip, whole in the middle of the box; its corners are round unless cut out.

        Returns its place.
        """
        from PIL import Image, ImageChops, ImageDraw

        image = image_of(path, name)
        wide, high = box[2] - box[0], box[3] - box[1]
        scale = min(wide / image.width, high / image.height)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        cut_out = image.getchannel("A").point(lambda alpha: 255 if alpha < 255 else 0).getbbox() is not None
        image = image.resize(size, Image.Resampling.LANCZOS)
        left, top = round(box[0] + (wide - size[0]) / 2), round(box[1] + (high - size[1]) / 2)
        mask = image.getchannel("A")
        if not cut_out:
            corners = Image.new("L", size)
            ImageDraw.Draw(corners).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), 2 * self.unit, 255)
            mask = ImageChops.multiply(mask, corners)
        self._image.paste(image, (left, top), mask)
        return left, top, left + size[0], top + size[1]


@lru_cache(maxsize=2)
def _field(width: int, height: int, ground: Rgb, accent: Rgb, ink: Rgb) -> Image:
    """The ground with a little light of the accent from a corner; a grain of one step keeps it from banding.

    Kept, as it takes longer than all that is drawn on it and the cards of a work have one ground. It is not to be
    drawn on.
    """
    import numpy as np
    from PIL import Image

    columns = np.linspace(0.0, 1.0, width, dtype=np.float32)[None, :]
    rows = np.linspace(0.0, 1.0, height, dtype=np.float32)[:, None]
    near = np.clip(1.0 - np.hypot(columns - 1.0, rows), 0.0, 1.0) ** 2 * 0.13
    dark = np.clip(np.hypot(columns, rows - 1.0) - 0.2, 0.0, 1.0) * 0.05 - 0.02
    grain = np.random.Generator(np.random.Philox(7)).random(near.shape, np.float32)
    planes = [
        part + (light - part) * near + (shade - part) * dark + grain
        for part, light, shade in zip(ground, accent, ink, strict=True)
    ]
    return Image.fromarray(np.clip(np.stack(planes, axis=-1), 0, 255).astype(np.uint8))


def _torn(lines: Sequence[str]) -> bool:
    """Whether a Latin word was cut by force: a smaller size would have held it."""
    return any((one[-1:] + other[:1]).isascii() and (one[-1:] + other[:1]).isalpha() for one, other in pairwise(lines))
