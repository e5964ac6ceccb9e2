"""Captions: whether they can be seen whole and be read in time."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from callsheet.media.check.contract import Contract
from callsheet.media.check.facts import Cue, Facts
from callsheet.media.check.holding import wanted
from callsheet.media.check.limits import held, limits
from callsheet.media.check.report import Point

Margins = tuple[int, int, int, int]


def margins(safe: tuple[float, float, float, float] | None, size: tuple[int, int]) -> Margins:
    """The pixels that the safe area leaves free on the left, top, right and bottom of a frame of `size`."""
    left, top, right, bottom = safe or (0.0, 0.0, 0.0, 0.0)
    return round(left * size[0]), round(top * size[1]), round(right * size[0]), round(bottom * size[1])


def words(facts: Facts, contract: Contract) -> Iterator[Point]:
    """Points of the captions, if some are known: the worst cue of each."""
    cues = facts.cues
    yield wanted("captions", bool(cues), contract.captions)
    if not cues:
        return
    yield _safe(cues, contract, facts.picture.shown)
    most = max(cues, key=lambda cue: len(cue.lines))
    yield held("caption_lines", len(most.lines), note=_at(most))
    fastest = max(cues, key=hurry)
    yield held("caption_speed", hurry(fastest) * 100, note=_at(fastest))
    end = facts.picture.timing.end - facts.picture.timing.start
    last = max(cues, key=lambda cue: cue.end)
    yield held("caption_overrun", max(0.0, last.end - end), note=_at(last) if last.end > end else "")


def hurry(cue: Cue) -> float:
    """How fast a cue has to be read, as a share of what can be: 1 is the limit."""
    reading = limits().reading
    text = "".join(line.replace(" ", "") for line in cue.lines)
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return (wide / reading.wide + (len(text) - wide) / reading.narrow) / max(0.001, cue.end - cue.start)


def _safe(cues: Sequence[Cue], contract: Contract, size: tuple[int, int]) -> Point:
    left, top, right, bottom = margins(contract.safe, size)
    room = (left, top, size[0] - right, size[1] - bottom)
    out, worst = max(((_outside(cue, room, size), cue) for cue in cues), key=lambda one: one[0])
    where = "is drawn nowhere in the frame" if worst.box is None else "at {},{} to {},{}".format(*worst.box)
    note = f"{_at(worst)} {where}" if out else ""
    return Point(name="caption_area", value=out, limit="0 px outside", unit="px outside", passed=out == 0, note=note)


def _outside(cue: Cue, room: tuple[int, int, int, int], size: tuple[int, int]) -> int:
    """By how many pixels a cue leaves the safe area, at most; one that isn't drawn leaves it altogether."""
    if cue.box is None:
        return max(size)
    box = cue.box
    out = max(room[0] - box[0], room[1] - box[1], box[2] - room[2], box[3] - room[3], 0)
    # What touches the frame's edge goes on behind it.
    cut = box[0] == 0 or box[1] == 0 or box[2] >= size[0] or box[3] >= size[1]
    return max(out, 1) if cut else out


def _at(cue: Cue) -> str:
    return f"the cue at {cue.start:.2f} s"
