"""Music: a mood, a length and a seed become a finished little piece that resolves exactly at its end.

The score is written first, each part is played and brought to its level, and the parts are placed in one room. All of
it happens on tapes, so that a piece of ten minutes needs no more memory than one of ten seconds.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from callsheet.media import dynamics, loudness
from callsheet.media.loudness import RATE, Sound, ratio
from callsheet.media.sound import drums, instruments
from callsheet.media.sound.form import Form, form_of, seed_of
from callsheet.media.sound.moods import Mood, Part, mood_named, moods
from callsheet.media.sound.score import Score, Stroke, score_of
from callsheet.media.sound.shaping import Wave, add, band, convolving, dice_of, hall, noise, panned, soft_edges
from callsheet.media.tape import Tape, blocks

__all__ = ["beats", "compose", "moods", "play"]

_LUFS = -16.0
_CEILING_DBFS = -2.5
"""For samples; what lies between them stays under -1.5 dBTP. The mix measures true peaks again."""
_PART_LUFS = -20.0
_LAST_FADE = 0.9
_TONE = 2**15
_ECHOES = ((1, 0.32), (2, 0.16), (3, 0.08))
"""Repeats of a part that has an echo: after how many delays, and how loud. Every other one is on the other side."""


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
    form_of(mood_named(mood), seconds, seed)
    with tempfile.TemporaryDirectory(prefix="callsheet-music-") as folder:
        scratch = Path(folder)
        with Tape(scratch / "music.raw", round(seconds * RATE)) as tape:
            play(mood, seconds, seed, tape, scratch)
            return tape[:]


def play(mood: str, seconds: float, seed: int, onto: Tape, scratch: Path) -> None:
    """Compose and play a piece onto a silent tape of round(seconds * 48000) samples; see `compose`.

    `scratch` is a folder with room for three more tapes, which are removed at the end.
    """
    made = mood_named(mood)
    score = score_of(made, seconds, seed)
    paths = [scratch / f"music-{name}.raw" for name in ("part", "pumped", "send")]
    try:
        part, pumped, send = (Tape(path, len(onto)) for path in paths)
        with part, pumped, send:
            _perform(made, score, seed, onto, part, pumped, send)
        _master(onto, score.form)
    finally:
        for path in paths:
            path.unlink(missing_ok=True)


def _perform(mood: Mood, score: Score, seed: int, dry: Tape, played: Tape, pumped: Tape, send: Tape) -> None:
    """All parts and drums, in their room, onto `dry`."""
    for name, part in mood.parts.items():
        played.clear()
        _play(mood, name, part, score, played, seed)
        gain = _level(played, part.level)
        for start, stop in blocks(len(dry)):
            piece = played[start:stop] * np.float32(gain)
            (pumped if part.pump else dry).add(piece, start)
            send.add(piece * np.float32(0.12) if part.kind == "bass" else piece, start)
        instruments.forget()
    for name, drum in mood.drums.items():
        played.clear()
        _beat(name, score.strokes[name], played, seed)
        gain = _level(played, drum.level)
        for start, stop in blocks(len(dry)):
            piece = played[start:stop] * np.float32(gain)
            dry.add(piece, start)
            send.add(piece * np.float32(drums.ROOM.get(name, 0.7)), start)
    _risers(mood, score, dry, seed)
    for start, stop in blocks(len(dry)):
        piece = pumped[start:stop]
        if mood.pump_db and "kick" in score.strokes:
            piece *= _pump(score.strokes["kick"], mood.pump_db, start, stop)[:, None]
        dry.add(piece, start)
    at, level = 0, np.float32(ratio(mood.reverb_db))
    for room in convolving(send, hall(mood.reverb_seconds, seed_of("hall", mood.name, seed), mood.bright), len(dry)):
        dry.add(room * level, at)
        at += len(room)


def _play(mood: Mood, name: str, part: Part, score: Score, out: Tape, seed: int) -> None:
    own = seed_of("part", name, seed) % 10_000
    for note in score.notes[name]:
        sound = instruments.note(part.instrument, note.pitch, note.length, note.velocity, mood.bright, own)
        out.add(sound, round(note.at * RATE))
    pan = panned(np.ones(1, np.float32), part.pan)
    delay = score.form.beat * 0.75 if part.echo else 0.0
    # From the end to the beginning: what an echo repeats must not have been changed yet.
    for start, stop in reversed(list(blocks(len(out)))):
        first = out[start:stop] * pan
        for times, level in _ECHOES if delay else ():
            back = round(times * delay * RATE)
            earlier = out[max(0, start - back) : max(0, stop - back)] * pan
            repeat = earlier[:, ::-1] if times % 2 else earlier
            add(first, repeat * np.float32(level), len(first) - len(earlier))
        out.put(first, start)


def _beat(name: str, strokes: list[Stroke], out: Tape, seed: int) -> None:
    own = seed_of("drums", seed) % 10_000
    for order, stroke in enumerate(strokes):
        wave = drums.stroke(name, order % drums.VARIANTS, own) * np.float32(stroke.velocity**1.5)
        out.add(panned(wave, drums.PLACES[name]), round(stroke.at * RATE))


def _level(played: Tape, level: float) -> float:
    """The gain that brings a part to its level by its loudest 400 ms, looked for around its greatest energy."""
    half = RATE // 2
    energies = []
    for start, stop in blocks(len(played)):
        squares = np.square(played[start:stop])
        energies.append(np.add.reduceat(squares[:, 0] + squares[:, 1], np.arange(0, stop - start, half)))
    energy = np.concatenate(energies)
    if not energy.any():
        return 1.0
    start = max(0, int(energy.argmax()) - 1) * half
    return ratio(_PART_LUFS + level - float(loudness.momentary(played[start : start + 3 * half]).max()))


def _risers(mood: Mood, score: Score, into: Tape, seed: int) -> None:
    """Noise that swells and brightens through the bar before something new, and stops at its first beat."""
    for order, (start, end) in enumerate(score.risers):
        samples = round((end - start) * RATE)
        if samples < RATE // 4:
            continue
        rise = np.linspace(0.0, 1.0, samples, dtype=np.float32)
        both = np.zeros((samples, 2), np.float32)
        for side in range(2):
            dice = dice_of(seed_of("riser", mood.name, seed, order, side))
            swell = np.zeros(samples, np.float32)
            for low, centre in ((500.0, 0.25), (1400.0, 0.55), (3800.0, 0.9)):
                weight = np.exp(-(((rise - centre) / 0.3) ** 2))
                swell += noise(samples, band(low, 2.2 * low), dice) * weight
            swell *= np.float32(0.02) * rise**2.2
            both[:, side] = soft_edges(swell, 0.05, 0.012)
        into.add(both, round(start * RATE))


def _pump(kicks: Sequence[Stroke], depth_db: float, start: int, stop: int) -> Wave:
    """The gain that makes room for each kick, between two samples: down within 8 ms, back in a curve of 0.23 s."""
    shape_length = round(0.24 * RATE)
    times = np.arange(shape_length) / RATE
    shape = np.minimum(times / 0.008, 1.0) * np.cos(np.clip((times - 0.008) / 0.232, 0.0, 1.0) * np.pi / 2) ** 2
    depth = np.zeros(stop - start, np.float32)
    for kick in kicks:
        at = round(kick.at * RATE) - start
        skip = max(0, -at)
        piece = depth[at + skip : max(0, at + shape_length)]
        np.maximum(piece, (shape[skip : skip + len(piece)] * kick.velocity).astype(np.float32), out=piece)
    return np.asarray(10.0 ** (-depth_db * depth / 20.0), np.float32)


@cache
def _tone() -> Sound:
    """The last filter as an impulse response, its middle at a third of a second."""
    safe = np.maximum(np.fft.rfftfreq(_TONE, 1 / RATE), 1e-3)
    # 36 dB an octave below 34 Hz; 2.5 dB more above 1.8 kHz, for clarity on small loudspeakers.
    tone = (1.0 + 0.33 / (1.0 + (1800.0 / safe) ** 2)) / np.sqrt(1.0 + (34.0 / safe) ** 12)
    impulse = np.roll(np.fft.irfft(tone, _TONE), _TONE // 2) * np.hanning(_TONE)
    return np.asarray(impulse[:, None].repeat(2, axis=1), np.float32)


def _master(tape: Tape, form: Form) -> None:
    """The finished piece, in place: no rumble, a ring-out that ends in silence, the stated loudness, peaks held."""
    samples, late = len(tape), _TONE // 2
    at = -late  # the filter's middle: a piece comes out after all that it is made of has been read
    for piece in convolving(tape, _tone(), samples + late):
        kept = piece[max(0, -at) :]
        tape.put(kept, max(0, at))
        at += len(piece)
    ring = form.seconds - form.final
    head = tape[: max(1, round(0.004 * RATE))]
    tape.put(_rising(head), 0)
    tail = tape[max(0, samples - max(1, round(min(ring * 0.85, max(_LAST_FADE, ring * 0.6)) * RATE))) :]
    tape.put(_rising(tail[::-1])[::-1], samples - len(tail))
    gain = np.float32(ratio(_LUFS - loudness.integrated(tape)))
    for start, stop in blocks(samples):
        tape.put(tape[start:stop] * gain, start)
    curve = dynamics.limiter(dynamics.step_sample_peaks(tape), _CEILING_DBFS)
    for start, stop in blocks(samples):
        held = dynamics.spread_between(curve, start, stop, dynamics.LOOK_STEP)
        tape.put(tape[start:stop] * held[:, None], start)


def _rising(sound: Sound) -> Sound:
    """A raised cosine over the whole of it; the first sample is 0."""
    count = len(sound)
    return np.asarray(sound * (0.5 - 0.5 * np.cos(np.pi * np.arange(count) / count)).astype(np.float32)[:, None])
