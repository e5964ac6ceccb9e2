"""Cards whose lines come one after the other: each becomes a row of stills that dissolve into each other.

The row is as long as the card and is entered as the card is; so transitions, edit lists and times stay what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from callsheet.timeline import Card, Shot, Timeline, Transition

STAGED = frozenset({"points", "diagram", "recap"})
_SHORTEST = 0.5  # seconds between two lines; where there are fewer all of them are there at once
_DISSOLVE = 0.3  # seconds
_SETTLED = 0.25  # of the card's length, at its end, in which all lines stand


@dataclass(frozen=True)
class Stage:
    """A still: a card, and how many of its lines are seen."""

    card: Card
    seen: int


@dataclass(frozen=True)
class Staged:
    """The timeline with each stage as a card of its own, and what each of the cards shows, by name."""

    timeline: Timeline
    stages: dict[str, Stage]


def staged(timeline: Timeline) -> Staged:
    """The same work of the same length, in which every card that is drawn is a still. Blank cards stay."""
    names = {shot.clip for shot in timeline.shots}
    shots: list[Shot | Card] = []
    stages: dict[str, Stage] = {}
    for number, shot in enumerate(timeline.shots):
        if not isinstance(shot, Card) or shot.layout == "blank":
            shots.append(shot)
            continue
        leaving = timeline.shots[number + 1].overlap if number + 1 < len(timeline.shots) else 0
        for at, (still, seen) in enumerate(_row(shot, leaving, timeline.fps)):
            name = shot.card if at == 0 else _free(f"{shot.card} {at + 1}", names)
            names.add(name)
            stages[name] = Stage(shot, seen)
            shots.append(still.model_copy(update={"card": name}))
    return Staged(timeline.model_copy(update={"shots": tuple(shots)}), stages)


def _row(card: Card, leaving: int, fps: int) -> list[tuple[Card, int]]:
    """The stills of a card and how many lines each shows; their frames, less their dissolves, are the card's."""
    count = len(card.lines)
    whole = [(card, count)]
    dissolve = max(2, round(fps * _DISSOLVE))
    if card.layout in STAGED and card.cues:
        return _cued(card, leaving, dissolve) or whole
    if card.layout not in STAGED or count < 2:
        return whole
    room = card.frames - card.overlap - max(leaving, round(_SETTLED * card.frames))
    step = room // count
    if step < max(round(fps * _SHORTEST), 2 * dissolve):
        return whole
    # The first line stands there from the beginning; the others follow at even times.
    lengths = [card.overlap + step] + [step] * (count - 2)
    lengths.append(card.frames - sum(lengths))
    return _dissolving(card, lengths, range(1, count + 1), dissolve)


def _cued(card: Card, leaving: int, dissolve: int) -> list[tuple[Card, int]]:
    """A row in which each line stands on its cue; none where two cues, or a cue and an edge, are too near for that."""
    starts = sorted({0, *card.cues})
    lengths = [later - start for start, later in pairwise([*starts, card.frames])]
    if lengths[0] < card.overlap + dissolve or lengths[-1] < leaving or min(lengths) < dissolve:
        return []
    return _dissolving(card, lengths, [sum(cue <= start for cue in card.cues) for start in starts], dissolve)


def _dissolving(card: Card, lengths: Sequence[int], seen: Sequence[int], dissolve: int) -> list[tuple[Card, int]]:
    """Stills of these lengths; each is there when the one before it ends, and shows so many lines."""
    row: list[tuple[Card, int]] = []
    for number, (frames, lines) in enumerate(zip(lengths, seen, strict=True)):
        entered = card.transition if number == 0 else Transition(kind="dissolve", frames=dissolve)
        added = 0 if number == 0 else dissolve
        row.append((card.model_copy(update={"frames": frames + added, "transition": entered}), lines))
    return row


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "'"
    return name
