"""The cut as an OpenTimelineIO timeline; `otio_read` brings it back, with what was moved or trimmed in an editor.

Track V1 has the shots; where two overlap, OTIO wants the clips cut in the middle of the overlap and a transition laid
over that point. Titles and marks lie in tracks above it, sounds in an audio track for each role, and every stem of the
finished sound in a track of its own. Spoken lines and captions are markers. What OTIO has no place for stands in the
metadata under ``callsheet``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import opentimelineio as otio

from callsheet.errors import MediaError
from callsheet.media.otio_read import timeline_from_otio
from callsheet.media.otio_words import BUCKET, CARD, KEY, PICTURE, SETTINGS, SHOT, TITLE, facts_of, worded
from callsheet.timeline import Card, Shot, Timeline, Transition, timecode_to_frames

__all__ = ["read", "timeline_from_otio", "to_otio", "write"]

_Placed = tuple[int, int, Any]  # start, frames, clip


def to_otio(
    timeline: Timeline,
    uris: Mapping[str, str],
    lengths: Mapping[str, int],
    stems: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
) -> Any:
    """An ``opentimelineio.schema.Timeline``.

    `uris` are the clips' addresses in the bucket, `files` their paths as seen from where the OTIO file will stand,
    `lengths` their frames at the timeline's rate, `stems` URIs or such paths. A clip with a path and an address has
    two references, the path under OTIO's default key and the address under ``bucket``.
    """
    return _Writer(timeline, uris, files or {}, lengths).made(stems or {})


def write(made: Any, path: Path) -> None:
    """Write an OTIO timeline as JSON."""
    path.write_text(made.to_json_string(indent=2) + "\n", encoding="utf-8", newline="\n")


def read(path: Path) -> Any:
    """Read an ``.otio`` file. Raises MediaError if it is not one."""
    try:
        made = otio.adapters.read_from_string(path.read_text(encoding="utf-8"), "otio_json")
    except (otio.exceptions.OTIOError, ValueError) as error:
        raise MediaError(f"{path.name}: not an OTIO file ({' '.join(str(error).split())})") from error
    if not isinstance(made, otio.schema.Timeline):
        raise MediaError(f"{path.name}: holds a {type(made).__name__}, not a timeline")
    return made


class _Writer:
    def __init__(
        self, timeline: Timeline, uris: Mapping[str, str], files: Mapping[str, str], lengths: Mapping[str, int]
    ) -> None:
        self.timeline, self.uris, self.files, self.lengths = timeline, uris, files, lengths

    def made(self, stems: Mapping[str, str]) -> Any:
        timeline = self.timeline
        made = otio.schema.Timeline(timeline.name)
        made.global_start_time = self.time(timecode_to_frames(timeline.timecode_start, timeline.fps))
        # OTIO's whole numbers end at 64 bits and a seed need not: the music travels as JSON.
        music = timeline.music.model_dump_json() if timeline.music else ""
        made.metadata[KEY] = {"music": music, **worded(timeline.model_dump(include=set(SETTINGS)))}
        made.tracks.extend([self.picture(), *self.titles(), *self.marks(), *self.sounds(mixed=bool(stems))])
        made.tracks.extend([self.stem(name, uri) for name, uri in stems.items()])
        return made

    def picture(self) -> Any:
        track = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
        shots = self.timeline.shots
        for number, shot in enumerate(shots):
            if shot.overlap:
                track.append(self.transition(shot))
            leaving = _after(shots[number + 1].overlap) if number + 1 < len(shots) else 0
            track.append(self.item(shot, leaving))
        for number, line in enumerate(self.timeline.lines):
            said: dict[str, Any] = {"kind": "line", "number": number, "text": line.text, "voice": line.voice}
            said["translations"] = [list(pair) for pair in line.translations.items()]
            track.markers.append(self.marker(line.text, line.start, 1, otio.schema.MarkerColor.CYAN, said))
        for number, captions in enumerate(self.timeline.captions):
            for caption in captions.captions:
                words = {"kind": "caption", "track": number, "language": captions.language, "text": caption.text}
                colour = otio.schema.MarkerColor.YELLOW
                track.markers.append(self.marker(caption.text, caption.start, caption.frames, colour, words))
        return track

    def item(self, shot: Shot | Card, leaving: int) -> Any:
        entering = shot.overlap // 2
        frames = shot.frames - entering - leaving
        facts: dict[str, Any] = {"entered_by": "cut"} if shot.transition is not None and not shot.overlap else {}
        if isinstance(shot, Card):
            item = self.card(shot, self.range(entering, frames))
        else:
            facts |= worded(shot.model_dump(include=set(SHOT), exclude_defaults=True))
            # What a transition shows of the clip before the cut point runs at the clip's own speed.
            start = shot.source_in + float(entering * shot.speed)
            span = otio.opentime.TimeRange(otio.opentime.RationalTime(start, self.timeline.fps), self.time(frames))
            length = max(self.lengths.get(shot.clip, 0), shot.source_in + shot.used)
            item = self.clip(shot.clip, shot.clip, span, length)
            if shot.hold:
                item.effects.append(otio.schema.FreezeFrame())
            elif shot.source_frames is not None:
                item.effects.append(otio.schema.LinearTimeWarp(time_scalar=float(shot.speed)))
        if facts:
            item.metadata[KEY] = {**facts_of(item), **facts}
        return item

    def card(self, card: Card, span: Any) -> Any:
        drawn = card.model_dump(include={"layout", "heading", "lines", "picture", "background"}, exclude_defaults=True)
        if set(drawn) == {"layout"} and card.layout == "blank":
            # Marked as ours: black, and not a hole through which a lower track would be seen.
            return otio.schema.Gap(name=card.card, source_range=span, metadata={KEY: {"card": "blank"}})
        drawn |= {"lines": list(card.lines)}
        made = otio.schema.GeneratorReference(generator_kind=CARD, parameters=drawn)
        clip = otio.schema.Clip(card.card, made, span)
        if card.picture:
            self.refer(clip, card.picture, None, picture=True)
        return clip

    def clip(self, name: str, media: str, span: Any, length: int | None) -> Any:
        clip = otio.schema.Clip(name, otio.schema.MissingReference(), span)
        self.refer(clip, media, length)
        return clip

    def refer(self, clip: Any, media: str, length: int | None, *, picture: bool = False) -> None:
        """Adds where `media` is kept: the file first, for editing programs take what stands under the default key."""
        span = None if length is None else self.range(0, length)
        places = [self.files[media]] if media in self.files else []
        places += [self.uris[media]] if media in self.uris else []
        found = [otio.schema.ExternalReference(place, span) for place in places]
        keys = [PICTURE, f"{PICTURE}_{BUCKET}"] if picture else [otio.schema.Clip.DEFAULT_MEDIA_KEY, BUCKET]
        references = dict(zip(keys, found, strict=False))
        if references:
            clip.set_media_references({**clip.media_references(), **references}, clip.active_media_reference_key)

    def transition(self, shot: Shot | Card) -> Any:
        transition = shot.transition or Transition()
        kinds = otio.schema.TransitionTypes
        return otio.schema.Transition(
            name=transition.kind,
            transition_type=kinds.SMPTE_Dissolve if transition.kind == "dissolve" else kinds.Custom,
            in_offset=self.time(shot.overlap // 2),
            out_offset=self.time(_after(shot.overlap)),
            metadata={KEY: {"kind": transition.kind}},
        )

    def titles(self) -> list[Any]:
        placed: list[_Placed] = []
        for number, title in enumerate(self.timeline.titles):
            words = title.model_dump(include={"text", "subtitle", "style"})
            made = otio.schema.GeneratorReference(generator_kind=TITLE, parameters=words)
            clip = otio.schema.Clip(title.text, made, self.range(0, title.frames))
            clip.metadata[KEY] = {"number": number}
            placed.append((title.start, title.frames, clip))
        return self.lanes("Titles", "titles", placed)

    def marks(self) -> list[Any]:
        placed: list[_Placed] = []
        for number, mark in enumerate(self.timeline.marks):
            frames = mark.frames or self.timeline.frames - mark.start
            clip = self.clip(mark.image, mark.image, self.range(0, frames), None)
            facts = worded(mark.model_dump(include={"corner", "size", "opacity"}))
            clip.metadata[KEY] = {"number": number, "to_end": mark.frames is None, **facts}
            placed.append((mark.start, frames, clip))
        return self.lanes("Marks", "marks", placed)

    def sounds(self, *, mixed: bool) -> list[Any]:
        """A track for each role; where the stems are there, which have these sounds in them, it is switched off."""
        placed: dict[str, list[_Placed]] = {}
        for number, cue in enumerate(self.timeline.sounds):
            length = max(self.lengths.get(cue.clip, 0), cue.source_in + cue.frames)
            clip = self.clip(cue.clip, cue.clip, self.range(cue.source_in, cue.frames), length)
            facts = worded(cue.model_dump(include={"gain_db", "fade_in", "fade_out", "duck"}))
            clip.metadata[KEY] = {"number": number, "role": cue.role, **facts}
            placed.setdefault(cue.role, []).append((cue.start, cue.frames, clip))
        tracks: list[Any] = []
        for role, row in placed.items():
            tracks += self.lanes(f"{role} sounds", "sounds", row, otio.schema.TrackKind.Audio)
        for track in tracks:
            track.enabled = not mixed
        return tracks

    def lanes(self, name: str, holds: str, placed: Sequence[_Placed], kind: str = "Video") -> list[Any]:
        """As many tracks as it takes for nothing to overlap."""
        lanes: list[list[_Placed]] = []
        for one in sorted(placed, key=lambda one: one[0]):
            free = (lane for lane in lanes if lane[-1][0] + lane[-1][1] <= one[0])
            lane = next(free, None)
            if lane is None:
                lanes.append([one])
            else:
                lane.append(one)
        tracks = []
        for number, lane in zip(count(1), lanes):
            track = otio.schema.Track(name if number == 1 else f"{name} {number}", kind=kind)
            track.metadata[KEY] = {"holds": holds}
            at = 0
            for start, frames, clip in lane:
                if start > at:
                    track.append(otio.schema.Gap(duration=self.time(start - at)))
                track.append(clip)
                at = start + frames
            tracks.append(track)
        return tracks

    def stem(self, name: str, uri: str) -> Any:
        track = otio.schema.Track(name, kind=otio.schema.TrackKind.Audio, metadata={KEY: {"holds": "stem"}})
        span = self.range(0, self.timeline.frames)
        track.append(otio.schema.Clip(name, otio.schema.ExternalReference(uri, span), span))
        return track

    def marker(self, name: str, start: int, frames: int, colour: str, facts: Mapping[str, Any]) -> Any:
        span = self.range(start, frames)
        return otio.schema.Marker(name=name, marked_range=span, color=colour, metadata={KEY: dict(facts)})

    def time(self, frames: int) -> Any:
        return otio.opentime.RationalTime(frames, self.timeline.fps)

    def range(self, start: int, frames: int) -> Any:
        return otio.opentime.TimeRange(self.time(start), self.time(frames))


def _after(overlap: int) -> int:
    """How much of an overlap lies behind the cut point that OTIO sees in it."""
    return overlap - overlap // 2
