"""The segments of a work become its master: made or taken from the shelf, spliced, and joined with the mixed sound.

At most two ffmpegs run at a time, and none has more than two clips open, so an hour needs the memory of a minute.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import file_digest
from pathlib import Path

from callsheet.errors import MediaError
from callsheet.media import ffmpeg
from callsheet.media.ffmpeg import AAC, BITEXACT
from callsheet.media.index import Source, index
from callsheet.media.probe import probe
from callsheet.media.runs import arguments, runs
from callsheet.media.segments import Picture, Segment, fits, plan, sample
from callsheet.media.shelf import Shelf
from callsheet.media.splice import Piece, pictures, splice
from callsheet.timeline import Timeline

FASTSTART = "+faststart"
AT_ONCE = 2
"""Runs of ffmpeg: one alone leaves a core idle while it reads its clip, or shows the same picture for seconds."""

Tell = Callable[[float], None]


@dataclass(frozen=True)
class Effort:
    """Of how many segments the picture was made: `encoded`, `copied` from a clip, `kept` from an earlier cut."""

    encoded: int
    copied: int
    kept: int


async def assemble(
    picture: Picture,
    out: Path,
    *,
    sound: Path | asyncio.Future[Path],
    work: Path,
    shelf: Shelf | None = None,
    metadata: Sequence[str] = (),
    tell: Tell = lambda done: None,
) -> Effort:
    """Make the master at `out` (MP4: H.264 high + AAC, BT.709, timecode, index first) from `picture` and the mixed
    `sound`, a file of exactly its length, which may still be in the making.

    `work` is a folder for what is made on the way; whoever gave it removes it. `tell` is told how much is done, 0 to 1.
    Raises MediaError for a clip that is missing or too short, and when ffmpeg fails or takes much too long.
    """
    timeline = picture.timeline
    segments = await _planned(picture, work)
    contents = await asyncio.to_thread(_contents, picture) if shelf else {}
    paths = {segment.start: work / f"{number:05}.mp4" for number, segment in enumerate(segments)}
    encoded = [segment for segment in segments if not segment.copied]
    keys = {segment.start: segment.key(contents, _maker()) for segment in encoded} if shelf else {}
    missing = [segment for segment in encoded if not await _kept(segment, shelf, keys, paths[segment.start])]

    def keep(segment: Segment) -> None:
        if shelf:
            shelf.keep(keys[segment.start], paths[segment.start])

    await _encode_all(runs(missing), timeline, sound, work, paths, keep, tell)
    pieces = [piece for segment in segments for piece in _pieces(segment, paths[segment.start])]
    track = work / "picture.mp4"
    await asyncio.to_thread(splice, pieces, timeline.fps, track)
    marks = work / "chapters.ffmeta" if timeline.chapters else None
    if marks:
        marks.write_text(chapter_marks(timeline), encoding="utf-8", newline="\n")
    heard = sound if isinstance(sound, Path) else await sound
    await ffmpeg.run(muxed(track, heard, timeline, metadata, out, marks), timeout=_limit(timeline, timeline.frames))
    if shelf:
        await asyncio.to_thread(shelf.tidy)
    tell(1.0)
    return Effort(len(missing), len(segments) - len(encoded), len(encoded) - len(missing))


def _pieces(segment: Segment, made: Path) -> list[Piece]:
    """Where the segment's pictures are: in the clip, in the file that was `made`, or there again and again."""
    if segment.copied:
        return [Piece(segment.copied.path, segment.frames, segment.copied.first)]
    whole, rest = divmod(segment.frames, segment.encoded)
    lengths = [segment.encoded] * whole + ([rest] if rest else [])
    if rest == 1 and whole:  # two key pictures in a row would have to be told apart (H.264, idr_pic_id)
        lengths[-2:] = [segment.encoded - 1, 2]
    return [Piece(made, length) for length in lengths]


def _give_up_with(sound: Path | asyncio.Future[Path]) -> None:
    """Where the sound failed, no more of the picture is made."""
    if isinstance(sound, asyncio.Future) and sound.done():
        sound.result()


def muxed(
    track: Path, sound: Path, timeline: Timeline, metadata: Sequence[str], out: Path, marks: Path | None = None
) -> list[str]:
    """Arguments that join the finished picture with the sound, which is copied from an MP4 and coded from a WAV.

    `metadata` are output options of ffmpeg; flags of the container among them are added to ours. `marks` is a file of
    `chapter_marks`."""
    flags, rest = FASTSTART, list(metadata)
    while "-movflags" in rest:
        at = rest.index("-movflags")
        flags += "".join(f"+{flag}" for flag in rest[at + 1].split("+") if flag and flag not in flags)
        del rest[at : at + 2]
    args = ["-i", str(track), "-i", str(sound)]
    args += ["-f", "ffmetadata", "-i", str(marks), "-map_chapters", "2"] if marks else []
    # BITEXACT begins with "-map_metadata -1", which would take the titles from the chapters too.
    plain = ("-map_metadata", "2", *BITEXACT[2:]) if marks else BITEXACT
    coding = ("-c:a", "copy") if sound.suffix == ".mp4" else AAC
    args += ["-map", "0:v", "-map", "1:a", "-c:v", "copy", *coding, *plain]
    return [*args, "-timecode", timeline.timecode_start, *rest, "-movflags", flags, "-f", "mp4", str(out)]


