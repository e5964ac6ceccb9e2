"""Segments that one run of ffmpeg makes: those that show consecutive frames of one shot, and so read one clip.

A clip that is one long group of pictures is decoded from its beginning wherever reading starts. A shot's own frames and
the transition out of it are therefore made together, each in a file of its own: the clip is opened and decoded once.
What a segment is made of is the same as when it is made alone, and so are its bytes.

All of a run is one filter graph, in which the clip's pictures are split. With a graph for each segment ffmpeg can stand
still for ever: its scheduler stops the graphs that are ahead, and the decoder, which has a short queue for each, then
waits for a stopped one while the others wait for it (ffmpeg 9.0.2 on two busy cores: 12 of 53 runs).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from callsheet.media.segments import Segment

MOST = 3
"""Segments of one run: each has an encoder of its own, with pictures in it."""

_INPUT = re.compile(r"\[(\d+):v\]")
_LABEL = re.compile(r"(?<!\\)\[(\w+)\]")
_SCRIPT = re.compile(r"\bass=f=words-(\d+)\.ass:fontsdir=")


def runs(segments: Sequence[Segment]) -> list[list[Segment]]:
    """Segments that are to be encoded, in order, by the run that makes them."""
    found: list[list[Segment]] = []
    for segment in segments:
        before = found[-1] if found else []
        if before and len(before) < MOST and _continues(before[-1], segment):
            before.append(segment)
        else:
            found.append([segment])
    return found


def _continues(before: Segment, segment: Segment) -> bool:
    """Behind a transition nothing is read on: it ends its first shot. So two clips are open at most."""
    consecutive = before.start + before.frames == segment.start
    return consecutive and segment.follows is not None and before.follows == segment.follows


def arguments(segments: Sequence[Segment], outs: Sequence[Path]) -> list[str]:
    """What ffmpeg is told to make `segments` into the files `outs`, in a folder with the scripts of all of them."""
    if len(segments) == 1:
        return [*segments[0].arguments, str(outs[0])]
    inputs: list[tuple[str, ...]] = [segments[0].inputs[0]]
    heads = "".join(f"[clip{number}]" for number in range(len(segments)))
    chains = [f"[0:v]split={len(segments)}{heads}"]
    outputs: list[str] = []
    scripts = 0
    for number, (segment, out) in enumerate(zip(segments, outs, strict=True)):
        chains.append(_numbered(segment.graph, number, len(inputs) - 1, scripts))
        inputs += segment.inputs[1:]
        scripts += len(segment.scripts)
        outputs += ["-map", f"[picture-{number}]", *segment.coding, str(out)]
    given = [option for options in inputs for option in options]
    return ["-copyts", *given, "-filter_complex", ";".join(chains), *outputs]


def _numbered(graph: str, number: int, inputs: int, scripts: int) -> str:
    """The graph of one of the run's segments beside those of the others: its labels end in its number, its inputs and
    scripts are counted on. Its input 0 is its part of the clip that the whole run reads."""

    def label(found: re.Match[str]) -> str:
        return f"[{found[1]}-{number}]"

    def stream(found: re.Match[str]) -> str:
        return f"[{int(found[1]) + inputs}:v]" if int(found[1]) else f"[clip{number}]"

    def script(found: re.Match[str]) -> str:
        return f"ass=f=words-{int(found[1]) + scripts}.ass:fontsdir="

    return _SCRIPT.sub(script, _INPUT.sub(stream, _LABEL.sub(label, graph)))
