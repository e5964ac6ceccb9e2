"""The cutting room: a timeline and its clips become a finished master, its stems, captions, edit lists and stills.

::

    speak the lines -> place them -> mix the sound -> one encoding pass -> check -> level, captions, EDL, OTIO, stills

Everything that is reported was measured on the finished files. The master appears under its name only when it has
passed the check against its own timeline.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from callsheet.errors import CheckError, MediaError
from callsheet.media import assemble, captions, conform, edl, ffmpeg, metering, otio, pictures, placing
from callsheet.media.conform import Source
from callsheet.media.fonts import fonts_dir
from callsheet.media.lettering import title_script
from callsheet.media.probe import Probe, probe
from callsheet.timeline import Timeline

if TYPE_CHECKING:
    from callsheet.media.mix import Mix
    from callsheet.media.speech import Spoken

STEMS = ("voice", "music", "ambience", "effects")

Progress = Callable[[float], None]

# How the time of a cut is spent, roughly: where each stage ends, of 1.
_SPOKEN, _MIXED, _ENCODED = 0.2, 0.35, 0.93


@dataclass(frozen=True)
class ClipFile:
    """A clip to cut: the file on this machine, and the address under which an editor finds it."""

    path: Path
    uri: str


@dataclass(frozen=True)
class PlacedLine:
    """A line as it is heard: seconds of the master. `moved` is by how much it begins later than planned."""

    text: str
    start: float
    end: float
    moved: float


@dataclass(frozen=True)
class CutResult:
    """The files by kind (master, voice, music, ambience, effects, srt, vtt, edl, otio, poster, contact_sheet) and what
    was measured on the master after encoding: `lufs` integrated, `true_peak_dbtp`; `poster_frame` counts from 0.
    """

    files: dict[str, Path]
    seconds: float
    frames: int
    lufs: float
    true_peak_dbtp: float
    lines: tuple[PlacedLine, ...]
    poster_frame: int


async def cut(
    timeline: Timeline, clips: Mapping[str, ClipFile], out: Path, *, on_progress: Progress | None = None
) -> CutResult:
    """Make the work in the folder `out`. `on_progress` is told how much is done, 0 to 1.

    Raises MediaError for a clip that is missing, unreadable or more than three frames too short, and for speech that
    doesn't fit; CheckError when the finished master is not what the timeline says. No master is left then.
    """
    tell = on_progress or (lambda done: None)
    sources = await _sources(timeline, clips)
    # Clips that can't be cut should be found before minutes of speech are made.
    for shot in timeline.shots:
        conform.chain(shot, sources[shot.clip], timeline, "p")
    files = _files(out, timeline)
    for path in files.values():
        path.parent.mkdir(parents=True, exist_ok=True)

    spoken = await _spoken(timeline, lambda done: tell(_SPOKEN * done))
    lines = _placed(timeline, spoken)
    with tempfile.TemporaryDirectory(prefix=".cut-", dir=out) as work:
        sound = Path(work) / "mix.wav"
        await asyncio.to_thread(_make_sound, timeline, sources, spoken, lines, files, sound)
        tell(_MIXED)
        part = Path(work) / "master.mp4"
        await _encode(timeline, sources, sound, part, lambda done: tell(_MIXED + (_ENCODED - _MIXED) * done))
        found = await asyncio.to_thread(probe, part)
        _check(timeline, found)
        level = await metering.level(part, seconds=timeline.seconds)
        part.replace(files["master"])
    poster_frame = await asyncio.to_thread(_paper, timeline, clips, sources, spoken, lines, files)
    tell(1.0)
    return CutResult(files, found.seconds, found.frames, level.lufs, level.true_peak_dbtp, tuple(lines), poster_frame)


def _files(out: Path, timeline: Timeline) -> dict[str, Path]:
    files = {"master": out / "master.mp4"}
    files |= {stem: out / "stems" / f"{stem}.wav" for stem in STEMS}
    if timeline.lines:
        files |= {kind: out / "captions" / f"{timeline.language}.{kind}" for kind in ("srt", "vtt")}
    files |= {"edl": out / "edit" / "cut.edl", "otio": out / "edit" / "cut.otio"}
    return files | {"poster": out / "poster.jpg", "contact_sheet": out / "contact-sheet.jpg"}


async def _sources(timeline: Timeline, clips: Mapping[str, ClipFile]) -> dict[str, Source]:
    sources: dict[str, Source] = {}
    for name in dict.fromkeys(shot.clip for shot in timeline.shots):
        clip = clips.get(name)
        if clip is None:
            raise MediaError(f"clip {name} is in the cut and there is no file for it")
        sources[name] = Source(clip.path, await asyncio.to_thread(probe, clip.path))
    return sources


async def _spoken(timeline: Timeline, tell: Progress) -> list[Spoken]:
    if not timeline.lines:
        return []
    from callsheet.media.speech import speak

    spoken: list[Spoken] = []
    for number, line in enumerate(timeline.lines, start=1):
        spoken.append(await asyncio.to_thread(speak, line.text, language=timeline.language, voice=timeline.voice))
        tell(number / len(timeline.lines))
    return spoken


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
    sources: Mapping[str, Source],
    spoken: list[Spoken],
    lines: list[PlacedLine],
    files: Mapping[str, Path],
    sound: Path,
) -> None:
    """Mix, and write the stems and the mix. The arrays are gone when the encoder starts."""
    from callsheet.media.soundtrack import soundtrack
    from callsheet.media.wave import write_wav

    voice = [(line.start, said.samples) for line, said in zip(lines, spoken, strict=True)]
    mix: Mix = soundtrack(timeline, {name: source.path for name, source in sources.items()}, voice)
    for stem in STEMS:
        write_wav(files[stem], mix.stems[stem])
    write_wav(sound, mix.mix)


async def _encode(timeline: Timeline, sources: Mapping[str, Source], sound: Path, out: Path, tell: Progress) -> None:
    script = title_script(timeline)
    titles = out.with_suffix(".ass") if script else None
    if titles and script:
        titles.write_text(script, encoding="utf-8", newline="\n")
    fonts = await asyncio.to_thread(fonts_dir)
    args = assemble.arguments(timeline, sources, sound=sound, titles=titles, fonts=fonts, out=out)
    area = Fraction(timeline.width * timeline.height, 1920 * 1080)
    # A minute for each second of 1080p is thirty times what it takes: a limit for what hangs, not for what is slow.
    limit = 120 + timeline.seconds * 60 * float(area)
    await ffmpeg.run(args, timeout=limit, on_progress=lambda seconds: tell(min(1.0, seconds / timeline.seconds)))


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
    if abs(found.frames - timeline.frames) > 1 or abs(found.seconds - timeline.seconds) > frame:
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
    spoken: list[Spoken],
    lines: list[PlacedLine],
    files: Mapping[str, Path],
) -> int:
    """Everything that is written about the master: captions, edit lists, stills. Returns the poster's frame."""
    heard: list[captions.Utterance] = []
    for line, said in zip(lines, spoken, strict=True):
        sentences = [(sentence.text, sentence.start, sentence.end) for sentence in said.sentences]
        heard += captions.utterances(line.text, line.start, said.seconds, sentences)
    if timeline.lines:
        cues = captions.cues(heard, timeline.language)
        captions.write(cues, files["srt"])
        captions.write(cues, files["vtt"])
    uris = {name: clips[name].uri for name in sources}
    stems = {stem: f"../stems/{stem}.wav" for stem in STEMS}
    text = edl.edl(timeline, uris, [f"{stem}.wav" for stem in STEMS])
    files["edl"].write_text(text, encoding="utf-8", newline="\n")
    lengths = {name: round(source.probe.frames * timeline.fps / source.probe.rate) for name, source in sources.items()}
    otio.write(otio.to_otio(timeline, uris, lengths, stems), files["otio"])
    return pictures.stills(files["master"], timeline, poster=files["poster"], contact_sheet=files["contact_sheet"])
