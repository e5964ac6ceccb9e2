"""Voice, music, ambience and effects become one mix at a stated loudness, and four stems that add up to it.

The staging, in LU below the voice (its own gated loudness is the zero):

=========  ==============================  ===========================================
stem       while somebody speaks           elsewhere
=========  ==============================  ===========================================
music      `music_db` (the brief's -18)    higher by the lift, at most -3
ambience   6 under the music, or quieter   8 under the music, or quieter
effects    their loudest moment at -8      their loudest moment at -8
=========  ==============================  ===========================================

The lift is 6 dB and up to 9 dB more, in proportion to the time in which nobody speaks. A course with a voice all
through keeps a quiet bed in the pauses; an advertisement with one slogan in 20 s has music that carries the rest.
The music's level under the voice is that of what is played there: a soft beginning makes way by less, a loud refrain by
up to 6 dB more. Pauses shorter than 0.9 s are not lifted. Without a voice the music is the front, and ambience stays
8 LU under it.

Then one constant gain brings the integrated loudness to the target, and one look-ahead limiter, its gain curve applied
to all stems alike, holds the true peak 1 dB under the ceiling: AAC may overshoot by that much.

Nothing is held in memory but gain curves, one value for a millisecond: stems are tracks that are read in blocks, first
to be measured and then to be written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from callsheet.errors import MediaError
from callsheet.media import dynamics, loudness
from callsheet.media.dynamics import Gain
from callsheet.media.loudness import RATE, SILENCE_LUFS, Sound, db, ratio
from callsheet.media.tape import Gained, Summed, Track, blocks
from callsheet.media.wave import fit, read_sound, silence, write_wav

__all__ = ["REFERENCE", "Levels", "Mix", "Parts", "mix_parts", "mix_stems", "read_sound", "silence", "write_wav"]

Role = Literal["voice", "music", "ambience", "effects"]
STEMS: tuple[Role, ...] = ("voice", "music", "ambience", "effects")

REFERENCE = -20.0
"""The voice's level while staging, in LUFS: any number would do, this one keeps head-room. Laid sounds come with it."""
_LIFT, _LIFT_MORE, _MUSIC_MOST = 6.0, 9.0, -3.0
_AMBIENCE_UNDER_MUSIC, _AMBIENCE_UNDER_MUSIC_SPOKEN = 8.0, 6.0
_AMBIENCE_ALONE = -14.0
_WAY_MORE = 6.0
_EFFECTS, _EFFECTS_WAY = -8.0, 12.0
_VOICE_CREST_DB = 11.0
_MOST_BOOST_DB = 24.0
"""A nearly silent stem is not raised further than this: it would be noise."""
_AMBIENCE_MOST_BOOST_DB = 6.0
"""A quiet room stays a quiet room beside music or a voice; it is not raised to a street's level."""
_AAC_MARGIN_DB, _CURVE_MARGIN_DB = 1.0, 0.1
_TOLERANCE_LU = 0.1
_MOST_LIMITED_DB = 12.0
"""By so much more than the loudness asks for the limiter may be driven: beyond it a mix is only flattened."""
_TRIES = 8
"""Gains that are tried until the loudness is there. What is all peaks stays quieter: the ceiling goes before it."""
_TAIL_SILENCE = ratio(-60.0)


@dataclass(frozen=True)
class Levels:
    """`lufs` is the integrated loudness (-70 for silence), `true_peak_dbtp` the true peak, `gain_db` the constant gain,
    `limited_db` the deepest the limiter went (0 or less), `lift_db` how far the music rises where nobody speaks (0
    without music or voice)."""

    lufs: float
    true_peak_dbtp: float
    gain_db: float
    limited_db: float
    lift_db: float


@dataclass(frozen=True)
class Mix(Levels):
    """A mix and its stems, all float32 (samples, 2) at 48 kHz and of one length.

    `stems` has voice, music, ambience and effects (silent ones are read-only).
    """

    mix: Sound
    stems: dict[str, Sound]


