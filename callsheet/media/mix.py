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
Pauses shorter than 0.9 s are not lifted. Without a voice the music is the front, and ambience stays 8 LU under it.

Then one constant gain brings the integrated loudness to the target, and one look-ahead limiter, its gain curve applied
to all stems alike, holds the true peak 1 dB under the ceiling: AAC may overshoot by that much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from callsheet.errors import MediaError
from callsheet.media import dynamics, loudness
from callsheet.media.dynamics import Gain
from callsheet.media.loudness import RATE, SILENCE_LUFS, Curve, Sound, db, ratio
from callsheet.media.wave import fit, read_sound, silence, write_wav

__all__ = ["Mix", "mix_stems", "read_sound", "silence", "write_wav"]

_FRONT = -20.0
"""The voice's level while staging, in LUFS: any number would do, this one keeps head-room."""
_LIFT, _LIFT_MORE, _MUSIC_MOST = 6.0, 9.0, -3.0
_AMBIENCE_UNDER_MUSIC, _AMBIENCE_UNDER_MUSIC_SPOKEN = 8.0, 6.0
_AMBIENCE_ALONE = -14.0
_EFFECTS = -8.0
_VOICE_CREST_DB = 11.0
_MOST_BOOST_DB = 24.0
"""A nearly silent stem is not raised further than this: it would be noise."""
_AMBIENCE_MOST_BOOST_DB = 6.0
"""A quiet room stays a quiet room beside music or a voice; it is not raised to a street's level."""
_AAC_MARGIN_DB, _CURVE_MARGIN_DB = 1.0, 0.1
_TOLERANCE_LU = 0.1
_TAIL_SILENCE = ratio(-60.0)


@dataclass(frozen=True)
class Mix:
    """A mix and its stems, all float32 (samples, 2) at 48 kHz and of one length.

    `stems` has voice, music, ambience and effects (silent ones are read-only). `lufs` is the integrated loudness (-70
    for silence), `true_peak_dbtp` the true peak, `gain_db` the constant gain, `limited_db` the deepest the limiter went
    (0 or less), `lift_db` how far the music rises where nobody speaks (0 without music or voice).
    """

    mix: Sound
    stems: dict[str, Sound]
    lufs: float
    true_peak_dbtp: float
    gain_db: float
    limited_db: float
    lift_db: float


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
    """Mix to exactly `samples`. A voice cue is (first sample, sound); music, ambience and effects start at zero and are
    cut, or continued with silence.

    Raises MediaError for a cue that begins outside or runs over the end (spoken words are never cut off), or a sound
    that is not (n, 2) or holds something that is not a number.
    """
    if samples <= 0:
        raise MediaError(f"a mix of {samples} samples")
    voice = _voice(voice_cues, samples)
    beds = {name: _bed(name, sound, samples) for name, sound in (("music", music), ("ambience", ambience))}
    hits = _bed("effects", effects, samples)
    stems = {"voice": voice, **beds, "effects": hits}
    lift = _stage(stems, music_db)
    mix, stems, gain, curve = _level(stems, target_lufs, ceiling_dbtp)
    return Mix(
        mix=mix,
        stems=stems,
        lufs=loudness.integrated(mix),
        true_peak_dbtp=loudness.true_peak(mix),
        gain_db=db(gain),
        limited_db=db(float(curve.min())),
        lift_db=lift,
    )


def _checked(name: str, sound: Sound) -> Sound:
    if sound.ndim != 2 or sound.shape[1] != 2:
        raise MediaError(f"{name}: a sound has the shape (samples, 2), not {sound.shape}")
    if not np.isfinite(sound).all():
        raise MediaError(f"{name}: a sample is not a number")
    return sound


def _voice(cues: Sequence[tuple[int, Sound]], samples: int) -> Sound:
    out = np.zeros((samples, 2), np.float32) if cues else silence(samples)
    for start, sound in cues:
        loud = np.flatnonzero(np.abs(_checked("voice", sound)).max(axis=1) > _TAIL_SILENCE)
        length = int(loud[-1]) + 1 if len(loud) else 0
        if not 0 <= start < samples or start + length > samples:
            raise MediaError(
                f"a line from {start / RATE:.2f} s to {(start + length) / RATE:.2f} s doesn't fit into "
                f"{samples / RATE:.2f} s"
            )
        piece = sound[: samples - start]
        out[start : start + len(piece)] += piece
    return out


def _bed(name: str, sound: Sound | None, samples: int) -> Sound:
    if sound is None or not sound.any():
        return silence(samples)
    return fit(_checked(name, sound), samples)


def _heard(sound: Sound) -> bool:
    return sound.strides[0] != 0


def _scaled(sound: Sound, gain: float | Gain) -> Sound:
    if not _heard(sound):
        return sound
    return sound * (np.float32(gain) if isinstance(gain, float) else gain[:, None])


