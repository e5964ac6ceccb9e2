"""A spoken line: its sentences synthesised one by one, trimmed, joined with natural pauses, and timed as they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from callsheet.errors import BriefError, Fault
from callsheet.media import loudness
from callsheet.media.loudness import RATE, Sound, ratio
from callsheet.media.speech import kokoro, script
from callsheet.media.speech.phonemes import tokens
from callsheet.media.speech.voices import Voice
from callsheet.media.wave import silence, write_wav

Wave = NDArray[np.float32]

_LEAD, _TAIL = 0.03, 0.08
"""Seconds kept before the first and after the last audible moment: breath of an aspirate, end of a fricative."""
_AUDIBLE_DB = -48.0
_JOINT = 0.16
"""The pause in seconds inside a sentence that had to be synthesised in pieces."""
_LUFS = -20.0
_PEAK = 0.9


@dataclass(frozen=True)
class Sentence:
    """A sentence as written, and when it is heard, in seconds from the beginning of the line."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Spoken:
    """A line: float32 (samples, 2) at 48 kHz, how long it is in seconds, and its sentences in order."""

    samples: Sound
    seconds: float
    sentences: tuple[Sentence, ...]

    def put_away(self, path: Path) -> Spoken:
        """Writes the line to a WAV file; what is given back has the same times and silence that takes no memory."""
        write_wav(path, self.samples)
        return replace(self, samples=silence(len(self.samples)))


def speak(text: str, voice: Voice, language: str) -> Spoken:
    """Speak a text. Raises BriefError if there is nothing to say in it."""
    pieces: list[Wave] = []
    sentences: list[Sentence] = []
    at, pause = 0, 0.0
    for phrase in script.phrases(text):
        parts = [_trimmed(kokoro.synthesise(sequence, voice)) for sequence in tokens(phrase.text, language)]
        if not parts:
            continue
        if sentences:
            pieces.append(_nothing(pause))
            at += len(pieces[-1])
        wave = _levelled(_cleaned(_joined(parts)))
        pieces.append(wave)
        sentences.append(Sentence(phrase.text, at / RATE, (at + len(wave)) / RATE))
        at += len(wave)
        pause = phrase.pause / voice.speed
    if not sentences:
        raise BriefError([Fault("text", repr(text), "there must be words to speak")])
    line = np.concatenate(pieces)
    return Spoken(np.repeat(line[:, None], 2, axis=1), len(line) / RATE, tuple(sentences))


def _nothing(seconds: float) -> Wave:
    return np.zeros(round(seconds * RATE), np.float32)


def _joined(parts: list[Wave]) -> Wave:
    pieces = [parts[0]]
    for part in parts[1:]:
        pieces += [_nothing(_JOINT), part]
    return np.concatenate(pieces)


def _trimmed(wave: Wave) -> Wave:
    """What is heard of a waveform at 24 kHz, with soft edges, at 48 kHz."""
    window = kokoro.MODEL_RATE // 100
    power = np.convolve(np.square(wave), np.ones(window, np.float32) / window, mode="same")
    heard = np.flatnonzero(power > power.max() * 10 ** (_AUDIBLE_DB / 10))
    first = max(0, int(heard[0]) - round(_LEAD * kokoro.MODEL_RATE))
    last = min(len(wave), int(heard[-1]) + 1 + round(_TAIL * kokoro.MODEL_RATE))
    cut = wave[first:last].copy()
    edge = min(len(cut) // 2, round(0.02 * kokoro.MODEL_RATE))
    rise = np.sin(np.linspace(0.0, np.pi / 2, edge, dtype=np.float32)) ** 2
    cut[:edge] *= rise
    cut[len(cut) - edge :] *= rise[::-1]
    return _doubled(cut)


@cache
def _half_way() -> Wave:
    """64 taps that give the values half way between the samples: a Kaiser-windowed sinc, flat to 11 kHz."""
    offsets = np.arange(64) - 31.5
    taps = np.sinc(offsets) * np.kaiser(64, 6.0)
    return np.asarray(taps / taps.sum(), np.float32)


def _doubled(wave: Wave) -> Wave:
    """24 kHz to 48 kHz: a half-band filter leaves the given samples and computes those between."""
    out = np.empty(2 * len(wave), np.float32)
    out[0::2] = wave
    out[1::2] = np.convolve(wave, _half_way())[32 : 32 + len(wave)]
    return out


def _cleaned(wave: Wave) -> Wave:
    """Without what lies under 60 Hz: no voice does, and the model leaves a little there."""
    size = len(wave) + RATE // 4
    spectrum = np.fft.rfft(wave, size)
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    spectrum *= np.sin(np.clip((hertz - 30.0) / 40.0, 0.0, 1.0) * np.pi / 2) ** 2
    return np.asarray(np.fft.irfft(spectrum, size)[: len(wave)], np.float32)


def _levelled(wave: Wave) -> Wave:
    """At the one loudness of all sentences: the model's own varies by 7 LU from one to the next."""
    own = loudness.integrated(np.repeat(wave[:, None], 2, axis=1))
    gain = min(ratio(_LUFS - own), _PEAK / float(np.abs(wave).max()))
    return wave * np.float32(gain)
