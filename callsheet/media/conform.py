"""One shot of a clip, made to fit the timeline: rate, length, size, shape of pixels, colour. Pure: a filter chain.

A picture of nearly the timeline's shape is scaled to cover it and cropped; any other shape stands whole in front of a
blurred copy of itself, so that nothing is cut off and no black bars show.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from callsheet.errors import MediaError
from callsheet.media.ffmpeg import BT709
from callsheet.media.probe import Probe
from callsheet.timeline import Shot, Timeline

HELD = 3  # frames: a clip that is at most this much too short is held on its last picture
_COVER = 0.12  # a shape that differs by less is cropped
_SWS = "flags=bicubic+accurate_rnd"

# What swscale calls the matrix of a clip. Untagged clips of today are BT.709, whatever their size.
_MATRIX = {"smpte170m": "bt601", "bt470bg": "bt601", "fcc": "fcc", "smpte240m": "smpte240m"}


@dataclass(frozen=True)
class Source:
    """A clip on disk, and what it was measured to be."""

    path: Path
    probe: Probe


def seek(shot: Shot, source: Source, fps: int) -> list[str]:
    """Input options to begin reading at the shot's first picture: half a source frame early, so none is skipped."""
    if shot.source_in == 0:
        return []
    at = Fraction(shot.source_in, fps) - Fraction(1, 2) / source.probe.rate
    return ["-ss", f"{float(max(at, Fraction(0))):.6f}"]


def chain(shot: Shot, source: Source, timeline: Timeline, label: str) -> str:
    """The filters from the input to a stream of exactly `shot.frames` pictures in the timeline's form.

    `label` names the streams inside, which must not clash with another shot's. Raises MediaError, naming the clip, if
    the clip is more than `HELD` frames too short.
    """
    probe, fps = source.probe, timeline.fps
    there = round(Fraction(probe.frames * fps) / probe.rate) - shot.source_in
    if shot.frames - there > HELD:
        raise MediaError(
            f"clip {shot.clip}: the cut needs {shot.frames} frames from frame {shot.source_in} on, at {fps} frames/s,"
            f" and the clip has {max(there, 0)}"
        )
    timing = ["setpts=PTS-STARTPTS", f"fps={fps}"]
    if shot.frames > there or probe.rate != fps:
        timing.append(f"tpad=stop_mode=clone:stop={HELD}")
    timing += [f"trim=end_frame={shot.frames}", f"settb=1/{fps}", "setpts=N"]
    return ",".join([*timing, *_shape(probe, timeline, label), "setsar=1", "format=yuv420p", BT709])


def _shape(probe: Probe, timeline: Timeline, label: str) -> list[str]:
    width, height = timeline.width, timeline.height
    colour = _colour(probe)
    ratio = Fraction(probe.sample_aspect_ratio.replace(":", "/"))
    if (probe.width, probe.height) == (width, height) and ratio == 1:
        return [f"scale={colour}:{_SWS}"] if colour else []
    colour = f":{colour}" if colour else ""
    shape = Fraction(probe.width, probe.height) * ratio
    difference = shape / Fraction(width, height)
    covering = _sized(shape, width, height, cover=True)
    if abs(difference - 1) < _COVER:
        return [f"scale={covering[0]}:{covering[1]}:{_SWS}{colour}", f"crop={width}:{height}"]
    whole = _sized(shape, width, height, cover=False)
    # The backdrop is blurred at an eighth of the size: it is out of focus anyway, and costs next to nothing.
    small = (_even(width / 8), _even(height / 8))
    back = _sized(shape, *small, cover=True)
    blur = f"scale={back[0]}:{back[1]}:flags=area,crop={small[0]}:{small[1]},gblur=sigma=6,lutyuv=y=16+(val-16)*0.6"
    return [
        f"scale={whole[0]}:{whole[1]}:{_SWS}{colour},format=yuv420p,setsar=1,split[{label}f][{label}b];"
        f"[{label}b]{blur},scale={width}:{height}:flags=bicubic,setsar=1[{label}g];"
        f"[{label}g][{label}f]overlay=x={(width - whole[0]) // 2}:y={(height - whole[1]) // 2}"
    ]


def _sized(shape: Fraction, width: int, height: int, *, cover: bool) -> tuple[int, int]:
    """The even size of a picture of `shape` that covers width x height, or that fits into it."""
    wider = shape > Fraction(width, height)
    if wider == cover:
        other = _even(float(height * shape))
        return (max(other, width) if cover else min(other, width)), height
    other = _even(float(width / shape))
    return width, (max(other, height) if cover else min(other, height))


def _even(length: float) -> int:
    return max(2, 2 * round(length / 2))


def _colour(probe: Probe) -> str:
    """Options of `scale` that turn the clip's colour into BT.709 at studio range; empty if it is that already."""
    matrix = _MATRIX.get(probe.color_matrix, "bt2020" if probe.color_matrix.startswith("bt2020") else "bt709")
    full = probe.color_range == "pc" or probe.pix_fmt.startswith("yuvj")
    if probe.color_matrix == "gbr" or probe.pix_fmt.startswith(("rgb", "bgr", "gbr")):
        return "out_color_matrix=bt709:out_range=tv"
    if matrix == "bt709" and not full:
        return ""
    return f"in_color_matrix={matrix}:in_range={'pc' if full else 'tv'}:out_color_matrix=bt709:out_range=tv"
