"""The cut as a CMX 3600 edit decision list, so that it can be rebuilt in any editing system.

Source timecode is the clip's own frame count from 00:00:00:00 at the timeline's rate; record timecode begins at
`Timeline.timecode_start`, which is the timecode of the master's first frame. A dissolve or a wipe is the usual two-line
event; a fade is two dissolves, to and from black (reel BL).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from callsheet.timeline import Shot, Timeline, frames_to_timecode

_REEL = 8  # characters
_RESERVED = {"BL", "AX"}
_FORMAT = {"dissolve": "D", "wipe": "W001"}


def edl(timeline: Timeline, uris: Mapping[str, str], stems: Sequence[str] = ()) -> str:
    """The list as text. `uris` says where each clip is kept; `stems` names the files of the sound, for the note."""
    reels = reel_names([shot.clip for shot in timeline.shots])
    lines = [f"TITLE: {' '.join(timeline.name.split())[:70]}", "FCM: NON-DROP FRAME", ""]
    for number, event in enumerate(_events(timeline, reels), start=1):
        lines += event.lines(number, timeline)
        lines += [f"* FROM CLIP NAME: {event.leaves}"] if event.leaves else []
        lines += [f"* {'TO' if event.two_lines else 'FROM'} CLIP NAME: {event.shows}"] if event.shows else []
        lines += [f"* SOURCE FILE: {uris[event.shows]}"] if event.shows and event.shows in uris else []
    if stems:
        lines.append(
            f"* AUDIO: MIXED, NOT CUT WITH THE PICTURE. STEMS FROM {timeline.timecode_start}: {', '.join(stems)}"
        )
    return "\n".join([*lines, ""])


def reel_names(clips: Sequence[str]) -> dict[str, str]:
    """A reel of at most 8 capitals and digits for each clip, unique, made of its name as far as that goes."""
    reels: dict[str, str] = {}
    for clip in clips:
        if clip in reels:
            continue
        name = "".join(letter for letter in clip.upper() if letter.isascii() and letter.isalnum())[:_REEL] or "CLIP"
        taken, number, reel = _RESERVED | set(reels.values()), 1, name
        while reel in taken:
            number += 1
            reel = name[: _REEL - len(str(number))] + str(number)
        reels[clip] = reel
    return reels


@dataclass(frozen=True)
class _Event:
    """`frames` of a reel, from its frame `source` on, at record frame `record`; `effect` is C, or how it is entered."""

    reel: str
    source: int
    record: int
    frames: int
    effect: str = "C"
    overlap: int = 0
    from_reel: str = ""
    from_source: int = 0
    leaves: str = ""
    shows: str = ""

    @property
    def two_lines(self) -> bool:
        return self.effect != "C"

    def lines(self, number: int, timeline: Timeline) -> list[str]:
        lines = []
        if self.two_lines:
            lines.append(_line(number, self.from_reel, "C", self.from_source, self.record, 0, timeline))
        effect = f"{self.effect:<4} {self.overlap:03}" if self.two_lines else "C"
        return [*lines, _line(number, self.reel, effect, self.source, self.record, self.frames, timeline)]


def _line(number: int, reel: str, effect: str, source: int, record: int, frames: int, timeline: Timeline) -> str:
    times = [
        frames_to_timecode(source, timeline.fps),
        frames_to_timecode(source + frames, timeline.fps),
        timeline.timecode(record),
        timeline.timecode(record + frames),
    ]
    return f"{number:03}  {reel:<8} V     {effect:<8} {' '.join(times)}"


def _events(timeline: Timeline, reels: Mapping[str, str]) -> list[_Event]:
    events: list[_Event] = []
    starts = timeline.starts()
    before: Shot | None = None
    for number, shot in enumerate(timeline.shots):
        record = starts[number]
        end = starts[number + 1] if number + 1 < len(starts) else timeline.frames
        event = _Event(reels[shot.clip], shot.source_in, record, end - record, shows=shot.clip)
        transition = shot.transition
        if before is None or transition is None or not transition.frames:
            events.append(event)
        else:
            # By now the shot before has shown everything up to where it is overlapped.
            left = before.source_in + record - starts[number - 1]
            events += _entered(event, transition.kind, transition.frames, reels[before.clip], left, before.clip)
        before = shot
    return events


def _entered(event: _Event, kind: str, overlap: int, from_reel: str, from_source: int, leaves: str) -> list[_Event]:
    if kind != "fade":
        entered = _Event(
            *(event.reel, event.source, event.record, event.frames, _FORMAT[kind], overlap, from_reel, from_source),
            leaves=leaves,
            shows=event.shows,
        )
        return [entered]
    out = overlap // 2
    into = overlap - out
    black = _Event("BL", 0, event.record, out, "D", out, from_reel, from_source, leaves=leaves)
    rest = event.frames - out
    picture = _Event(event.reel, event.source + out, event.record + out, rest, "D", into, "BL", 0, shows=event.shows)
    return [black, picture]
