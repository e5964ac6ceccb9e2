"""Measured sentences, chapters and clips -> the timeline of a course. Pure.

Every sentence has a line, a caption and a picture of its own; nothing in it costs anything but the clips. The picture
changes shortly before a sentence begins, in the pause.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from callsheet.plan import timing
from callsheet.plan.filming import SHORTEST, Clip, filmed, parts
from callsheet.plan.script import ScriptChapter
from callsheet.plan.showing import Showing, Term, showings
from callsheet.timeline import Card, Chapter, Line, Music, Shot, Timeline, Title

LEAD = 0.15
"""Seconds by which a picture comes before its sentence; half of the shortest pause."""
NAMED = 3.5
"""Seconds for which the name of a concept stands in its demonstration, the first time."""
STEPS = 3
"""Parts of a description that are drawn as a diagram; fewer are no way from one thing to another."""
ASIDE = "aside-"
"""Begins the names of cards that only fill the time which a clip leaves."""
_AGAIN = re.compile(r"(?<=\d)-\d+$")
_CLAUSE = re.compile(r"[，,、；;。]\s*")


@dataclass(frozen=True)
class Demonstration:
    """The clip of a concept, and the words by which the concept is spoken of."""

    clip: Clip
    name: str
    description: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lesson:
    """What a course is made of; `instructor` are its clips, the wider one first.

    `labels` are the words on cards in the course's language: `subtitle`, `recap`, `ending`.
    """

    name: str
    language: str
    voice: str
    chapters: tuple[ScriptChapter, ...]
    demonstrations: tuple[Demonstration, ...]
    instructor: tuple[Clip, ...]
    labels: Mapping[str, str]
    music: Music | None = None

    @property
    def terms(self) -> list[Term]:
        return [Term(number, (one.name, *one.words)) for number, one in enumerate(self.demonstrations)]


def compile_lesson(
    lesson: Lesson, said: Sequence[Sequence[float]], seconds: float, *, width: int, height: int, fps: int
) -> Timeline:
    """The timeline of `seconds`. `said` has the seconds of speech of each sentence of each chapter.

    Raises `timing.NotFitting` when no natural pauses make the speech last as long.
    """
    closing = [[sentence.closing for sentence in chapter.sentences] for chapter in lesson.chapters]
    times = timing.times(said, closing, seconds)
    cut = _Cut(lesson, fps, showings(lesson.chapters, lesson.terms))
    cut.opening(round(times.opening * fps))
    lines: list[Line] = []
    for number, (chapter, row) in enumerate(zip(lesson.chapters, cut.rows, strict=True)):
        spoken = times.spoken[number]
        starts = [round((each.start - LEAD) * fps) for each in spoken]
        cut.chapter(number, starts[0])
        last = number == len(lesson.chapters) - 1
        edges = [*starts, round((times.ending if last else times.chapters[number + 1][0]) * fps)]
        cut.sentences(chapter.title, row, edges)
        lines += [
            Line(text=sentence.text, start=round(each.start * fps), translations=dict(sentence.translations))
            for sentence, each in zip(chapter.sentences, spoken, strict=True)
        ]
    cut.ending(round(seconds * fps))
    chapters = [
        Chapter(title=chapter.title, start=round(begin * fps) if number else 0)
        for number, (chapter, (begin, _)) in enumerate(zip(lesson.chapters, times.chapters, strict=True))
    ]
    return Timeline(
        name=lesson.name,
        fps=fps,
        width=width,
        height=height,
        language=lesson.language,
        voice=lesson.voice,
        shots=tuple(cut.shots),
        titles=tuple(cut.titles),
        lines=tuple(lines),
        music=lesson.music,
        chapters=tuple(chapters),
    )


def slides_of(timeline: Timeline) -> tuple[Card, ...]:
    """The cards that are given as slides, each as it is at last. Which there are doesn't depend on times."""
    found: dict[str, Card] = {}
    for card in timeline.shots:
        if isinstance(card, Card) and card.layout != "blank" and not card.card.startswith(ASIDE):
            found[_AGAIN.sub("", card.card)] = card
    return tuple(found.values())


