"""The layouts of cards, except the diagram: where heading, lines and picture stand.

All of it stands in `room`: off the edges, above burnt captions, and in a tall frame off the strips on which platforms
put their buttons. Lines that are not yet shown have their place already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from callsheet.media.cards.canvas import LEADING, Box, Canvas, Setting, legible
from callsheet.timeline import Card

FEW_POINTS = 2
"""Points that are written bigger and further apart, so that their card isn't empty."""


@dataclass(frozen=True)
class Sheet:
    """What is drawn: a card, how many of its lines are seen, its picture, and whether captions stand on it."""

    card: Card
    seen: int
    picture: Path | None
    captioned: bool


def room(canvas: Canvas, captioned: bool) -> Box:
    """The part of a card that may be drawn on. Shares are ours: the title-safe area is 5 % to 95 %."""
    if canvas.height > 1.4 * canvas.width:
        top, bottom, side = 0.14, 0.70 if captioned else 0.77, 0.085
    else:
        top, bottom, side = 0.10, 0.78 if captioned else 0.90, 0.075
    return side * canvas.width, top * canvas.height, (1 - side) * canvas.width, bottom * canvas.height


def title(canvas: Canvas, sheet: Sheet) -> None:
    """Big words on the left, the picture beside or above them."""
    box = _beside(canvas, sheet, 0.48, 0.44)
    unit = canvas.unit
    heading, lines = _pair(canvas, sheet.card, box, 11.0, 4.9)
    top = _centred(box, 4 * unit + heading.height + _below(canvas, lines))
    canvas.rectangle((box[0], top, box[0] + 11 * unit, top + 1.1 * unit), canvas.accent, 0.5 * unit)
    top = canvas.write(heading, box[0], top + 4 * unit, canvas.ink, bold=True)
    canvas.write(lines, box[0], top + 2.4 * unit, canvas.soft)


def chapter(canvas: Canvas, sheet: Sheet) -> None:
    """A field of the accent at the edge; a short first line, such as a number, stands on it."""
    unit, box = canvas.unit, room(canvas, sheet.captioned)
    kicker = next((line for line in sheet.card.lines[:1] if len(line) <= 10), "")
    rest = sheet.card.model_copy(update={"lines": sheet.card.lines[1:] if kicker else sheet.card.lines})
    on_field = legible(canvas.ground, canvas.accent)
    if canvas.tall:
        end = box[1] + 0.30 * (box[3] - box[1])
        field: Box = (0, 0, canvas.width, end if kicker else box[1])
        words: Box = (box[0], field[3] + 6 * unit, box[2], box[3])
        place: Box = (box[0], box[1], box[2], field[3] - 4 * unit)
    else:
        share = 0.30 if kicker else 0.035
        field = (0, 0, share * canvas.width, canvas.height)
        words = (field[2] + 7 * unit, box[1], box[2], box[3])
        place = (5 * unit, box[1], field[2] - 5 * unit, box[3])
    canvas.rectangle(field, canvas.accent)
    if kicker:
        setting = canvas.set_text([kicker], 10 * unit, place)
        if canvas.tall:
            canvas.write(setting, box[0], place[3] - setting.height, on_field, bold=True)
        else:
            canvas.write(
                setting, (place[0] + place[2]) / 2, _centred(box, setting.height), on_field, bold=True, middle=True
            )
    inner = _pictured(canvas, sheet, words, 0.48, 0.40)
    heading, lines = _pair(canvas, rest, inner, 9.5, 4.7)
    top = inner[1] if canvas.tall else _centred(inner, heading.height + _below(canvas, lines))
    top = canvas.write(heading, inner[0], top, canvas.ink, bold=True)
    canvas.write(lines, inner[0], top + 2.4 * unit, canvas.soft)


