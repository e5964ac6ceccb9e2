"""A line from a file: speech that was bought or recorded, trimmed, levelled and timed by sentence as our own lines are.

Nobody says where its sentences end. Each is given its share of the whole by estimate, and the boundary between two is
moved to the quietest place nearby.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from callsheet.errors import MediaError
from callsheet.media import loudness
from callsheet.media.loudness import RATE, ratio
from callsheet.media.speech import script
from callsheet.media.speech.estimate import estimate
from callsheet.media.speech.line import Sentence, Spoken
from callsheet.media.wave import read_sound

Wave = NDArray[np.float32]

LUFS = -20.0
"""As loud as a built-in voice's sentence: see `callsheet.media.speech.line`."""
PEAK = 0.9
NEAR = 0.6
"""Seconds before and after its estimated place in which a boundary between two sentences is looked for."""
QUIET = 0.08
"""Seconds of the quietest stretch that a boundary is put into."""
_AUDIBLE_DB = -40.0
"""Under the loudest 10 ms: room and hiss of a recording lie below, the end of a word above. Ours."""
_LEAD, _TAIL, _EDGE = 0.03, 0.08, 0.02
_STEP = 0.01


def recorded(path: Path, text: str, language: str) -> Spoken:
    """The line `text` as it is spoken in a sound file.

    Silence before and after is cut off, its integrated loudness is -20 LUFS, and its sentences are those of
    `script.phrases`. Raises MediaError for a file that can't be read or has nothing audible in it.
    """
    wave = _levelled(_trimmed(_mono(path), path))
    return Spoken(np.repeat(wave[:, None], 2, axis=1), len(wave) / RATE, _sentences(wave, text, language))


def _mono(path: Path) -> Wave:
    return np.asarray(read_sound(path).mean(axis=1), np.float32)


def _powers(wave: Wave) -> NDArray[np.float64]:
    """Mean square of each 10 ms."""
    step = round(_STEP * RATE)
    whole = len(wave) // step * step
    return np.asarray(np.square(wave[:whole], dtype=np.float64).reshape(-1, step).mean(axis=1))


def _audible(powers: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray(powers > powers.max(initial=0.0) * 10 ** (_AUDIBLE_DB / 10))


def _trimmed(wave: Wave, path: Path) -> Wave:
    heard = np.flatnonzero(_audible(_powers(wave)))
    if not len(heard):
        raise MediaError(f"{path.name}: a spoken line without anything audible in it")
    first = max(0, round((heard[0] * _STEP - _LEAD) * RATE))
    last = min(len(wave), round(((heard[-1] + 1) * _STEP + _TAIL) * RATE))
    cut = wave[first:last].copy()
    edge = min(len(cut) // 2, round(_EDGE * RATE))
    rise = np.sin(np.linspace(0.0, np.pi / 2, edge, dtype=np.float32)) ** 2
    cut[:edge] *= rise
    cut[len(cut) - edge :] *= rise[::-1]
    return cut


def _levelled(wave: Wave) -> Wave:
    own = loudness.integrated(np.repeat(wave[:, None], 2, axis=1))
    gain = min(ratio(LUFS - own), PEAK / float(np.abs(wave).max()))
    return np.asarray(wave * np.float32(gain), np.float32)


def _sentences(wave: Wave, text: str, language: str) -> tuple[Sentence, ...]:
    """The sentences of the text in a trimmed wave; one for all of it where it has no more."""
    phrases = script.phrases(text) or [script.Phrase(" ".join(text.split()), 0.0)]
    lengths = [estimate([phrase.text], language) for phrase in phrases]
    powers, seconds = _powers(wave), len(wave) / RATE
    found: list[Sentence] = []
    start = 0.0
    for number, phrase in enumerate(phrases[:-1]):
        # What is found is held on to: each boundary is estimated from the one before it.
        pauses = [each.pause for each in phrases[number:-1]]
        pace = (seconds - start) / (sum(lengths[number:]) + sum(pauses))
        about = start + pace * (lengths[number] + phrase.pause / 2)
        end, after = _rest(powers, about, start, seconds)
        found.append(Sentence(phrase.text, start, end))
        start = after
    return (*found, Sentence(phrases[-1].text, start, seconds))


def _rest(powers: NDArray[np.float64], about: float, start: float, seconds: float) -> tuple[float, float]:
    """When a sentence has ended and when the next one begins, near `about`; between `start` and `seconds`."""
    width = round(QUIET / _STEP)
    low = max(round((about - NEAR) / _STEP), round(start / _STEP) + 1)
    high = min(round((about + NEAR) / _STEP), round(seconds / _STEP) - 1)
    if high - low < width:
        return about, about
    within = np.convolve(powers[low:high], np.ones(width), mode="valid")
    quiet = low + int(np.argmin(within)) + width // 2
    heard = _audible(powers)
    if heard[quiet]:
        return quiet * _STEP, quiet * _STEP
    before, later = _loud(heard[:quiet][::-1]), _loud(heard[quiet:])
    end, after = (quiet - before) * _STEP + _TAIL, (quiet + later) * _STEP - _LEAD
    middle = quiet * _STEP
    return (end, after) if end <= after else (middle, middle)


def _loud(heard: Sequence[bool] | NDArray[np.bool_]) -> int:
    """How many steps pass until something is heard."""
    found = np.flatnonzero(heard)
    return int(found[0]) if len(found) else len(heard)