def chapter_marks(timeline: Timeline) -> str:
    """The chapters in ffmpeg's metadata format, in milliseconds."""
    lines = [";FFMETADATA1"]
    for chapter, first, last in timeline.chapter_spans():
        start, end = (round(frame * 1000 / timeline.fps) for frame in (first, last))
        title = "".join(f"\\{sign}" if sign in "=;#\\" else sign for sign in " ".join(chapter.title.split()))
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={start}", f"END={end}", f"title={title}"]
    return "\n".join(lines) + "\n"


async def _planned(picture: Picture, work: Path) -> list[Segment]:
    """The plan. What our own encoder's headers are is found out only if a clip could be copied beside encoded parts."""
    first = plan(picture)
    if picture.house or all(segment.copied for segment in first):
        return first
    found = [source for source in picture.sources.values() if fits(source, picture.timeline)]
    parameters = {source.index.parameters for source in found if source.index}
    if not parameters:
        return first
    black = work / "house.mp4"
    await ffmpeg.run([*sample(picture.timeline), str(black)], timeout=60)
    house = await asyncio.to_thread(lambda: index(black, probe(black)).parameters)
    return plan(replace(picture, house=house)) if house in parameters else first


async def _kept(segment: Segment, shelf: Shelf | None, keys: Mapping[int, str], path: Path) -> bool:
    """Whether the segment was on the shelf, and is at `path` now."""
    if shelf is None or not shelf.take(keys[segment.start], path):
        return False
    return await asyncio.to_thread(pictures, path) == segment.encoded


async def _encode_all(
    wanted: Sequence[Sequence[Segment]],
    timeline: Timeline,
    sound: Path | asyncio.Future[Path],
    work: Path,
    paths: Mapping[int, Path],
    keep: Callable[[Segment], None],
    tell: Tell,
) -> None:
    """Make the files of all segments, run by run, and `keep` each. Where one run fails the others are stopped."""
    missing = sum(segment.frames for together in wanted for segment in together)
    done = dict.fromkeys(range(len(wanted)), 0.0)
    gate = asyncio.Semaphore(AT_ONCE)

    def told(number: int, frames: float) -> None:
        done[number] = frames
        tell(0.97 * (timeline.frames - missing + sum(done.values())) / timeline.frames)

    async def make(number: int, together: Sequence[Segment]) -> None:
        async with gate:
            _give_up_with(sound)
            with tempfile.TemporaryDirectory(prefix="run-", dir=work) as folder:
                outs = [paths[segment.start] for segment in together]
                await _encode(together, timeline, outs, Path(folder), lambda frames: told(number, frames))
        for segment in together:
            keep(segment)
        told(number, sum(segment.frames for segment in together))

    try:
        async with asyncio.TaskGroup() as group:
            for number, together in enumerate(wanted):
                group.create_task(make(number, together))
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from failed


async def _encode(
    segments: Sequence[Segment], timeline: Timeline, outs: Sequence[Path], folder: Path, tell: Tell
) -> None:
    """One run of ffmpeg in `folder`; `tell` is told how many frames of the work it has made."""
    for number, script in enumerate(script for segment in segments for script in segment.scripts):
        (folder / f"words-{number}.ass").write_text(script, encoding="utf-8", newline="\n")
    frames = sum(segment.frames for segment in segments)
    encoded = sum(segment.encoded for segment in segments)
    # A damaged file from the shelf may be a second name of the shelf's own.
    for out in outs:
        out.unlink(missing_ok=True)
    shows = " and ".join(dict.fromkeys(name for segment in segments for name in segment.shows))
    try:
        await ffmpeg.run(
            arguments(segments, outs),
            timeout=_limit(timeline, frames),
            on_progress=lambda seconds: tell(min(1.0, seconds * timeline.fps / encoded) * frames),
            cwd=folder,
        )
    except MediaError as error:
        raise MediaError(f"{shows}: {error}") from error
    for segment, out in zip(segments, outs, strict=True):
        found = await asyncio.to_thread(pictures, out)
        if found != segment.encoded:
            one = " and ".join(segment.shows)
            raise MediaError(f"{one}: gave {found} of {segment.encoded} pictures from frame {segment.start} on")


def _limit(timeline: Timeline, frames: int) -> float:
    """Seconds. A minute for each second of 1080p is thirty times what it takes: for what hangs, not what is slow."""
    area = max(0.1, timeline.width * timeline.height / (1920 * 1080))
    return 120 + frames / timeline.fps * 60 * area


def _contents(picture: Picture) -> dict[str, str]:
    """The sha256 of every file that is read, by its path."""
    paths: Mapping[str, Source] = {**picture.sources, **(picture.cards or {})}
    found = {}
    for source in paths.values():
        with source.path.open("rb") as file:
            found[str(source.path)] = file_digest(file, "sha256").hexdigest()
    return found


@cache
def _maker() -> str:
    """The first line of ffmpeg's own description: another ffmpeg may give other bytes."""
    return ffmpeg.read_sync(["-version"], timeout=30).decode("utf-8", "replace").splitlines()[0]
