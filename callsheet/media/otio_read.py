"""A timeline from OpenTimelineIO: our own, with whatever was moved since, or one that another program wrote.

Record times are rounded to whole frames one by one, so that nothing drifts. What a transition shows of the clips on
both sides lies behind and before their cut points; an overlap of ours is both together, wherever the cut point is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import opentimelineio as otio
from pydantic import ValidationError

from callsheet.errors import MediaError
from callsheet.media.otio_heard import cues, own_sounds
from callsheet.media.otio_layers import Join, Piece, exact_rate, layers_of, seconds, track_of
from callsheet.media.otio_media import Media, Names, free_name, is_card
from callsheet.media.otio_words import CARD, SETTINGS, SHOT, TITLE, facts_of, plain
from callsheet.timeline import Music, Timeline, frames_to_timecode

_KINDS = ("dissolve", "wipe", "fade")
_Fields = dict[str, Any]


def timeline_from_otio(
    made: Any,
    *,
    fps: int | None = None,
    size: tuple[int, int] | None = None,
    begins: Mapping[str, Fraction] | None = None,
    **settings: Any,
) -> Timeline:
    """The timeline that can be cut. Our own come back as they were written.

    `fps` and `size` go before what the file says; it must say what they don't. `begins` has the media's own time of
    their first pictures in seconds, by the names of `media_of`, for media whose reference has no range. `settings` are
    further fields of the timeline. Raises MediaError, in one line that names track and item, for what can't be cut.
    """
    facts = facts_of(made)
    rate = fps if fps is not None else rate_of(made)
    if rate is None or (size is None and not {"width", "height"} <= facts.keys()):
        raise MediaError(f"{made.name or 'timeline'}: it says no frame rate or no size; give --fps and --size")
    try:
        return _Reader(made, rate, begins or {}, facts).timeline(size, settings)
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(str(part) for part in fault["loc"])
        why = str(fault["msg"]).removeprefix("Value error, ")
        raise MediaError(f"{made.name or 'timeline'}: {field + ': ' if field else ''}{why}") from error


def rate_of(made: Any) -> int | None:
    """Frames a second as the file itself says it: in our metadata, or by the rate of its start.

    Raises MediaError for a rate that is no whole number.
    """
    fps = facts_of(made).get("fps")
    if isinstance(fps, int) and fps > 0:
        return fps
    start = made.global_start_time
    return whole_rate(exact_rate(start.rate), made.name) if start is not None and start.rate > 0 else None


def whole_rate(rate: Fraction, name: str) -> int:
    """`rate` as a whole number, or MediaError: a cut has no other, and --fps says which it shall be."""
    if rate.denominator != 1:
        near = ", ".join(str(value) for value in (24, 25, 30, 50, 60))
        raise MediaError(
            f"{name or 'timeline'}: {float(rate):.3f} frames/s can't be cut; give --fps with a whole rate ({near})"
        )
    return int(rate)


def media_of(made: Any) -> list[Media]:
    """Every file that the timeline is cut from, under the names that `timeline_from_otio` gives their clips."""
    reader = _Reader(made, 30, {}, facts_of(made))
    reader.walk()
    return [replace(media, first=reader.firsts.get(media.name)) for media in reader.names.media.values()]


class _Reader:
    def __init__(self, made: Any, fps: int, begins: Mapping[str, Fraction], facts: _Fields) -> None:
        self.made, self.fps, self.begins, self.facts = made, fps, begins, facts
        self.names = Names()
        written = facts.get("fps")
        # Frames in our metadata count at the rate at which they were written.
        self.scale = Fraction(fps, written) if isinstance(written, int) and written > 0 else Fraction(1)
        self.layers = layers_of(made)
        self.taken: set[str] = set()
        self.firsts: dict[str, Fraction] = {}

    def walk(self) -> None:
        """Names all media in one order, whatever is asked of them later."""
        for piece in self.layers.picture:
            if isinstance(piece.item, otio.schema.Clip) and not is_card(piece.item):
                self.name(piece)
        for piece in self.layers.picture:
            if isinstance(piece.item, otio.schema.Clip) and is_card(piece.item):
                picture = plain_parameters(piece.item).get("picture")
                if isinstance(picture, str):
                    self.names.of_picture(piece.item, picture)
        for holds in ("marks", "sounds"):
            for piece in self.held(holds):
                self.name(piece)
        for piece in own_sounds(self.layers, self.fps)[1]:
            self.name(piece)

    def name(self, piece: Piece) -> None:
        name = self.names.of(piece.item).name
        self.firsts[name] = min(piece.source, self.firsts.get(name, piece.source))

    def timeline(self, size: tuple[int, int] | None, settings: _Fields) -> Timeline:
        self.walk()
        fields: _Fields = {name: self.facts[name] for name in SETTINGS if name in self.facts}
        if size is not None:
            fields["width"], fields["height"] = size
        music = self.facts.get("music")
        if isinstance(music, str) and music:
            fields["music"] = Music.model_validate_json(music)
        heard, loose = own_sounds(self.layers, self.fps)
        shots = self.shots(heard)
        total = sum(shot["frames"] - (shot["transition"] or {"frames": 0})["frames"] for shot in shots)
        pieces = [*self.held("sounds"), *loose]
        sounds = cues(pieces, self.names, self.layers, self.frames, self.origin, scale=self.scale, total=total)
        lines, captions = self.marked(total)
        fields |= {
            "name": self.made.name or "timeline",
            "fps": self.fps,
            "timecode_start": self.start(),
            "shots": tuple(shots),
            "titles": tuple(self.titles(total)),
            "marks": tuple(self.marks(total)),
            "sounds": tuple(sounds),
            "lines": tuple(lines),
            "captions": tuple(captions),
            **settings,
        }
        return Timeline.model_validate(fields)

    def start(self) -> str:
        time = self.made.global_start_time
        if time is None:
            return "00:00:00:00"
        # A clock that counts 24 for 23.976 says the same hour at 24.
        frames = round(time.value) if round(time.rate) == self.fps else self.frames(Fraction(time.to_seconds()))
        return frames_to_timecode(frames, self.fps)

    def frames(self, at: Fraction) -> int:
        return _nearest(at * self.fps)

    def shots(self, heard: set[int]) -> list[_Fields]:
        row = self.row()
        clips = [piece.item for _, piece in row if isinstance(piece.item, otio.schema.Clip) and not is_card(piece.item)]
        self.taken = {self.names.of(clip).name for clip in clips}
        ends = [*(start for start, _ in row[1:]), self.frames(max(piece.end for _, piece in row))]
        joins = [piece.entered or before.left for (_, before), (_, piece) in pairwise(row)]
        shots: list[_Fields] = []
        for number, (start, piece) in enumerate(row):
            entered = joins[number - 1] if number else None
            left = joins[number] if number + 1 < len(row) else None
            before = self.frames(entered.before) if entered else 0
            after = self.frames(left.after) if left else 0
            shot = self.shot(piece, before, ends[number] - start + before + after)
            shot["transition"] = self.transition(entered, facts_of(piece.item)) if number else None
            foreign = "fps" not in self.facts and self.layers.sound and "clip" in shot
            if foreign and id(piece) not in heard:
                shot["mute"] = True
            shots.append(shot)
        return shots

    def row(self) -> list[tuple[int, Piece]]:
        """The pieces with the frames on which they begin, holes filled with black, and black where a fade needs it."""
        found: list[tuple[int, Piece]] = []
        at, seen = 0, Fraction(0)
        for piece in self.layers.picture:
            start, end = self.frames(piece.start), self.frames(piece.end)
            if end <= start:
                raise MediaError(f"{piece.where}: is shorter than a frame at {self.fps} frames/s")
            if start > at:
                found.append((at, _black(seen, piece.start)))
            elif not found and piece.entered is not None:
                # From nothing into the first picture: black that lasts as long as the transition.
                if piece.entered.before:
                    raise MediaError(f"{piece.entered.where}: begins before the timeline does")
                found.append((0, _black(piece.start, piece.start)))
            found.append((start, piece))
            at, seen = end, piece.end
        if not found:
            raise MediaError(f"{self.made.name or 'timeline'}: there is no picture in it; a video track with clips is")
        total = self.frames(self.layers.seconds)
        if total > at:
            found.append((at, _black(seen, self.layers.seconds)))
        elif found[-1][1].left is not None:
            if found[-1][1].left.after:
                raise MediaError(f"{found[-1][1].left.where}: ends after the timeline does")
            found.append((at, _black(seen, seen)))
        return found

    def shot(self, piece: Piece, before: int, frames: int) -> _Fields:
        item, facts = piece.item, facts_of(piece.item)
        if not isinstance(item, otio.schema.Clip):
            return {"card": self.card_name(item.name), "layout": "blank", "frames": frames}
        made = item.media_reference
        if is_card(item):
            drawn = plain_parameters(item) if made.generator_kind == CARD else {"layout": "blank"}
            if isinstance(drawn.get("picture"), str):
                drawn["picture"] = self.names.of_picture(item, drawn["picture"]).name
            return {**drawn, "card": self.card_name(item.name), "frames": frames}
        if not isinstance(made, otio.schema.ExternalReference | otio.schema.MissingReference):
            raise MediaError(f"{piece.where}: a {type(made).__name__} can't be cut; a reference to one file is allowed")
        media = self.names.of(item)
        speed = Fraction(1) if piece.speed is None else piece.speed
        first = _nearest((piece.source - self.origin(piece)) * self.fps - before * speed)
        if first < 0:
            raise MediaError(f"{piece.where}: needs {-first} frames before the first of its media")
        shot: _Fields = {"clip": media.name, "source_in": first, "frames": frames}
        shot |= {name: facts[name] for name in SHOT if name in facts}
        if speed == 0:
            return {**shot, "hold": True}
        return shot if piece.speed is None else {**shot, "source_frames": max(1, _nearest(frames * speed))}

    def origin(self, piece: Piece) -> Fraction:
        """The media's own time of its first picture, in seconds."""
        media = self.names.of(piece.item)
        return self.begins.get(media.name, Fraction(0)) if media.begins is None else media.begins

    def card_name(self, name: str) -> str:
        found = free_name(name or "black", self.taken)
        self.taken.add(found)
        return found

    def transition(self, join: Join | None, facts: _Fields) -> _Fields | None:
        if join is None:
            return {"kind": "cut", "frames": 0} if facts.get("entered_by") == "cut" else None
        frames = self.frames(join.before) + self.frames(join.after)
        if not frames:
            return None
        if frames == 1:
            raise MediaError(f"{join.where}: has 1 frame; at least 2 are allowed")
        item = join.item
        kind = facts_of(item).get("kind")
        if kind is None:
            said = f"{item.transition_type} {item.name}".lower()
            kind = next((kind for kind in _KINDS if kind in said), "fade" if "dip" in said else None)
        if kind not in _KINDS:
            raise MediaError(f"{join.where}: a {item.transition_type} can't be cut; allowed are {', '.join(_KINDS)}")
        return {"kind": kind, "frames": frames}

    def held(self, holds: str) -> list[Piece]:
        """The clips of our tracks of one kind, in the order in which they were written."""
        found: list[Piece] = []
        for track in self.made.tracks:
            if facts_of(track).get("holds") == holds:
                found += track_of(track)
        return sorted(found, key=lambda piece: (_order(facts_of(piece.item), "number"), piece.start))

    def span(self, piece: Piece, total: int) -> _Fields:
        """Where it lies; what the end of the picture has come to stand in is shortened."""
        start = self.frames(piece.start)
        return {"start": start, "frames": min(self.frames(piece.end), max(total, start + 1)) - start}

    def titles(self, total: int) -> list[_Fields]:
        titles = []
        for piece in self.held("titles"):
            made = piece.item.media_reference
            if not isinstance(made, otio.schema.GeneratorReference) or made.generator_kind != TITLE:
                raise MediaError(f"{piece.where}: is no title; lay clips into a video track of their own")
            titles.append({**plain_parameters(piece.item), **self.span(piece, total)})
        return titles

    def marks(self, total: int) -> list[_Fields]:
        marks = []
        for piece in self.held("marks"):
            facts, span = facts_of(piece.item), self.span(piece, total)
            if facts.pop("to_end", False):
                span["frames"] = None
            facts.pop("number", None)
            marks.append({**facts, "image": self.names.of(piece.item).name, **span})
        return marks

    def marked(self, total: int) -> tuple[list[_Fields], list[_Fields]]:
        """Spoken lines and captions, which are markers."""
        lines: list[tuple[float, _Fields]] = []
        tracks: dict[float, _Fields] = {}
        markers = [marker for track in self.made.tracks for marker in track.markers]
        for marker in [*self.made.tracks.markers, *markers]:
            facts, span = facts_of(marker), marker.marked_range
            start = seconds(span.start_time, f"marker {marker.name}")
            where = _black(start, start + seconds(span.duration, f"marker {marker.name}"))
            if facts.get("kind") == "line":
                said = {"text": facts.get("text"), "voice": facts.get("voice"), "start": self.frames(where.start)}
                said["translations"] = _pairs(facts.get("translations"))
                lines.append((_order(facts, "number"), said))
            elif facts.get("kind") == "caption":
                language: _Fields = {"language": facts.get("language"), "captions": []}
                track = tracks.setdefault(_order(facts, "track"), language)
                track["captions"].append({"text": facts.get("text"), **self.span(where, total)})
        return [line for _, line in sorted(lines, key=lambda one: one[0])], [
            tracks[number] for number in sorted(tracks)
        ]


def plain_parameters(clip: Any) -> _Fields:
    """What a generator was told to draw."""
    found = plain(clip.media_reference.parameters)
    return found if isinstance(found, dict) else {}


def _order(facts: _Fields, name: str) -> float:
    number = facts.get(name)
    return number if isinstance(number, int) else float("inf")


def _pairs(found: object) -> dict[str, Any]:
    pairs = found if isinstance(found, list) else []
    return {str(pair[0]): pair[1] for pair in pairs if isinstance(pair, list) and len(pair) == 2}


def _black(start: Fraction, end: Fraction) -> Piece:
    return Piece(otio.schema.Gap(), "black", start, end, Fraction(0))


def _nearest(value: Fraction) -> int:
    """The nearest whole number, halves upwards, so that neighbours meet."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)
