"""Which clips a work is laid of, how long each is seen, how they flow into each other. Pure; all lengths are frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

JOIN = 12
"""Frames of a dissolve between two clips."""
SHORTEST = 2 * JOIN
"""Frames that a clip has at least: a dissolve in and one out."""
MOST = 300
"""Clips in a row when some are repeated: what is shown more often is no work any more."""


@dataclass(frozen=True)
class Laid:
    """`frames` of a clip by its number from 0, of which `overlap` are shared with the one before it."""

    clip: int
    frames: int
    overlap: int


def lay(lengths: Sequence[int], wanted: int, fps: int) -> list[Laid]:
    """A row of exactly `wanted` frames. Raises `ValueError`, saying why, for clips of which there is none."""
    short = min(lengths)
    if short < SHORTEST:
        raise ValueError(f"a clip of {short / fps:.2f} s is too short to be laid; it needs {SHORTEST / fps:.2f} s")
    if len(lengths) * (SHORTEST - JOIN) + JOIN > wanted:
        raise ValueError(f"{len(lengths)} clips do not fit into {wanted / fps:g} s")
    row = _repeated(lengths, wanted)
    if len(row) > max(MOST, len(lengths)):
        raise ValueError(f"{sum(lengths) / fps:.1f} s of clips are too little for {wanted / fps:g} s")
    return _laid(lengths, row, wanted)


def _repeated(lengths: Sequence[int], wanted: int) -> list[int]:
    """The clips in order, and from the first one again until there is enough. Repeats cost a dissolve at each join."""
    row, total = list(range(len(lengths))), sum(lengths)
    if total >= wanted:
        return row
    total -= JOIN * (len(row) - 1)
    while total < wanted:
        row.append(len(row) % len(lengths))
        total += lengths[row[-1]] - JOIN
    return row


def _laid(lengths: Sequence[int], row: Sequence[int], wanted: int) -> list[Laid]:
    """Dissolves take what is too long; what they leave is trimmed, a little of each clip."""
    joins = len(row) - 1
    surplus = sum(lengths[n] for n in row) - wanted
    overlaps = [min(JOIN, surplus * (n + 1) // joins - surplus * n // joins) for n in range(joins)]
    overlaps = [frames if frames >= 2 else 0 for frames in overlaps]
    excess = surplus - sum(overlaps)
    # The first and the last have one dissolve, the others two.
    spare = [lengths[n] - (SHORTEST if 0 < place < joins else JOIN) for place, n in enumerate(row)]
    laid, seen, gone = [], 0, 0
    for place, number in enumerate(row):
        seen += spare[place]
        trim = (excess * seen // sum(spare) if excess else 0) - gone
        gone += trim
        laid.append(Laid(number, lengths[number] - trim, overlaps[place - 1] if place else 0))
    return laid
