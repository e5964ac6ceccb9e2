"""Courses, planned and compiled: every sentence has its time and picture, the whole its length, the price its clips."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callsheet.briefs import load_brief, parse_brief
from callsheet.briefs.course import CourseBrief
from callsheet.errors import BriefError
from callsheet.money import price_list
from callsheet.plan.course import FPS, plan_course, sentences_in, timeline_of
from callsheet.plan.filming import SLOWEST, Clip
from callsheet.plan.lesson import Demonstration, Lesson, compile_lesson, slides_of
from callsheet.plan.quote import REFERENCE
from callsheet.plan.script import ScriptChapter, ScriptSentence, chapters_of
from callsheet.plan.showing import Finder, Term, point, showings
from callsheet.plan.timing import NotFitting, silences
from callsheet.timeline import Card, Shot, Timeline

EXAMPLES = Path(__file__).parents[2] / "examples"
TINY: dict[str, Any] = {
    "kind": "course",
    "name": "Rain",
    "language": "en-US",
    "tier": "prototype",
    "duration": 60,
    "key_concepts": [{"name": "rain", "description": "Rain falls on a lake"}],
    "chapters": [
        {
            "title": "Where it comes from",
            "script": "The sun warms the sea. Water rises into the air. Clouds form there.",
        },
        {"title": "How it falls", "script": "Small drops become large ones. They fall as rain. The rain feeds rivers."},
        {
            "title": "Where it goes",
            "script": "Rivers run to the sea. There it all begins again. Thank you for watching.",
        },
    ],
}


def tiny(**changes: Any) -> CourseBrief:
    brief = parse_brief({**TINY, **changes})
    assert isinstance(brief, CourseBrief)
    return brief


def lesson(chapters: Sequence[ScriptChapter], concepts: int = 3) -> Lesson:
    demonstrations = tuple(
        Demonstration(Clip(f"demo-{n}", 180), f"concept{n}", "one thing, another thing") for n in range(concepts)
    )
    labels = {"subtitle": "a course", "recap": "recap", "ending": "end"}
    instructor = (Clip("medium", 240), Clip("close-up", 120))
    return Lesson("A course", "en-US", "teacher_female", tuple(chapters), demonstrations, instructor, labels)


@st.composite
def courses(draw: st.DrawFn) -> tuple[list[ScriptChapter], list[list[float]], float]:
    """Chapters with a length for each sentence, and a duration that natural pauses can reach."""
    chapters, said = [], []
    for number in range(draw(st.integers(3, 6))):
        sentences, lengths = [], []
        for _ in range(draw(st.integers(1, 12))):
            named = draw(st.lists(st.integers(0, 2), max_size=3))
            words = " and ".join(f"a concept{n}" for n in named) or "plain words that name nothing at all"
            sentences.append(ScriptSentence(f"We speak of {words}.", draw(st.booleans()), {}))
            lengths.append(draw(st.floats(0.8, 25.0)))
        chapters.append(ScriptChapter(f"Chapter {number}", tuple(sentences)))
        said.append(lengths)
    quiet = silences([[sentence.closing for sentence in chapter.sentences] for chapter in chapters])
    least, most = sum(silence.least for silence in quiet), sum(silence.most for silence in quiet)
    return chapters, said, sum(map(sum, said)) + least + draw(st.floats(0.01, 0.99)) * (most - least)


@settings(max_examples=150, deadline=None)
@given(courses())
def test_every_sentence_has_its_time_and_a_picture_that_moves_or_is_drawn(
    course: tuple[list[ScriptChapter], list[list[float]], float],
) -> None:
    chapters, said, seconds = course
    timeline = compile_lesson(lesson(chapters), said, seconds, width=320, height=180, fps=FPS)
    assert timeline.frames == round(seconds * FPS)
    assert [line.text for line in timeline.lines] == [s.text for chapter in chapters for s in chapter.sentences]
    lengths = [length for row in said for length in row]
    starts = [line.start / FPS for line in timeline.lines]
    for start, length, following in zip(starts, lengths, [*starts[1:], timeline.seconds], strict=True):
        assert start + length <= following - 0.25, "two sentences at once, or without a breath"
    for shot in timeline.shots:
        if isinstance(shot, Shot):
            assert not shot.hold and shot.mute
            assert shot.speed >= SLOWEST - 0.01 and shot.frames >= 12
            assert shot.source_in + shot.used <= {"medium": 240, "close-up": 120}.get(shot.clip, 180)
    assert {mark.title for mark in timeline.chapters} == {chapter.title for chapter in chapters}
    cuts = set(timeline.starts())
    assert all(mark.start in cuts for mark in timeline.chapters), "a chapter file begins at a cut"


@settings(max_examples=60, deadline=None)
@given(courses(), st.floats(0.9, 1.1))
def test_the_slides_do_not_depend_on_how_fast_it_is_spoken(
    course: tuple[list[ScriptChapter], list[list[float]], float], factor: float
) -> None:
    chapters, said, seconds = course
    other = [[length * factor for length in row] for row in said]
    longer = seconds + (factor - 1) * sum(map(sum, said))

    def slides(lengths: list[list[float]], whole: float) -> list[tuple[str, ...]]:
        timeline = compile_lesson(lesson(chapters), lengths, whole, width=320, height=180, fps=FPS)
        return [(card.heading, *card.lines) for card in slides_of(timeline)]

    assert slides(said, seconds) == slides(other, longer)


def test_a_demonstration_is_seen_while_its_concept_is_spoken_of() -> None:
    sentences = (
        "We begin.",
        "Here is concept1.",
        "More of concept1.",
        "Again concept1 and then comes concept2.",
        "End.",
    )
    chapter = ScriptChapter("One", tuple(ScriptSentence(text, False, {}) for text in sentences))
    other = ScriptChapter("Two", (ScriptSentence("Plain words.", False, {}), ScriptSentence("Bye.", False, {})))
    said = [[2.0, 3.0, 3.0, 9.0, 2.0], [3.0, 2.0]]
    timeline = compile_lesson(lesson([chapter, other]), said, 44.0, width=320, height=180, fps=FPS)

    def seen(line: int, after: float) -> str:
        frame = timeline.lines[line].start + round(after * FPS)
        return next(
            s.clip for s, at in zip(reversed(timeline.shots), reversed(timeline.starts()), strict=True) if at <= frame
        )

    assert [seen(line, 0.0) for line in range(6)] == [
        "medium",
        "demo-1",
        "concept-02",
        "demo-1",
        "slide-02",
        "close-up",
    ]
    assert seen(3, 8.5) == "demo-2"
    assert seen(6, 0.0) == "recap"
    written = next(card for card in timeline.shots if isinstance(card, Card) and card.card == "slide-02")
    assert (written.layout, written.lines, written.picture) == ("quote", ("End.",), "demo-2")


def test_a_sentence_is_a_point_among_others_and_written_out_alone() -> None:
    long = "The line of its axis meets the road a little ahead of the very point where the tyre touches it."
    sentences = (
        "We begin.",
        "One.",
        "Two.",
        "Why?",
        "And so?",
        f"{long}",
        "Here is concept1.",
        "It helps.",
        "So it is.",
    )
    rows = showings(
        [ScriptChapter("One", tuple(ScriptSentence(text, text == "It helps.", {}) for text in sentences))] * 2,
        [Term(1, ("concept1",))],
    )
    assert [showing.view for showing in rows[0]] == [
        "instructor", "points", "points", "quote", "quote", "quote", "demonstration", "quote", "instructor",
    ]  # fmt: skip
    assert [rows[0][place].lines for place in (2, 4, 5)] == [("We begin", "One", "Two"), ("And so?",), (long,)]
    assert rows[0][7].about == 1, "a still of what was spoken of stands beside it"
    assert rows[1][1].about == -1


def test_a_course_costs_what_its_clips_cost() -> None:
    prices = price_list(REFERENCE)
    for tier, expected in {
        "prototype": "5.40",
        "social": "12.96",
        "professional": "17.28",
        "broadcast": "29.28",
    }.items():
        brief = load_brief(EXAMPLES / "course-zh.yaml").model_copy(update={"tier": tier})
        plan = plan_course(brief, {}, prices)  # type: ignore[arg-type]
        assert plan.total.amount == Decimal(expected)
        assert [len(purchase.clips) for purchase in plan.purchases] == [2] + [1] * 7
        assert plan.works[0].timeline.seconds == 600
        assert plan.shown == {clip for purchase in plan.purchases for clip in purchase.clips}


def test_a_script_that_does_not_fill_the_course_is_refused_with_what_it_fills() -> None:
    with pytest.raises(
        BriefError, match=r"duration: 300 s is not allowed; its speech of \d+ s .*: lengthen the script"
    ):
        timeline_of(tiny(duration=300), None)
    long = [{"title": c["title"], "script": c["script"] * 6} for c in TINY["chapters"]]
    with pytest.raises(BriefError, match=r"shorten the script or change the duration"):
        timeline_of(tiny(chapters=long), None)
    with pytest.raises(BriefError, match=r"duration: 60 s"):
        timeline_of(tiny(), [[9.0] * 3] * 3)
    with pytest.raises(NotFitting):
        compile_lesson(lesson(chapters_of(tiny(), "Part {number}")), [[9.0] * 3] * 3, 60, width=320, height=180, fps=30)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"script": "More words."}, "exactly one of script, script_file and chapters"),
        ({"chapters": TINY["chapters"][:2]}, "three or more"),
        ({"key_concepts": [{"name": "snow", "description": "x"}]}, r"key_concepts\[0\].name: snow .* never says it"),
        (
            {"translations": {"zh-CN": "只有一句话。"}},
            r"translations.zh-CN: 1 sentences is not allowed; the script has 9",
        ),
        ({"dubbed": ["zh-CN"]}, "dubbed: there is no translation in zh-CN"),
        ({"translations": {"en-US": "Hello."}}, "en-US is the language of the script itself"),
        ({"voice": "robot"}, "voice"),
        ({"duration": 59}, "at least 60"),
    ],
)
def test_what_is_wrong_with_a_brief_is_said_in_a_line(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BriefError, match=message):
        plan_course(tiny(**changes), {}, price_list(REFERENCE))


def test_a_script_is_divided_at_its_headings_or_evenly(tmp_path: Path) -> None:
    whole = " ".join(chapter["script"] for chapter in TINY["chapters"])
    headed = "\n".join(f"# {c['title']}\n{c['script']}" for c in TINY["chapters"])
    fields = {**TINY, "chapters": []}
    found = chapters_of(tiny(chapters=[], script=headed), "Part {number}")
    assert [(c.title, len(c.sentences)) for c in found] == [(c["title"], 3) for c in TINY["chapters"]]
    evenly = chapters_of(tiny(chapters=[], script=whole), "Part {number}")
    assert [(c.title, len(c.sentences)) for c in evenly] == [("Part 1", 3), ("Part 2", 3), ("Part 3", 3)]
    assert sentences_in(evenly, "en-US", "en-US") == sentences_in(found, "en-US", "en-US")
    (tmp_path / "script.txt").write_text(headed, encoding="utf-8")
    import yaml

    path = tmp_path / "brief.yaml"
    path.write_text(yaml.safe_dump({**fields, "script_file": "script.txt"}), encoding="utf-8")
    assert chapters_of(load_brief(path), "Part {number}") == found  # type: ignore[arg-type]
    (tmp_path / "script.txt").unlink()
    with pytest.raises(BriefError, match=r"script_file: .*script.txt is not allowed; it can't be read"):
        load_brief(path)


def test_translations_stand_with_their_sentences() -> None:
    text = "".join(f"这是第{n}句话。" for n in "一二三四五六七八九")
    timeline: Timeline = timeline_of(tiny(translations={"zh-CN": text}), None)
    assert timeline.caption_languages == ("en-US", "zh-CN")
    assert timeline.lines[4].translations == {"zh-CN": "这是第五句话。"}


def test_the_longer_term_is_meant_and_latin_words_are_whole() -> None:
    finder = Finder([Term(0, ("水",)), Term(1, ("地下水",)), Term(2, ("atom",))])
    assert [concept for concept, _ in finder.concepts("地下水不是水")] == [1, 0]
    assert [concept for concept, _ in finder.concepts("Two Atoms")] == [2]
    assert finder.concepts("an anatomy") == ()


def test_points_are_short() -> None:
    assert point("水汽是看不见的。") == "水汽是看不见的"
    long = "它也许曾经是恐龙脚下的一片水洼，也许在南极的冰盖里沉睡过几十万年，直到有一天阳光照到了它，谁也说不清楚。"
    assert point(long) == "它也许曾经是恐龙脚下的一片水洼，也许在南极的冰盖里沉睡过几十万年…"
    assert len(point("a very long sentence " * 9)) <= 73
