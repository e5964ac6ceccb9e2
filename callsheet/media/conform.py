"""Some frames of a shot, made to fit the timeline: rate, speed, size, shape of pixels, colour. Pure: a filter chain.

Which picture of a clip is seen on which frame is the same wherever reading begins, so a shot can be made in pieces:

- at its own speed, frame i of a shot shows the clip's picture nearest to `source_in` + i, at the timeline's rate
- at another speed, the one on display at that moment: of a clip at the timeline's rate, number
  `source_in` + i * `source_frames` // `frames`
- held, the one at `source_in`

A picture of nearly the timeline's shape is scaled to cover it and cropped; any other shape stands whole in front of a
blurred copy of itself, so that nothing is cut off and no black bars show. A shot may ask for either.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Literal

from callsheet.errors import MediaError
from callsheet.media.ffmpeg import BT709
from callsheet.media.index import Source
from callsheet.media.probe import Probe
from callsheet.timeline import Shot, Timeline

HELD = 3  # frames: a clip that is at most this much too short is held on its last picture
_COVER = 0.12  # a shape that differs by less is cropped
_SWS = "flags=bicubic+accurate_rnd"
_TICKS = 1_000_000
"""A clip's own times are rounded to ticks of at most a microsecond before the pictures are counted."""
_LARGEST_TICK = 2**31 - 1

Fit = Literal["auto", "cover", "contain"]

# What swscale calls the matrix of a clip. Untagged clips of today are BT.709, whatever their size.
_MATRIX = {"smpte170m": "bt601", "bt470bg": "bt601", "fcc": "fcc", "smpte240m": "smpte240m"}
_HDR = {"smpte2084", "arib-std-b67"}


def length(source: Source, fps: int) -> int:
    """Frames that a clip has at the timeline's rate."""
    frames = source.index.frames if source.index else source.probe.frames
    return round(Fraction(frames * fps) / source.probe.rate)


def refuse_short(shot: Shot, source: Source, fps: int) -> None:
    """Raise MediaError, naming the clip, if it is more than `HELD` frames too short for the shot. Images never are."""
    if source.still:
        return
    there = length(source, fps) - shot.source_in
    if shot.used - there > (0 if shot.hold else HELD):
        raise MediaError(
            f"clip {shot.clip}: the cut needs {shot.used} frames from frame {shot.source_in} on, at {fps} frames/s,"
            f" and the clip has {max(there, 0)}"
        )


def read(shot: Shot, source: Source, fps: int, offset: int, frames: int) -> tuple[list[str], str, str]:
    """For `frames` frames of a shot from its frame `offset` on: input options, the filters that choose the pictures,
    and those that follow when the pictures have their form; then they are numbered from 0.

    Reading begins a little before the first picture, so that the one on display at that moment is known.
    """
    one, renumbered = "trim=end_frame=1", f"settb=1/{fps},setpts=N"
    stand = f"tpad=stop_mode=clone:stop={frames - 1},{renumbered}"
    if source.still:
        # An image has a rate of its own, which xfade would compare.
        return [], f"{one},{renumbered},fps={fps},{one}", stand
    rate = source.probe.rate
    last = round(Fraction((source.probe.frames - 1) * fps) / rate)
    at = min(shot.source_in + offset * shot.speed, Fraction(last))
    held = shot.hold or shot.source_in + offset * shot.speed > last
    speed = Fraction(1) if held else shot.speed
    chosen = "bwdif=mode=send_frame," if source.index and source.index.interlaced else ""
    chosen += f"{_numbered(source, at / fps, speed, fps)},fps={fps}:start_time=0"
    chosen += f":round={'near' if speed == 1 else 'up'}"
    if held:
        return _seek(source, at / fps), f"{chosen},{one},{renumbered}", stand
    if at + frames * speed > last:
        chosen += f",tpad=stop_mode=clone:stop={math.ceil((HELD + 1) / speed)}"
    return _seek(source, at / fps), f"{chosen},trim=end_frame={frames},{renumbered}", ""


def _seek(source: Source, at: Fraction) -> list[str]:
    """Options to begin reading before the picture on display `at` seconds after the first one."""
    if source.index is None:
        early = at - Fraction(3, 2) / source.probe.rate
        return ["-ss", f"{float(early):.6f}"] if early > 0 else []
    if not source.index.jumps:
        return []
    early = source.index.first - source.index.begins + at - source.index.longest - Fraction(1, 2) / source.probe.rate
    return ["-ss", f"{float(early):.6f}"] if early > 0 else []


