"""What belongs to a master that has chapters: a list of them, each as a file, transcripts, slides, other voices.

Everything is taken from the finished master and its timeline; pictures are copied, never encoded again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from callsheet.media import cards, ffmpeg
from callsheet.media.assemble import chapter_marks, muxed
from callsheet.media.splice import Piece, splice
from callsheet.timeline import Card, Timeline


def chapter_list(timeline: Timeline) -> str:
    """One line for each chapter, time and title, as video sites read it from a description: the first is at 0:00."""
    return "".join(
        f"{clock(chapter.start / timeline.fps, timeline.seconds)} {' '.join(chapter.title.split())}\n"
        for chapter in timeline.chapters
    )


def clock(seconds: float, whole: float = 0.0) -> str:
    """``M:SS``, or ``H:MM:SS`` in a work of an hour or more."""
    minutes, rest = divmod(int(seconds), 60)
    if max(seconds, whole) < 3600:
        return f"{minutes}:{rest:02}"
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def transcript(timeline: Timeline, starts: Sequence[float], language: str) -> str:
    """What is said in one language, a sentence a line, under the chapter in which it is said.

    `starts` has for each line of the timeline when it is heard, in seconds.
    """
    parts = [timeline.name]
    for chapter, first, last in timeline.chapter_spans():
        rows = [
            line.text if language == timeline.language else line.translations.get(language, "")
            for line, start in zip(timeline.lines, starts, strict=True)
            if first <= round(start * timeline.fps) < last
        ]
        heading = f"[{clock(first / timeline.fps, timeline.seconds)}] {chapter.title}"
        parts.append("\n".join([heading, *(row for row in rows if row)]))
    return "\n\n".join(parts) + "\n"


async def split(
    master: Path, timeline: Timeline, outs: Sequence[Path], work: Path, metadata: Sequence[str] = ()
) -> None:
    """Write each chapter as an MP4 of exactly its frames; `work` is a folder for what is made on the way.

    A chapter begins at a cut, so with a key picture: its pictures are copied, its sound is coded again. `metadata`
    are options of ffmpeg for each file. Raises MediaError where a chapter begins elsewhere.
    """
    track, sound = work / "chapter.mp4", work / "chapter-sound.mp4"
    for (chapter, first, last), out in zip(timeline.chapter_spans(), outs, strict=True):
        out.parent.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(splice, [Piece(master, last - first, first)], timeline.fps, track)
        span = ["-ss", f"{first / timeline.fps:.6f}", "-t", f"{(last - first) / timeline.fps:.6f}"]
        coding = ["-vn", *ffmpeg.AAC, *ffmpeg.BITEXACT, "-f", "mp4", str(sound)]
        await ffmpeg.run([*span, "-i", str(master), *coding], timeout=_limit(timeline))
        own = timeline.model_copy(update={"timecode_start": timeline.timecode(first)})
        told = [*metadata, "-metadata", f"title={chapter.title}"]
        await ffmpeg.run(muxed(track, sound, own, told, out), timeout=_limit(timeline))
        track.unlink()
        sound.unlink()


def slides(shown: Sequence[Card], timeline: Timeline, files: Mapping[str, Path], outs: Sequence[Path]) -> None:
    """Draw each card as it is at last, as a PNG of the timeline's size. `files` are the clips by name."""
    for card, out in zip(shown, outs, strict=True):
        picture = files.get(card.picture) if card.picture else None
        out.parent.mkdir(parents=True, exist_ok=True)
        cards.draw(cards.Stage(card, len(card.lines)), timeline, picture).save(out, "PNG", compress_level=1)


async def dubbed(
    master: Path,
    timeline: Timeline,
    voice: Sequence[tuple[float, Path]],
    clips: Mapping[str, Path],
    *,
    stem: Path,
    video: Path,
    work: Path,
    metadata: Sequence[str] = (),
) -> None:
    """The work in another voice: `voice` has the lines as (start in seconds, file). Writes that voice's `stem`, a WAV,
    and `video`, the master's picture with the sound mixed anew; `work` is an empty folder."""
    from callsheet.media.mix import STEMS
    from callsheet.media.soundtrack import soundtrack

    stem.parent.mkdir(parents=True, exist_ok=True)
    scratch, sound, track, marks = work / "scratch", work / "sound.mp4", work / "track.mp4", work / "chapters.ffmeta"
    scratch.mkdir()
    stems: dict[str, Path] = {name: stem if name == "voice" else work / f"{name}.wav" for name in STEMS}
    mix = scratch / "mix.wav"
    await asyncio.to_thread(
        lambda: soundtrack(timeline, clips, voice, stems=stems, mix=mix, coded=sound, scratch=scratch)
    )
    await asyncio.to_thread(splice, [Piece(master, timeline.frames)], timeline.fps, track)
    marks.write_text(chapter_marks(timeline), encoding="utf-8", newline="\n")
    await ffmpeg.run(muxed(track, sound, timeline, metadata, video, marks), timeout=_limit(timeline))


def _limit(timeline: Timeline) -> float:
    """Seconds: copying is quick, the sound takes a fiftieth of its length."""
    return 120 + timeline.seconds
