"""Final Cut Pro 7 XML: read by OpenTimelineIO's own adapter, and added up."""

from __future__ import annotations

from xml.etree import ElementTree

import opentimelineio as otio
from hypothesis import given, settings

from callsheet.media.otio import to_otio
from callsheet.media.xmeml import xmeml
from callsheet.timeline import Card, Shot, Timeline
from tests.media.timelines import EVERY_JOINT, works

STEMS = {"voice": "../stems/voice.wav", "music": "../stems/music.wav"}


def number(item: ElementTree.Element, tag: str) -> int:
    return int(item.findtext(tag) or "")


def test_another_program_sees_the_same_cut() -> None:
    cut = EVERY_JOINT.model_copy(
        update={"shots": (*EVERY_JOINT.shots, Card(card="gap", layout="blank", frames=10), Shot(clip="x&y", frames=9))}
    )
    uris = {clip: f"file:///clips/{clip}.mp4" for clip in cut.clips}
    read = otio.adapters.read_from_string(xmeml(cut, uris, {"ramp": 60}, STEMS), "fcp_xml")
    ours = to_otio(cut, uris, {"ramp": 60}, STEMS)
    assert read.global_start_time == ours.global_start_time
    assert (read.name, len(read.tracks)) == (cut.name, 3)
    items = [item for item in read.tracks[0] if not isinstance(item, otio.schema.Transition)]
    meant = [item for item in ours.tracks[0] if not isinstance(item, otio.schema.Transition)]
    assert [item.name for item in items if isinstance(item, otio.schema.Clip)] == [
        shot.clip for shot in cut.shots if isinstance(shot, Shot)
    ]
    for one, other in zip(items, meant, strict=True):
        assert one.trimmed_range().duration == other.trimmed_range().duration, one.name
        if isinstance(one, otio.schema.Clip):
            assert one.trimmed_range() == other.trimmed_range()
            assert one.media_reference.target_url == other.media_reference.target_url
    joints = [item for item in read.tracks[0] if isinstance(item, otio.schema.Transition)]
    assert [joint.in_offset + joint.out_offset for joint in joints] == [
        otio.opentime.RationalTime(shot.overlap, 30) for shot in cut.shots if shot.overlap
    ]
    assert read.tracks[1].duration().value == cut.frames


@given(works())
@settings(max_examples=25)
def test_every_piece_has_its_place(timeline: Timeline) -> None:
    root = ElementTree.fromstring(xmeml(timeline, {}, {}, STEMS))  # noqa: S314 - it is our own
    items = root.findall("./sequence/media/video/track/*")
    joints = [item for item in items if item.tag == "transitionitem"]
    pieces = {item.get("id"): item for item in items if item.tag != "transitionitem"}
    overlaps = [
        (start, start + shot.overlap)
        for start, shot in zip(timeline.starts(), timeline.shots, strict=True)
        if shot.overlap
    ]
    assert [(number(joint, "start"), number(joint, "end")) for joint in joints] == overlaps
    for place, (start, shot) in enumerate(zip(timeline.starts(), timeline.shots, strict=True), start=1):
        item = pieces.get(f"{'clip' if isinstance(shot, Shot) else 'card'}-{place}")
        if item is None:
            assert isinstance(shot, Card)
            assert shot.layout == "blank"
            continue
        assert number(item, "start") == (-1 if shot.overlap else start)
        assert number(item, "end") in {-1, start + shot.frames}
        if isinstance(shot, Shot):
            assert (number(item, "in"), number(item, "out")) == (shot.source_in, shot.source_in + shot.used)
            speed = item.findtext("./filter/effect/parameter[parameterid='speed']/value")
            assert float(speed or 100) == round(float(shot.speed * 100), 6)
    assert number(root[0], "duration") == timeline.frames
    assert len(root.findall("./sequence/marker")) >= len(timeline.titles) + len(timeline.marks) + len(timeline.lines)
