"""The cutting room: a timeline and its clips become a finished master, its stems, captions, edit lists and stills.

::

    speak the lines -> place them -> mix the sound  ------------> join -> check -> level, captions, edit lists
                                  -> make the segments, splice ->

The sound is mixed by one thread while the cards are drawn and ffmpeg makes the picture.

Everything that is reported was measured on the finished files. The master appears under its name only when it has
passed the check against its own timeline.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from callsheet.errors import CheckError, MediaError
from callsheet.media import captions, cards, conform, edl, metering, otio, pictures, placing, xmeml
from callsheet.media.assemble import Effort, assemble
from callsheet.media.fonts import fonts_dir
from callsheet.media.index import Source, measure
from callsheet.media.lettering import caption_script, title_script
from callsheet.media.probe import Probe, probe
from callsheet.media.segments import Picture
from callsheet.media.shelf import Shelf
from callsheet.timeline import Line, Shot, Timeline, line_clip

if TYPE_CHECKING:
    from callsheet.media.speech import Spoken

STEMS = ("voice", "music", "ambience", "effects")
CAPTIONS = ("srt", "vtt", "ass")

Progress = Callable[[float], None]

# How the time of a cut is spent, roughly: where each stage ends, of 1.
_SPOKEN, _DRAWN, _ENCODED = 0.2, 0.3, 0.93


@dataclass(frozen=True)
class ClipFile:
    """A clip to cut: the file on this machine, and the address under which an editor finds it.

    `link` is its path as seen from the folder of the edit lists, where it will stay within reach of them.
    """

    path: Path
    uri: str
    link: str | None = None


@dataclass(frozen=True)
class PlacedLine:
    """A line as it is heard: seconds of the master. `moved` is by how much it begins later than planned."""

    text: str
    start: float
    end: float
    moved: float


@dataclass(frozen=True)
class CutResult:
    """The files by kind (master, voice, music, ambience, effects, srt, vtt, ass, edl, otio, xml, poster, contact_sheet)
    and what was measured on the master after encoding: `lufs` integrated, `true_peak_dbtp`; `poster_frame` counts from
    0. Captions in another language than the spoken one have it in their kind: ``srt en-US``. `effort` says how much of
    the picture had to be encoded, `cues` are the captions by language.
    """

    files: dict[str, Path]
    seconds: float
    frames: int
    lufs: float
    true_peak_dbtp: float
    lines: tuple[PlacedLine, ...]
    poster_frame: int
    effort: Effort
    cues: Mapping[str, list[captions.Cue]]


async def cut(
    timeline: Timeline,
    clips: Mapping[str, ClipFile],
    out: Path,
    *,
    on_progress: Progress | None = None,
    cache: Path | None = None,
    metadata: Sequence[str] = (),
    textless: Path | None = None,
    voices: Mapping[str, Path] | None = None,
) -> CutResult:
    """Make the work in the folder `out`. `on_progress` is told how much is done, 0 to 1.

    `cache` is a folder in which encoded segments are kept, so that the next cut makes only what has changed; it may be
    shared and emptied at any time. `metadata` are options of ffmpeg for the master's file. `textless` is where the same
    work is written without titles, captions and marks, of which works in other shapes can be made. `voices` are WAV
    files of lines that were bought or recorded, by `line_clip`; the built-in voice speaks the others.

    Raises MediaError for a clip that is missing, unreadable or more than three frames too short, and for speech that
    doesn't fit; CheckError when the finished master is not what the timeline says. No master is left then.
    """
    tell = on_progress or (lambda done: None)
    sources = await _sources(timeline, clips)
    # Clips that can't be cut should be found before minutes of speech are made.
    for shot in timeline.shots:
        if isinstance(shot, Shot):
            conform.refuse_short(shot, sources[shot.clip], timeline.fps)
    files = _files(out, timeline)
    for path in files.values():
        path.parent.mkdir(parents=True, exist_ok=True)

    with tempfile.TemporaryDirectory(prefix=".cut-", dir=out) as work:
        spoken = await _spoken(timeline, voices or {}, Path(work), lambda done: tell(_SPOKEN * done))
        lines = _placed(timeline, spoken)
        part, sound = Path(work) / "master.mp4", Path(work) / "sound.mp4"
        cues = _cues(timeline, spoken, lines)
        shelf = Shelf(cache or Path(work) / "shelf") if cache or textless else None
        async with _beside(lambda: _make_sound(timeline, clips, lines, files, sound, shelf)) as mixing:
            staged = cards.staged(timeline)
            drawn = await asyncio.to_thread(_drawn, staged, clips, Path(work))
            tell(_DRAWN)
            fonts = await asyncio.to_thread(fonts_dir)
            picture = Picture(staged.timeline, sources, fonts, scripts=_scripts(timeline, cues), cards=drawn)
            effort = await assemble(
                picture,
                part,
                sound=mixing,
                work=Path(work),
                shelf=shelf,
                metadata=metadata,
                tell=lambda done: tell(_DRAWN + (_ENCODED - _DRAWN) * done),
            )
        if textless is not None:
            await _textless(picture, part, textless, sound, Path(work), shelf)
        found = await asyncio.to_thread(probe, part)
        _check(timeline, found)
        level, poster_frame = await asyncio.gather(
            metering.level(part, seconds=timeline.seconds),
            asyncio.to_thread(_paper, timeline, clips, sources, cues, {**files, "master": part}),
        )
        part.replace(files["master"])
    tell(1.0)
    return CutResult(
        files, found.seconds, found.frames, level.lufs, level.true_peak_dbtp, tuple(lines), poster_frame, effort, cues
    )


@asynccontextmanager
async def _beside(make: Callable[[], Path]) -> AsyncIterator[asyncio.Future[Path]]:
    """What a thread makes while something else is done. The thread is waited for, however that ends: it works on files
    that are removed afterwards."""
    made = asyncio.ensure_future(asyncio.to_thread(make))
    try:
        yield made
    finally:
        await asyncio.wait([made])


async def _textless(picture: Picture, master: Path, out: Path, sound: Path, work: Path, shelf: Shelf | None) -> None:
    """The work without titles, captions and marks: a link to the master where there are none."""
    if not picture.scripts and not picture.timeline.marks:
        await asyncio.to_thread(out.hardlink_to, master)
        return
    unmarked = picture.timeline.model_copy(update={"marks": ()})
    bare, folder = replace(picture, timeline=unmarked, scripts=()), work / "bare"
    folder.mkdir()
    await assemble(bare, folder / "master.mp4", sound=sound, work=folder, shelf=shelf, tell=lambda _: None)
    (folder / "master.mp4").replace(out)


def _files(out: Path, timeline: Timeline) -> dict[str, Path]:
    files = {"master": out / "master.mp4"}
    files |= {stem: out / "stems" / f"{stem}.wav" for stem in STEMS}
    for language in timeline.caption_languages:
        files |= {_captions(kind, language, timeline): out / "captions" / f"{language}.{kind}" for kind in CAPTIONS}
    files |= {kind: out / "edit" / f"cut.{kind}" for kind in ("edl", "otio", "xml")}
    return files | {"poster": out / "poster.jpg", "contact_sheet": out / "contact-sheet.jpg"}


def _captions(kind: str, language: str, timeline: Timeline) -> str:
    """What the captions of one language are called among the files."""
    return kind if language == timeline.language else f"{kind} {language}"


async def _sources(timeline: Timeline, clips: Mapping[str, ClipFile]) -> dict[str, Source]:
    """Everything that is seen, measured. What is only heard is left to the mix."""
    sources: dict[str, Source] = {}
    heard = {sound.clip for sound in timeline.sounds}
    seen = {shot.clip for shot in timeline.shots if isinstance(shot, Shot)}
    for name in timeline.clips:
        clip = clips.get(name)
        if clip is None:
            raise MediaError(f"clip {name} is in the cut and there is no file for it")
        if name in seen or name not in heard:
            sources[name] = await asyncio.to_thread(measure, clip.path)
    return sources


def _drawn(staged: cards.Staged, clips: Mapping[str, ClipFile], folder: Path) -> dict[str, Source]:
    files = {name: clip.path for name, clip in clips.items()}
    return {name: measure(still) for name, still in cards.stills(staged, files, folder).items()}


def _scripts(timeline: Timeline, cues: Mapping[str, list[captions.Cue]]) -> tuple[str, ...]:
    """What is written over the picture, as ASS for the whole work."""
    titles = title_script(timeline)
    burnt = cues.get(timeline.burnt) if timeline.burnt else None
    words = _burnt(timeline, burnt, timeline.burnt or "") if burnt else None
    return tuple(script for script in (titles, words) if script)


def _burnt(timeline: Timeline, cues: Sequence[captions.Cue], language: str) -> str:
    return caption_script(cues, timeline.width, timeline.height, language=language)


async def _spoken(timeline: Timeline, voices: Mapping[str, Path], folder: Path, tell: Progress) -> list[Spoken]:
    """The lines, spoken into files of the folder: what a long work says is not kept in memory."""
    if not timeline.lines:
        return []
    spoken: list[Spoken] = []
    for number, line in enumerate(timeline.lines):
        said = await asyncio.to_thread(_said, line, timeline, voices.get(line_clip(line, timeline)))
        spoken.append(await asyncio.to_thread(said.put_away, _line_file(folder, number)))
        tell((number + 1) / len(timeline.lines))
    return spoken


def _said(line: Line, timeline: Timeline, file: Path | None) -> Spoken:
    words = line.said or line.text
    if file is not None:
        from callsheet.media.speech.recorded import recorded

        return recorded(file, words, timeline.language)
    from callsheet.media.speech import speak

    return speak(words, language=timeline.language, voice=line.voice or timeline.voice)


def _line_file(folder: Path, number: int) -> Path:
    return folder / f"line-{number}.wav"


def _placed(timeline: Timeline, spoken: list[Spoken]) -> list[PlacedLine]:
    """The lines in the order of the script, which is the order in which they are said."""
    planned = [line.start / timeline.fps for line in timeline.lines]
    starts = placing.place(planned, [line.seconds for line in spoken], timeline.seconds)
    return [
        PlacedLine(line.text, start, start + said.seconds, start - plan)
        for line, said, start, plan in zip(timeline.lines, spoken, starts, planned, strict=True)
    ]


def _make_sound(
    timeline: Timeline,
    clips: Mapping[str, ClipFile],
    lines: list[PlacedLine],
    files: Mapping[str, Path],
    sound: Path,
    shelf: Shelf | None,
) -> Path:
    """Mix, and write the stems and the coded `sound`, which is given back."""
    from callsheet.media.kept_sound import make_sound

    voice = [(line.start, _line_file(sound.parent, number)) for number, line in enumerate(lines)]
    paths = {name: clip.path for name, clip in clips.items()}
    with tempfile.TemporaryDirectory(prefix="sound-", dir=sound.parent) as scratch:
        stems = {stem: files[stem] for stem in STEMS}
        make_sound(timeline, paths, voice, stems=stems, coded=sound, scratch=Path(scratch), shelf=shelf)
    return sound


def _cues(timeline: Timeline, spoken: list[Spoken], lines: list[PlacedLine]) -> dict[str, list[captions.Cue]]:
    """The captions in each language, in order: of what is spoken, of its translations, and given ones."""
    made: dict[str, list[captions.Cue]] = {}
    for language in timeline.caption_languages:
        heard: list[captions.Utterance] = []
        for line, placed, said in zip(timeline.lines, lines, spoken, strict=True):
            sentences = [(sentence.text, sentence.start, sentence.end) for sentence in said.sentences]
            if language == timeline.language:
                heard += captions.utterances(line.text, placed.start, said.seconds, sentences)
            elif language in line.translations:
                heard += captions.translated(line.translations[language], placed.start, said.seconds, sentences)
        given = [
            captions.Cue(
                tuple(caption.text.splitlines(keepends=True)),
                caption.start / timeline.fps,
                (caption.start + caption.frames) / timeline.fps,
            )
            for track in timeline.captions
            if track.language == language
            for caption in track.captions
        ]
        made[language] = sorted(
            [*captions.cues(heard, language, end=timeline.seconds), *given], key=lambda cue: cue.start
        )
    return made


def _check(timeline: Timeline, found: Probe) -> None:
    """Raise CheckError, naming every property, if the master is not what its timeline says."""
    frame = 1 / timeline.fps
    facts: dict[str, tuple[object, object]] = {
        "size": ((found.width, found.height), (timeline.width, timeline.height)),
        "sample aspect ratio": (found.sample_aspect_ratio, "1:1"),
        "frame rate": (found.rate, Fraction(timeline.fps)),
        "video": ((found.video_codec, found.video_profile, found.pix_fmt), ("h264", "High", "yuv420p")),
        "sound": ((found.audio_codec, found.sample_rate, found.channels), ("aac", 48_000, 2)),
        "colour": (
            (found.color_primaries, found.color_transfer, found.color_matrix, found.color_range),
            ("bt709", "bt709", "bt709", "tv"),
        ),
        "timecode": (found.timecode, timeline.timecode_start),
        "faststart": (found.faststart, True),
    }
    wrong = [f"{name} is {is_}, not {should}" for name, (is_, should) in facts.items() if is_ != should]
    if found.frames != timeline.frames or abs(found.seconds - timeline.seconds) > frame:
        wrong.append(
            f"{found.frames} frames in {found.seconds:.3f} s, not {timeline.frames} in {timeline.seconds:.3f} s"
        )
    if found.audio_seconds is None or abs(found.audio_seconds - timeline.seconds) > frame:
        wrong.append(f"sound of {found.audio_seconds or 0.0:.3f} s, not {timeline.seconds:.3f} s")
    if wrong:
        raise CheckError(f"the master of {timeline.name} is not as planned: " + "; ".join(wrong))


def _paper(
    timeline: Timeline,
    clips: Mapping[str, ClipFile],
    sources: Mapping[str, Source],
    cues: Mapping[str, list[captions.Cue]],
    files: Mapping[str, Path],
) -> int:
    """Everything that is written about the master: captions, edit lists, stills. Returns the poster's frame."""
    for language, made in cues.items():
        for kind in ("srt", "vtt"):
            captions.write(made, files[_captions(kind, language, timeline)])
        script = files[_captions("ass", language, timeline)]
        script.write_text(_burnt(timeline, made, language), encoding="utf-8", newline="\n")
    uris = {name: clips[name].uri for name in timeline.clips}
    stems = {stem: f"../stems/{stem}.wav" for stem in STEMS}
    text = edl.edl(timeline, uris, [f"{stem}.wav" for stem in STEMS])
    files["edl"].write_text(text, encoding="utf-8", newline="\n")
    lengths = {name: conform.length(source, timeline.fps) for name, source in sources.items() if not source.still}
    links = {name: link for name in timeline.clips if (link := clips[name].link) is not None}
    kept = {name: uri for name, uri in uris.items() if name not in links or not uri.startswith("file:")}
    otio.write(otio.to_otio(timeline, kept, lengths, stems, links), files["otio"])
    files["xml"].write_text(xmeml.xmeml(timeline, uris, lengths, stems), encoding="utf-8", newline="\n")
    return pictures.stills(files["master"], timeline, poster=files["poster"], contact_sheet=files["contact_sheet"])
