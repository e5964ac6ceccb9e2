"""Timeline + measured sources -> the segments of the master's picture, in order, each with what ffmpeg is told. Pure.

A work is divided where its pictures change their nature: at the edges of shots, transitions, titles and marks. Every
segment is made by itself, from at most two clips, and begins with a key picture, so that

- memory doesn't grow with the number of shots
- a segment that has not changed need not be made again: `Segment.key` says what it is made of
- pictures of a clip that is already in the master's form are copied, and only the rest is encoded
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from callsheet.canonical import digest
from callsheet.errors import MediaError
from callsheet.media import conform
from callsheet.media.ffmpeg import BITEXACT, BT709, THREADS
from callsheet.media.index import Source
from callsheet.media.marks import mark_place
from callsheet.media.window import window
from callsheet.timeline import Card, Mark, Shot, Timeline

# xfade's own "dissolve" is a scatter of pixels; what a cutting room calls a dissolve is its "fade".
XFADE = {"dissolve": "fade", "fade": "fadeblack", "wipe": "smoothleft"}

QUALITY, PRESET = "18", "superfast"
"""x264's constant rate factor and preset: the same quality in every segment, however short it is.

Measured on 5 s of 720p with detail at every scale, in 2026-11: superfast 1.6 CPU s, SSIM 0.9878, 3.2 Mbit/s; veryfast
2.3 CPU s, 0.9856, 1.1 Mbit/s. A master is made more often than it is sent: it is fast to make and rich enough to encode
again."""
STILL_QUALITY = "16"
"""x264's quantiser for a picture that stands still, where a rate factor would take seconds to become as good.

