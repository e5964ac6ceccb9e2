"""The cut as an OpenTimelineIO timeline, and back: what is moved or trimmed in an editor can be cut again.

Track V1 has the shots; where two overlap, OTIO wants the clips cut in the middle of the overlap and a transition laid
over that point. Every stem of the sound is a track of its own. Titles and lines are markers. What OTIO has no place for
stands in the metadata under ``callsheet``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import opentimelineio as otio

from callsheet.errors import MediaError
from callsheet.timeline import Line, Music, Shot, Timeline, Title, Transition, frames_to_timecode, timecode_to_frames

_KEY = "callsheet"
_SETTINGS = ("width", "height", "language", "voice", "loudness_lufs")


def to_otio(
    timeline: Timeline, uris: Mapping[str, str], lengths: Mapping[str, int], stems: Mapping[str, str] | None = None
) -> Any:
    """An ``opentimelineio.schema.Timeline``. `lengths` are the clips' frames at the timeline's rate, `stems` URIs."""
    made = otio.schema.Timeline(timeline.name)
    made.global_start_time = _time(timecode_to_frames(timeline.timecode_start, timeline.fps), timeline)
    # OTIO's whole numbers end at 64 bits and a seed need not: the music travels as JSON.
    music = timeline.music.model_dump_json() if timeline.music else ""
    made.metadata[_KEY] = {"fps": timeline.fps, "music": music, **timeline.model_dump(include=set(_SETTINGS))}
    picture = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    shots = timeline.shots
    for number, shot in enumerate(shots):
        if shot.overlap:
            picture.append(_transition(shot, timeline))
        leaving = _after(shots[number + 1].overlap) if number + 1 < len(shots) else 0
        picture.append(_clip(shot, leaving, timeline, uris, lengths))
    for title in timeline.titles:
        words = {"text": title.text, "subtitle": title.subtitle}
        picture.markers.append(_marker("title", title.text, title.start, title.frames, words, timeline))
    for line in timeline.lines:
        picture.markers.append(_marker("line", line.text, line.start, 1, {"text": line.text}, timeline))
    made.tracks.append(picture)
    for name, uri in (stems or {}).items():
        made.tracks.append(_stem(name, uri, timeline))
    return made


def write(made: Any, path: Path) -> None:
    """Write an OTIO timeline as JSON."""
    path.write_text(made.to_json_string(indent=2) + "\n", encoding="utf-8", newline="\n")


def read(path: Path) -> Any:
    """Read an ``.otio`` file. Raises MediaError if it is not one."""
    try:
        made = otio.adapters.read_from_string(path.read_text(encoding="utf-8"), "otio_json")
    except (otio.exceptions.OTIOError, ValueError) as error:
        raise MediaError(f"{path.name}: not an OTIO file ({error})") from error
    if not isinstance(made, otio.schema.Timeline):
        raise MediaError(f"{path.name}: holds a {type(made).__name__}, not a timeline")
    return made


def timeline_from_otio(made: Any) -> Timeline:
    """The timeline that `to_otio` was given, and what has been moved since. Raises MediaError for what can't be cut."""
    facts = dict(made.metadata.get(_KEY, {}))
    tracks = made.video_tracks()
    if "fps" not in facts or len(tracks) != 1:
        raise MediaError(f"{made.name}: a timeline of ours has one picture track and its facts in metadata.{_KEY}")
    fps, music = int(facts["fps"]), facts.get("music")
    track = tracks[0]
    shots: list[Shot] = []
    entered: Transition | None = None
    for item in track:
        if isinstance(item, otio.schema.Transition):
            entered = _entered(item, fps)
        elif isinstance(item, otio.schema.Clip):
            shots.append(_shot(item, entered, track, fps))
            entered = None
        else:
            raise MediaError(f"{made.name}: a {type(item).__name__} in the picture track can't be cut")
    markers = [(marker.metadata.get(_KEY, {}), marker.marked_range) for marker in track.markers]
    start = made.global_start_time
    return Timeline(
        name=made.name,
        fps=fps,
        timecode_start=frames_to_timecode(_frames(start, fps) if start else 0, fps),
        shots=tuple(shots),
        titles=tuple(
            Title(
                text=words["text"],
                subtitle=words["subtitle"],
                start=_frames(span.start_time, fps),
                frames=_frames(span.duration, fps),
            )
            for words, span in markers
            if words.get("kind") == "title"
        ),
        lines=tuple(
            Line(text=words["text"], start=_frames(span.start_time, fps))
            for words, span in markers
            if words.get("kind") == "line"
        ),
        music=Music.model_validate_json(music) if music else None,
        **{name: facts[name] for name in _SETTINGS if name in facts},
    )


