"""What is spoken, as captions: cues of at most two lines, timed by the measured speech, written as SRT and WebVTT.

A translation is shown while the sentences of its line are heard. How fast a cue has to be read is in `reading`.

A caption never changes the words: the pieces of all cues joined give the script back, character for character.

A line holds at most 16 Chinese characters or 42 Latin ones, mixed in proportion, and a cue stays for 5/6 s at least:
Netflix' Timed Text Style Guides (42 characters, two lines, 5/6 s: General Requirements and English Template; 16 for
Simplified Chinese: sublingo.cc/guides/subtitle-specs-by-language of 2026-06, which tables them). Seen in 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from callsheet.errors import MediaError
from callsheet.media.linebreaks import Share, ends_clause, lines_of, of_a_line, shown, width
from callsheet.media.reading import LINES, SHORTEST, seconds_to_read

_Item = TypeVar("_Item")

_SENTENCE = re.compile(r".+?(?:[。！？!?…]+[”’」』）)]*\s*|\.[”’\"')]*\s+|$)", re.DOTALL)
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


def cues(
    spoken: Sequence[Utterance], language: str, *, share: Share = of_a_line, end: float | None = None
) -> list[Cue]:
    """Caption cues for utterances in order of time. An utterance's time is shared out by the length of its pieces.

    A cue that can't be read in its time stays longer where the next one, or the `end` of the work in seconds, leaves
    it room. `share` says how much of a line a piece fills.
    """
    made: list[Cue] = []
    for utterance in spoken:
        made += _timed(lines_of(utterance.text, language, share), utterance.start, utterance.end)
    return [_settled(cue, made[i + 1].start if i + 1 < len(made) else None, end) for i, cue in enumerate(made)]


def fitted(made: Iterable[Cue], language: str, share: Share) -> list[Cue]:
    """The cues for another width of line: one that is too wide is broken anew, and becomes several where it needs more
    than two lines. No word is changed, and no time outside the cue is taken."""
    fitting: list[Cue] = []
    for cue in made:
        if len(cue.text.split("\n")) <= LINES and all(share(piece) <= 1.0 for piece in cue.pieces):
            fitting.append(cue)
        else:
            fitting += _timed(lines_of("".join(cue.pieces), language, share), cue.start, cue.end)
    return fitting


def translated(
    text: str, start: float, seconds: float, sentences: Iterable[tuple[str, float, float]]
) -> list[Utterance]:
    """The translation of a spoken line of `seconds` that begins at `start`: each of its sentences has the time of the
    sentences (text, start, end within the line) that it translates.

    Where there are as many of both, they are pairs. Otherwise sentences that follow each other are taken together, so
    that both sides are at the same share of the line.
    """
    spoken = [(begin, min(seconds, end)) for _, begin, end in sentences if begin < min(seconds, end)]
    said = sentences_of(text)
    if not spoken:
        return [Utterance(text, start, start + seconds)]
    times, widths = [end - begin for begin, end in spoken], [float(width(sentence)) for sentence in said]
    aims = _ends(times if len(spoken) <= len(said) else widths)
    heard, words = _parted(spoken, times, aims), _parted(said, widths, aims)
    return [
        Utterance("".join(part), start + spans[0][0], start + spans[-1][1])
        for part, spans in zip(words, heard, strict=True)
    ]


def sentences_of(text: str) -> list[str]:
    """A text at the ends of its sentences; joined they are the text."""
    return _SENTENCE.findall(text) or [text]


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


def _ends(sizes: Sequence[float]) -> list[float]:
    """Where each of several parts ends, as a share of them all."""
    total = sum(sizes) or 1.0
    return [sum(sizes[: at + 1]) / total for at in range(len(sizes))]


def _parted(items: Sequence[_Item], sizes: Sequence[float], aims: Sequence[float]) -> list[Sequence[_Item]]:
    """`items` in as many runs as there are `aims`, none empty, each ending as near as can be to its share of all."""
    ends = _ends(sizes)
    runs: list[Sequence[_Item]] = []
    begin = 0
    for number, aim in enumerate(aims, 1):
        last = len(items) - (len(aims) - number)
        _, near = min((abs(ends[at - 1] - aim), at) for at in range(begin + 1, last + 1))
        end = near if number < len(aims) else last
        runs.append(items[begin:end])
        begin = end
    return runs


def _timed(lines: Sequence[str], start: float, end: float) -> list[Cue]:
    """Lines as cues, one after the other from `start` to `end`."""
    groups = _grouped(lines)
    weights = [sum(_weight(piece) for piece in group) for group in groups]
    total = sum(weights) or 1.0
    made: list[Cue] = []
    at = start
    for group, weight in zip(groups, weights, strict=True):
        until = at + (end - start) * weight / total
        made.append(Cue(group, at, until))
        at = until
    return made


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


def _settled(cue: Cue, following: float | None, end: float | None) -> Cue:
    """Give a cue the time that it takes to be read, if there is room, and close a gap that would only flicker."""
    until = max(cue.end, cue.start + SHORTEST, cue.start + seconds_to_read(cue.text))
    if end is not None:
        until = max(cue.end, min(until, end))
    if following is not None and (until > following or following - until < _FLICKER):
        until = max(following, cue.start)
    return Cue(cue.pieces, cue.start, until)
