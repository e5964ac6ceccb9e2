"""The part of an ASS script that is on screen during some frames: what one segment of a work has to be lettered with.

Its times count from the first frame of the earliest words that are seen, so the same words at the same place of a shot
give the same text wherever the shot stands in the work.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_EVENT = re.compile(r"(Dialogue: *\d+),(\d+):(\d\d):(\d\d)\.(\d\d),(\d+):(\d\d):(\d\d)\.(\d\d),(.*)", re.DOTALL)


@dataclass(frozen=True)
class Window:
    """A script, and which of its frames the segment begins with."""

    script: str
    first: int


def window(script: str, start: int, frames: int, fps: int) -> Window | None:
    """What of `script` is seen in `frames` frames from record frame `start` on; None if nothing is."""
    head: list[str] = []
    seen: list[tuple[str, int, int, str]] = []
    for line in script.splitlines():
        found = _EVENT.fullmatch(line)
        if found is None:
            # The work's name is not seen, and may change.
            if not line.startswith("Title:"):
                head.append(line)
            continue
        begin, end = (_frame(found.groups()[at : at + 4], fps) for at in (1, 5))
        if begin < start + frames and end > start:
            seen.append((found[1], begin, end, found[10]))
    if not seen:
        return None
    first = min(start, *(begin for _, begin, _, _ in seen))
    lines = [
        f"{layer},{_time(begin - first, fps)},{_time(end - first, fps)},{rest}" for layer, begin, end, rest in seen
    ]
    return Window("\n".join([*head, *lines]) + "\n", start - first)


def _frame(time: tuple[str, ...], fps: int) -> int:
    """The frame that a time of whole hundredths means: the nearest, for whoever wrote it had to round."""
    hours, minutes, seconds, hundredths = map(int, time)
    return round((((hours * 60 + minutes) * 60 + seconds) * 100 + hundredths) * fps / 100)


def _time(frame: int, fps: int) -> str:
    """The last hundredth that is not after the frame: libass shows words from their time on, and not at their end."""
    hundredths = math.floor(frame * 100 / fps)
    seconds, rest = divmod(hundredths, 100)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:02}"
