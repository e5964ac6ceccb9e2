"""Shots that several works are cut from: how long each is bought, and which part of it each work shows. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from callsheet.timeline import Shot

GROUP = 15
"""Seconds of a key shot and the transitional shot that goes on from it; at most, as the pool is divided evenly."""
SHORTEST = 2
"""Seconds of a shot that is worth buying."""


@dataclass(frozen=True)
class Group:
    """Seconds of a key shot, and of the transitional shot that is based on it; 0 where there is none."""

    key: int
    transition: int


def groups_of(seconds: int) -> tuple[Group, ...]:
    """A pool of `seconds`, which is at least `SHORTEST`, divided into groups whose shots sum to it.

    Two thirds of a group are its key shot, so no shot is longer than 10 s: far below what one generation may be.
    """
    count = -(-seconds // GROUP)
    lengths = [seconds * (n + 1) // count - seconds * n // count for n in range(count)]
    found = []
    for length in lengths:
        key = -(-length * 2 // 3)
        rest = length - key
        found.append(Group(key, rest) if rest >= SHORTEST else Group(length, 0))
    return tuple(found)


def pieces(pool: Sequence[tuple[str, int]], frames: int, pace: int, *, interleaved: bool) -> tuple[Shot, ...]:
    """`frames` cut from a pool of (clip, frames), in pieces of about `pace` frames; nothing is shown twice.

    Clips are shown in proportion to their lengths: each of them where the work is long enough for a piece of each, else
    as many as there are pieces, evenly over the pool. `interleaved` goes from clip to clip with each piece; without it
    a clip is shown in one go. Raises `ValueError` for more frames than the pool has.
    """
    whole = sum(length for _, length in pool)
    if frames > whole:
        raise ValueError(f"{frames} frames can't be cut from a pool of {whole}")
    shown = _spread(pool, max(1, min(len(pool), round(frames / pace))))
    while sum(length for _, length in shown) < frames:
        shown = _spread(pool, len(shown) + 1)
    total = sum(length for _, length in shown)
    edges, before = [0], 0
    for _, length in shown:
        before += length
        edges.append(frames * before // total)
    shares = [edges[n + 1] - edges[n] for n in range(len(shown))]
    parts = [_parts(share, pace) if interleaved else [share] for share in shares]
    at = [0] * len(shown)
    cut = []
    for turn in range(max(len(part) for part in parts)):
        for n, (clip, _) in enumerate(shown):
            if turn < len(parts[n]) and parts[n][turn]:
                cut.append(Shot(clip=clip, source_in=at[n], frames=parts[n][turn]))
                at[n] += parts[n][turn]
    return tuple(_joined(cut))


def _spread(pool: Sequence[tuple[str, int]], count: int) -> list[tuple[str, int]]:
    """`count` clips of the pool, evenly over it, the first one among them."""
    return [pool[len(pool) * n // count] for n in range(count)]


def _parts(frames: int, pace: int) -> list[int]:
    count = max(1, round(frames / pace))
    return [frames * (n + 1) // count - frames * n // count for n in range(count)]


def _joined(cut: Sequence[Shot]) -> list[Shot]:
    """Two pieces that follow each other in the clip as in the work are one shot."""
    found: list[Shot] = []
    for shot in cut:
        last = found[-1] if found else None
        if last is not None and last.clip == shot.clip and last.source_in + last.frames == shot.source_in:
            found[-1] = last.model_copy(update={"frames": last.frames + shot.frames})
        else:
            found.append(shot)
    return found
