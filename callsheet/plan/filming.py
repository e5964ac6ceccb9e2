"""Clips of a few seconds, shown many times: other parts of them at other speeds, never standing still. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from callsheet.timeline import Shot

SLOWEST = 0.7
"""Of the speed at which it was shot: slower, movement is seen to be slowed. Ours."""
SHORTEST = 45
"""Frames of what follows a clip that is too short: a picture of less than 1.5 s is a blink."""
_SPEEDS = (1.0, 0.85, 0.93, 0.78)


@dataclass(frozen=True)
class Clip:
    """A bought clip and its length in frames at the timeline's rate."""

    name: str
    frames: int

    @property
    def longest(self) -> int:
        """Frames for which it can be shown without being slowed too much."""
        return int(self.frames / SLOWEST)


def parts(clips: list[Clip], frames: int) -> list[int]:
    """For how long each of the clips is shown in `frames`, one after the other; what is left is for something else.

    Nothing is left, or at least `SHORTEST`. A clip that isn't needed has 0.
    """
    left, found = frames, []
    for clip in clips:
        shown = left if left <= clip.longest else min(clip.longest, left - SHORTEST)
        found.append(shown)
        left -= shown
    return found


def filmed(clip: Clip, frames: int, nth: int) -> Shot:
    """The clip for so many frames when it is shown for the `nth` time, from 0; without its sound.

    `frames` is at most `clip.longest`.
    """
    used = min(clip.frames, max(1, round(frames * _SPEEDS[nth % len(_SPEEDS)])))
    spare = clip.frames - used
    begin = (0, spare, spare // 2)[nth % 3]
    return Shot(
        clip=clip.name,
        source_in=begin,
        frames=frames,
        source_frames=None if used == frames else used,
        mute=True,
    )