@dataclass(frozen=True)
class Parts:
    """What is mixed: tracks of exactly `samples`, None where there is nothing.

    `laid` are sounds that somebody put there by hand, by stem and by whether they give way to speech. They come at
    `REFERENCE` (effects with their loudest moment there) and are put to the level of their stem, whatever else is in
    it; laid voices belong into `voice`.
    """

    samples: int
    voice: Track | None = None
    music: Track | None = None
    ambience: Track | None = None
    effects: Track | None = None
    laid: Mapping[tuple[Role, bool], Track] = field(default_factory=dict)


Sink = Callable[[str, Sound], None]
"""Takes the next block of a stem, or of the ``mix``."""


def mix_stems(
    voice_cues: Sequence[tuple[int, Sound]] = (),
    music: Sound | None = None,
    ambience: Sound | None = None,
    effects: Sound | None = None,
    *,
    samples: int,
    music_db: float = -18.0,
    target_lufs: float = -14.0,
    ceiling_dbtp: float = -1.5,
) -> Mix:
    """Mix to exactly `samples`, in memory. A voice cue is (first sample, sound); music, ambience and effects start at
    zero and are cut, or continued with silence.

    Raises MediaError for a cue that begins outside or runs over the end (spoken words are never cut off), or a sound
    that is not (n, 2) or holds something that is not a number.
    """
    if samples <= 0:
        raise MediaError(f"a mix of {samples} samples")
    given = {"music": music, "ambience": ambience, "effects": effects}
    heard = {name: fit(checked(name, sound), samples) for name, sound in given.items() if sound is not None}
    beds = {name: sound for name, sound in heard.items() if sound.any()}
    parts = Parts(
        samples,
        _voice(voice_cues, samples) if voice_cues else None,
        beds.get("music"),
        beds.get("ambience"),
        beds.get("effects"),
    )
    out: dict[str, list[Sound]] = {}
    levels = mix_parts(
        parts,
        lambda name, block: out.setdefault(name, []).append(block),
        music_db=music_db,
        target_lufs=target_lufs,
        ceiling_dbtp=ceiling_dbtp,
    )
    whole = {name: np.concatenate(out[name]) if name in out else silence(samples) for name in (*STEMS, "mix")}
    return Mix(**vars(levels), mix=whole.pop("mix"), stems=whole)


def mix_parts(
    parts: Parts, sink: Sink, *, music_db: float = -18.0, target_lufs: float = -14.0, ceiling_dbtp: float = -1.5
) -> Levels:
    """Mix, and give every stem that is heard and the mix to `sink`, block by block and at the same time.

    A stem without anything in it is not given. Nothing at all is not given either, not even as the mix.
    """
    stems, lift = _staged(parts, music_db)
    if not stems:
        return Levels(SILENCE_LUFS, db(0.0), 0.0, 0.0, 0.0)
    gain, curve, lufs = _level(stems, target_lufs, ceiling_dbtp)
    finished = {name: Gained(stem, gain, [(curve, dynamics.LOOK_STEP)]) for name, stem in stems.items()}
    for start, stop in blocks(parts.samples):
        pieces = {name: stem[start:stop] for name, stem in finished.items()}
        for name, piece in pieces.items():
            sink(name, piece)
        sink("mix", _total(list(pieces.values())))
    peak = loudness.true_peak(Gained(Summed(list(stems.values())), gain, [(curve, dynamics.LOOK_STEP)]))
    return Levels(lufs, peak, db(gain), db(float(curve.min())), lift)


def checked(name: str, sound: Sound) -> Sound:
    """The sound itself. Raises MediaError when it is not (n, 2) or holds something that is not a number."""
    if sound.ndim != 2 or sound.shape[1] != 2:
        raise MediaError(f"{name}: a sound has the shape (samples, 2), not {sound.shape}")
    if not np.isfinite(sound).all():
        raise MediaError(f"{name}: a sample is not a number")
    return sound