Measured on a card of 1080p, in 2026-11: 55.7 dB from the first picture on, 0.9 Mbit/s with a key picture each second;
by the rate factor 51.5 dB, after a second 54.6, 57.1 behind the next key picture, 3.2 Mbit/s."""
WORTH_COPYING = 12
"""Frames: below it the two more runs of ffmpeg cost more than is saved."""


@dataclass(frozen=True)
class Copied:
    """Whole groups of pictures of a clip, from its picture `first` on."""

    path: Path
    first: int
    parameters: str


@dataclass(frozen=True)
class Segment:
    """`frames` frames of the master from record frame `start` on.

    Either `copied`, or made by ffmpeg with `arguments`, to which the output's name is added; they are run in a folder
    that holds each of `scripts` as ``words-0.ass``, ``words-1.ass`` and so on. `shows` names the shots. `follows` is
    the record frame at which its first shot begins, where that shot's clip may be read on from the segment before.
    `group` is how many pictures are encoded of one that stands still for longer: they are shown again and again, and
    may be left off at any of them.
    """

    start: int
    frames: int
    shows: tuple[str, ...]
    inputs: tuple[tuple[str, ...], ...] = ()
    graph: str = ""
    coding: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    copied: Copied | None = None
    follows: int | None = None
    group: int | None = None

    @property
    def encoded(self) -> int:
        """How many pictures its file has."""
        return self.group or self.frames

    @property
    def arguments(self) -> tuple[str, ...]:
        """What ffmpeg is told when the segment is made alone; nothing for one that is copied."""
        if self.copied:
            return ()
        given = [option for options in self.inputs for option in options]
        return ("-copyts", *given, "-filter_complex", self.graph, "-map", "[picture]", *self.coding)

    def key(self, contents: Mapping[str, str], maker: str) -> str:
        """A digest of all that decides its bytes: `contents` has the sha256 of each file by its path, `maker` says
        which ffmpeg."""
        told = [contents.get(argument, argument) for argument in self.arguments]
        return digest([maker, self.encoded, told, list(self.scripts)])


@dataclass(frozen=True)
class Picture:
    """What the picture is made from. `scripts` are ASS for the whole work, drawn one over the other.

    `cards` are the drawn cards by name, as images; a blank card needs none. `fonts` is the folder of the scripts' font.
    `house` is the digest of the decoder's settings that our own encoder writes for this timeline, empty if unknown.
    """

    timeline: Timeline
    sources: Mapping[str, Source]
    fonts: Path
    scripts: Sequence[str] = ()
    cards: Mapping[str, Source] | None = None
    house: str = ""


def plan(picture: Picture) -> list[Segment]:
    """The segments of the whole work. Raises MediaError for a clip that is missing or too short."""
    timeline = picture.timeline
    for shot in timeline.shots:
        if isinstance(shot, Shot):
            conform.refuse_short(shot, _source(picture, shot.clip), timeline.fps)
    spans = [part for span in _spans(timeline) for part in _divided(span, timeline)]
    whole = [_copies(picture, span) for span in spans]
    found = {copy.parameters for pieces in whole for _, copy in pieces if copy}
    if len(found) == 1 and all(copy for pieces in whole for _, copy in pieces):
        return [segment for span, pieces in zip(spans, whole, strict=True) for segment in _made(picture, span, pieces)]
    segments: list[Segment] = []
    for span, pieces in zip(spans, whole, strict=True):
        ours = all(copy is None or copy.parameters == picture.house for _, copy in pieces)
        segments += _made(picture, span, pieces if ours else [(span.frames, None)])
    return segments


def encoder(timeline: Timeline, *, still: bool = False) -> list[str]:
    """x264's settings for every segment. ``stitchable`` keeps the headers from depending on the pictures, so that all
    segments of one form can stand in one track. No -maxrate: with it x264 on two threads gives other bytes each time.

    A `still` one has no pictures that refer to later ones: it can be left off anywhere.
    """
    quality, more = (("-qp", STILL_QUALITY), ":b-bias=-100") if still else (("-crf", QUALITY), "")
    return [
        *("-r", str(timeline.fps), "-fps_mode", "cfr", "-c:v", "libx264", "-profile:v", "high", "-preset", PRESET),
        *("-pix_fmt", "yuv420p", *quality, "-g", str(timeline.fps * 2), "-bf", "2"),
        *("-x264-params", f"stitchable=1{more}", "-threads", THREADS),
    ]


def sample(timeline: Timeline) -> list[str]:
    """Arguments for one black picture from our encoder: what its headers are."""
    size = f"{timeline.width}x{timeline.height}"
    args = ["-f", "lavfi", "-i", f"color=black:s={size}:r={timeline.fps}", "-vf", f"format=yuv420p,{BT709}"]
    return [*args, "-frames:v", "1", *encoder(timeline), *BITEXACT, "-f", "mp4"]


@dataclass(frozen=True)
class _Span:
    """Frames that show the same things: one shot from its frame `offset` on, or two during a transition."""

    start: int
    frames: int
    items: tuple[tuple[Shot | Card, int], ...]


def _spans(timeline: Timeline) -> list[_Span]:
    spans: list[_Span] = []
    shots = timeline.shots
    for number, (start, shot) in enumerate(zip(timeline.starts(), shots, strict=True)):
        if shot.overlap:
            before = shots[number - 1]
            items = ((before, before.frames - shot.overlap), (shot, 0))
            spans.append(_Span(start, shot.overlap, items))
        leaving = shots[number + 1].overlap if number + 1 < len(shots) else 0
        own = shot.frames - shot.overlap - leaving
        if own:
            spans.append(_Span(start + shot.overlap, own, ((shot, shot.overlap),)))
    return spans


def _divided(span: _Span, timeline: Timeline) -> list[_Span]:
    """A shot's own frames, divided where a title or mark comes or goes; a transition stays one."""
    if len(span.items) == 2:
        return [span]
    edges = {edge for title in timeline.titles for edge in (title.start, title.start + title.frames)}
    edges |= {edge for mark in timeline.marks for edge in _seen(mark, timeline)}
    end = span.start + span.frames
    bounds = [span.start, *sorted(edge for edge in edges if span.start < edge < end), end]
    shot, offset = span.items[0]
    return [_Span(first, last - first, ((shot, offset + first - span.start),)) for first, last in pairwise(bounds)]


def _seen(mark: Mark, timeline: Timeline) -> tuple[int, int]:
    return mark.start, timeline.frames if mark.frames is None else mark.start + mark.frames


