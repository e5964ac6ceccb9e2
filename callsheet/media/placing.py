"""When each spoken line begins, once it is known how long it really is. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from callsheet.errors import MediaError

TAIL = 0.5  # seconds at the end in which nobody speaks
_BREATH = 0.25  # seconds between two lines, if there is room for it


def place(planned: Sequence[float], lengths: Sequence[float], seconds: float) -> list[float]:
    """Start times in seconds, in the order given, for lines planned to start at `planned` (ascending) in a work of
    `seconds`.

    A line keeps its planned start unless the line before still speaks (then it waits), or it would run into the last
    half second (then it and, if need be, those before it move earlier). Lines never overlap. Raises MediaError, with
    the seconds needed and those there are, when the speech can't fit at all.
    """
    available = seconds - TAIL
    needed = sum(lengths)
    if not lengths:
        return []
    if needed > available:
        raise MediaError(
            f"the spoken lines need {needed:.1f} s and the cut has {max(available, 0.0):.1f} s for them:"
            " shorten the text or lengthen the shots"
        )
    breath = min(_BREATH, (available - needed) / max(1, len(lengths) - 1))
    starts: list[float] = []
    free = 0.0
    for start, length in zip(planned, lengths, strict=True):
        starts.append(max(start, free))
        free = starts[-1] + length + breath
    latest = available
    for number in range(len(starts) - 1, -1, -1):
        starts[number] = max(0.0, min(starts[number], latest - lengths[number]))
        latest = starts[number] - breath
    return starts
