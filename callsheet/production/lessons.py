"""The files that a work with chapters has besides the others, made of the finished cut before it is signed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from callsheet.plan.lesson import slides_of
from callsheet.plan.model import Work
from callsheet.plan.speech import spoken_timelines
from callsheet.scratch import scratch_folder
from callsheet.timeline import Timeline, line_clip

if TYPE_CHECKING:
    from callsheet.media.cut import CutResult


async def add_lesson_files(
    work: Work,
    result: CutResult,
    out: Path,
    clips: Mapping[str, Path],
    metadata: Sequence[str],
    voices: Mapping[str, Path],
) -> None:
    """Makes those of the work's deliverables in `out` that come of its chapters: the list of chapters, each as a file,
    slides, transcripts, and the work in other voices. `metadata` are options of ffmpeg for each video, `voices` the
    lines that were bought."""
    from callsheet.media import chapters

    timeline, master = work.timeline, result.files["master"]
    if not timeline.chapters:
        return
    starts = [line.start for line in result.lines]
    (out / "chapters.txt").write_text(chapters.chapter_list(timeline), encoding="utf-8", newline="\n")
    for language in timeline.caption_languages:
        text = chapters.transcript(timeline, starts, language)
        (out / f"transcript.{language}.txt").write_text(text, encoding="utf-8", newline="\n")
    shown = slides_of(timeline)
    async with scratch_folder(out) as folder:
        await asyncio.gather(
            asyncio.to_thread(chapters.slides, shown, timeline, clips, _below(work, out, "slides")),
            chapters.split(master, timeline, _below(work, out, "chapters"), folder, metadata),
        )
    for video in _below(work, out, "voices"):
        if video.suffix == ".mp4":
            async with scratch_folder(out) as folder:
                await _dub(work, starts, master, video, clips, folder, metadata, voices)


async def _dub(
    work: Work,
    starts: Sequence[float],
    master: Path,
    video: Path,
    clips: Mapping[str, Path],
    folder: Path,
    metadata: Sequence[str],
    voices: Mapping[str, Path],
) -> None:
    """The work in the language that `video` is named after; each line is said where the original is."""
    from callsheet.media import chapters

    timeline = next(one for one in spoken_timelines(work) if one.language == video.stem)
    lines = await asyncio.to_thread(_said, timeline, voices, folder / "lines")
    voice = list(zip(starts, lines, strict=True))
    stem, own = video.with_suffix(".wav"), folder / "mixed"
    own.mkdir()
    await chapters.dubbed(master, timeline, voice, clips, stem=stem, video=video, work=own, metadata=metadata)


def _said(timeline: Timeline, voices: Mapping[str, Path], folder: Path) -> list[Path]:
    """The lines of a timeline as WAV files: bought where they were, else in the built-in voice."""
    from callsheet.media.speech.narration import narrate
    from callsheet.media.speech.recorded import recorded

    folder.mkdir()
    found: list[Path] = []
    for number, line in enumerate(timeline.lines):
        bought = voices.get(line_clip(line, timeline))
        if bought is None:
            spoken = narrate([line.text], timeline.language, line.voice or timeline.voice, folder=folder)
            found.append(spoken.sentences[0].audio)
        else:
            found.append(folder / f"bought-{number}.wav")
            recorded(bought, line.text, timeline.language).put_away(found[-1])
    return found


def _below(work: Work, out: Path, folder: str) -> list[Path]:
    """The work's deliverables in one folder, in order."""
    return [out / path for path in work.deliverables if path.startswith(f"{folder}/")]
