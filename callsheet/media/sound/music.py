"""Music: a mood, a length and a seed become a finished little piece that resolves exactly at its end.

The score is written first, each part is played and brought to its level, and the parts are placed in one room.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from callsheet.media import dynamics, loudness
from callsheet.media.loudness import RATE, Sound, ratio
from callsheet.media.sound import drums, instruments
from callsheet.media.sound.form import Form, form_of, seed_of
from callsheet.media.sound.moods import Mood, Part, mood_named, moods
from callsheet.media.sound.score import Score, Stroke, score_of
from callsheet.media.sound.shaping import Wave, add, band, convolved, dice_of, hall, noise, panned, soft_edges
from callsheet.media.wave import fit

__all__ = ["beats", "compose", "moods"]

_LUFS = -16.0
_CEILING_DBFS = -2.5
"""For samples; what lies between them stays under -1.5 dBTP. The mix measures true peaks again."""
_PART_LUFS = -20.0
_LAST_FADE = 0.9
_TONE = 2**15


def beats(mood: str, seconds: float, seed: int) -> list[float]:
    """The times in seconds of all beats of `compose(mood, seconds, seed)`, the last chord's included; every fourth from
    the first is the beginning of a bar. Raises as `compose` does."""
    form = form_of(mood_named(mood), seconds, seed)
    return [beat * form.beat for beat in range(form.beats + 1)]


def compose(mood: str, seconds: float, seed: int) -> Sound:
    """Compose and play a piece: float32 (round(seconds * 48000), 2), at -16 LUFS, peaks under -1.5 dBTP.

    The first sample is silent, the last chord falls on a beat and has rung out at the last sample. The same arguments
    give the same bytes. Raises BriefError for an unknown mood and MediaError for less than 0.5 s or more than an hour.
    """
    made = mood_named(mood)
    score = score_of(made, seconds, seed)
    samples = round(seconds * RATE)
    dry, pumped = np.zeros((samples, 2), np.float32), np.zeros((samples, 2), np.float32)
    send = np.zeros((samples, 2), np.float32)
    for name, part in made.parts.items():
        played = _played(made, name, part, score, samples, seed)
        _level(played, part.level)
        into = pumped if part.pump else dry
        into += played
        if part.kind == "bass":
            played *= np.float32(0.12)
        send += played
        instruments.forget()
    for name, drum in made.drums.items():
        beaten = _beaten(name, score.strokes[name], samples, seed)
        _level(beaten, drum.level)
        dry += beaten
        beaten *= np.float32(drums.ROOM.get(name, 0.7))
        send += beaten
    _risers(made, score, dry, seed)
    if made.pump_db and "kick" in score.strokes:
        pumped *= _pump(score.strokes["kick"], made.pump_db, samples)[:, None]
    dry += pumped
    del pumped
    dry += convolved(send, hall(made.reverb_seconds, seed_of("hall", mood, seed), made.bright) * ratio(made.reverb_db))
    del send
    return _mastered(dry, score.form)


def _played(mood: Mood, name: str, part: Part, score: Score, samples: int, seed: int) -> Sound:
    out = np.zeros((samples, 2), np.float32)
    own = seed_of("part", name, seed) % 10_000
    pan = panned(np.ones(1, np.float32), part.pan)
    for note in score.notes[name]:
        sound = instruments.note(part.instrument, note.pitch, note.length, note.velocity, mood.bright, own)
        add(out, sound, round(note.at * RATE))
    out *= pan
    if part.echo:
        _echo(out, score.form.beat * 0.75)
    return out


def _echo(sound: Sound, delay: float) -> None:
    """Three repeats, each softer and on the other side, in place."""
    first = sound.copy()
    for times, level in ((1, 0.32), (2, 0.16), (3, 0.08)):
        swapped = first[:, ::-1] if times % 2 else first
        add(sound, swapped * np.float32(level), round(times * delay * RATE))


def _beaten(name: str, strokes: list[Stroke], samples: int, seed: int) -> Sound:
    out = np.zeros((samples, 2), np.float32)
    own = seed_of("drums", seed) % 10_000
    for order, stroke in enumerate(strokes):
        wave = drums.stroke(name, order % drums.VARIANTS, own) * np.float32(stroke.velocity**1.5)
        add(out, panned(wave, drums.PLACES[name]), round(stroke.at * RATE))
    return out


def _level(sound: Sound, level: float) -> None:
    """Bring a part to its level by its loudest 400 ms, in place. They are looked for around its greatest energy."""
    half = RATE // 2
    energy = np.add.reduceat(np.square(sound[:, 0]) + np.square(sound[:, 1]), np.arange(0, len(sound), half))
    if energy.any():
        start = max(0, int(energy.argmax()) - 1) * half
        loudest = float(loudness.momentary(sound[start : start + 3 * half]).max())
        sound *= np.float32(ratio(_PART_LUFS + level - loudest))


def _risers(mood: Mood, score: Score, into: Sound, seed: int) -> None:
    """Noise that swells and brightens through the bar before something new, and stops at its first beat."""
    for order, (start, end) in enumerate(score.risers):
        samples = round((end - start) * RATE)
        if samples < RATE // 4:
            continue
        rise = np.linspace(0.0, 1.0, samples, dtype=np.float32)
        for side in range(2):
            dice = dice_of(seed_of("riser", mood.name, seed, order, side))
            swell = np.zeros(samples, np.float32)
            for low, centre in ((500.0, 0.25), (1400.0, 0.55), (3800.0, 0.9)):
                weight = np.exp(-(((rise - centre) / 0.3) ** 2))
                swell += noise(samples, band(low, 2.2 * low), dice) * weight
            swell *= np.float32(0.02) * rise**2.2
            add(into[:, side], soft_edges(swell, 0.05, 0.012), round(start * RATE))


def _pump(kicks: list[Stroke], depth_db: float, samples: int) -> Wave:
    """The gain that makes room for each kick: down within 8 ms, back in a curve of 0.23 s."""
    shape_length = round(0.24 * RATE)
    times = np.arange(shape_length) / RATE
    shape = np.minimum(times / 0.008, 1.0) * np.cos(np.clip((times - 0.008) / 0.232, 0.0, 1.0) * np.pi / 2) ** 2
    depth = np.zeros(samples, np.float32)
    for kick in kicks:
        at = round(kick.at * RATE)
        piece = depth[at : at + shape_length]
        np.maximum(piece, (shape[: len(piece)] * kick.velocity).astype(np.float32), out=piece)
    return np.asarray(10.0 ** (-depth_db * depth / 20.0), np.float32)


@cache
def _tone() -> Sound:
    """The last filter as an impulse response, its middle at a third of a second."""
    safe = np.maximum(np.fft.rfftfreq(_TONE, 1 / RATE), 1e-3)
    # 36 dB an octave below 34 Hz; 2.5 dB more above 1.8 kHz, for clarity on small loudspeakers.
    tone = (1.0 + 0.33 / (1.0 + (1800.0 / safe) ** 2)) / np.sqrt(1.0 + (34.0 / safe) ** 12)
    impulse = np.roll(np.fft.irfft(tone, _TONE), _TONE // 2) * np.hanning(_TONE)
    return np.asarray(impulse[:, None].repeat(2, axis=1), np.float32)


def _mastered(sound: Sound, form: Form) -> Sound:
    """The finished piece: no rumble, a ring-out that ends in silence, the stated loudness, peaks held."""
    samples = len(sound)
    ring = form.seconds - form.final
    sound = convolved(fit(sound, samples + _TONE // 2), _tone())[_TONE // 2 :]
    soft_edges(sound, 0.004, min(ring * 0.85, max(_LAST_FADE, ring * 0.6)))
    sound *= np.float32(ratio(_LUFS - loudness.integrated(sound)))
    curve = dynamics.limiter(dynamics.step_sample_peaks(sound), _CEILING_DBFS)
    sound *= dynamics.spread(curve, samples, dynamics.LOOK_STEP)[:, None]
    return sound
