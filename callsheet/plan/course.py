"""The course video: two instructor shots, a demonstration for each concept, and a script that drives the cut.

The rule (APIYI, Sora 2 video generation features, educational course workflow): an instructor in a medium shot of 8 s
and a close-up of 4 s, 6 s at 720p for each key concept, joined to 600 s under the spoken script. Nothing else is
bought: cards, speech, captions and what is shown again cost nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Several
from typing import Any

from slugify import slugify

from callsheet.briefs.course import CourseBrief
from callsheet.canonical import digest
from callsheet.errors import BriefError, Fault
from callsheet.features import Sequence, SequenceShot, TextToVideo
from callsheet.media.images import Media
from callsheet.media.speech.estimate import estimate
from callsheet.media.speech.voices import voice_for
from callsheet.money import PriceList, frame_size
from callsheet.plan.deliverables import deliverables
from callsheet.plan.filming import Clip
from callsheet.plan.lesson import Demonstration, Lesson, compile_lesson, slides_of
from callsheet.plan.model import Plan, Purchase, Work
from callsheet.plan.quote import price_of
from callsheet.plan.script import ScriptChapter, chapters_of
from callsheet.plan.showing import Finder
from callsheet.plan.takes import Ordered, ask_takes
from callsheet.plan.timing import NotFitting
from callsheet.prompts import PromptParts, build_prompt, phrases
from callsheet.tiers import tier
from callsheet.timeline import Music, Timeline

FPS = 30
MEDIUM, CLOSE_UP, DEMONSTRATION = 8, 4, 6
"""Seconds of each kind of shot."""
LARGEST_DEMONSTRATION = "720p"
SHORTEST_CHAPTER = 10
"""Seconds, for a player to list it (support.google.com/youtube/answer/9884579, read 2026-11-22)."""
MUSIC_DB = -26.0
"""Level of music under a voice that is hardly ever silent. Ours."""
_MANY = 20
_ERROR = {True: 0.16, False: 0.25}
"""How far an estimate of the speech may be out, as a share: of `_MANY` sentences and more, and of fewer."""

Said = Several[Several[float]]
"""Seconds of speech of each sentence of each chapter."""
Lengths = Mapping[str, float]
"""Seconds of each clip by its name."""


def plan_course(brief: CourseBrief, files: Mapping[str, Media], prices: PriceList) -> Plan:
    """The plan of one course; it names no images. The timeline is as long as the course, its times are estimated.

    Raises `BriefError` for a script that can't be divided, a concept that it never speaks of, and a script that is too
    long or too short for the duration by more than the estimate may be out.
    """
    takes = ask_takes(_ordered(brief), brief.takes)
    return Plan(
        kind=brief.kind,
        slug=brief.slug,
        name=brief.name,
        language=brief.language,
        tier=brief.tier,
        purchases=tuple(
            Purchase(id=name, request=request, clips=clips, take=take, price=price_of(request, prices))
            for name, request, clips, take in takes
        ),
        works=(course_work(brief),),
        price_list=prices.name,
    )


def course_work(brief: CourseBrief, lengths: Lengths | None = None) -> Work:
    """The course as a work; its timeline is estimated. Raises `BriefError` as `plan_course` does."""
    timeline = timeline_of(brief, None, lengths)
    return Work(
        id="video",
        name=brief.name,
        language=brief.language,
        timeline=timeline,
        deliverables=(*deliverables(timeline, brief.platforms), *_extras(brief, timeline)),
        platforms=brief.platforms,
        label=brief.ai_label,
    )


def timeline_of(brief: CourseBrief, said: Said | None, lengths: Lengths | None = None) -> Timeline:
    """The course as it is cut when its sentences are `said` in so many seconds; by estimate where that is None.

    `lengths` are those of clips that are not as long as the rule has them, as a person ordered them in a plan file.
    Raises `BriefError` where natural pauses don't make the script last as long as the brief says.
    """
    lesson = lesson_of(brief, lengths)
    estimated = said is None
    spoken_for = _estimated(brief, lesson.chapters) if said is None else said
    width, height = frame_size(tier(brief.tier).resolution, "16:9")

    def compiled(seconds: Said) -> Timeline:
        return compile_lesson(lesson, seconds, brief.duration, width=width, height=height, fps=FPS)

    try:
        timeline = compiled(spoken_for)
    except NotFitting as error:
        spoken = sum(map(sum, spoken_for))
        count = sum(len(chapter.sentences) for chapter in lesson.chapters)
        margin = _ERROR[count >= _MANY] * spoken if estimated else 0.0
        aim = min(max(brief.duration, error.shortest), error.longest)
        if abs(aim - brief.duration) > margin:
            raise _misfit(brief, spoken, error, margin) from error
        factor = (spoken + brief.duration - aim) / spoken
        # What is missing is within the estimate's error: planned as if it had been out by just so much.
        factor += 1e-9 if brief.duration > aim else -1e-9
        timeline = compiled([[length * factor for length in chapter] for chapter in spoken_for])
    for chapter, first, last in timeline.chapter_spans():
        if last - first < SHORTEST_CHAPTER * FPS:
            allowed = f"a chapter lasts at least {SHORTEST_CHAPTER} s: players list no shorter ones"
            raise BriefError([Fault("chapters", f"{chapter.title} of {(last - first) / FPS:.1f} s", allowed)])
    return timeline


def lesson_of(brief: CourseBrief, lengths: Lengths | None = None) -> Lesson:
    """What the compiler is given of a brief. Raises `BriefError`."""

    def clip(name: str, seconds: int) -> Clip:
        return Clip(name, round((lengths or {}).get(name, seconds) * FPS))

    words = phrases("course")[_short(brief.language)]
    chapters = chapters_of(brief, words["part"])
    labels = {
        "subtitle": words["subtitle"].format(chapters=len(chapters), minutes=max(1, round(brief.duration / 60))),
        "recap": words["recap"],
        "ending": words["ending"],
    }
    lesson = Lesson(
        name=brief.name,
        language=brief.language,
        voice=brief.voice,
        chapters=chapters,
        demonstrations=tuple(
            Demonstration(clip(f"concept-{number}-clip", DEMONSTRATION), one.name, one.description, tuple(one.words))
            for number, one in enumerate(brief.key_concepts, 1)
        ),
        instructor=(clip("instructor-medium", MEDIUM), clip("instructor-close-up", CLOSE_UP)),
        labels=labels,
        music=Music(mood=brief.music_mood, volume_db=MUSIC_DB, seed=int(digest([brief.name])[:7], 16))
        if brief.music_mood
        else None,
    )
    _refuse_unspoken(brief, lesson)
    return lesson


def speakers(brief: CourseBrief) -> tuple[str, ...]:
    """The languages in which the script is spoken, its own first."""
    return (brief.language, *dict.fromkeys(brief.dubbed))


def sentences_in(chapters: Several[ScriptChapter], language: str, own: str) -> list[list[str]]:
    """The sentences of each chapter in one of the course's languages."""
    return [
        [sentence.text if language == own else sentence.translations[language] for sentence in chapter.sentences]
        for chapter in chapters
    ]


