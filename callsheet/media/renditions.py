"""Renditions: one master as each platform takes it, from one decoding of its pictures.

::

    master -> look -> framings                  (reframe: where the camera looks)
           -> one ffmpeg, split -> pictures      (every shape at once; equal pictures are coded once)
           -> sounds                             (each loudness once, measured after coding)
           -> joined, nothing coded again -> <out>/<name>.mp4

A file appears under its name only when it is finished. The same master and wishes give the same bytes.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from callsheet.errors import MediaError
from callsheet.media import ffmpeg, sounding
from callsheet.media.ffmpeg import BITEXACT, BT709, THREADS
from callsheet.media.fonts import fonts_dir
from callsheet.media.marks import mark_place
from callsheet.media.metering import Level
from callsheet.media.probe import Probe, probe
from callsheet.media.reframe import Framing, Seen, framing, look, same_shape
from callsheet.media.reframe.filters import BLUR, picture_filters
from callsheet.platforms import Platform
from callsheet.timeline import Mark

Tell = Callable[[float], None]

SQUARE = frozenset({"1:1", "0:1"})
"""What a file with square pixels says of their shape; the second says nothing."""
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_QUALITY = "19"  # x264's crf: below what is seen; the platform's bit rate is the ceiling
_SHARE_OF_LIMIT = 0.95  # of a platform's largest file that is used at most


@dataclass(frozen=True)
class Stamp:
    """A logo to be laid over a rendition: the image at `path`, `shape` wide for its height, from `start` to `end` in
    seconds."""

    path: Path
    mark: Mark
    shape: float
    start: float
    end: float


@dataclass(frozen=True)
class Rendition:
    """A wish. `size` (even) and `seconds` stand for the platform's own and the master's; `name` for the platform's,
    with hyphens. `scripts` are ASS files drawn over the finished shape, in order: captions, then the label. `fill` is
    what stands behind a picture that is shown whole: "blur" or "#RRGGBB"."""

    platform: Platform
    size: tuple[int, int] | None = None
    seconds: float | None = None
    scripts: tuple[Path, ...] = ()
    fill: str = BLUR
    name: str = ""
    stamps: tuple[Stamp, ...] = ()

    @property
    def key(self) -> str:
        return self.name or self.platform.name.replace("_", "-")

    @property
    def shape(self) -> tuple[int, int]:
        return self.size or (self.platform.width, self.platform.height)


@dataclass(frozen=True)
class RenditionResult:
    """A finished file, measured. `picture` names the rendition whose coded picture it shares (itself, if none);
    `level` is None without sound or in silence; `framing` is how the master's picture stands in it."""

    path: Path
    probe: Probe
    level: Level | None
    picture: str
    framing: Framing


@dataclass(frozen=True)
class Shown:
    """A picture to be coded. Renditions with an equal one share it."""

    size: tuple[int, int]
    fps: Fraction
    seconds: float
    scripts: tuple[Path, ...]
    fill: str
    stamps: tuple[tuple[Stamp, tuple[int, int, int, int]], ...] = ()
    key_seconds: float = 0.0
    bit_rate: int = 0

    @property
    def looks(self) -> Shown:
        """Without how it is coded: what decides whether two are the same picture."""
        return replace(self, key_seconds=0.0, bit_rate=0)


async def renditions(
    master: Path,
    wanted: Sequence[Rendition],
    out: Path,
    *,
    metadata: Sequence[str] = (),
    on_progress: Tell | None = None,
) -> dict[str, RenditionResult]:
    """Make every wanted rendition of `master` in the folder `out`; results by `Rendition.key`.

    `metadata` are output options of ffmpeg for the container. `on_progress` is told the share that is done, 0 to 1.
    Raises MediaError, before anything is made, for a wish that the platform does not take.
    """
    tell = on_progress or (lambda _: None)
    facts = await asyncio.to_thread(probe, master)
    shown = plan(facts, wanted)
    framings = await _framings(master, facts, sorted({one.size for one in shown.values()}))
    tell(0.1)
    work = _work_folder(out)
    try:
        tracks = {one: work / f"picture-{number}.mp4" for number, one in enumerate(dict.fromkeys(shown.values()))}
        await _pictures(master, tracks, framings, facts, work, lambda part: tell(0.1 + 0.7 * part))
        sounds = await _sounds(master, facts, wanted, shown, work)
        tell(0.9)
        finished: list[tuple[str, Path, Level | None]] = []
        for one in wanted:
            heard = sounds.get(one.key)
            file = work / f"{one.key}.done"
            args = joined(tracks[shown[one.key]], heard[0] if heard else None, one.platform, metadata)
            await ffmpeg.run([*args, str(file)], timeout=120)
            finished.append((one.key, file, heard[1] if heard else None))
        results: dict[str, RenditionResult] = {}
        owners: dict[Shown, str] = {}
        for one, (key, file, level) in zip(wanted, finished, strict=True):
            measured = await asyncio.to_thread(probe, file)
            _check(measured, one, shown[key])
            path = file.replace(out / f"{key}.mp4")
            owner = owners.setdefault(shown[key], key)
            results[key] = RenditionResult(path, measured, level, owner, framings[shown[key].size])
    finally:
        shutil.rmtree(work)
    tell(1.0)
    return results