def _marks(span: _Span, timeline: Timeline) -> list[Mark]:
    spans = [(mark, *_seen(mark, timeline)) for mark in timeline.marks]
    return [mark for mark, first, last in spans if first < span.start + span.frames and last > span.start]


def _source(picture: Picture, clip: str) -> Source:
    source = picture.sources.get(clip)
    if source is None:
        raise MediaError(f"clip {clip} is in the cut and there is no file for it")
    return source


def _copies(picture: Picture, span: _Span) -> list[tuple[int, Copied | None]]:
    """The span in pieces of so many frames that are copied or encoded, in order."""
    timeline, encoded = picture.timeline, [(span.frames, None)]
    (shot, offset), *others = span.items
    if others or isinstance(shot, Card) or shot.hold or shot.speed != 1 or _marks(span, timeline):
        return [*encoded]
    if any(window(script, span.start, span.frames, timeline.fps) for script in picture.scripts):
        return [*encoded]
    source = _source(picture, shot.clip)
    if source.index is None or not fits(source, timeline):
        return [*encoded]
    first, last = shot.source_in + offset, shot.source_in + offset + span.frames
    cuts = [cut for cut in (*source.index.keys, source.index.frames) if first <= cut <= last]
    if not cuts or cuts[-1] - cuts[0] < min(WORTH_COPYING, span.frames):
        return [*encoded]
    copy = Copied(source.path, cuts[0], source.index.parameters)
    pieces = [(cuts[0] - first, None), (cuts[-1] - cuts[0], copy), (last - cuts[-1], None)]
    return [piece for piece in pieces if piece[0]]


def fits(source: Source, timeline: Timeline) -> bool:
    """Whether a clip's pictures can stand in the master as they are."""
    probe, index = source.probe, source.index
    if index is None or not index.keys or not index.even or index.turned or index.interlaced:
        return False
    form = (probe.video_codec, probe.video_profile, probe.pix_fmt, probe.sample_aspect_ratio)
    colour = (probe.color_primaries, probe.color_transfer, probe.color_matrix, probe.color_range)
    return (
        form == ("h264", "High", "yuv420p", "1:1")
        and colour == ("bt709", "bt709", "bt709", "tv")
        and (probe.width, probe.height) == (timeline.width, timeline.height)
        and probe.rate == timeline.fps
    )


def _made(picture: Picture, span: _Span, pieces: Sequence[tuple[int, Copied | None]]) -> list[Segment]:
    segments: list[Segment] = []
    at = 0
    for frames, copy in pieces:
        items = tuple((shot, offset + at) for shot, offset in span.items)
        part = _Span(span.start + at, frames, items)
        names = tuple(shot.clip for shot, _ in items)
        segments.append(Segment(part.start, frames, names, copied=copy) if copy else _encoded(picture, part, names))
        at += frames
    return segments


def _encoded(picture: Picture, span: _Span, names: tuple[str, ...]) -> Segment:
    timeline = picture.timeline
    inputs: list[tuple[str, ...]] = []
    graph: list[str] = []
    for number, (shot, offset) in enumerate(span.items):
        given, chain = _layer(picture, shot, offset, span.frames, f"p{number}")
        inputs.append(tuple(given))
        graph.append(f"[{number}:v]{chain}[s{number}]")
    at = "s0"
    if len(span.items) == 2:
        shot = span.items[1][0]
        kind = XFADE[shot.transition.kind] if shot.transition else ""
        seconds = f"{span.frames / timeline.fps:.6f}"
        # The black of xfade's "fadeblack" lies under that of video: luma 0 instead of 16.
        floor = "lutyuv=y=max(val\\,16)," if kind == "fadeblack" else ""
        graph.append(f"[s0][s1]xfade=transition={kind}:duration={seconds}:offset=0,{floor}format=yuv420p,{BT709}[x]")
        at = "x"
    seen = [window(script, span.start, span.frames, timeline.fps) for script in picture.scripts]
    words = [found for found in seen if found]
    for number, found in enumerate(words):
        drawn = f"ass=f=words-{number}.ass:fontsdir={escaped(picture.fonts)}"
        graph.append(f"[{at}]settb=1/{timeline.fps},setpts=N+{found.first},{drawn},setpts=N[w{number}]")
        at = f"w{number}"
    for number, mark in enumerate(_marks(span, timeline)):
        source = _source(picture, mark.image)
        inputs.append(("-i", str(source.path)))
        graph += _marked(mark, source, timeline, span, at, number, len(span.items) + number)
        at = f"k{number}"
    graph.append(f"[{at}]format=yuv420p,{BT709}[picture]")
    still = not words and _stands(picture, span)
    group = timeline.fps if still and span.frames > timeline.fps else None
    return Segment(
        span.start,
        span.frames,
        names,
        tuple(inputs),
        ";".join(graph),
        ("-frames:v", str(group or span.frames), *encoder(timeline, still=still), *BITEXACT, "-f", "mp4"),
        tuple(found.script for found in words),
        follows=_follows(picture, span),
        group=group,
    )


