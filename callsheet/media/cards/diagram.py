"""The diagram: lines as boxes joined by arrows.

A line without an arrow is a box, and boxes follow each other. ``A -> B`` joins two boxes, ``A -> B: words`` writes
words at the arrow; a name that comes again is the same box. A row of boxes turns round where the frame ends; what
branches is set in levels, each box behind all that lead to it. Arrows that go back or past a level run around the
outside.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from callsheet.media.cards.canvas import Box, Canvas, mix
from callsheet.media.cards.layouts import Sheet, headed

_ARROW = re.compile(r"\s*(?:->|→|=>)\s*")
_LABEL = re.compile(r"\s*[:：]\s*")

Place = tuple[float, float]
"""Column and row of a box; halves stand between two."""


@dataclass(frozen=True)
class Edge:
    """An arrow from box to box, by their numbers; `line` is the line that it comes with."""

    tail: int
    head: int
    words: str
    line: int


@dataclass(frozen=True)
class Graph:
    """Boxes by name, each with the line that it comes with, and arrows."""

    boxes: tuple[tuple[str, int], ...]
    edges: tuple[Edge, ...]

    @property
    def chain(self) -> bool:
        """Whether each box leads to the next and to no other."""
        return [(edge.tail, edge.head) for edge in self.edges] == list(pairwise(range(len(self.boxes))))


def graph(lines: Sequence[str]) -> Graph:
    """What the lines of a card say."""
    names: dict[str, int] = {}
    edges: list[Edge] = []
    drawn = any(_ARROW.search(line) for line in lines)
    for number, line in enumerate(lines):
        parts = [part for part in _ARROW.split(line) if part]
        words = ""
        if len(parts) > 1:
            last, *said = _LABEL.split(parts[-1], maxsplit=1)
            parts[-1], words = (last, said[0]) if said and last else (parts[-1], "")
        for part in parts:
            names.setdefault(part.strip(), number)
        numbers = [list(names).index(part.strip()) for part in parts]
        for tail, head in pairwise(numbers):
            if tail != head:
                edges.append(Edge(tail, head, words if head == numbers[-1] else "", number))
    boxes = tuple(names.items())
    if not drawn:
        edges = [Edge(tail, tail + 1, "", boxes[tail + 1][1]) for tail in range(len(boxes) - 1)]
    return Graph(boxes, tuple(edges))


def diagram(canvas: Canvas, sheet: Sheet) -> None:
    """The heading above, the boxes below it."""
    space = headed(canvas, sheet)
    found = graph(sheet.card.lines)
    if not found.boxes:
        return
    unit = canvas.unit
    places = _snake(len(found.boxes), canvas) if found.chain else _levels(found, canvas.tall)
    columns, rows = (round(max(place[axis] for place in places)) + 1 for axis in (0, 1))
    said = any(edge.words for edge in found.edges)
    outside = [edge for edge in found.edges if _around(places[edge.tail], places[edge.head])]
    lane = 5 * unit if outside else 0.0
    across, down = (15 if said else 8) * unit, (10 if said else 7) * unit
    if canvas.tall:
        area: Box = (space[0], space[1], space[2] - lane, space[3])
    else:
        area = (space[0], space[1], space[2], space[3] - lane)
    wide = min((area[2] - area[0] - across * (columns - 1)) / columns, 62 * unit)
    high = min((area[3] - area[1] - down * (rows - 1)) / rows, 24 * unit)
    left = area[0] + (area[2] - area[0] - columns * wide - (columns - 1) * across) / 2
    top = area[1] + (area[3] - area[1] - rows * high - (rows - 1) * down) / 2
    cells: list[Box] = []
    for column, row in places:
        x, y = left + column * (wide + across), top + row * (high + down)
        cells.append((x, y, x + wide, y + high))
    for number, edge in enumerate(found.edges):
        if edge.line < sheet.seen:
            limit = area[2] if canvas.tall else area[3]
            # Several arrows around the outside keep apart.
            at = limit + lane * (0.55 + 0.35 * (outside.index(edge) % 2 if edge in outside else number % 2))
            _join(canvas, edge, cells[edge.tail], cells[edge.head], at if edge in outside else None)
    inset = 2.2 * unit
    inner: Box = (0, 0, wide - 2 * inset, high - inset)
    em = min(canvas.set_text([name], 5.4 * unit, inner).em for name, _ in found.boxes)
    for (name, line), cell in zip(found.boxes, cells, strict=True):
        if line < sheet.seen:
            canvas.rectangle(cell, mix(canvas.ground, canvas.accent, 0.14), 1.8 * unit, edge=canvas.accent)
            setting = canvas.set_text([name], em, inner)
            middle = (cell[0] + cell[2]) / 2
            canvas.write(setting, middle, (cell[1] + cell[3] - setting.height) / 2, canvas.ink, middle=True)


def _snake(count: int, canvas: Canvas) -> list[Place]:
    """A row of boxes that turns at the end, as even as can be."""
    column = 6 if canvas.height > 1.4 * canvas.width else 4
    across = count if count <= 4 else -(-count // 2)
    columns = across if not canvas.tall else 1 if count <= column else 2
    places: list[Place] = []
    for number in range(count):
        row, at = divmod(number, columns)
        places.append((columns - 1 - at if row % 2 else at, row))
    return places


def _levels(found: Graph, tall: bool) -> list[Place]:
    """Each box on the level behind all that lead to it; arrows back to an earlier box are not counted."""
    level = [0] * len(found.boxes)
    for edge in sorted(found.edges, key=lambda edge: edge.tail):
        if edge.head > edge.tail:
            level[edge.head] = max(level[edge.head], level[edge.tail] + 1)
    widest = max(level.count(number) for number in level)
    places: list[Place] = []
    for number, at in enumerate(level):
        same = level.count(at)
        across = (widest - same) / 2 + level[:number].count(at)
        places.append((across, at) if tall else (at, across))
    return places


def _around(tail: Place, head: Place) -> bool:
    """Whether an arrow between two places would cross what is between them."""
    far = sorted((abs(tail[0] - head[0]), abs(tail[1] - head[1])))
    return far[1] > 1 and not (far[0] <= 1 and far[1] <= 1) and min(far) != 1


def _join(canvas: Canvas, edge: Edge, tail: Box, head: Box, around: float | None) -> None:
    """Draw an arrow; `around` is the line outside all boxes along which it runs, if it can't go straight."""
    tx, ty, hx, hy = (tail[0] + tail[2]) / 2, (tail[1] + tail[3]) / 2, (head[0] + head[2]) / 2, (head[1] + head[3]) / 2
    if around is not None:
        if canvas.tall:
            points = [(tail[2], ty), (around, ty), (around, hy), (head[2], hy)]
        else:
            points = [(tx, tail[3]), (tx, around), (hx, around), (hx, head[3])]
        words = ((points[1][0] + points[2][0]) / 2, (points[1][1] + points[2][1]) / 2)
    elif abs(ty - hy) < 1 or (not canvas.tall and (tail[2] < head[0] or head[2] < tail[0])):
        start, stop = (tail[2], head[0]) if tx < hx else (tail[0], head[2])
        half = (start + stop) / 2
        bend = [] if abs(ty - hy) < 1 else [(half, ty), (half, hy)]
        points, words = [(start, ty), *bend, (stop, hy)], (half, (ty + hy) / 2)
    else:
        start, stop = (tail[3], head[1]) if ty < hy else (tail[1], head[3])
        half = (start + stop) / 2
        bend = [] if abs(tx - hx) < 1 else [(tx, half), (hx, half)]
        points, words = [(tx, start), *bend, (hx, stop)], ((tx + hx) / 2, half)
    canvas.arrow(points, canvas.soft)
    if edge.words:
        _label(canvas, edge.words, words, across=len(points) == 2 and abs(ty - hy) < 1, straight=len(points) == 2)


def _label(canvas: Canvas, words: str, at: tuple[float, float], *, across: bool, straight: bool) -> None:
    """Words at an arrow: above one that runs across, beside one that runs down, and on a bent one."""
    unit = canvas.unit
    x, y = at
    room: Box = (0, 0, (14 if across else 24) * unit, 8 * unit)
    setting = canvas.set_text([words], 3.3 * unit, room)
    if across:
        canvas.write(setting, x, y - setting.height - 1.4 * unit, canvas.soft, middle=True)
    elif straight:
        canvas.write(setting, x + 2.4 * unit, y - setting.height / 2, canvas.soft)
    else:
        wide, high = setting.width / 2 + unit, setting.height / 2
        canvas.rectangle((x - wide, y - high, x + wide, y + high), canvas.panel, unit)
        canvas.write(setting, x, y - high, canvas.soft, middle=True)
