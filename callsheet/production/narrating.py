"""The script of a course, spoken before anything is bought: how long each sentence really is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from callsheet import progress
from callsheet.brand import Brand
from callsheet.briefs.course import CourseBrief
from callsheet.briefs.files import Files
from callsheet.desk import settings_in_use
from callsheet.plan.branding import dressed
from callsheet.plan.course import lesson_of, longest, sentences_in, speakers, timeline_of
from callsheet.scratch import scratch_folder
from callsheet.timeline import Timeline

Seconds = tuple[tuple[float, ...], ...]
PATIENCE = 30.0
"""Seconds of waiting for a second of speech, ten times what it takes on two cores."""


class Narrated(BaseModel):
    """Seconds of each sentence of each chapter, by language."""

    model_config = ConfigDict(frozen=True)

    languages: dict[str, Seconds]

    @property
    def longest(self) -> list[list[float]]:
        """Of each sentence the longest time: a picture stands until every language has said it."""
        return longest(list(self.languages.values()))


async def narrated(brief: CourseBrief, brand: Brand | None = None) -> Narrated:
    """Speaks the script in each of its languages, with the brand's pronunciation, and measures it.

    What is spoken is kept in the cache of speech, from which the cut takes it again; a second call is quick. Raises
    `BriefError` for what can't be spoken.
    """
    lesson = lesson_of(brief)
    settings = settings_in_use()
    found: dict[str, Seconds] = {}
    for language in speakers(brief):
        rows = sentences_in(lesson.chapters, language, brief.language)
        sentences = [brand.spoken(sentence) if brand else sentence for row in rows for sentence in row]
        async with scratch_folder(settings.scratch()) as folder:
            limit = 120 + PATIENCE * brief.duration

            def speak(sentences: Sequence[str] = sentences, language: str = language) -> list[float]:
                from callsheet.media.speech.narration import narrate

                def tell(done: float) -> None:
                    progress.report(f"narrate {language}", "speaking", percent=100 * done)

                spoken = narrate(sentences, language, brief.voice, folder=folder, on_progress=tell)
                return [sentence.end - sentence.start for sentence in spoken.sentences]

            seconds = iter(await asyncio.wait_for(asyncio.to_thread(speak), limit))
        found[language] = tuple(tuple(round(next(seconds), 6) for _ in row) for row in rows)
        progress.report(f"narrate {language}", "spoken")
    return Narrated(languages=found)


def compiled(brief: CourseBrief, files: Files, said: Sequence[Sequence[float]]) -> Timeline:
    """The course as it is cut when its sentences take so many seconds, dressed by its brand. Raises `BriefError`."""
    timeline = timeline_of(brief, said)
    return timeline if files.brand is None else dressed(timeline, files.brand, files.given)