def points(canvas: Canvas, sheet: Sheet) -> None:
    """The heading above, the lines numbered below it."""
    unit, box = canvas.unit, headed(canvas, sheet)
    box = _pictured(canvas, sheet, box, 0.58, 0.60)
    indent = 9.5 * unit
    em = (6.4 if canvas.tall else 5.8 if len(sheet.card.lines) > FEW_POINTS else 6.8) * unit
    setting = canvas.set_text(sheet.card.lines, em, (box[0] + indent, box[1], box[2], box[3]), gap=0.55)
    space = max(0.0, box[3] - box[1] - setting.height) / (len(setting.paragraphs) + 1)
    space = min(space, (2.6 if len(sheet.card.lines) > FEW_POINTS else 5.2) * unit)
    top = box[1] + (space if not canvas.tall else 0)
    for number, (lines, high) in enumerate(zip(setting.paragraphs, setting.heights, strict=True)):
        if number < sheet.seen:
            radius = min(3.1 * unit, setting.em * 0.72)
            middle = top + setting.em * LEADING / 2
            canvas.disc(box[0] + radius, middle, radius, canvas.accent)
            mark = legible(canvas.ground, canvas.accent)
            half = radius * 1.1 * LEADING / 2
            canvas.lines([str(number + 1)], radius * 1.1, box[0] + radius, middle - half, mark, bold=True, middle=True)
            canvas.lines(lines, setting.em, box[0] + indent, top, canvas.ink)
        top += high + setting.gap * setting.em + space


def quote(canvas: Canvas, sheet: Sheet) -> None:
    """The lines big, with a rule beside them, and the heading small above; a picture on the right or above."""
    unit, box = canvas.unit, _beside(canvas, sheet, 0.52, 0.52)
    kicker = canvas.set_text([sheet.card.heading], 3.8 * unit, (box[0], box[1], box[2], box[1] + 12 * unit))
    above = kicker.height + 2.6 * unit if kicker.paragraphs else 0.0
    inner: Box = (box[0] + 4 * unit, box[1] + above, box[2], box[3])
    words = _big(canvas, sheet.card.lines, inner)
    top = _centred(box, above + words.height)
    canvas.write(kicker, inner[0], top, canvas.soft)
    canvas.rectangle((box[0], top, box[0] + 1.1 * unit, top + above + words.height), canvas.accent, 0.5 * unit)
    canvas.write(words, inner[0], top + above, canvas.ink, bold=True)


def _big(canvas: Canvas, lines: Sequence[str], box: Box) -> Setting:
    """A few words are set in bigger letters than a sentence, which would fill the card like a shout."""
    for em in (11.0 * canvas.unit, 9.4 * canvas.unit):
        words = canvas.set_text(lines, em, box, gap=0.3)
        if words.em == em and words.height <= 2 * LEADING * em:  # two rows, and nothing had to shrink
            return words
    return canvas.set_text(lines, (8.0 if canvas.tall else 7.6) * canvas.unit, box, gap=0.3)


