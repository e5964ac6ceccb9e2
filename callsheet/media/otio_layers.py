"""Any OpenTimelineIO timeline as one row of pieces: tracks laid over each other, nested stacks opened, in seconds.

An upper track covers those below it where it has something; where it has a gap they show. A transition keeps its place
when it is seen whole, is gone when it is covered whole, and a cover over a part of it is refused. Times are exact
fractions of a second, so that media of any rate meet without drift.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import opentimelineio as otio

from callsheet.errors import MediaError
from callsheet.media.otio_words import facts_of

Seconds = Fraction
_DEEPEST = 40  # stacks inside stacks: more is a mistake, not an edit


@dataclass(frozen=True)
class Join:
    """A transition over a cut point: it begins `before` seconds ahead of it and ends `after` seconds behind it."""

    item: Any
    where: str
    before: Seconds
    after: Seconds


@dataclass(frozen=True)
class Piece:
    """`item`, a clip or an opaque gap, from `start` to `end`; `source` is the media's own time of its first picture.

    `speed` is None for a clip without a time effect, and 0 for a held picture.
    """

    item: Any
    where: str
    start: Seconds
    end: Seconds
    source: Seconds
    speed: Fraction | None = None
    entered: Join | None = None
    left: Join | None = None

    def cut(self, start: Seconds, end: Seconds) -> Piece:
        """The part from `start` to `end`, which lie inside; a side that is cut off has no transition any more."""
        source = self.source + (start - self.start) * (1 if self.speed is None else self.speed)
        entered = self.entered if start == self.start else None
        left = self.left if end == self.end else None
        return replace(self, start=start, end=end, source=source, entered=entered, left=left)


@dataclass
class Layers:
    """What is seen, in order and without overlaps, and what is heard; `seconds` is how long the picture is."""

    picture: list[Piece] = field(default_factory=list)
    sound: list[Piece] = field(default_factory=list)
    seconds: Seconds = Fraction(0)

    def moved(self, by: Seconds) -> Layers:
        def move(pieces: list[Piece]) -> list[Piece]:
            return [replace(piece, start=piece.start + by, end=piece.end + by) for piece in pieces]

        return Layers(move(self.picture), move(self.sound), self.seconds + by)


def layers_of(made: Any) -> Layers:
    """All tracks of a timeline that are switched on, ours for titles, marks, stems and cues aside."""
    return _stack([track for track in made.tracks if "holds" not in facts_of(track)], made.name, 0)


def track_of(track: Any) -> list[Piece]:
    """The clips of one track, whether it is switched on or not."""
    found = _track(track, f"track {track.name}", 0)
    return found.picture or found.sound


def seconds(time: Any, where: str) -> Seconds:
    """An OTIO time, exactly: 23.976 and its like are the fractions that they stand for."""
    if not (math.isfinite(time.value) and math.isfinite(time.rate) and time.rate > 0):
        raise MediaError(f"{where}: a time of {time.value} at {time.rate} frames/s is none")
    return Fraction(time.value).limit_denominator(1_000_000) / exact_rate(time.rate)


def exact_rate(rate: float) -> Fraction:
    """30, 25 or 30000/1001 for the rate that is written as 30.0, 25.0 or 29.97."""
    whole = round(rate)
    if abs(rate - whole) < 1e-6 and whole:
        return Fraction(whole)
    ntsc = Fraction(round(rate * 1.001) * 1000, 1001)
    return ntsc if abs(rate - ntsc) < 0.006 else Fraction(rate).limit_denominator(100_000)


def _stack(children: Sequence[Any], name: str, depth: int) -> Layers:
    found = Layers()
    for child in children:
        if not getattr(child, "enabled", True):
            continue
        where = f"track {child.name or name}"
        inner = _item(child, where, depth) if not isinstance(child, otio.schema.Track) else _track(child, where, depth)
        found.picture = _over(found.picture, inner.picture)
        found.sound += inner.sound
        if getattr(child, "kind", "") != otio.schema.TrackKind.Audio:
            found.seconds = max(found.seconds, inner.seconds)
    return found


def _track(track: Any, where: str, depth: int) -> Layers:
    _refuse_effects(track, where)
    found, join, at = Layers(), None, Fraction(0)
    audio = track.kind == otio.schema.TrackKind.Audio
    for item in track:
        place = f"{where}, {type(item).__name__.lower()} {item.name}".rstrip()
        if isinstance(item, otio.schema.Transition):
            join = Join(item, place, seconds(item.in_offset, place), seconds(item.out_offset, place))
            row = found.sound if audio else found.picture
            if row and row[-1].end == at:
                row[-1] = replace(row[-1], left=join)
            continue
        inner = _item(item, place, depth, audio=audio).moved(at)
        row = inner.sound if audio else inner.picture
        if row and join and row[0].start == at:
            row[0] = replace(row[0], entered=join)
        join = None
        found.picture += inner.picture
        found.sound += inner.sound
        at = max(at, inner.seconds)
    found.seconds = at
    return _window(found, track.source_range, where) if track.source_range else found


def _item(item: Any, where: str, depth: int, *, audio: bool = False) -> Layers:
    """One thing of a track or stack, as if it began at 0."""
    if depth > _DEEPEST:
        raise MediaError(f"{where}: lies in more than {_DEEPEST} stacks; nest them less deeply")
    if isinstance(item, otio.schema.Gap) or (isinstance(item, otio.core.Item) and not item.enabled):
        length = seconds(item.duration(), where)
        opaque = [Piece(item, where, Fraction(0), length, Fraction(0))] if "card" in facts_of(item) else []
        return Layers(opaque if length else [], [], length)
    if isinstance(item, otio.schema.Clip):
        piece = _clip(item, where)
        return Layers([], [piece], piece.end) if audio else Layers([piece], [], piece.end)
    if isinstance(item, otio.schema.Track):
        return _track(item, where, depth + 1)
    if isinstance(item, otio.schema.Stack):
        _refuse_effects(item, where)
        inner = _stack(list(item), item.name, depth + 1)
        return _window(inner, item.source_range, where) if item.source_range else inner
    raise MediaError(f"{where}: can't be cut; allowed are clips, gaps, transitions, tracks and stacks")


def _clip(clip: Any, where: str) -> Piece:
    try:
        span = clip.trimmed_range()
    except otio.exceptions.OTIOError as error:
        raise MediaError(f"{where}: says neither what part of its media is shown nor how long that is") from error
    start, length = seconds(span.start_time, where), seconds(span.duration, where)
    if length <= 0:
        raise MediaError(f"{where}: has no length")
    speeds = [_speed(effect, where) for effect in clip.effects if getattr(effect, "enabled", True)]
    if len(speeds) > 1:
        raise MediaError(f"{where}: has {len(speeds)} time effects; one is allowed")
    return Piece(clip, where, Fraction(0), length, start, speeds[0] if speeds else None)


def _speed(effect: Any, where: str) -> Fraction:
    if isinstance(effect, otio.schema.FreezeFrame):
        return Fraction(0)
    if not isinstance(effect, otio.schema.LinearTimeWarp):
        name = effect.effect_name or effect.name or type(effect).__name__
        raise MediaError(f"{where}: its effect {name} can't be cut; allowed are a linear time warp and a freeze frame")
    if not math.isfinite(effect.time_scalar) or effect.time_scalar < 0:
        raise MediaError(f"{where}: a speed of {effect.time_scalar} can't be cut; it has to be 0 or more")
    return Fraction(effect.time_scalar).limit_denominator(1_000_000)


def _refuse_effects(composition: Any, where: str) -> None:
    for effect in composition.effects:
        if getattr(effect, "enabled", True):
            name = effect.effect_name or effect.name or type(effect).__name__
            raise MediaError(f"{where}: has the effect {name} on all of it; effects are allowed on clips only")


def _window(found: Layers, span: Any, where: str) -> Layers:
    """The part of nested tracks that is shown, moved to begin at 0."""
    start, length = seconds(span.start_time, where), seconds(span.duration, where)
    end, far = start + length, start + length + max(found.seconds, Fraction(0)) + 1

    def inside(pieces: list[Piece]) -> list[Piece]:
        pieces = _without_joins(_without_joins(pieces, start - far, start), end, end + far)
        return [
            piece.cut(max(piece.start, start), min(piece.end, end))
            for piece in pieces
            if piece.end > start and piece.start < end
        ]

    shown = Layers(inside(found.picture), inside(found.sound)).moved(-start)
    shown.seconds = length
    return shown


def _over(below: list[Piece], above: list[Piece]) -> list[Piece]:
    for upper in above:
        row: list[Piece] = []
        for piece in _without_joins(below, upper.start, upper.end):
            if piece.end <= upper.start or piece.start >= upper.end:
                row.append(piece)
                continue
            if piece.start < upper.start:
                row.append(piece.cut(piece.start, upper.start))
            if piece.end > upper.end:
                row.append(piece.cut(upper.end, piece.end))
        below = row
    return sorted([*below, *above], key=lambda piece: piece.start)


def _without_joins(pieces: list[Piece], start: Seconds, end: Seconds) -> list[Piece]:
    """The pieces without the transitions that are hidden from `start` to `end`."""

    def seen(join: Join | None, at: Seconds) -> Join | None:
        if join is None or at + join.after <= start or at - join.before >= end:
            return join
        if start <= at - join.before and at + join.after <= end:
            return None
        raise MediaError(f"{join.where}: is covered or cut off in part; allowed is to show it whole or not at all")

    return [
        replace(piece, entered=seen(piece.entered, piece.start), left=seen(piece.left, piece.end)) for piece in pieces
    ]