def _stands(picture: Picture, span: _Span) -> bool:
    """Whether all frames of the span are the same picture."""
    (shot, _), *others = span.items
    return not others and (isinstance(shot, Card) or shot.hold or _source(picture, shot.clip).still)


def _follows(picture: Picture, span: _Span) -> int | None:
    """Where the span's first shot begins, if its clip is one that is read on and on."""
    shot, offset = span.items[0]
    if not isinstance(shot, Shot) or shot.hold:
        return None
    source = _source(picture, shot.clip)
    # A deinterlacer remembers pictures: what it makes would hang on where reading began.
    read_on = not source.still and not (source.index and source.index.interlaced)
    return span.start - offset if read_on else None


def _layer(picture: Picture, item: Shot | Card, offset: int, frames: int, label: str) -> tuple[list[str], str]:
    """The input and the chain of one shot or card."""
    timeline = picture.timeline
    if isinstance(item, Shot):
        source, shot = _source(picture, item.clip), item
    elif item.layout == "blank":
        ground = (item.background or "#000000").replace("#", "0x")
        field = f"color=c={ground}:s={timeline.width}x{timeline.height}:r={timeline.fps}"
        form = f"format=rgb24,scale=out_color_matrix=bt709:out_range=tv,setsar=1,format=yuv420p,{BT709}"
        stand = f"tpad=stop_mode=clone:stop={frames - 1},settb=1/{timeline.fps},setpts=N"
        return ["-f", "lavfi", "-i", field], f"trim=end_frame=1,{form},{stand}"
    else:
        drawn = (picture.cards or {}).get(item.card)
        if drawn is None:
            raise MediaError(f"card {item.card}: there is nobody to draw the layout {item.layout}")
        source, shot = drawn, Shot(clip=item.card, frames=item.frames, hold=True, fit="cover")
    seek, chosen, stand = conform.read(shot, source, timeline.fps, offset, frames)
    chain = f"{chosen},{conform.look(source, timeline, shot.fit, label)}"
    return [*seek, "-i", str(source.path)], f"{chain},{stand}" if stand else chain


def _marked(
    mark: Mark, source: Source, timeline: Timeline, span: _Span, at: str, number: int, stream: int
) -> list[str]:
    """Filters that lay a mark over [at], to [k<number>]."""
    width, height, ratio = conform.shown_shape(source)
    x, y, wide, high = mark_place(mark, float(Fraction(width, height) * ratio), timeline.width, timeline.height)
    first, last = (edge - span.start for edge in _seen(mark, timeline))
    # Only during a transition can a mark come or go inside a segment.
    when = f":enable=between(n\\,{first}\\,{last - 1})" if first > 0 or last < span.frames else ""
    form = f"format=rgba,colorchannelmixer=aa={mark.opacity:g},scale={wide}:{high}:flags=bicubic"
    return [
        f"[{stream}:v]{form}:out_color_matrix=bt709:out_range=tv,format=yuva420p[m{number}]",
        f"[{at}][m{number}]overlay=x={x}:y={y}{when}[k{number}]",
    ]


def escaped(path: Path) -> str:
    """A path as the value of a filter's option inside a filter graph: escaped for the option, then for the graph."""
    text = str(path)
    for special in ("\\':", "\\'[],;"):
        text = "".join(f"\\{character}" if character in special else character for character in text)
    return text
