"""How long each shot is bought, and by how much neighbours overlap, so that the work has exactly the ordered length.

Clips are bought in whole seconds. What is bought beyond the work's length becomes the transitions between the shots.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from callsheet.errors import BriefError, Fault
from callsheet.features import LONGEST_GENERATION

SHORTEST_SHOT = 2
"""Seconds. A shorter shot can't hold a transition at each end and still be seen."""
LONGEST_OVERLAP = Fraction(1)
"""Seconds of one transition at most; half of the shortest shot, so that two never meet."""
USUAL_OVERLAP = Fraction(2, 5)
"""Seconds of one transition where the lengths have to be chosen: what the contract's own lengths come to in 20 s."""


@dataclass(frozen=True)
class Lengths:
    """`seconds` to buy for each shot; `overlaps` in frames, one for each shot but the first."""

    seconds: tuple[int, ...]
    overlaps: tuple[int, ...]


def fit_lengths(wanted: Sequence[int], duration: int, fps: int) -> Lengths:
    """The wanted seconds as they are where they fit, else in proportion to them.

    Raises `BriefError` when so many shots don't fit in `duration` seconds, or so few can't fill it.
    """
    if not _fits(wanted, duration):
        wanted = _in_proportion(wanted, duration)
    surplus = (sum(wanted) - duration) * fps
    joins = len(wanted) - 1
    overlaps = tuple(surplus * (n + 1) // joins - surplus * n // joins for n in range(joins)) if joins else ()
    if any(overlap == 1 for overlap in overlaps):  # a transition of one frame is a flaw, not a transition
        raise BriefError([Fault("duration", str(duration), "no transition of at least two frames comes of it")])
    return Lengths(tuple(wanted), overlaps)


def _fits(wanted: Sequence[int], duration: int) -> bool:
    surplus = sum(wanted) - duration
    return 0 <= surplus <= LONGEST_OVERLAP * (len(wanted) - 1)


def _in_proportion(wanted: Sequence[int], duration: int) -> list[int]:
    """Whole seconds whose sum is the duration and usual transitions, by largest remainder above the shortest shot."""
    count = len(wanted)
    target = math.ceil(duration + USUAL_OVERLAP * (count - 1))
    least = SHORTEST_SHOT * count
    if target < least:
        needed = least - int(USUAL_OVERLAP * (count - 1))
        raise BriefError(
            [Fault("duration", str(duration), f"the shots of this brief ({count}) need at least {needed} s")]
        )
    if target > LONGEST_GENERATION * count:
        most = int(LONGEST_GENERATION * count - USUAL_OVERLAP * (count - 1))
        raise BriefError([Fault("duration", str(duration), f"the shots of this brief ({count}) fill at most {most} s")])
    spare, weight = target - least, sum(wanted)
    shares = [Fraction(spare * part, weight) for part in wanted]
    seconds = [SHORTEST_SHOT + int(share) for share in shares]
    by_remainder = sorted(range(count), key=lambda n: (int(shares[n]) - shares[n], n))
    for n in by_remainder[: target - sum(seconds)]:
        seconds[n] += 1
    return _capped(seconds)


def _capped(seconds: list[int]) -> list[int]:
    """Moves what passes one generation's limit to the shots that have room."""
    over = sum(max(0, length - LONGEST_GENERATION) for length in seconds)
    seconds = [min(length, LONGEST_GENERATION) for length in seconds]
    while over:
        n = min(range(len(seconds)), key=lambda index: seconds[index])
        seconds[n] += 1
        over -= 1
    return seconds