def plan(master: Probe, wanted: Sequence[Rendition]) -> dict[str, Shown]:
    """The picture of each rendition by its key; equal ones are coded once, by the strictest of their platforms.

    Raises MediaError for a wish that its platform does not take.
    """
    keys = [one.key for one in wanted]
    if len(set(keys)) < len(keys):
        raise MediaError(f"renditions: {', '.join(keys)} are not allowed; each needs a name of its own")
    own = {one.key: _shown(master, one) for one in wanted}
    alike: dict[Shown, list[Shown]] = {}
    for each in own.values():
        alike.setdefault(each.looks, []).append(each)
    strictest = {
        looks: replace(looks, key_seconds=min(a.key_seconds for a in all_), bit_rate=min(a.bit_rate for a in all_))
        for looks, all_ in alike.items()
    }
    return {key: strictest[each.looks] for key, each in own.items()}


def _shown(master: Probe, one: Rendition) -> Shown:
    platform, (width, height) = one.platform, one.shape
    seconds = min(master.seconds, one.seconds or master.seconds)
    if not platform.seconds_min <= seconds <= platform.seconds_max:
        allowed = f"{platform.seconds_min:g} to {platform.seconds_max:g} s are"
        raise MediaError(f"{one.key}: {seconds:.2f} s are not allowed; {allowed}")
    if width % 2 or height % 2 or not platform.aspect_min - 1e-3 <= width / height <= platform.aspect_max + 1e-3:
        allowed = f"even sides with a shape of {platform.aspect_min:g} to {platform.aspect_max:g} are"
        raise MediaError(f"{one.key}: {width}x{height} is not allowed; {allowed}")
    if one.fill != BLUR and not _COLOUR.fullmatch(one.fill):
        raise MediaError(f"{one.key}: the fill {one.fill!r} is not allowed; it is 'blur' or a colour such as '#1A2B3C'")
    video = platform.video
    fps = master.rate if video.fps_min <= master.rate <= video.fps_max else Fraction(video.fps)
    ceiling = int(platform.bytes_max * 8 * _SHARE_OF_LIMIT / seconds) - platform.audio.bit_rate
    rate = min(video.bit_rate, ceiling)
    safe = platform.safe_shares
    stamps = tuple((each, mark_place(each.mark, each.shape, width, height, safe)) for each in one.stamps)
    return Shown((width, height), fps, round(seconds, 4), one.scripts, one.fill, stamps, video.key_seconds, rate)


def picture_arguments(
    master: Path, facts: Probe, tracks: Mapping[Shown, Path], framings: Mapping[tuple[int, int], Framing]
) -> list[str]:
    """Arguments of the one run that makes every picture. Scripts are read as ``<number>-<n>.ass`` and fonts from
    ``fonts``, both in the folder in which ffmpeg is started."""
    count = len(tracks)
    inputs = [f"p{number}" for number in range(count)]
    # A master without square pixels is made square first: everything after counts on it.
    square = "" if facts.sample_aspect_ratio in SQUARE else "scale=iw*sar:ih,setsar=1,"
    heads = "".join(f"[{name}]" for name in inputs)
    chains = [f"[0:v:0]{square}split={count}{heads}"]
    outputs: list[str] = []
    logos: list[str] = []
    for number, (one, path) in enumerate(tracks.items()):
        width, height = one.size
        chains += picture_filters(framings[one.size], width, height, one.fill, inputs[number], f"r{number}")
        shaped = f"r{number}"
        for n, (stamp, place) in enumerate(one.stamps):
            logos += ["-i", str(stamp.path)]
            chains += _stamped(stamp, place, len(logos) // 2, shaped, f"l{number}-{n}")
            shaped = f"l{number}-{n}"
        words = [f"subtitles={number}-{n}.ass:fontsdir=fonts:wrap_unicode=1" for n in range(len(one.scripts))]
        rate = [] if one.fps == facts.rate else [f"fps={one.fps}"]
        last = ",".join(["setsar=1", *rate, *words, "format=yuv420p", BT709])
        chains.append(f"[{shaped}]{last}[v{number}]")
        outputs += ["-map", f"[v{number}]", *_coded(one), "-t", f"{one.seconds:.4f}", "-f", "mp4", str(path)]
    return ["-i", str(master), *logos, "-filter_complex", ";".join(chains), *outputs]


def _stamped(stamp: Stamp, place: tuple[int, int, int, int], stream: int, into: str, out: str) -> list[str]:
    """Chains that lay the image of an input over ``[into]``."""
    x, y, wide, high = place
    form = f"format=rgba,colorchannelmixer=aa={stamp.mark.opacity:g},scale={wide}:{high}:flags=bicubic"
    when = f"gte(t,{stamp.start:.4f})*lt(t,{stamp.end:.4f})"
    return [f"[{stream}:v:0]{form}[{out}i]", f"[{into}][{out}i]overlay=x={x}:y={y}:enable='{when}'[{out}]"]


def _coded(one: Shown) -> list[str]:
    keys = max(1, round(one.key_seconds * one.fps))
    ceiling = ["-maxrate", str(one.bit_rate), "-bufsize", str(2 * one.bit_rate)]
    coding = ["-c:v", "libx264", "-profile:v", "high", "-preset", "veryfast", "-crf", _QUALITY, *ceiling]
    return [*coding, "-g", str(keys), "-bf", "2", "-threads", THREADS, *BITEXACT]


def joined(picture: Path, sound: Path | None, platform: Platform, metadata: Sequence[str]) -> list[str]:
    """Arguments (without the output) that put picture and sound into one file; nothing is coded again."""
    flags, rest = "+faststart", list(metadata)
    while "-movflags" in rest:
        at = rest.index("-movflags")
        flags += "".join(f"+{flag}" for flag in rest[at + 1].split("+") if flag and flag not in flags)
        del rest[at : at + 2]
    # Without edit lists the first picture's time is said by negative offsets instead.
    lists = [] if platform.edit_list else ["-use_editlist", "0"]
    flags += "" if platform.edit_list else "+negative_cts_offsets"
    inputs = ["-i", str(picture)] + (["-i", str(sound)] if sound else [])
    maps = ["-map", "0:v:0"] + (["-map", "1:a:0"] if sound else [])
    return [*inputs, *maps, "-c", "copy", *BITEXACT, *rest, *lists, "-movflags", flags, "-f", "mp4"]


async def _framings(master: Path, facts: Probe, shapes: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Framing]:
    """How the master stands in each shape. It is looked at only for a shape that is not its own."""
    own = (facts.width, facts.height)
    square = facts.sample_aspect_ratio in SQUARE
    if square and all(same_shape(own, shape) for shape in shapes):
        seen = Seen(*own, fps=float(facts.rate), shots=())
    else:
        seen = await look(master)
    return {shape: framing(seen, *shape) for shape in shapes}


def _work_folder(out: Path) -> Path:
    out = out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=".renditions-", dir=out))


