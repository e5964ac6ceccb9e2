"""The sound of a cut: the placed lines, music to the length, the clips' own sound, effects at the joints, laid sounds.

Everything is put on tapes in a scratch folder and mixed from there, so that a work may be long.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from callsheet.errors import MediaError
from callsheet.media import ffmpeg, loudness
from callsheet.media.loudness import RATE, SILENCE_LUFS, Sound, ratio
from callsheet.media.metering import level_now
from callsheet.media.mix import REFERENCE, STEMS, Levels, Parts, Role, mix_parts, refuse_overrun
from callsheet.media.sound.effects import effect
from callsheet.media.sound.music import play
from callsheet.media.tape import Tape, Track, WavTrack, blocks
from callsheet.media.wave import WavWriter, open_sound, silence
from callsheet.timeline import AudioCue, Shot, Timeline

_DECLICK = 0.008  # seconds of fade on both sides of a hard cut
_ENDING = 0.6  # seconds in which the ambience fades out at the end
# The joint that is seen most is heard most.
_WHOOSH_DB = {"wipe": 0.0, "dissolve": -7.0, "fade": -10.0}
_APART = 2.5  # seconds between two whooshes at least: in a fast cut one at every joint is a rattle
_SHIMMER = 2.4
CEILING, MIX_CEILING, MOST_ENCODED = -1.5, -2.6, -1.0
"""In dBTP: what is asked of the encoded sound, where the mix is held for that, and what is tolerated."""
_TRIES = 5
_MOST_BOOST_DB = 24.0  # a laid sound is raised by no more: it would be noise


def samples_of(timeline: Timeline) -> int:
    """Samples at 48 kHz that last as long as the picture."""
    return _sample(timeline.frames, timeline.fps)


def soundtrack(
    timeline: Timeline,
    clips: Mapping[str, Path],
    voice: Sequence[tuple[float, Path | Sound]],
    *,
    stems: Mapping[str, Path],
    mix: Path,
    coded: Path,
    scratch: Path,
) -> Levels:
    """Mix the sound of a whole timeline and write it: four 24-bit WAV files for the `stems`, one for the `mix`, and the
    mix as AAC (MP4) at `coded`, as it will stand in a video.

    `voice` has the lines as (start in seconds, sound or file of one); `clips` every file of the timeline that is
    heard. `scratch` is an empty folder with 2.5 MB of room for each second of the work. Takes about 0.15 CPU s for a
    second of the work and the same memory for any length. Raises MediaError for a file that can't be read, a line
    past the end, a sound cue that is longer than its file, or a mix whose peak can't be held when it is encoded.
    """
    samples = samples_of(timeline)
    music = timeline.music
    with ExitStack() as opened:
        tapes = {stem: opened.enter_context(Tape(scratch / f"{stem}.raw", samples)) for stem in STEMS}
        for number, (start, line) in enumerate(voice):
            with _opened(line, scratch / f"line-{number}.raw") as track:
                refuse_overrun(round(start * RATE), track, samples)
                _lay(tapes["voice"], track, round(start * RATE))
        if music is not None:
            play(music.mood, timeline.seconds, music.seed, tapes["music"], scratch)
        lay_ambience(timeline, clips, tapes["ambience"], scratch)
        lay_effects(timeline, tapes["effects"])
        laid: dict[tuple[Role, bool], Tape] = {
            key: opened.enter_context(Tape(scratch / f"laid-{key[0]}-{key[1]}.raw", samples))
            for key in dict.fromkeys((cue.role, cue.duck) for cue in timeline.sounds if cue.role != "voice")
        }
        lay_cues(timeline, clips, tapes["voice"], laid, scratch)
        heard = {stem: tape for stem, tape in tapes.items() if tape.heard}
        parts = Parts(samples, **heard, laid={key: tape for key, tape in laid.items() if tape.heard})
        return _written(parts, {**stems, "mix": mix}, timeline, coded)


def _written(parts: Parts, files: Mapping[str, Path], timeline: Timeline, coded: Path) -> Levels:
    """Mix into the files. AAC overshoots by more or less than is usual: the peak is measured as it is encoded, and
    where it is too high the mix is made again under a lower ceiling, so that its loudness stays."""
    ceiling, target = CEILING, timeline.loudness_lufs
    for attempt in range(_TRIES):
        levels = _write(parts, files, timeline, target, ceiling)
        encoding = ["-i", str(files["mix"]), *ffmpeg.AAC, *ffmpeg.BITEXACT, "-f", "mp4", str(coded)]
        ffmpeg.run_sync(encoding, timeout=120 + timeline.seconds)
        if levels.lufs <= SILENCE_LUFS:
            return levels
        over = level_now(coded, seconds=timeline.seconds).true_peak_dbtp - MOST_ENCODED
        if over <= 0.0:
            return levels
        ceiling = min(ceiling, levels.true_peak_dbtp + CEILING - MIX_CEILING) - over - 0.2
        if attempt >= _TRIES - 3:  # a sound that no ceiling helps becomes quieter
            target = min(target, levels.lufs) - over - 0.2
    raise MediaError(f"the sound of {timeline.name} is {over:.1f} dB over {MOST_ENCODED} dBTP when it is encoded")


def _write(parts: Parts, files: Mapping[str, Path], timeline: Timeline, target: float, ceiling: float) -> Levels:
    music_db = timeline.music.volume_db if timeline.music else -18.0
    with ExitStack() as opened:
        writers = {name: opened.enter_context(WavWriter(path, parts.samples)) for name, path in files.items()}
        written: set[str] = set()

        def sink(name: str, block: Sound) -> None:
            written.add(name)
            writers[name].write(block)

        levels = mix_parts(parts, sink, music_db=music_db, target_lufs=target, ceiling_dbtp=ceiling)
        for start, stop in blocks(parts.samples):
            for name in writers.keys() - written:
                writers[name].write(silence(stop - start))
    return levels


def lay_ambience(timeline: Timeline, clips: Mapping[str, Path], tape: Tape, scratch: Path) -> None:
    """The clips' own sound as cut. Cross-faded at equal power where shots overlap; silence where a clip has no sound,
    is held, or is shown at another speed. Every clip is read once.
    """
    fps, shots, starts = timeline.fps, timeline.shots, timeline.starts()
    heard = [
        (number, shot)
        for number, shot in enumerate(shots)
        if isinstance(shot, Shot) and not shot.mute and shot.speed == 1
    ]
    for clip in dict.fromkeys(shot.clip for _, shot in heard):
        uses = [(number, shot) for number, shot in heard if shot.clip == clip]
        until = max(shot.source_in + shot.frames for _, shot in uses)
        with _opened(clips[clip], scratch / "clip.raw", until / fps) as own:
            for number, shot in uses:
                leaving = shots[number + 1].overlap if number + 1 < len(shots) else 0
                first, last = _sample(starts[number], fps), _sample(starts[number] + shot.frames, fps)
                _lay(
                    tape,
                    own,
                    first,
                    offset=_sample(shot.source_in, fps),
                    length=last - first,
                    gain=ratio(shot.gain_db),
                    fade_in=_fade_length(shot.overlap, fps),
                    fade_out=_fade_length(leaving, fps),
                )
    if tape.heard:
        ending = min(len(tape), round(_ENDING * RATE))
        last_part = tape[len(tape) - ending :]
        tape.put(last_part * _rise(np.arange(ending)[::-1], ending)[:, None], len(tape) - ending)


def lay_effects(timeline: Timeline, tape: Tape) -> None:
    """A whoosh through the middle of each transition, a shimmer where the closing title appears."""
    last = -_APART
    for start, shot in zip(timeline.starts(), timeline.shots, strict=True):
        if shot.transition is None or not shot.overlap:
            continue
        middle = (start + shot.overlap / 2) / timeline.fps
        if middle - last < _APART:
            continue
        last = middle
        seconds = max(0.8, shot.overlap / timeline.fps + 0.4)
        sound = effect("whoosh", seconds, _seed(timeline, f"whoosh {start}"))
        tape.add(sound * np.float32(ratio(_WHOOSH_DB[shot.transition.kind])), round((middle - seconds / 2) * RATE))
    closing = [title for title in timeline.titles if title.start + title.frames >= timeline.frames]
    for title in closing[-1:]:
        at = title.start / timeline.fps
        seconds = min(_SHIMMER, timeline.seconds - at)
        tape.add(effect("shimmer", seconds, _seed(timeline, "shimmer")), round(at * RATE))


def lay_cues(
    timeline: Timeline,
    clips: Mapping[str, Path],
    voice: Tape,
    laid: Mapping[tuple[Role, bool], Tape],
    scratch: Path,
) -> None:
    """The timeline's sound cues: voices among the spoken lines, the others on the tape of their stem.

    A file comes at `REFERENCE`, measured on the whole of it (effects on their loudest moment), and then at its cue's
    gain. A file is opened once for each stem that it is in.
    """
    fps = timeline.fps
    for clip, role in dict.fromkeys((cue.clip, cue.role) for cue in timeline.sounds):
        if clip not in clips:
            raise MediaError(f"sound {clip} is in the cut and there is no file for it")
        with _opened(clips[clip], scratch / "cue.raw") as own:
            level = _level_of(own, role)
            for cue in timeline.sounds:
                if (cue.clip, cue.role) != (clip, role):
                    continue
                _refuse_short(cue, own, fps)
                first, last = _sample(cue.start, fps), _sample(cue.start + cue.frames, fps)
                _lay(
                    voice if role == "voice" else laid[role, cue.duck],
                    own,
                    first,
                    offset=_sample(cue.source_in, fps),
                    length=last - first,
                    gain=ratio(level + cue.gain_db),
                    fade_in=max(_sample(cue.fade_in, fps), round(_DECLICK * RATE)),
                    fade_out=max(_sample(cue.fade_out, fps), round(_DECLICK * RATE)),
                )


def _level_of(own: Track, role: Role) -> float:
    """By how many dB a file is raised to be at `REFERENCE`."""
    loud = float(loudness.momentary(own).max()) if role == "effects" else loudness.integrated(own)
    return 0.0 if loud <= SILENCE_LUFS else min(REFERENCE - loud, _MOST_BOOST_DB)


def _refuse_short(cue: AudioCue, own: Track, fps: int) -> None:
    """A file may end up to three frames early, as clips may."""
    missing = _sample(cue.source_in + cue.frames, fps) - len(own)
    if missing > _sample(3, fps):
        raise MediaError(
            f"sound {cue.clip}: {cue.frames} frames from frame {cue.source_in} on are cut and the file has "
            f"{len(own) / RATE:.2f} s"
        )


@contextmanager
def _opened(source: Path | Sound, scratch: Path, seconds: float | None = None) -> Iterator[Track]:
    """A sound in memory as it is, a file as a track; what was decoded for it is removed again."""
    if not isinstance(source, Path):
        yield source
        return
    track = open_sound(source, scratch, seconds)
    try:
        yield track
    finally:
        if isinstance(track, Tape | WavTrack):
            track.close()
        scratch.unlink(missing_ok=True)


def _lay(
    tape: Tape,
    track: Track,
    at: int,
    *,
    offset: int = 0,
    length: int | None = None,
    gain: float = 1.0,
    fade_in: int = 0,
    fade_out: int = 0,
) -> None:
    """Add `length` samples of a track from `offset` on, faded at equal power, so that it begins at sample `at`."""
    there = max(0, len(track) - offset)
    length = there if length is None else min(length, there)
    for start, stop in blocks(length):
        piece = track[offset + start : offset + stop]
        if not np.isfinite(piece).all():
            raise MediaError("a sound holds something that is not a number")
        if not piece.any():
            continue
        where = np.arange(start, stop)
        factor = np.float32(gain) * _rise(where, fade_in) * _rise(length - 1 - where, fade_out)
        tape.add(piece * factor[:, None], at + start)


def _rise(where: NDArray[np.int64], length: int) -> NDArray[np.float32]:
    """The gain of a fade over `length` samples: two different sounds that cross keep their loudness."""
    part = np.minimum((where.astype(np.float32) + np.float32(0.5)) / np.float32(max(length, 1)), np.float32(1.0))
    return np.asarray(np.where(where < length, np.sin(part * np.float32(np.pi / 2)), np.float32(1.0)), np.float32)


def _sample(frames: int, fps: int) -> int:
    return round(frames * RATE / fps)


def _seed(timeline: Timeline, what: str) -> int:
    return int.from_bytes(sha256(f"{timeline.name}\n{what}".encode()).digest()[:8], "big")


def _fade_length(overlap: int, fps: int) -> int:
    return _sample(overlap, fps) if overlap else round(_DECLICK * RATE)