def _estimated(brief: CourseBrief, chapters: Several[ScriptChapter]) -> list[list[float]]:
    """Seconds of each sentence: of the language in which it takes longest."""
    found: list[list[list[float]]] = []
    for language in speakers(brief):
        speed = voice_for(language, brief.voice).speed
        rows = sentences_in(chapters, language, brief.language)
        found.append([[estimate([sentence], language, speed=speed) for sentence in row] for row in rows])
    return longest(found)


def longest(languages: Several[Said]) -> list[list[float]]:
    """Of each sentence the longest time that it takes in any of the languages."""
    return [[max(times) for times in zip(*rows, strict=True)] for rows in zip(*languages, strict=True)]


def _refuse_unspoken(brief: CourseBrief, lesson: Lesson) -> None:
    finder = Finder(lesson.terms)
    sentences = [sentence.text for chapter in lesson.chapters for sentence in chapter.sentences]
    spoken = {concept for sentence in sentences for concept, _ in finder.concepts(sentence)}
    allowed = "the script never says it; name words of the script by which it is meant in `words`"
    faults = [
        Fault(f"key_concepts[{number}].name", one.name, allowed)
        for number, one in enumerate(brief.key_concepts)
        if number not in spoken
    ]
    if faults:
        raise BriefError(faults)


def _misfit(brief: CourseBrief, spoken: float, error: NotFitting, margin: float) -> BriefError:
    about = f" (estimated, within {margin:.0f} s)" if margin else ""
    what = "shorten" if error.shortest > brief.duration else "lengthen"
    allowed = (
        f"its speech of {spoken:.0f} s{about} fills {error.shortest:.0f} s to {error.longest:.0f} s with natural"
        f" pauses: {what} the script or change the duration"
    )
    return BriefError([Fault("duration", f"{brief.duration} s", allowed)])


def demonstration_size(resolution: str) -> str:
    """What demonstrations are bought at in a course of a resolution."""
    return resolution if resolution in ("480p", "720p") else LARGEST_DEMONSTRATION


def _ordered(brief: CourseBrief) -> list[Ordered]:
    words = phrases("course")[_short(brief.language)]
    size = tier(brief.tier).resolution
    shots = tuple(
        SequenceShot(
            shot_number=number,
            duration=seconds,
            prompt=_prompt(brief, brief.instructor or words["instructor"], words[kind], "clean"),
            camera=camera,
        )
        for number, (kind, seconds, camera) in enumerate(
            (("medium", MEDIUM, "medium_shot"), ("close_up", CLOSE_UP, "close_up")), 1
        )
    )
    found: list[Ordered] = [
        ("instructor", Sequence(shots=shots, resolution=size), ("instructor-medium", "instructor-close-up"))
    ]
    small = demonstration_size(size)
    for number, concept in enumerate(brief.key_concepts, 1):
        name = f"concept-{number}"
        request = TextToVideo(
            prompt=_prompt(brief, concept.description, words["demonstration"], brief.style),
            duration=DEMONSTRATION,
            resolution=small,
            style=brief.style,
        )
        found.append((name, request, (f"{name}-clip",)))
    return found


def _prompt(brief: CourseBrief, subject: str, words: Mapping[str, Any], style: str) -> str:
    return build_prompt(PromptParts(subject=subject, style=brief.style_words(style), **words), brief.language)


def _extras(brief: CourseBrief, timeline: Timeline) -> tuple[str, ...]:
    """What a course has besides what every work has."""
    chapters = tuple(
        f"chapters/{number:02}-{slugify(chapter.title, max_length=40, word_boundary=True) or 'chapter'}.mp4"
        for number, chapter in enumerate(timeline.chapters, 1)
    )
    slides = tuple(f"slides/{number:02}.png" for number, _ in enumerate(slides_of(timeline), 1))
    transcripts = tuple(f"transcript.{language}.txt" for language in timeline.caption_languages)
    voices = tuple(f"voices/{language}.{kind}" for language in speakers(brief)[1:] for kind in ("wav", "mp4"))
    return ("chapters.txt", *chapters, *slides, *transcripts, *voices)


def _short(language: str) -> str:
    return "zh" if language == "zh-CN" else "en"
