"""The cut as a CMX 3600 edit decision list, so that it can be rebuilt in any editing system.

Source timecode is the clip's own frame count from 00:00:00:00 at the timeline's rate; record timecode begins at
`Timeline.timecode_start`, which is the timecode of the master's first frame. A dissolve or a wipe is the usual two-line
event; a fade is two dissolves, to and from black (reel BL). A clip at another speed has an M2 line with its frames per
second; source in and out are what is shown of it. Where both reels of a transition are one, each of the two has such a
line, in their order, for the reel alone does not tell whose it is. What CMX 3600 has no events for stands in comments
at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from callsheet.timeline import Card, Shot, Timeline, frames_to_timecode

_REEL = 8  # characters
_RESERVED = {"BL", "AX"}
_BLACK = "BL"
_FORMAT = {"dissolve": "D", "wipe": "W001"}


def edl(timeline: Timeline, uris: Mapping[str, str], stems: Sequence[str] = ()) -> str:
    """The list as text. `uris` says where each clip is kept; `stems` names the files of the sound, for the note."""
    reels = reel_names([shot.clip for shot in timeline.shots if not _black(shot)])
    lines = [f"TITLE: {_words(timeline.name)[:70]}", "FCM: NON-DROP FRAME", ""]
    for number, event in enumerate(_events(timeline, reels), start=1):
        lines += event.lines(number, timeline)
        lines += [f"* FROM CLIP NAME: {_words(event.start.name)}"] if event.start and event.start.name else []
        shown = "TO" if event.two_lines else "FROM"
        lines += [f"* {shown} CLIP NAME: {_words(event.shown.name)}"] if event.shown.name else []
        lines += [f"* SOURCE FILE: {uris[event.shown.name]}"] if event.shown.name in uris else []
        lines += event.notes
    lines += _notes(timeline, uris)
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
class _Piece:
    """A reel from its frame `source` on, at `speed`; `name` is the clip's, empty for black."""

    reel: str
    source: int
    speed: Fraction = Fraction(1)
    name: str = ""

    def after(self, frames: int) -> _Piece:
        """What is shown when that many frames have passed."""
        return _Piece(self.reel, self.source + int(frames * self.speed), self.speed, self.name)

    def motion(self, fps: int, *, always: bool = False) -> list[str]:
        if self.speed == 1 and not always:
            return []
        rate = f"{float(self.speed * fps):05.1f}"
        held = ["* FREEZE FRAME"] if self.speed == 0 else []
        return [f"M2   {self.reel:<8} {rate:<8}         {frames_to_timecode(self.source, fps)}", *held]


@dataclass(frozen=True)
class _Event:
    """`frames` of `shown` at record frame `record`; `effect` is C, or how it is entered from `start`."""

    shown: _Piece
    record: int
    frames: int
    notes: Sequence[str] = ()
    effect: str = "C"
    overlap: int = 0
    start: _Piece | None = None

    @property
    def two_lines(self) -> bool:
        return self.start is not None

    def lines(self, number: int, timeline: Timeline) -> list[str]:
        lines, effect = [], "C"
        if self.start is not None:
            lines.append(_line(number, self.start, "C", self.record, 0, timeline))
            effect = f"{self.effect:<4} {self.overlap:03}"
        lines.append(_line(number, self.shown, effect, self.record, self.frames, timeline))
        return [*lines, *self._motion(timeline.fps)]

    def _motion(self, fps: int) -> list[str]:
        if self.start is None:
            return self.shown.motion(fps)
        both = self.start.reel == self.shown.reel and self.start.speed != self.shown.speed
        return [*self.start.motion(fps, always=both), *self.shown.motion(fps, always=both)]


def _line(number: int, piece: _Piece, effect: str, record: int, frames: int, timeline: Timeline) -> str:
    # A held picture is one frame long, and so is what is seen of a very slow one.
    until = max(piece.after(frames).source, piece.source + min(frames, 1))
    times = [
        frames_to_timecode(piece.source, timeline.fps),
        frames_to_timecode(until, timeline.fps),
        timeline.timecode(record),
        timeline.timecode(record + frames),
    ]
    return f"{number:03}  {piece.reel:<8} V     {effect:<8} {' '.join(times)}"


def _events(timeline: Timeline, reels: Mapping[str, str]) -> Iterator[_Event]:
    starts = timeline.starts()
    before: _Piece | None = None
    for number, shot in enumerate(timeline.shots):
        record = starts[number]
        end = starts[number + 1] if number + 1 < len(starts) else timeline.frames
        piece, notes, transition = _piece(shot, reels), _card_notes(shot), shot.transition
        if before is None or transition is None or not transition.frames:
            yield _Event(piece, record, end - record, notes)
        else:
            # By now the shot before has shown everything up to where it is overlapped.
            left = before.after(record - starts[number - 1])
            if transition.kind == "fade":
                yield from _faded(left, piece, record, end, transition.frames, notes)
            else:
                kind, overlap = _FORMAT[transition.kind], transition.frames
                yield _Event(piece, record, end - record, notes, kind, overlap, left)
        before = piece


def _faded(left: _Piece, piece: _Piece, record: int, end: int, overlap: int, notes: Sequence[str]) -> list[_Event]:
    out = overlap // 2
    dark = _Piece(_BLACK, 0)
    black = _Event(dark, record, out, (), "D", out, left)
    picture = _Event(piece.after(out), record + out, end - record - out, notes, "D", overlap - out, dark)
    return [black, picture]


def _piece(shot: Shot | Card, reels: Mapping[str, str]) -> _Piece:
    if isinstance(shot, Shot):
        return _Piece(reels[shot.clip], shot.source_in, shot.speed, shot.clip)
    return _Piece(_BLACK, 0) if _black(shot) else _Piece(reels[shot.card], 0, name=shot.card)


def _black(shot: Shot | Card) -> bool:
    """A plain black card; one in a colour is a picture of its own."""
    return isinstance(shot, Card) and shot.layout == "blank" and shot.background is None and not shot.picture


def _card_notes(shot: Shot | Card) -> list[str]:
    if not isinstance(shot, Card):
        return []
    words = " / ".join(_words(line) for line in (shot.heading, *shot.lines) if _words(line))
    return [f"* CARD: {shot.layout.upper()}" + (f", {words}" if words else "")]


def _notes(timeline: Timeline, uris: Mapping[str, str]) -> list[str]:
    def span(start: int, frames: int) -> str:
        return f"{timeline.timecode(start)} {timeline.timecode(start + frames)}"

    lines = [f"* TITLE {span(title.start, title.frames)}: {_words(title.text)}" for title in timeline.titles]
    for mark in timeline.marks:
        frames = mark.frames or timeline.frames - mark.start
        lines.append(f"* KEY {span(mark.start, frames)}: {_words(mark.image)}, {mark.corner.upper()}")
    for cue in timeline.sounds:
        source = frames_to_timecode(cue.source_in, timeline.fps)
        kept = f", {uris[cue.clip]}" if cue.clip in uris else ""
        lines.append(
            f"* SOUND {span(cue.start, cue.frames)}: {_words(cue.clip)} FROM {source}, {cue.role.upper()}{kept}"
        )
    return lines


def _words(text: str) -> str:
    """Text for one line of the list."""
    return " ".join(text.split())
