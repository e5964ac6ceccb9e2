"""What is spoken, as captions: cues of at most two lines, timed by the measured speech, written as SRT and WebVTT.

A caption never changes the words: the pieces of all cues joined give the script back, character for character.

A line holds at most 16 Chinese characters or 42 Latin ones, mixed in proportion, and a cue stays for 5/6 s at least:
Netflix' Timed Text Style Guides (42 characters, two lines, 5/6 s: General Requirements and English Template; 16 for
Simplified Chinese: sublingo.cc/guides/subtitle-specs-by-language of 2026-06, which tables them). Seen in 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from callsheet.errors import MediaError
from callsheet.media.linebreaks import ends_clause, lines_of, shown, width

LINES = 2
_SHORTEST = 5 / 6  # seconds that a cue stays, if the next one leaves it room
_FLICKER = 0.25  # a shorter gap between two cues is closed


@dataclass(frozen=True)
class Utterance:
    """Words and the seconds of the master in which they are spoken."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Cue:
    """One caption. `pieces` are its lines as slices of the script (spaces included); times in seconds of the master."""

    pieces: tuple[str, ...]
    start: float
    end: float

    @property
    def text(self) -> str:
        """As it is shown."""
        return "\n".join(line for line in map(shown, self.pieces) if line)


def utterances(
    text: str, start: float, seconds: float, sentences: Iterable[tuple[str, float, float]]
) -> list[Utterance]:
    """A spoken line of `seconds` that begins at `start`, cut at its sentences (text, start, end within the line).

    The texts of the result joined are `text`. Sentences that can't be found in it, in order, are not trusted, and the
    line is one utterance.
    """
    whole = [Utterance(text, start, start + seconds)]
    found: list[tuple[int, float, float]] = []
    at = 0
    for sentence, begin, end in sentences:
        words = sentence.strip()
        where = text.find(words, at)
        if not words or where < 0:
            return whole
        found.append((where, begin, end))
        at = where + len(words)
    if not found:
        return whole
    edges = [0, *(where for where, _, _ in found[1:]), len(text)]
    times = [(max(0.0, begin), min(seconds, end)) for _, begin, end in found]
    if any(begin >= end for begin, end in times):
        return whole
    return [
        Utterance(text[edges[i] : edges[i + 1]], start + begin, start + end) for i, (begin, end) in enumerate(times)
    ]


def cues(spoken: Sequence[Utterance], language: str) -> list[Cue]:
    """Caption cues for utterances in order of time. An utterance's time is shared out by the length of its pieces."""
    made: list[Cue] = []
    for utterance in spoken:
        groups = _grouped(lines_of(utterance.text, language))
        weights = [sum(_weight(piece) for piece in group) for group in groups]
        total = sum(weights) or 1.0
        at = utterance.start
        for group, weight in zip(groups, weights, strict=True):
            until = at + (utterance.end - utterance.start) * weight / total
            made.append(Cue(group, at, until))
            at = until
    return [_settled(cue, made[i + 1] if i + 1 < len(made) else None) for i, cue in enumerate(made)]


def write(made: Sequence[Cue], path: Path) -> None:
    """Write cues as ``.srt`` or ``.vtt``, by the name of `path`."""
    import pysubs2

    kind = path.suffix.removeprefix(".")
    if kind not in {"srt", "vtt"}:
        raise MediaError(f"{path.name}: captions are written as .srt or .vtt")
    file = pysubs2.SSAFile()
    for cue in made:
        # Substation markup gives the backslash a meaning; while pysubs2 holds the words it is another character.
        words = cue.text.replace("\\", _BACKSLASH)
        if kind == "vtt":
            words = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        if words:
            words = words.replace("\n", r"\N")
            file.append(pysubs2.SSAEvent(start=round(cue.start * 1000), end=round(cue.end * 1000), text=words))
    content = file.to_string(kind, keep_ssa_tags=True).replace(_BACKSLASH, "\\")
    path.write_text(content, encoding="utf-8", newline="\n")


_BACKSLASH = "\ue05c"  # private use


def _grouped(pieces: Sequence[str]) -> list[tuple[str, ...]]:
    """Lines to cues of one or two, such that cues end where a clause does, if that costs no additional cue."""
    best: list[tuple[float, list[tuple[str, ...]]]] = [(0.0, [])]
    for end in range(1, len(pieces) + 1):
        choices = []
        for size in range(1, min(LINES, end) + 1):
            cost, before = best[end - size]
            group = tuple(pieces[end - size : end])
            open_end = 0.3 if end < len(pieces) and not ends_clause(group[-1]) else 0.0
            choices.append((cost + 1.0 + open_end, [*before, group]))
        best.append(min(choices, key=lambda choice: choice[0]))
    return best[-1][1]


def _weight(piece: str) -> float:
    """How long a piece takes to say, relatively: by its width, and a pause where a clause ends."""
    return width(piece) + (32.0 if ends_clause(piece) else 0.0)


def _settled(cue: Cue, following: Cue | None) -> Cue:
    """Give a short cue more time, and close a gap that would only flicker."""
    end = max(cue.end, cue.start + _SHORTEST)
    if following is not None and (end > following.start or following.start - end < _FLICKER):
        end = max(following.start, cue.start)
    return Cue(cue.pieces, cue.start, end)
