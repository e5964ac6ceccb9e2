"""The cut as Final Cut Pro 7 XML (xmeml, version 4), which Premiere Pro and DaVinci Resolve read.

A clip next to a transition has -1 for the side that the transition decides; its in and out points count the clip's own
frames, with the overlap. Cards are fields of colour. What has no place (words of cards, titles, marks, lines) stands in
markers of the sequence. The sound is the finished stems.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote
from xml.etree import ElementTree as Tree

from callsheet.timeline import Card, Shot, Timeline, frames_to_timecode, timecode_to_frames

_EFFECTS = {"dissolve": "Cross Dissolve", "fade": "Fade In Fade Out Dissolve", "wipe": "Edge Wipe"}


def xmeml(
    timeline: Timeline, uris: Mapping[str, str], lengths: Mapping[str, int], stems: Mapping[str, str] | None = None
) -> str:
    """The file as text. `uris` and `stems` are URLs or paths, `lengths` the clips' frames at the timeline's rate."""
    root = Tree.Element("xmeml", version="4")
    sequence = _add(root, "sequence", id="sequence-1")
    _text(sequence, name=_legal(timeline.name), duration=timeline.frames)
    _rate(sequence, timeline)
    _timecode(sequence, timeline, timeline.timecode_start)
    media = _add(sequence, "media")
    video = _add(media, "video")
    form = _add(_add(video, "format"), "samplecharacteristics")
    _rate(form, timeline)
    _text(form, width=timeline.width, height=timeline.height, pixelaspectratio="square")
    files = _Files(timeline, uris, lengths)
    _picture(_add(video, "track"), timeline, files)
    audio = _add(media, "audio")
    for name, uri in (stems or {}).items():
        track = _add(audio, "track")
        item = _item(track, f"stem-{name}", name, (0, timeline.frames), (0, timeline.frames), timeline)
        files.add(item, name, uri, timeline.frames, "audio")
    _markers(sequence, timeline)
    Tree.indent(root)
    text = Tree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE xmeml>\n{text}\n'


class _Files:
    """Each file is described where it is first used, and named by its id from then on."""

    def __init__(self, timeline: Timeline, uris: Mapping[str, str], lengths: Mapping[str, int]) -> None:
        self.timeline, self.uris, self.lengths = timeline, uris, lengths
        self.ids: dict[tuple[str, str], str] = {}

    def add(self, item: Tree.Element, name: str, uri: str, length: int, kind: str) -> None:
        known = self.ids.get((kind, name))
        if known is not None:
            _add(item, "file", id=known)
            return
        number = self.ids[kind, name] = f"file-{len(self.ids) + 1}"
        file = _add(item, "file", id=number)
        _text(file, name=_legal(name))
        if uri:
            _text(file, pathurl=uri if "://" in uri else quote(uri))
        _rate(file, self.timeline)
        _text(file, duration=length)
        _timecode(file, self.timeline, "00:00:00:00")
        _add(_add(file, "media"), kind)

    def shot(self, item: Tree.Element, shot: Shot) -> None:
        length = max(self.lengths.get(shot.clip, 0), shot.source_in + shot.used)
        self.add(item, shot.clip, self.uris.get(shot.clip, ""), length, "video")


def _picture(track: Tree.Element, timeline: Timeline, files: _Files) -> None:
    shots, starts = timeline.shots, timeline.starts()
    for number, shot in enumerate(shots):
        following = shots[number + 1].overlap if number + 1 < len(shots) else 0
        if shot.overlap:
            _transition(track, shot, starts[number], timeline)
        sides = (-1 if shot.overlap else starts[number], -1 if following else starts[number] + shot.frames)
        if isinstance(shot, Shot):
            points = (shot.source_in, shot.source_in + shot.used)
            item = _item(track, f"clip-{number + 1}", shot.clip, sides, points, timeline)
            files.shot(item, shot)
            if shot.speed != 1:
                _retimed(item, float(shot.speed * 100))
        elif shot.overlap or following or shot.layout != "blank" or shot.background or shot.picture:
            _field(track, number + 1, shot, sides, timeline)


def _item(
    track: Tree.Element, number: str, name: str, sides: tuple[int, int], points: tuple[int, int], timeline: Timeline
) -> Tree.Element:
    item = _add(track, "clipitem", id=number)
    _text(item, name=_legal(name), enabled="TRUE", duration=points[1] - points[0])
    _rate(item, timeline)
    _text(item, **{"start": sides[0], "end": sides[1], "in": points[0], "out": points[1]})
    return item


def _field(track: Tree.Element, number: int, card: Card, sides: tuple[int, int], timeline: Timeline) -> None:
    """A card as a generator: a field of colour, for words are drawn otherwise everywhere."""
    item = _add(track, "generatoritem", id=f"card-{number}")
    _text(item, name=_legal(card.card), enabled="TRUE", duration=card.frames)
    _rate(item, timeline)
    _text(item, **{"start": sides[0], "end": sides[1], "in": 0, "out": card.frames})
    effect = _add(item, "effect")
    _text(effect, name="Color", effectid="Color", effectcategory="Matte", effecttype="generator", mediatype="video")
    colour = card.background or ("#000000" if card.layout == "blank" else timeline.look.ground)
    parameter = _add(effect, "parameter")
    _text(parameter, parameterid="fillcolor", name="Color")
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    _text(_add(parameter, "value"), alpha=255, red=red, green=green, blue=blue)


def _transition(track: Tree.Element, shot: Shot | Card, start: int, timeline: Timeline) -> None:
    item = _add(track, "transitionitem")
    _text(item, start=start, end=start + shot.overlap, alignment="center")
    _rate(item, timeline)
    name = _EFFECTS[shot.transition.kind] if shot.transition else "Cross Dissolve"
    effect = _add(item, "effect")
    category = "Wipe" if name == "Edge Wipe" else "Dissolve"
    _text(effect, name=name, effectid=name, effectcategory=category, effecttype="transition", mediatype="video")


def _retimed(item: Tree.Element, percent: float) -> None:
    effect = _add(_add(item, "filter"), "effect")
    _text(effect, name="Time Remap", effectid="timeremap", effectcategory="motion", effecttype="motion")
    _text(effect, mediatype="video")
    facts = {"variablespeed": "0", "speed": f"{percent:.6f}".rstrip("0").rstrip("."), "reverse": "FALSE"}
    for name, value in {**facts, "frameblending": "FALSE"}.items():
        _text(_add(effect, "parameter"), parameterid=name, name=name, value=value)


def _markers(sequence: Tree.Element, timeline: Timeline) -> None:
    found = [(title.start, title.start + title.frames, title.text, title.subtitle) for title in timeline.titles]
    for start, shot in zip(timeline.starts(), timeline.shots, strict=True):
        if isinstance(shot, Card) and shot.layout != "blank":
            found.append((start, start + shot.frames, shot.heading or shot.card, " / ".join(shot.lines)))
    for mark in timeline.marks:
        end = mark.start + mark.frames if mark.frames else timeline.frames
        found.append((mark.start, end, mark.image, mark.corner))
    found += [(line.start, -1, line.text, "") for line in timeline.lines]
    for start, end, name, comment in sorted(found):
        words: dict[str, str | int] = {"name": _legal(name), "comment": _legal(comment), "in": start, "out": end}
        _text(_add(sequence, "marker"), **words)


def _rate(parent: Tree.Element, timeline: Timeline) -> None:
    _text(_add(parent, "rate"), timebase=timeline.fps, ntsc="FALSE")


def _timecode(parent: Tree.Element, timeline: Timeline, start: str) -> None:
    frames = timecode_to_frames(start, timeline.fps)
    made = _add(parent, "timecode")
    _rate(made, timeline)
    _text(made, string=frames_to_timecode(frames, timeline.fps), frame=frames, displayformat="NDF")


def _add(parent: Tree.Element, tag: str, **attributes: str) -> Tree.Element:
    return Tree.SubElement(parent, tag, attributes)


def _text(parent: Tree.Element, **values: str | int) -> None:
    for tag, value in values.items():
        Tree.SubElement(parent, tag).text = str(value)


def _legal(text: str) -> str:
    """Text on one line, without what XML 1.0 has no place for."""
    return " ".join(
        "".join(letter if letter >= " " and letter not in "\ufffe\uffff" else " " for letter in text).split()
    )
