"""Narration: a script is spoken sentence by sentence, and the times that come of it drive a cut.

A sentence is on the disk when the next one is begun, so that a script of ten minutes takes the memory of its longest
sentence. What was spoken before is not spoken again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from callsheet.errors import BriefError, Fault
from callsheet.media.speech import script
from callsheet.media.speech.voices import voice_for
from callsheet.timeline import Line

Progress = Callable[[float], None]
_FORMAT = 1


@dataclass(frozen=True)
class TimedSentence:
    """A sentence as written, when it is heard, in seconds from the beginning, and its sound: a WAV file."""

    text: str
    start: float
    end: float
    audio: Path


@dataclass(frozen=True)
class Narration:
    """A whole script as it is spoken. `seconds` is the end of its last sentence."""

    sentences: tuple[TimedSentence, ...]
    seconds: float

    def lines(self, fps: int, offset: float = 0.0) -> tuple[Line, ...]:
        """The sentences as lines of a timeline, on the frames on which they begin; `offset` is in seconds."""
        return tuple(Line(text=each.text, start=round((each.start + offset) * fps)) for each in self.sentences)


def sentences_of(text: str) -> tuple[str, ...]:
    """The sentences of a script, in order. One that ends with a line break is the last of its paragraph.

    Short ones are joined to a neighbour: alone the voice would swallow them. Nothing to say gives none.
    """
    paragraphs = (script.phrases(" ".join(paragraph.split())) for paragraph in text.splitlines())
    found = [[phrase.text for phrase in paragraph] for paragraph in paragraphs]
    return tuple(
        sentence + ("\n" if number == len(paragraph) - 1 else "")
        for paragraph in found
        for number, sentence in enumerate(paragraph)
    )


def narrate(
    sentences: Sequence[str],
    language: str,
    voice: str,
    *,
    folder: Path,
    pause: float | None = None,
    on_progress: Progress | None = None,
) -> Narration:
    """Speak `sentences` one by one into WAV files in `folder`, where those of another run of the same words are used.

    Between two there are as many seconds as their punctuation asks for, 0.7 after a line break, or `pause` everywhere.
    `on_progress` is told how much of the text is spoken, 0 to 1. Takes 1.2 CPU seconds for each second of new speech.
    Raises BriefError for an unknown language or voice, and naming the first sentence that has nothing to say.
    """
    from callsheet.media.loudness import RATE
    from callsheet.media.speech import line
    from callsheet.media.tape import WavTrack

    speaker = voice_for(language, voice)
    folder.mkdir(parents=True, exist_ok=True)
    tell = on_progress or (lambda done: None)
    whole, spoken = max(1, sum(map(len, sentences))), 0
    out: list[TimedSentence] = []
    at, rest = 0.0, 0.0
    for number, sentence in enumerate(sentences):
        written = " ".join(sentence.split())
        phrases = script.phrases(written)
        if not phrases:
            raise BriefError([Fault(f"sentences[{number}]", repr(written[:80]), "there must be words to speak")])
        path = folder / f"{_digest(written, language, speaker.name, speaker.speed)}.wav"
        if not path.is_file():
            line.speak(written, speaker, language).put_away(path)
        track = WavTrack(path)
        seconds = len(track) / RATE
        track.close()
        start = at + rest
        at = start + seconds
        out.append(TimedSentence(written, start, at, path))
        natural = script.PARAGRAPH if sentence.endswith("\n") else phrases[-1].pause
        rest = natural / speaker.speed if pause is None else pause
        spoken += len(sentence)
        tell(min(1.0, spoken / whole))
    return Narration(tuple(out), at)


def _digest(*parts: object) -> str:
    return sha256(json.dumps([_FORMAT, *parts]).encode()).hexdigest()[:32]
