"""Narration: a script is spoken sentence by sentence, and the times that come of it drive a cut.

Two sentences are spoken at a time, and each is on the disk when another is begun, so that a script of ten minutes takes
the memory of its longest sentences. What was spoken before is not spoken again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from callsheet.errors import BriefError, Fault
from callsheet.media.speech import script
from callsheet.media.speech.voices import voice_for
from callsheet.timeline import Line

Progress = Callable[[float], None]
AT_A_TIME = 2
"""Sentences that are spoken at once, each by one thread."""
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
    """Speak `sentences` into WAV files in `folder`, where those of another run of the same words are used.

    Between two there are as many seconds as their punctuation asks for, 0.7 after a line break, or `pause` everywhere.
    `on_progress` is told how much of the text is spoken, 0 to 1. Takes 0.8 CPU seconds for each second of new speech.
    Raises BriefError for an unknown language or voice, and naming the first sentence that has nothing to say.
    """
    from callsheet.media.speech import line

    speaker = voice_for(language, voice)
    folder.mkdir(parents=True, exist_ok=True)
    tell = on_progress or (lambda done: None)
    written = [" ".join(sentence.split()) for sentence in sentences]
    phrases = [script.phrases(words) for words in written]
    for number, (words, said) in enumerate(zip(written, phrases, strict=True)):
        if not said:
            raise BriefError([Fault(f"sentences[{number}]", repr(words[:80]), "there must be words to speak")])
    paths = [folder / f"{_digest(words, language, speaker.name, speaker.speed)}.wav" for words in written]

    def put_away(words: str, path: Path) -> None:
        line.speak(words, speaker, language).put_away(path)

    whole, spoken = max(1, sum(map(len, sentences))), 0
    out: list[TimedSentence] = []
    at, rest = 0.0, 0.0
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        new = {path: words for words, path in zip(written, paths, strict=True) if not path.is_file()}
        under_way: dict[Path, Future[None]] = {path: pool.submit(put_away, words, path) for path, words in new.items()}
        try:
            for number, (sentence, path) in enumerate(zip(sentences, paths, strict=True)):
                if path in under_way:
                    under_way[path].result()
                start = at + rest
                at = start + _seconds(path)
                out.append(TimedSentence(written[number], start, at, path))
                natural = script.PARAGRAPH if sentence.endswith("\n") else phrases[number][-1].pause
                rest = natural / speaker.speed if pause is None else pause
                spoken += len(sentence)
                tell(min(1.0, spoken / whole))
        finally:  # where one can't be spoken, those behind it are not begun
            pool.shutdown(cancel_futures=True)
    return Narration(tuple(out), at)


def _seconds(path: Path) -> float:
    from callsheet.media.loudness import RATE
    from callsheet.media.tape import WavTrack

    track = WavTrack(path)
    try:
        return len(track) / RATE
    finally:
        track.close()


def _digest(*parts: object) -> str:
    return sha256(json.dumps([_FORMAT, *parts]).encode()).hexdigest()[:32]
