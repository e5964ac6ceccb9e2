"""Which spoken lines of a plan are bought, where a service of speech is configured. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from callsheet.errors import SettingsError
from callsheet.features import Speech
from callsheet.media.speech.estimate import estimate
from callsheet.money import Money
from callsheet.plan.model import Plan, Purchase, Work
from callsheet.provider.speech_services import SpeechService
from callsheet.timeline import Line, Timeline, line_clip

__all__ = ["line_clip", "line_request", "lines_of", "speech_purchases", "spoken_timelines", "with_lines"]


def line_request(line: Line, timeline: Timeline, service: SpeechService, form: str = "wav") -> Speech:
    """The order for a line, in the words in which it is spoken.

    Raises `SettingsError` for a voice that the service has no name for.
    """
    voice = service.voice(line.voice or timeline.voice, timeline.language)
    return Speech.model_validate(
        {"model": service.model, "voice": voice, "text": line.said or line.text, "response_format": form}
    )


def speech_purchases(timelines: Iterable[Timeline], service: SpeechService, form: str = "wav") -> tuple[Purchase, ...]:
    """A purchase for each different line of the works, in the order in which they are first said.

    What is charged by the minute is quoted at the estimated length and charged at the real one. Raises `SettingsError`
    for a voice that the service has no name for.
    """
    found: dict[str, Purchase] = {}
    for timeline in timelines:
        for line in timeline.lines:
            clip = line_clip(line, timeline)
            if clip not in found:
                words = line.said or line.text
                price = service.price.of(words, estimate([words], timeline.language))
                request = line_request(line, timeline, service, form)
                found[clip] = Purchase(id=clip, request=request, clips=(clip,), price=price)
    return tuple(found.values())


def spoken_timelines(work: Work) -> Iterator[Timeline]:
    """The work's timeline, and with its translations for lines each language in which it has another voice."""
    yield work.timeline
    for path in work.deliverables:
        folder, _, file = path.partition("/")
        if folder == "voices" and file.endswith(".mp4"):
            language = file.removesuffix(".mp4")
            lines = tuple(
                Line(text=line.translations[language], start=line.start, voice=line.voice)
                for line in work.timeline.lines
            )
            yield work.timeline.model_copy(update={"language": language, "lines": lines})


def lines_of(work: Work) -> frozenset[str]:
    """What the bought lines of a work are called, whether they are bought or not."""
    return frozenset(line_clip(line, timeline) for timeline in spoken_timelines(work) for line in timeline.lines)


def with_lines(plan: Plan, service: SpeechService, form: str = "wav") -> Plan:
    """The plan with a purchase for each line of its works, behind all others. Those that it had are made anew.

    A plan has one total, so a line has to cost what its clips cost, in one currency; what costs nothing does so in any.
    Raises `SettingsError` where it does not, and for a voice that the service has no name for.
    """
    currency = plan.total.currency
    lines = speech_purchases([timeline for work in plan.works for timeline in spoken_timelines(work)], service, form)
    if any(line.price.amount and line.price.currency != currency for line in lines):
        raise SettingsError(
            f"CALLSHEET_SPEECH_PRICE: a line of {service.model} costs {service.price.currency}, and the clips of this "
            f"plan {currency}; it must be the price in {currency}, such as 110 {currency} per 1M characters"
        )
    free = Money.zero(currency)
    priced = (line if line.price.amount else line.model_copy(update={"price": free}) for line in lines)
    clips = tuple(purchase for purchase in plan.purchases if not isinstance(purchase.request, Speech))
    # Not `model_copy`: it would take the total and the digest along.
    fields: dict[str, Any] = {name: getattr(plan, name) for name in Plan.model_fields}
    return Plan(**fields | {"purchases": (*clips, *priced)})
