"""Which picture belongs to each sentence of a course, whatever its length. Pure.

A demonstration is shown where its concept is spoken of, the instructor where the course, a chapter or a new thought
begins, the summary with the last sentence. Of the rest, sentences that follow each other become the points of a slide;
one that stands alone, asks something or is too long for a point is written out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from callsheet.plan.script import ScriptChapter

View = Literal["instructor", "demonstration", "diagram", "points", "quote", "recap"]

POINTS_OF_A_SLIDE = 4
APART = 5
"""Sentences from one sight of the instructor to the next within a chapter."""
LONGEST_POINT = 36
"""Widths of a Chinese character; a Latin letter has half of one."""
_ASKS = ("?", "？")
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

    `slide` is the number of the slide that collects its point, `lines` what stands on that slide by then; `about` is
    the concept that the chapter spoke of last before that slide, -1 for none.
    """

    view: View
    concepts: tuple[tuple[int, float], ...] = ()
    slide: int = 0
    lines: tuple[str, ...] = ()
    about: int = -1


def showings(chapters: Sequence[ScriptChapter], terms: Sequence[Term]) -> list[list[Showing]]:
    """What is seen with each sentence of each chapter."""
    finder = Finder(terms)
    found: list[list[Showing]] = []
    slide = 0
    for number, chapter in enumerate(chapters):
        row: list[Showing] = []
        lines: tuple[str, ...] = ()
        since, about, before = 0, -1, -1  # `before`: what was spoken of before the slide began
        slide += 1
        for place, sentence in enumerate(chapter.sentences):
            new = place > 0 and chapter.sentences[place - 1].closing
            closes = number == len(chapters) - 1 and place == len(chapter.sentences) - 1 and place > 0
            concepts = finder.concepts(sentence.text)
            last = row[-1] if row else None
            view: View = "points"
            if closes:
                view = "recap"
            elif place == 0 or (new and since >= APART and not concepts):
                view = "instructor"
            elif concepts:
                again = last is not None and last.view == "demonstration" and last.concepts[-1][0] == concepts[0][0]
                view = "diagram" if len(concepts) == 1 and again else "demonstration"
            elif (last is None or last.view != "quote") and _stands_alone(sentence.text):
                view = "quote"
            if view in ("points", "instructor", "quote"):
                interrupted = last is not None and last.view not in ("points", "instructor")
                if lines and (len(lines) == POINTS_OF_A_SLIDE or new or interrupted or view == "quote"):
                    lines, slide = (), slide + 1
                before = before if lines else about
                lines = (*lines, sentence.text.strip() if view == "quote" else point(sentence.text))
            elif concepts:
                about = concepts[-1][0]
            since = 0 if view == "instructor" else since + 1
            row.append(Showing(view, concepts, slide, lines, before))
        found.append(_written_out(row, chapter))
    return found


def _stands_alone(sentence: str) -> bool:
    """Whether it asks something, or is too long for a point."""
    return sentence.strip().endswith(_ASKS) or _wide(sentence.strip(_END)) > LONGEST_POINT


def _written_out(row: Sequence[Showing], chapter: ScriptChapter) -> list[Showing]:
    """The row, with the only point of a slide as what it is: a sentence."""
    collected = Counter(showing.slide for showing in row if showing.view in ("points", "instructor", "quote"))
    return [
        replace(showing, view="quote", lines=(sentence.text.strip(),))
        if showing.view == "points" and collected[showing.slide] == 1
        else showing
        for showing, sentence in zip(row, chapter.sentences, strict=True)
    ]


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