async def _pictures(
    master: Path,
    tracks: Mapping[Shown, Path],
    framings: Mapping[tuple[int, int], Framing],
    facts: Probe,
    work: Path,
    tell: Tell,
) -> None:
    for number, one in enumerate(tracks):
        for n, script in enumerate(one.scripts):
            await asyncio.to_thread(shutil.copyfile, script, work / f"{number}-{n}.ass")
    (work / "fonts").symlink_to(await asyncio.to_thread(fonts_dir))
    longest = max(one.seconds for one in tracks)
    area = sum(one.size[0] * one.size[1] for one in tracks) / (1920 * 1080)
    # ffmpeg is started in the folder of the scripts, so every path is absolute.
    args = picture_arguments(await asyncio.to_thread(master.resolve), facts, tracks, framings)
    # A minute for each second of 1080p is thirty times what it takes: for what hangs, not what is slow.
    limit = 120 + longest * 60 * max(0.1, area)
    await ffmpeg.run(args, timeout=limit, cwd=work, on_progress=lambda at: tell(min(1.0, at / longest)))


async def _sounds(
    master: Path, facts: Probe, wanted: Sequence[Rendition], shown: Mapping[str, Shown], work: Path
) -> dict[str, tuple[Path, Level | None]]:
    if facts.audio_codec is None:
        return {}
    wishes = {}
    for one in wanted:
        seconds = shown[one.key].seconds
        wishes[one.key] = sounding.wanted(one.platform, seconds, cut=seconds < facts.seconds - 0.05)
    made: dict[sounding.Wanted, tuple[Path, Level | None]] = {}
    measured: dict[float, sounding.Loudness | None] = {}
    for number, wish in enumerate(dict.fromkeys(wishes.values())):
        if wish.seconds not in measured:
            measured[wish.seconds] = await sounding.measure(master, wish.seconds)
        path = work / f"sound-{number}.mp4"
        made[wish] = (path, await sounding.code(master, wish, measured[wish.seconds], path))
    return {key: made[wish] for key, wish in wishes.items()}


def _check(found: Probe, one: Rendition, shown: Shown) -> None:
    """What was made is what was wanted, measured in the finished file."""
    video = one.platform.video
    wrong = []
    if (found.width, found.height, found.sample_aspect_ratio) != (*shown.size, "1:1"):
        wrong.append(f"{found.width}x{found.height} ({found.sample_aspect_ratio})")
    if (found.video_codec, found.pix_fmt) != (video.codec, video.pix_fmt) or not found.faststart:
        wrong.append(f"{found.video_codec} {found.pix_fmt}, faststart {found.faststart}")
    if abs(found.seconds - shown.seconds) > 1.5 / shown.fps:
        wrong.append(f"{found.seconds:.2f} s instead of {shown.seconds:.2f}")
    if found.bytes > one.platform.bytes_max or found.bit_rate > video.bit_rate_max + one.platform.audio.bit_rate:
        wrong.append(f"{found.bytes} bytes at {found.bit_rate} bit/s")
    if wrong:
        raise MediaError(f"{one.key}: came out as {'; '.join(wrong)}")