def heard_length(sound: Track) -> int:
    """Samples until the sound falls silent for good."""
    length = 0
    for start, stop in blocks(len(sound)):
        loud = np.flatnonzero(np.abs(sound[start:stop]).max(axis=1) > _TAIL_SILENCE)
        if len(loud):
            length = start + int(loud[-1]) + 1
    return length


def refuse_overrun(start: int, sound: Track, samples: int) -> None:
    """Raises MediaError for a line that begins outside of a work of `samples` or is heard over its end."""
    length = heard_length(sound)
    if not 0 <= start < samples or start + length > samples:
        span = f"{start / RATE:.2f} s to {(start + length) / RATE:.2f} s"
        raise MediaError(f"a line from {span} doesn't fit into {samples / RATE:.2f} s")


def _voice(cues: Sequence[tuple[int, Sound]], samples: int) -> Sound:
    out = np.zeros((samples, 2), np.float32)
    for start, sound in cues:
        refuse_overrun(start, checked("voice", sound), samples)
        piece = sound[: samples - start]
        out[start : start + len(piece)] += piece
    return out


def _to(track: Track, own: float, wanted: float, most_boost_db: float = _MOST_BOOST_DB) -> Track:
    """`track`, whose loudness is `own`, at `wanted` LUFS. What counts as silence stays as it is."""
    return track if own <= SILENCE_LUFS else Gained(track, ratio(min(wanted - own, most_boost_db)))


def _staged(parts: Parts, music_db: float) -> tuple[dict[Role, Track], float]:
    """The stems that are heard, in the relations of the table above, and the music's lift in dB."""
    stems: dict[Role, list[Track]] = {}
    voice = parts.voice
    spoken = loudness.integrated(voice) if voice is not None else SILENCE_LUFS
    active, lift, music_level = np.zeros(1, np.float32), 0.0, 0.0
    if voice is not None:
        stems["voice"] = [voice]
    if voice is not None and spoken > SILENCE_LUFS:
        stems["voice"] = [front := _dense(voice, spoken)]
        active = dynamics.speaking(front, REFERENCE - 26.0, before=0.22, after=0.25, bridge=0.9)
        most = max(_MUSIC_MOST, music_db)
        lift = min(_LIFT + _LIFT_MORE * float(1.0 - active.mean()), most - music_db)
        music_level = music_db + lift

    with_music = parts.music is not None or any(role == "music" for role, _ in parts.laid)
    if with_music:
        under, depth = music_level - _AMBIENCE_UNDER_MUSIC, lift + _AMBIENCE_UNDER_MUSIC_SPOKEN - _AMBIENCE_UNDER_MUSIC
    else:
        under, depth = (_AMBIENCE_ALONE, _LIFT) if spoken > SILENCE_LUFS else (0.0, 0.0)
    levels: dict[Role, float] = {"music": music_level, "ambience": under, "effects": _EFFECTS}
    ways: dict[Role, float] = {"music": lift, "ambience": max(depth, 0.0), "effects": _EFFECTS_WAY}

    if parts.music is not None:
        music = _to(parts.music, loudness.integrated(parts.music), REFERENCE + levels["music"])
        stems["music"] = [_ducked(music, active, _way(music, active, REFERENCE + music_db, lift))]
    if parts.ambience is not None:
        most = _AMBIENCE_MOST_BOOST_DB if with_music or spoken > SILENCE_LUFS else _MOST_BOOST_DB
        room = _to(parts.ambience, loudness.integrated(parts.ambience), REFERENCE + levels["ambience"], most)
        stems["ambience"] = [_ducked(room, active, ways["ambience"])]
    if parts.effects is not None:
        loudest = float(loudness.momentary(parts.effects).max())
        stems["effects"] = [_to(parts.effects, loudest, REFERENCE + levels["effects"])]
    for (role, gives_way), laid in parts.laid.items():
        track: Track = Gained(laid, ratio(levels[role]))
        stems.setdefault(role, []).append(_ducked(track, active, ways[role]) if gives_way else track)
    joined = {role: stems[role][0] if len(stems[role]) == 1 else Summed(stems[role]) for role in STEMS if role in stems}
    return joined, lift if with_music else 0.0


