"""Two clips as one, in the form of the first: for an extension, which begins with the picture at the seam."""

from __future__ import annotations

from pathlib import Path

from callsheet.media.ffmpeg import AAC, BITEXACT, BT709, THREADS, run
from callsheet.media.probe import Probe, probe

JOIN_SECONDS = 600.0
FADE = 0.02
"""Seconds over which the sounds meet, so that the seam does not click."""


async def join(first: Path, second: Path, out: Path, *, backwards: bool = False) -> None:
    """Writes `first` and then `second`, or with `backwards` the second reversed and then the first.

    The second is made to fit: size, rate, colours, and silence where one of them has no sound. Its first frame, the
    picture that both share, is dropped.
    """
    one, two = probe(first), probe(second)
    await run(join_args(first, second, out, one, two, backwards=backwards), timeout=JOIN_SECONDS)


def join_args(first: Path, second: Path, out: Path, one: Probe, two: Probe, *, backwards: bool) -> list[str]:
    """The arguments of ffmpeg. Pure."""
    shape = f"scale={one.width}:{one.height}:flags=bicubic,fps={one.fps},setsar=1,format=yuv420p"
    drop = f"trim=start_frame=1,setpts=PTS-STARTPTS{',reverse' if backwards else ''}"
    seconds_one = one.frames / float(one.rate)
    seconds_two = two.frames / float(two.rate) - 1 / float(one.rate)
    chains = [
        f"[0:v]setpts=PTS-STARTPTS,{shape}[v0]",
        f"[1:v]{shape},{drop}[v1]",
        _sound(0, one, seconds_one, reverse=False),
        _sound(1, two, seconds_two, reverse=backwards),
    ]
    order = "[v1][a1][v0][a0]" if backwards else "[v0][a0][v1][a1]"
    chains.append(f"{order}concat=n=2:v=1:a=1[v][a]")
    chains.append(f"[v]{BT709}[video]")
    return [
        *("-i", str(first), "-i", str(second), "-filter_complex", ";".join(chains), "-map", "[video]", "-map", "[a]"),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-threads", THREADS, *AAC, *BITEXACT),
        *("-movflags", "+faststart", "-f", "mp4", str(out)),
    ]


def _sound(number: int, measured: Probe, seconds: float, *, reverse: bool) -> str:
    """The sound of one clip at exactly the length of its picture, silence where it has none."""
    form = "aresample=48000,aformat=sample_fmts=fltp:channel_layouts=stereo"
    length = f"apad=whole_dur={seconds:.6f},atrim=end={seconds:.6f}"
    fades = f"afade=t=in:d={FADE},afade=t=out:st={max(0.0, seconds - FADE):.6f}:d={FADE}"
    if measured.audio_codec is None:
        return f"anullsrc=r=48000:cl=stereo,atrim=end={seconds:.6f}[a{number}]"
    turned = ",areverse" if reverse else ""
    return f"[{number}:a]{form},{length}{turned},{fades}[a{number}]"