def recap(canvas: Canvas, sheet: Sheet) -> None:
    """The lines ticked off, each on a field of its own, in two columns where there is the width."""
    unit, box = canvas.unit, headed(canvas, sheet)
    box = _pictured(canvas, sheet, box, 0.62, 0.66)
    count = len(sheet.card.lines)
    if not count:
        return
    columns = 2 if count > 3 and not canvas.tall else 1
    rows = -(-count // columns)
    gap = 2.2 * unit
    wide = (box[2] - box[0] - gap * (columns - 1)) / columns
    high = min((box[3] - box[1] - gap * (rows - 1)) / rows, 17 * unit)
    radius = min(3.0 * unit, high * 0.3)
    inset = 2 * radius + 4.4 * unit
    inner: Box = (0, 0, wide - inset - 2 * unit, high - 1.2 * unit)
    em = min(canvas.set_text([line], (5.8 if canvas.tall else 5.0) * unit, inner).em for line in sheet.card.lines)
    for number, line in enumerate(sheet.card.lines[: sheet.seen]):
        column, row = divmod(number, rows)
        left, top = box[0] + column * (wide + gap), box[1] + row * (high + gap)
        canvas.rectangle((left, top, left + wide, top + high), canvas.panel, 1.6 * unit)
        x, y = left + 2.2 * unit + radius, top + high / 2
        canvas.disc(x, y, radius, canvas.accent)
        canvas.tick(x, y, radius, legible(canvas.ground, canvas.accent))
        setting = canvas.set_text([line], em, inner)
        canvas.write(setting, left + inset, top + (high - setting.height) / 2, canvas.ink)


def end(canvas: Canvas, sheet: Sheet) -> None:
    """Everything in the middle: the picture, which is mostly a logo, the heading, and the lines."""
    unit, box = canvas.unit, room(canvas, sheet.captioned)
    high = 0.0
    if sheet.picture:
        high = (0.42 if sheet.card.heading or sheet.card.lines else 1.0) * (box[3] - box[1])
    words: Box = (box[0], box[1] + high + (4 * unit if high else 0), box[2], box[3])
    heading, lines = _pair(canvas, sheet.card, words, 9.5, 4.7)
    whole = heading.height + (5 * unit + _below(canvas, lines) if lines.paragraphs else 0)
    top = _centred(box, high + (4 * unit if high else 0) + whole)
    middle = (box[0] + box[2]) / 2
    if sheet.picture:
        side = 0.5 * min(box[2] - box[0], 1.4 * high)
        canvas.picture(sheet.picture, (middle - side, top, middle + side, top + high), name=f"card {sheet.card.card}")
        top += high + 4 * unit
    top = canvas.write(heading, middle, top, canvas.ink, bold=True, middle=True)
    if lines.paragraphs:
        rule: Box = (middle - 5.5 * unit, top + 2.5 * unit, middle + 5.5 * unit, top + 3.3 * unit)
        canvas.rectangle(rule, canvas.accent, 0.4 * unit)
        canvas.write(lines, middle, top + 6.5 * unit, canvas.soft, middle=True)


def headed(canvas: Canvas, sheet: Sheet) -> Box:
    """Write the heading above; what is left below it."""
    unit, box = canvas.unit, room(canvas, sheet.captioned)
    if not sheet.card.heading:
        return box
    space: Box = (box[0], box[1], box[2], box[1] + 0.30 * (box[3] - box[1]))
    heading = canvas.set_text([sheet.card.heading], (8.2 if canvas.tall else 7.4) * unit, space)
    top = canvas.write(heading, box[0], box[1], canvas.ink, bold=True) + 1.4 * unit
    canvas.rectangle((box[0], top, box[0] + 9 * unit, top + 0.9 * unit), canvas.accent, 0.45 * unit)
    return box[0], top + 5.5 * unit, box[2], box[3]


def _beside(canvas: Canvas, sheet: Sheet, wide: float, high: float) -> Box:
    return _pictured(canvas, sheet, room(canvas, sheet.captioned), wide, high)


def _pictured(canvas: Canvas, sheet: Sheet, box: Box, wide: float, high: float) -> Box:
    """Show the picture, if there is one; what is left of the box for words: on the left the share `wide` of its width,
    or below the picture the share `high` of its height."""
    if sheet.picture is None:
        return box
    left, top, right, bottom = box
    name, gap = f"card {sheet.card.card}", 4 * canvas.unit
    if canvas.tall:
        edge = bottom - high * (bottom - top)
        canvas.picture(sheet.picture, (left, top, right, edge - gap), name=name)
        return left, edge, right, bottom
    edge = left + wide * (right - left)
    canvas.picture(sheet.picture, (edge + gap, top, right, bottom), name=name)
    return left, top, edge, bottom


def _pair(canvas: Canvas, card: Card, box: Box, big: float, small: float) -> tuple[Setting, Setting]:
    """Heading and lines, in ems of so many units at most, with a rule between or above them, in the box."""
    left, top, right, bottom = box
    high = bottom - top - 8 * canvas.unit
    share = 0.6 if card.lines else 1.0
    heading = canvas.set_text([card.heading], big * canvas.unit, (left, top, right, top + share * high))
    rest = max(high - heading.height, 4.0)
    return heading, canvas.set_text(card.lines, small * canvas.unit, (left, top, right, top + rest), gap=0.12)


def _below(canvas: Canvas, lines: Setting) -> float:
    return lines.height + 2.4 * canvas.unit if lines.paragraphs else 0.0


def _centred(box: Box, high: float) -> float:
    """Where something so high begins to stand in the middle of the box, a little above it."""
    return box[1] + max(0.0, (box[3] - box[1] - high) * 0.47)
