"""The sound of a cut: the placed lines, music to the length, the clips' own sound, effects at the joints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np

from callsheet.media.loudness import RATE, Sound, ratio
from callsheet.media.mix import Mix, mix_stems
from callsheet.media.sound.effects import effect
from callsheet.media.sound.music import compose
from callsheet.media.wave import read_sound
from callsheet.timeline import Timeline

_DECLICK = 0.008  # seconds of fade on both sides of a hard cut
_ENDING = 0.6  # seconds in which the ambience fades out at the end
# The joint that is seen most is heard most.
_WHOOSH_DB = {"wipe": 0.0, "dissolve": -7.0, "fade": -10.0}
_APART = 2.5  # seconds between two whooshes at least: in a fast cut one at every joint is a rattle
_SHIMMER = 2.4


def samples_of(timeline: Timeline) -> int:
    """Samples at 48 kHz that last as long as the picture."""
    return _sample(timeline.frames, timeline.fps)


def soundtrack(timeline: Timeline, clips: Mapping[str, Path], voice: Sequence[tuple[float, Sound]]) -> Mix:
    """Mix the sound of a whole timeline. `voice` has the lines as (start in seconds, sound). CPU-bound: takes about
    0.1 s for each second of the work. Raises MediaError for a clip that can't be read, or a line past the end.
    """
    music = timeline.music
    return mix_stems(
        [(round(start * RATE), sound) for start, sound in voice],
        compose(music.mood, timeline.seconds, music.seed) if music else None,
        ambience(timeline, clips),
        effects(timeline),
        samples=samples_of(timeline),
        music_db=music.volume_db if music else -18.0,
        target_lufs=timeline.loudness_lufs,
    )


def ambience(timeline: Timeline, clips: Mapping[str, Path]) -> Sound:
    """The clips' own sound as cut: float32 (samples, 2). Cross-faded at equal power where shots overlap; silence where
    a clip has no sound. Every clip is read once.
    """
    out = np.zeros((samples_of(timeline), 2), np.float32)
    fps, shots, starts = timeline.fps, timeline.shots, timeline.starts()
    for clip in dict.fromkeys(shot.clip for shot in shots):
        uses = [number for number, shot in enumerate(shots) if shot.clip == clip]
        until = max(shots[number].source_in + shots[number].frames for number in uses)
        own = read_sound(clips[clip], until / fps)
        if not own.any():
            continue
        for number in uses:
            shot = shots[number]
            first, last = _sample(starts[number], fps), _sample(starts[number] + shot.frames, fps)
            offset = _sample(shot.source_in, fps)
            piece = own[offset : offset + last - first].copy()
            entering = shot.overlap
            leaving = shots[number + 1].overlap if number + 1 < len(shots) else 0
            _fade(piece, _fade_length(entering, fps))
            _fade(piece[::-1], _fade_length(leaving, fps))
            out[first : first + len(piece)] += piece
    _fade(out[::-1], min(len(out), round(_ENDING * RATE)))
    return out


def effects(timeline: Timeline) -> Sound:
    """A whoosh through the middle of each transition, a shimmer where the closing title appears: (samples, 2)."""
    out = np.zeros((samples_of(timeline), 2), np.float32)
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
        _lay(out, sound * np.float32(ratio(_WHOOSH_DB[shot.transition.kind])), middle - seconds / 2)
    closing = [title for title in timeline.titles if title.start + title.frames >= timeline.frames]
    for title in closing[-1:]:
        at = title.start / timeline.fps
        seconds = min(_SHIMMER, timeline.seconds - at)
        _lay(out, effect("shimmer", seconds, _seed(timeline, "shimmer")), at)
    return out


def _sample(frames: int, fps: int) -> int:
    return round(frames * RATE / fps)


def _seed(timeline: Timeline, what: str) -> int:
    return int.from_bytes(sha256(f"{timeline.name}\n{what}".encode()).digest()[:8], "big")


def _fade_length(overlap: int, fps: int) -> int:
    return _sample(overlap, fps) if overlap else round(_DECLICK * RATE)


def _fade(sound: Sound, samples: int) -> None:
    """Fade in, in place, at equal power: two different sounds that cross keep their loudness."""
    length = min(samples, len(sound))
    curve = np.sin((np.arange(length, dtype=np.float32) + 0.5) * np.float32(np.pi / 2 / max(length, 1)))
    sound[:length] *= curve[:, None]


def _lay(out: Sound, sound: Sound, at: float) -> None:
    """Add a sound that begins at `at` seconds; what lies outside is cut off."""
    first = round(at * RATE)
    skip = max(0, -first)
    first = max(0, first)
    length = max(0, min(len(sound) - skip, len(out) - first))
    out[first : first + length] += sound[skip : skip + length]
