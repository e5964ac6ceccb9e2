"""Which picture belongs to each sentence of a course, whatever its length. Pure.

A demonstration is shown where its concept is spoken of, the instructor where the course, a chapter or a new thought
begins, the summary with the last sentence, and points, one for each sentence, with the rest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from callsheet.plan.script import ScriptChapter

View = Literal["instructor", "demonstration", "diagram", "points", "recap"]

POINTS_OF_A_SLIDE = 4
APART = 5
"""Sentences from one sight of the instructor to the next within a chapter."""
LONGEST_POINT = 30
"""Widths of a Chinese character; a Latin letter has half of one."""
_END = " 。！？；!?;….，,、"
_CLAUSE = re.compile(r"(?<=[，、；：—])|(?<=[,;:]\s)")


@dataclass(frozen=True)
class Term:
    """The words by which concept number `concept` is meant."""

    concept: int
    words: tuple[str, ...]


@dataclass(frozen=True)
class Showing:
    """What is seen with a sentence. `concepts` are those that it names, each with the share of the sentence before it.

    `slide` is the number of the slide that collects its point, `lines` what stands on that slide by then.
    """

    view: View
    concepts: tuple[tuple[int, float], ...] = ()
    slide: int = 0
    lines: tuple[str, ...] = ()


def showings(chapters: Sequence[ScriptChapter], terms: Sequence[Term]) -> list[list[Showing]]:
    """What is seen with each sentence of each chapter."""
    finder = Finder(terms)
    found: list[list[Showing]] = []
    slide = 0
    for number, chapter in enumerate(chapters):
        row: list[Showing] = []
        lines: tuple[str, ...] = ()
        since, shown = 0, -1
        slide += 1
        for place, sentence in enumerate(chapter.sentences):
            opens = place == 0 or (chapter.sentences[place - 1].closing and since >= APART)
            closes = number == len(chapters) - 1 and place == len(chapter.sentences) - 1 and place > 0
            concepts = finder.concepts(sentence.text)
            view: View = "points"
            if closes:
                view = "recap"
            elif place == 0 or (opens and not concepts):
                view = "instructor"
            elif concepts:
                view = "diagram" if len(concepts) == 1 and concepts[0][0] == shown else "demonstration"
            if view in ("points", "instructor"):
                if len(lines) == POINTS_OF_A_SLIDE or (place and chapter.sentences[place - 1].closing and lines):
                    lines, slide = (), slide + 1
                lines = (*lines, point(sentence.text))
            shown = concepts[-1][0] if view == "demonstration" else -1
            since = 0 if view == "instructor" else since + 1
            row.append(Showing(view, concepts, slide, lines))
        found.append(row)
    return found


class Finder:
    """Finds the concepts that are spoken of; of two terms at one place the longer one is meant."""

    def __init__(self, terms: Sequence[Term]) -> None:
        known = {word.casefold(): term.concept for term in terms for word in term.words}
        longest = sorted(known, key=lambda word: (-len(word), word))
        self._known = known
        # A Latin term begins a word, and may go on: atom, atoms.
        bounded = (rf"\b{re.escape(word)}" if word[:1].isascii() else re.escape(word) for word in longest)
        self._pattern = re.compile("|".join(bounded)) if longest else None

    def concepts(self, sentence: str) -> tuple[tuple[int, float], ...]:
        """Each concept that is named, once, in order, with the share of the sentence that stands before it."""
        text = sentence.casefold()
        found: dict[int, float] = {}
        for match in self._pattern.finditer(text) if self._pattern else ():
            found.setdefault(self._known[match.group()], match.start() / len(text))
        return tuple(found.items())


def point(sentence: str) -> str:
    """A sentence as a point of a slide: its words, or as many of its clauses as fit."""
    text = sentence.strip(_END)
    if _wide(text) <= LONGEST_POINT:
        return text
    kept = ""
    for clause in _CLAUSE.split(text):
        if _wide((kept + clause).strip(_END)) > LONGEST_POINT:
            break
        kept += clause
    if kept.strip(_END):
        return kept.strip(_END) + "…"
    return _cut(text)


def _cut(text: str) -> str:
    """As much as fits of a clause that is too long for a point; a Latin word stays whole."""
    end = 0
    while end < len(text) and _wide(text[: end + 1]) < LONGEST_POINT:
        end += 1
    cut = text[:end]
    if text[end].isascii() and " " in cut and cut[-1].isascii():
        cut = cut.rsplit(" ", 1)[0]
    return cut.rstrip(_END) + "…"


def _wide(text: str) -> float:
    return sum(0.5 if letter.isascii() else 1.0 for letter in text)