def _dense(voice: Track, spoken: float) -> Track:
    """A voice whose loudness is `spoken`, evened out, its peaks rounded, at the front. What is dense already is hardly
    touched by the last limiter, so that the music keeps its distance to it."""
    even = Gained(voice, 1.0, [(dynamics.compression(voice, spoken + 2.0, 2.5), dynamics.STEP)])
    front = _to(even, loudness.integrated(even), REFERENCE)
    curve = dynamics.limiter(loudness.step_peaks(front, dynamics.LOOK_STEP), REFERENCE + _VOICE_CREST_DB)
    rounded = Gained(front, 1.0, [(curve, dynamics.LOOK_STEP)])
    return _to(rounded, loudness.integrated(rounded), REFERENCE)


def _ducked(track: Track, active: Gain, depth_db: float) -> Track:
    if depth_db <= 0.0 or not active.any():
        return track
    return Gained(track, 1.0, [(dynamics.duck(active, depth_db), dynamics.STEP)])


def _way(music: Track, active: Gain, wanted: float, lift: float) -> float:
    """By how many decibels the music makes way, for what is played while somebody speaks to be at `wanted` LUFS."""
    powers = loudness.step_powers(music)
    middles = np.arange(len(powers)) * (loudness.STEP // dynamics.STEP) + loudness.STEP // dynamics.STEP // 2
    spoken = active[np.minimum(middles, len(active) - 1)] > 0.5
    if not spoken.any():
        return lift
    there = loudness.integrated_of(powers[spoken])
    return min(max(there - wanted, 0.0), lift + _WAY_MORE)


def _level(stems: Mapping[Role, Track], target_lufs: float, ceiling_dbtp: float) -> tuple[float, Gain, float]:
    """One gain and one limiting curve for all stems, and the loudness that they give."""
    total = Summed(list(stems.values()))
    own = loudness.integrated(total)
    if own <= SILENCE_LUFS:
        return 1.0, np.ones(1, np.float32), SILENCE_LUFS
    # A stem can be louder than the mix where two cancel; it has to fit into its own file as well.
    peaks = loudness.step_peaks(total, dynamics.LOOK_STEP)
    for stem in stems.values() if len(stems) > 1 else ():
        np.maximum(peaks, dynamics.step_sample_peaks(stem), out=peaks)
    ceiling = ceiling_dbtp - _AAC_MARGIN_DB - _CURVE_MARGIN_DB
    gain = ratio(target_lufs - own)
    nearest, chosen = np.inf, gain
    for _ in range(_TRIES):
        curve = dynamics.limiter(peaks, ceiling, gain)
        reached = loudness.integrated(Gained(total, gain, [(curve, dynamics.LOOK_STEP)]))
        off = target_lufs - reached
        if abs(off) < nearest:
            nearest, chosen = abs(off), gain
        if abs(off) <= _TOLERANCE_LU:
            return gain, curve, reached
        # The more is limited, the less a gain raises the loudness: what it lacks is given twice.
        gain *= ratio(2.0 * off if float(curve.min()) < 1.0 and off > 0.0 else off)
        gain = min(gain, ratio(target_lufs - own + _MOST_LIMITED_DB))
    curve = dynamics.limiter(peaks, ceiling, chosen)
    return chosen, curve, loudness.integrated(Gained(total, chosen, [(curve, dynamics.LOOK_STEP)]))


def _total(pieces: Sequence[Sound]) -> Sound:
    total = pieces[0].copy()
    for piece in pieces[1:]:
        total += piece
    return total
