"""Timeline + measured clips -> the arguments of the one ffmpeg run that makes the master. Pure; nothing is read or run.

The frames that two shots share are mixed by their transition; these mixtures and what each shot shows alone are put
one after the other; titles are drawn on top; the mixed sound comes from a file of exactly the master's length. Every
picture is encoded once.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from callsheet.errors import MediaError
from callsheet.media import conform
from callsheet.media.conform import Source
from callsheet.media.ffmpeg import AAC, BITEXACT, BT709, THREADS
from callsheet.timeline import Timeline

# xfade's own "dissolve" is a scatter of pixels; what a cutting room calls a dissolve is its "fade".
XFADE = {"dissolve": "fade", "fade": "fadeblack", "wipe": "smoothleft"}

_BIT_RATE = 10_000_000  # bit/s at 1920x1080
_LEAST_BIT_RATE = 800_000


def bit_rate(width: int, height: int) -> int:
    """Target bit/s of a master: 10 Mbit/s at 1920x1080 and in proportion to the area, in steps of 1000."""
    return max(_LEAST_BIT_RATE, round(_BIT_RATE * width * height / (1920 * 1080) / 1000) * 1000)


def arguments(
    timeline: Timeline,
    sources: Mapping[str, Source],
    *,
    sound: Path,
    titles: Path | None,
    fonts: Path,
    out: Path,
) -> list[str]:
    """What to give to `ffmpeg.run` for the master at `out` (MP4: H.264 high + AAC, BT.709, timecode, faststart).

    `titles` is an ASS script for the timeline's size, `fonts` the folder of its font. Raises MediaError for a clip that
    is missing, or more than three frames too short.
    """
    args: list[str] = []
    chains: list[str] = []
    for number, shot in enumerate(timeline.shots):
        source = sources.get(shot.clip)
        if source is None:
            raise MediaError(f"clip {shot.clip} is in the cut and there is no file for it")
        args += [*conform.seek(shot, source, timeline.fps), "-i", str(source.path)]
        chains.append(f"[{number}:v]{conform.chain(shot, source, timeline, f'p{number}')}[s{number}]")
    args += ["-i", str(sound)]
    graph = [*chains, *_joined(timeline)]
    lettering = f"ass=f={escaped(titles)}:fontsdir={escaped(fonts)}," if titles else ""
    graph.append(f"[joined]{lettering}format=yuv420p,{BT709}[picture]")
    args += ["-filter_complex", ";".join(graph), "-map", "[picture]", "-map", f"{len(timeline.shots)}:a"]
    return [*args, *_encoder(timeline), *AAC, *BITEXACT, "-timecode", timeline.timecode_start, *_CONTAINER, str(out)]


_CONTAINER = ("-movflags", "+faststart", "-f", "mp4")


def _encoder(timeline: Timeline) -> list[str]:
    rate, fps = bit_rate(timeline.width, timeline.height), timeline.fps
    return [
        *("-frames:v", str(timeline.frames), "-r", str(fps), "-fps_mode", "cfr"),
        *("-c:v", "libx264", "-profile:v", "high", "-preset", "veryfast", "-pix_fmt", "yuv420p"),
        # No -maxrate: with it x264 on two threads gives other bytes for the same pictures each time.
        *("-b:v", str(rate)),
        *("-g", str(fps * 2), "-bf", "2", "-threads", THREADS),
    ]


def _joined(timeline: Timeline) -> list[str]:
    """Filters from [s0], [s1] ... to [joined]: what each shot shows alone, and the mixtures, one after the other."""
    graph: list[str] = []
    pieces: list[str] = []
    shots = timeline.shots
    for number, shot in enumerate(shots):
        leaving = shots[number + 1].overlap if number + 1 < len(shots) else 0
        if shot.transition is not None and shot.overlap:
            look = f"{XFADE[shot.transition.kind]}:duration={_seconds(shot.overlap, timeline.fps)}:offset=0"
            graph.append(f"[t{number - 1}][h{number}]xfade=transition={look},format=yuv420p,{BT709}[x{number}]")
            pieces.append(f"[x{number}]")
        split = _split(number, shot.overlap, shot.frames - shot.overlap - leaving, leaving)
        graph += split
        if shot.frames > shot.overlap + leaving:
            pieces.append(f"[b{number}]" if split else f"[s{number}]")
    # concat counts in microseconds; numbering the pictures afresh puts every one back on its own frame.
    afresh = f"settb=1/{timeline.fps},setpts=N,fps={timeline.fps}"
    join = f"concat=n={len(pieces)}:v=1:a=0," if len(pieces) > 1 else ""
    return [*graph, f"{''.join(pieces)}{join}{afresh}[joined]"]


def _split(number: int, head: int, body: int, tail: int) -> list[str]:
    """Filters from [s] to [h], [b] and [t]: the frames shared with the shot before, its own, those shared with the
    next.

    xfade works at full chroma only, so every picture that it is given is converted twice: it is given no others.
    """
    starts = {"h": (0, head), "b": (head, head + body), "t": (head + body, head + body + tail)}
    parts = {name: span for name, span in starts.items() if span[1] > span[0]}
    if list(parts) == ["b"]:
        return []
    names = "".join(f"[{name}{number}i]" for name in parts)
    graph = [f"[s{number}]split={len(parts)}{names}"]
    for name, (start, end) in parts.items():
        graph.append(f"[{name}{number}i]trim=start_frame={start}:end_frame={end},setpts=PTS-STARTPTS[{name}{number}]")
    return graph


def _seconds(frames: int, fps: int) -> str:
    """Frames as seconds to the microsecond, which is what ffmpeg keeps of a duration; it rounds back to the frame."""
    return f"{frames / fps:.6f}"


def escaped(path: Path) -> str:
    """A path as the value of a filter's option inside a filter graph: escaped for the option, then for the graph."""
    text = str(path)
    for special in ("\\':", "\\'[],;"):
        text = "".join(f"\\{character}" if character in special else character for character in text)
    return text