def _numbered(source: Source, at: Fraction, speed: Fraction, fps: int) -> str:
    """Filters that give every picture its time in the segment: at 0 the one that is `at` seconds into the clip.

    The pictures of an even clip are counted, so that the result is exact; an uneven clip's times are taken as they are.
    Times come in as the file has them (``-copyts``).
    """
    rate = source.probe.rate
    first = source.index.first if source.index else Fraction(0)
    step, origin = 1 / rate / speed, at / speed
    base = math.lcm(step.denominator, origin.denominator, fps)
    if (source.index is None or source.index.even) and base < _LARGEST_TICK:
        ticks = base * max(1, -(-_TICKS // base))
        ticks = ticks if ticks <= _LARGEST_TICK else base
        counted = f"round((PTS/{ticks}-{float(first):.9f})*{rate.numerator}/{rate.denominator})"
        return f"settb=1/{ticks},setpts={counted}*{int(step * ticks)}-{int(origin * ticks)}"
    # A sixteenth of a frame decides where a time falls between two frames: rounding in the file must not.
    nudge = Fraction(1, 16 * fps) * (1 if speed == 1 else -1)
    start = float(first + at - nudge)
    return f"settb=1/{_TICKS},setpts=(PTS-{start * _TICKS:.0f})*{speed.denominator}/{speed.numerator}"


def look(source: Source, timeline: Timeline, fit: Fit, label: str) -> str:
    """The filters that bring a picture to the timeline's size, shape and colour, as yuv420p in BT.709.

    `label` names the streams inside, which must not clash with another chain's of the same graph.
    """
    probe = source.probe
    filters: list[str] = []
    if source.index and source.index.alpha:
        filters.append("format=rgba,premultiply=inplace=1,format=rgb24")
    shaped = _shape(source, timeline, fit, label)
    filters += [*_light(probe), *shaped, "setsar=1", "format=yuv420p", BT709]
    return ",".join(filters)


def _light(probe: Probe) -> list[str]:
    """High dynamic range and wide gamut to BT.709: HLG and PQ by Hable's curve, with white at 100 cd/m2."""
    if probe.color_transfer in _HDR:
        tags = "setparams=color_primaries=bt2020:colorspace=bt2020nc," if probe.color_matrix == "unknown" else ""
        return [
            f"{tags}zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,"
            "zscale=t=bt709:m=bt709:r=tv,format=yuv420p"
        ]
    if probe.color_primaries == "bt2020":
        return ["zscale=p=bt709:t=bt709:m=bt709:r=tv,format=yuv420p"]
    return []


def shown_shape(source: Source) -> tuple[int, int, Fraction]:
    """Width, height and shape of a pixel as a viewer sees them, after turning."""
    probe = source.probe
    ratio = Fraction(probe.sample_aspect_ratio.replace(":", "/"))
    if source.index is not None and source.index.turned % 180 == 90:
        return probe.height, probe.width, 1 / ratio
    return probe.width, probe.height, ratio


def _shape(source: Source, timeline: Timeline, fit: Fit, label: str) -> list[str]:
    width, height = timeline.width, timeline.height
    colour = _colour(source.probe)
    own_width, own_height, ratio = shown_shape(source)
    if (own_width, own_height) == (width, height) and ratio == 1:
        return [f"scale={colour}:{_SWS}"] if colour else []
    colour = f":{colour}" if colour else ""
    shape = Fraction(own_width, own_height) * ratio
    difference = shape / Fraction(width, height)
    if fit == "cover" or (fit == "auto" and abs(difference - 1) < _COVER):
        covering = sized(shape, width, height, cover=True)
        return [f"scale={covering[0]}:{covering[1]}:{_SWS}{colour}", f"crop={width}:{height}"]
    whole = sized(shape, width, height, cover=False)
    # The backdrop is blurred at an eighth of the size: it is out of focus anyway, and costs next to nothing.
    small = (_even(width / 8), _even(height / 8))
    back = sized(shape, *small, cover=True)
    blur = f"scale={back[0]}:{back[1]}:flags=area,crop={small[0]}:{small[1]},gblur=sigma=6,lutyuv=y=16+(val-16)*0.6"
    return [
        f"scale={whole[0]}:{whole[1]}:{_SWS}{colour},format=yuv420p,setsar=1,split[{label}f][{label}b];"
        f"[{label}b]{blur},scale={width}:{height}:flags=bicubic,setsar=1[{label}g];"
        f"[{label}g][{label}f]overlay=x={(width - whole[0]) // 2}:y={(height - whole[1]) // 2}"
    ]


def sized(shape: Fraction, width: int, height: int, *, cover: bool) -> tuple[int, int]:
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
    if probe.color_transfer in _HDR or probe.color_primaries == "bt2020":
        return ""
    matrix = _MATRIX.get(probe.color_matrix, "bt2020" if probe.color_matrix.startswith("bt2020") else "bt709")
    full = probe.color_range == "pc" or probe.pix_fmt.startswith("yuvj")
    if probe.color_matrix == "gbr" or probe.pix_fmt.startswith(("rgb", "bgr", "gbr")):
        return "out_color_matrix=bt709:out_range=tv"
    if matrix == "bt709" and not full:
        return ""
    return f"in_color_matrix={matrix}:in_range={'pc' if full else 'tv'}:out_color_matrix=bt709:out_range=tv"