@dataclass
class _Cut:
    """The row of shots as it grows; `at` is the first frame that nothing stands on yet."""

    lesson: Lesson
    fps: int
    rows: list[list[Showing]]
    shots: list[Shot | Card] = field(default_factory=list)
    titles: list[Title] = field(default_factory=list)
    at: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    cards: Counter[str] = field(default_factory=Counter)

    def opening(self, until: int) -> None:
        self._card("title", "title", until, self.lesson.name, (self.lesson.labels["subtitle"],))

    def chapter(self, number: int, until: int) -> None:
        named = dict.fromkeys(concept for showing in self.rows[number] for concept, _ in showing.concepts)
        concepts = " · ".join(self.lesson.demonstrations[concept].name for concept in list(named)[:4])
        lines = (f"{number + 1:02}", concepts) if concepts else (f"{number + 1:02}",)
        title, picture = self.lesson.chapters[number].title, self._still(next(iter(named), -1))
        self._card(f"chapter-{number + 1:02}", "chapter", until, title, lines, (), picture)

    def ending(self, until: int) -> None:
        self._card("end", "end", until, self.lesson.labels["ending"], (self.lesson.name,))

    def sentences(self, title: str, row: Sequence[Showing], edges: Sequence[int]) -> None:
        """The pictures of a chapter's sentences; number n is seen from frame edges[n] to edges[n + 1]."""
        number = 0
        while number < len(row):
            showing, following = row[number], number + 1
            match showing.view:
                case "points":
                    while following < len(row) and _goes_on(showing, row[following]):
                        following += 1
                    self._points(title, row[number:following], edges[number : following + 1])
                case "instructor":
                    self._instructor(title, showing, edges[following])
                case "quote":
                    picture = self._still(showing.about)
                    self._card(
                        f"slide-{showing.slide:02}", "quote", edges[following], title, showing.lines, (), picture
                    )
                case "demonstration":
                    self._demonstrations(showing, edges[following])
                case "diagram":
                    self._diagram(showing.concepts[0][0], edges[following])
                case "recap":
                    self._recap(edges[following])
            number = following

    def _points(self, title: str, row: Sequence[Showing], edges: Sequence[int]) -> None:
        """One card for sentences that follow each other: what stood on the slide before is there, the rest comes."""
        lines = row[-1].lines
        before = len(lines) - len(row)
        cues = (*[0] * before, *(edge - edges[0] for edge in edges[:-1]))
        picture = self._still(row[-1].about)
        self._card(f"slide-{row[-1].slide:02}", "points", edges[-1], title, lines, cues, picture)

    def _instructor(self, title: str, showing: Showing, until: int) -> None:
        clips = list(self.lesson.instructor)
        if sum(self.seen[clip.name] for clip in clips) % 2:
            clips.reverse()
        for clip, frames in zip(clips, parts(clips, until - self.at), strict=True):
            self._film(clip, frames)
        if self.at < until:
            lines = showing.lines
            picture = self._still(showing.about)
            self._card(f"{ASIDE}{showing.slide:02}", "points", until, title, lines, (0,) * len(lines), picture)

    def _demonstrations(self, showing: Showing, until: int) -> None:
        """Each concept from where it is named on; one that leaves too little room isn't shown here."""
        begin, whole = self.at, until - self.at
        wanted = [(concept, begin + round(share * whole)) for concept, share in showing.concepts]
        chosen: list[tuple[int, int]] = []
        for concept, start in wanted:
            if not chosen:
                chosen.append((concept, begin))
            elif start - chosen[-1][1] >= SHORTEST and until - start >= SHORTEST:
                chosen.append((concept, start))
        for (concept, _), end in zip(chosen, [*(start for _, start in chosen[1:]), until], strict=True):
            demonstration = self.lesson.demonstrations[concept]
            first, start = not self.seen[demonstration.clip.name], self.at
            self._film(demonstration.clip, parts([demonstration.clip], end - self.at)[0])
            if first:
                frames = min(round(NAMED * self.fps), self.at - start)
                self.titles.append(Title(text=demonstration.name, start=start, frames=frames, style="lower_third"))
            if self.at < end:
                self._diagram(concept, end, ASIDE)

    def _diagram(self, concept: int, until: int, aside: str = "") -> None:
        """What the description says, step by step; one of a step or two stands beside a still of its demonstration."""
        one = self.lesson.demonstrations[concept]
        lines = tuple(clause for clause in _CLAUSE.split(one.description) if clause)[:5]
        name = f"{aside}concept-{concept + 1:02}"
        if len(lines) < STEPS:
            self._card(name, "title", until, one.name, (one.description,), (), one.clip.name)
        else:
            self._card(name, "diagram", until, one.name, lines)

    def _still(self, concept: int) -> str | None:
        """The clip of which a still stands on a card about that concept."""
        return None if concept < 0 else self.lesson.demonstrations[concept].clip.name

    def _recap(self, until: int) -> None:
        """All concepts; two on a line where they are more than a card has lines."""
        names = [one.name for one in self.lesson.demonstrations]
        step = 1 if len(names) <= 8 else 2
        lines = tuple(" · ".join(names[at : at + step]) for at in range(0, len(names), step))
        self._card("recap", "recap", until, self.lesson.labels["recap"], lines)

    def _film(self, clip: Clip, frames: int) -> None:
        if frames:
            self.shots.append(filmed(clip, frames, self.seen[clip.name]))
            self.seen[clip.name] += 1
            self.at += frames

    def _card(
        self,
        name: str,
        layout: str,
        until: int,
        heading: str,
        lines: tuple[str, ...],
        cues: tuple[int, ...] = (),
        picture: str | None = None,
    ) -> None:
        """A card to frame `until`; a name that stood before is numbered."""
        self.cards[name] += 1
        own = f"{name}-{self.cards[name]}" if self.cards[name] > 1 else name
        fields = {"card": own, "layout": layout, "heading": heading, "lines": lines, "cues": cues, "picture": picture}
        self.shots.append(Card.model_validate({**fields, "frames": until - self.at}))
        self.at = until


def _goes_on(before: Showing, showing: Showing) -> bool:
    return showing.view == "points" and showing.slide == before.slide
