"""The cut as data: which clip stands where, what is said, written and played over it. Pure; no media is touched here.

All times are whole frames at the timeline's own rate. Record time 0 is the first frame of the master; the *timecode* of
that frame is `Timeline.timecode_start` (non-drop-frame, ``HH:MM:SS:FF``).
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

TransitionKind = Literal["cut", "fade", "dissolve", "wipe"]

Frames = Annotated[int, Field(ge=0)]
_TIMECODE = re.compile(r"(\d\d):([0-5]\d):([0-5]\d):(\d\d)")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Transition(_Frozen):
    """How a shot is entered. `frames` is the overlap with the shot before it: 0 for a cut, at least 2 otherwise.

    ``dissolve`` mixes both pictures, ``fade`` goes through black, ``wipe`` pushes an edge across the picture.
    """

    kind: TransitionKind = "cut"
    frames: Frames = 0

    @model_validator(mode="after")
    def _a_cut_has_no_length(self) -> Self:
        if (self.kind == "cut") != (self.frames == 0):
            raise ValueError("a cut has 0 frames, every other transition has some")
        if self.frames == 1:
            raise ValueError("a transition has at least 2 frames")
        return self


class Shot(_Frozen):
    """`frames` of the clip called `clip`, from its frame `source_in` on (counted at the timeline's rate)."""

    clip: str = Field(min_length=1)
    source_in: Frames = 0
    frames: int = Field(gt=0)
    transition: Transition | None = None

    @property
    def overlap(self) -> int:
        """Frames that this shot shares with the one before it."""
        return self.transition.frames if self.transition else 0


class Title(_Frozen):
    """Words drawn over the picture by the cutting room: `text` big, `subtitle` under it."""

    text: str = Field(min_length=1)
    subtitle: str = ""
    start: Frames
    frames: int = Field(gt=0)


class Line(_Frozen):
    """A spoken line. `start` is the plan's estimate; the cutting room places it by the measured speech."""

    text: str = Field(min_length=1)
    start: Frames


class Music(_Frozen):
    """Music under the whole work. `volume_db` is its level under the voice-free parts, in dB relative to full scale."""

    mood: str = Field(min_length=1)
    volume_db: float = Field(default=-18.0, le=0.0, ge=-60.0)
    seed: int = 0


class Timeline(_Frozen):
    """One work. Width and height are pixels and even (4:2:0 video has no odd sizes); `loudness_lufs` is integrated."""

    name: str = Field(min_length=1)
    fps: int = Field(default=30, ge=1, le=120)
    width: int = Field(ge=16, le=8192, multiple_of=2)
    height: int = Field(ge=16, le=8192, multiple_of=2)
    timecode_start: str = "00:00:00:00"
    language: str = "zh-CN"
    voice: str = ""
    shots: tuple[Shot, ...] = Field(min_length=1)
    titles: tuple[Title, ...] = ()
    lines: tuple[Line, ...] = ()
    music: Music | None = None
    loudness_lufs: float = Field(default=-14.0, ge=-40.0, le=-5.0)

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        timecode_to_frames(self.timecode_start, self.fps)
        if self.shots[0].overlap:
            raise ValueError("the first shot has nothing before it to overlap with")
        for before, shot in pairwise(self.shots):
            if before.overlap + shot.overlap > before.frames or shot.overlap > shot.frames:
                raise ValueError(
                    f"shot {shot.clip}: its transition of {shot.overlap} frames is longer than the shots allow"
                )
        for title in self.titles:
            if title.start + title.frames > self.frames:
                raise ValueError(f"title {title.text}: runs past the end ({self.frames} frames)")
        for line in self.lines:
            if line.start >= self.frames:
                raise ValueError(f"line {line.text}: starts after the end ({self.frames} frames)")
        return self

    @property
    def frames(self) -> int:
        """Length of the master."""
        return sum(shot.frames - shot.overlap for shot in self.shots)

    @property
    def seconds(self) -> float:
        return self.frames / self.fps

    def starts(self) -> list[int]:
        """Record frame on which each shot is first seen (the first frame of its transition, if it has one)."""
        starts = [0]
        for before, shot in pairwise(self.shots):
            starts.append(starts[-1] + before.frames - shot.overlap)
        return starts

    def timecode(self, frame: int) -> str:
        """The timecode of a record frame, counted from `timecode_start`."""
        return frames_to_timecode(timecode_to_frames(self.timecode_start, self.fps) + frame, self.fps)


def timecode_to_frames(timecode: str, fps: int) -> int:
    """``HH:MM:SS:FF`` non-drop-frame to a frame count. Raises ValueError if it is not one at this rate."""
    match = _TIMECODE.fullmatch(timecode)
    if match is None:
        raise ValueError(f"{timecode!r} is not a timecode HH:MM:SS:FF")
    hours, minutes, seconds, frames = (int(part) for part in match.groups())
    if frames >= fps or hours > 23:
        raise ValueError(f"{timecode!r} does not exist at {fps} frames/s")
    return ((hours * 60 + minutes) * 60 + seconds) * fps + frames


def frames_to_timecode(frames: int, fps: int) -> str:
    """A frame count to ``HH:MM:SS:FF`` non-drop-frame; it wraps at 24 hours as a deck does."""
    seconds, rest = divmod(frames % (24 * 3600 * fps), fps)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{rest:02}"