def _after(overlap: int) -> int:
    """How much of an overlap lies behind the cut point that OTIO sees in it."""
    return overlap - overlap // 2


def _clip(shot: Shot, leaving: int, timeline: Timeline, uris: Mapping[str, str], lengths: Mapping[str, int]) -> Any:
    entering = shot.overlap // 2
    length = max(lengths.get(shot.clip, 0), shot.source_in + shot.frames)
    media = otio.schema.MissingReference()
    if shot.clip in uris:
        media = otio.schema.ExternalReference(uris[shot.clip], _range(0, length, timeline))
    span = _range(shot.source_in + entering, shot.frames - entering - leaving, timeline)
    clip = otio.schema.Clip(shot.clip, media, span)
    if shot.transition is not None and not shot.overlap:
        clip.metadata[_KEY] = {"entered_by": "cut"}
    return clip


def _shot(clip: Any, entered: Transition | None, track: Any, fps: int) -> Shot:
    _, following = track.neighbors_of(clip)
    entering = entered.frames // 2 if entered else 0
    leaving = 0
    if isinstance(following, otio.schema.Transition):
        leaving = _frames(following.out_offset, fps)
    if entered is None and dict(clip.metadata.get(_KEY, {})).get("entered_by") == "cut":
        entered = Transition()
    span = clip.trimmed_range()
    return Shot(
        clip=clip.name,
        source_in=_frames(span.start_time, fps) - entering,
        frames=_frames(span.duration, fps) + entering + leaving,
        transition=entered,
    )


def _transition(shot: Shot, timeline: Timeline) -> Any:
    transition = shot.transition or Transition()
    dissolve = transition.kind == "dissolve"
    kinds = otio.schema.TransitionTypes
    return otio.schema.Transition(
        name=transition.kind,
        transition_type=kinds.SMPTE_Dissolve if dissolve else kinds.Custom,
        in_offset=_time(shot.overlap // 2, timeline),
        out_offset=_time(_after(shot.overlap), timeline),
        metadata={_KEY: {"kind": transition.kind}},
    )


def _entered(transition: Any, fps: int) -> Transition:
    kind = dict(transition.metadata.get(_KEY, {})).get("kind", "dissolve")
    overlap = _frames(transition.in_offset, fps) + _frames(transition.out_offset, fps)
    if _frames(transition.in_offset, fps) != overlap // 2:
        raise MediaError(f"transition {transition.name}: only one that lies evenly over its cut point can be cut")
    return Transition(kind=kind, frames=overlap)


def _stem(name: str, uri: str, timeline: Timeline) -> Any:
    track = otio.schema.Track(name, kind=otio.schema.TrackKind.Audio)
    span = _range(0, timeline.frames, timeline)
    track.append(otio.schema.Clip(name, otio.schema.ExternalReference(uri, span), span))
    return track


def _marker(kind: str, name: str, start: int, frames: int, words: Mapping[str, str], timeline: Timeline) -> Any:
    return otio.schema.Marker(
        name=name,
        marked_range=_range(start, frames, timeline),
        color=otio.schema.MarkerColor.YELLOW if kind == "title" else otio.schema.MarkerColor.CYAN,
        metadata={_KEY: {"kind": kind, **words}},
    )


def _time(frames: int, timeline: Timeline) -> Any:
    return otio.opentime.RationalTime(frames, timeline.fps)


def _range(start: int, frames: int, timeline: Timeline) -> Any:
    return otio.opentime.TimeRange(_time(start, timeline), _time(frames, timeline))


def _frames(time: Any, fps: int) -> int:
    return int(time.rescaled_to(fps).round().value)