def _to(sound: Sound, own: float, wanted: float, most_boost_db: float = _MOST_BOOST_DB) -> Sound:
    """`sound`, whose loudness is `own`, at `wanted` LUFS. What counts as silence stays as it is."""
    if not _heard(sound) or own <= SILENCE_LUFS:
        return sound
    return _scaled(sound, ratio(min(wanted - own, most_boost_db)))


def _stage(stems: dict[str, Sound], music_db: float) -> float:
    """Bring the stems into the relations of the table above, in place; the music's lift in dB."""
    spoken = loudness.integrated(stems["voice"]) if _heard(stems["voice"]) else SILENCE_LUFS
    if spoken > SILENCE_LUFS:
        stems["voice"] = _dense(stems["voice"], spoken)
        active = dynamics.speaking(stems["voice"], _FRONT - 26.0, before=0.22, after=0.25, bridge=0.9)
        most = max(_MUSIC_MOST, music_db)
        lift = min(_LIFT + _LIFT_MORE * float(1.0 - active.mean()), most - music_db)
        music_level = music_db + lift
    else:
        active, lift, music_level = np.zeros(1), 0.0, 0.0
    music, ambience = stems["music"], stems["ambience"]
    if _heard(music):
        level = _FRONT + music_level
        stems["music"] = _ducked(_to(music, loudness.integrated(music), level), active, lift)
    if _heard(ambience):
        if _heard(music):
            level, depth = music_level - _AMBIENCE_UNDER_MUSIC, lift
            depth += _AMBIENCE_UNDER_MUSIC_SPOKEN - _AMBIENCE_UNDER_MUSIC
        else:
            level, depth = (_AMBIENCE_ALONE, _LIFT) if spoken > SILENCE_LUFS else (0.0, 0.0)
        alone = not _heard(music) and spoken <= SILENCE_LUFS
        most = _MOST_BOOST_DB if alone else _AMBIENCE_MOST_BOOST_DB
        ambience = _to(ambience, loudness.integrated(ambience), _FRONT + level, most)
        stems["ambience"] = _ducked(ambience, active, max(depth, 0.0))
    if _heard(stems["effects"]):
        loudest = float(loudness.momentary(stems["effects"]).max())
        stems["effects"] = _to(stems["effects"], loudest, _FRONT + _EFFECTS)
    return lift if _heard(music) else 0.0


def _dense(voice: Sound, spoken: float) -> Sound:
    """A voice whose loudness is `spoken`, evened out, its peaks rounded, at the front. What is dense already is hardly
    touched by the last limiter, so that the music keeps its distance to it."""
    voice = dynamics.compress(voice, spoken + 2.0, 2.5)
    voice = _to(voice, loudness.integrated(voice), _FRONT)
    curve = dynamics.limiter(loudness.step_peaks(voice, dynamics.LOOK_STEP), _FRONT + _VOICE_CREST_DB)
    voice = _scaled(voice, dynamics.spread(curve, len(voice), dynamics.LOOK_STEP))
    return _to(voice, loudness.integrated(voice), _FRONT)


def _ducked(sound: Sound, active: Curve, depth_db: float) -> Sound:
    if depth_db <= 0.0 or not active.any():
        return sound
    return _scaled(sound, dynamics.spread(dynamics.duck(active, depth_db), len(sound)))


def _level(
    stems: dict[str, Sound], target_lufs: float, ceiling_dbtp: float
) -> tuple[Sound, dict[str, Sound], float, Curve]:
    """One gain and one limiting curve for all stems: the mix, the stems, the gain as a ratio, the curve."""
    total = _sum(stems)
    samples = len(total)
    own = loudness.integrated(total)
    if own <= SILENCE_LUFS:
        return total, stems, 1.0, np.ones(1)
    # A stem can be louder than the mix where two cancel; it has to fit into its own file as well.
    peaks = loudness.step_peaks(total, dynamics.LOOK_STEP)
    for stem in stems.values():
        if _heard(stem):
            np.maximum(peaks, dynamics.step_sample_peaks(stem), out=peaks)
    ceiling = ceiling_dbtp - _AAC_MARGIN_DB - _CURVE_MARGIN_DB
    gain = ratio(target_lufs - own)
    for _ in range(8):
        curve = dynamics.limiter(peaks * gain, ceiling)
        factor = dynamics.spread(curve * gain, samples, dynamics.LOOK_STEP)
        off = target_lufs - loudness.integrated(_scaled(total, factor))
        if abs(off) <= _TOLERANCE_LU:
            break
        gain *= ratio(off)
    finished = {name: _scaled(stem, factor) for name, stem in stems.items()}
    return _sum(finished), finished, gain, curve


def _sum(stems: dict[str, Sound]) -> Sound:
    heard = [stem for stem in stems.values() if _heard(stem)]
    if not heard:
        return next(iter(stems.values()))
    total = heard[0].copy()
    for stem in heard[1:]:
        total += stem
    return total
