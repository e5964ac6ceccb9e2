"""Speech, offline: a text and the name of a voice become a spoken line with the times of its sentences.

Importing this package is cheap, so that a brief can be checked against `voices`; the model is loaded by the first
`speak` that needs it. The same text and voice give the same bytes on the same kind of processor: the network runs on a
fixed number of threads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from callsheet.media.speech.voices import Voice, languages, voice_for, voices

if TYPE_CHECKING:
    from callsheet.media.speech.line import Sentence, Spoken

__all__ = ["Sentence", "Spoken", "Voice", "languages", "speak", "voice_for", "voices"]


def speak(text: str, *, language: str, voice: str) -> Spoken:
    """Speak `text` in `language` ("zh-CN" or "en-US"; a run in the other script is spoken by the same voice).

    Takes about 0.8 CPU seconds for each second of speech, and a few milliseconds for a sentence spoken before. Raises
    BriefError for an unknown language or voice, or a text without anything to say.
    """
    from callsheet.media.speech import line

    return line.speak(text, voice_for(language, voice), language)


def __getattr__(name: str) -> object:
    """`Spoken` and `Sentence` need numpy, so they are imported when they are first named."""
    if name in {"Sentence", "Spoken"}:
        from callsheet.media.speech import line

        return getattr(line, name)
    raise AttributeError(name)
