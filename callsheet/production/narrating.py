"""The script of a course, spoken before anything is bought: how long each sentence really is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from callsheet import progress
from callsheet.brand import Brand
from callsheet.briefs.course import CourseBrief
from callsheet.briefs.dressing import dress
from callsheet.briefs.files import Files
from callsheet.desk import desk_in_use, settings_in_use
from callsheet.ledger.order import Bought
from callsheet.plan.branding import dressed
from callsheet.plan.clip_lengths import lengths_of
from callsheet.plan.course import lesson_of, longest, sentences_in, speakers, timeline_of
from callsheet.plan.model import Plan
from callsheet.scratch import scratch_folder
from callsheet.timeline import Timeline, line_name

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


async def narrated(brief: CourseBrief, brand: Brand | None = None, bought: Sequence[Bought] = ()) -> Narrated:
    """Speaks the script in each of its languages, with the brand's pronunciation, and measures it.

    What is spoken is kept in the cache of speech, from which the cut takes it again; a second call is quick. Sentences
    that are among the `bought` lines are not spoken but measured. Raises `BriefError` for what can't be spoken.
    """
    brief = dress(brief, brand) if brand else brief
    lesson = lesson_of(brief)
    settings = settings_in_use()
    found: dict[str, Seconds] = {}
    for language in speakers(brief):
        rows = sentences_in(lesson.chapters, language, brief.language)
        sentences = [brand.spoken(sentence) if brand else sentence for row in rows for sentence in row]
        limit = 120 + PATIENCE * brief.duration
        async with scratch_folder(settings.scratch()) as folder:
            lines = await _fetched(bought, folder) if bought else {}
            measure = _listened if lines else _spoken
            written = sentences if language == brief.language else [sentence for row in rows for sentence in row]
            work = asyncio.to_thread(measure, written if lines else sentences, language, brief.voice, folder, lines)
            seconds = iter(await asyncio.wait_for(work, limit))
        found[language] = tuple(tuple(round(next(seconds), 6) for _ in row) for row in rows)
        progress.report(f"narrate {language}", "spoken")
    return Narrated(languages=found)


def _spoken(sentences: Sequence[str], language: str, voice: str, folder: Path, _: Mapping[str, Path]) -> list[float]:
    from callsheet.media.speech.narration import narrate

    def tell(done: float) -> None:
        progress.report(f"narrate {language}", "speaking", percent=100 * done)

    spoken = narrate(sentences, language, voice, folder=folder, on_progress=tell)
    return [sentence.end - sentence.start for sentence in spoken.sentences]


def _listened(words: Sequence[str], language: str, voice: str, _: Path, lines: Mapping[str, Path]) -> list[float]:
    from callsheet.media.speech.recorded import recorded

    return [recorded(lines[line_name(language, voice, said)], said, language).seconds for said in words]


async def _fetched(bought: Sequence[Bought], folder: Path) -> dict[str, Path]:
    """The bought lines as files, by their names."""
    found: dict[str, Path] = {}
    async with desk_in_use() as desk:
        for number, asset in enumerate(asset for one in bought for asset in one.assets):
            found[asset.clip] = folder / f"bought-{number}.wav"
            await desk.bucket.get_file(asset.key, found[asset.clip], sha256=asset.sha256)
    return found


def compiled(brief: CourseBrief, files: Files, said: Sequence[Sequence[float]], plan: Plan | None = None) -> Timeline:
    """The course as it is cut when its sentences take so many seconds, dressed by its brand. Raises `BriefError`.

    Its clips are as long as `plan` buys them; without it, as long as the rule has them.
    """
    brief = dress(brief, files.brand) if files.brand else brief
    timeline = timeline_of(brief, said, None if plan is None else lengths_of(plan.purchases))
    return timeline if files.brand is None else dressed(timeline, files.brand, files.given)
