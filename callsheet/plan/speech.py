"""Which spoken lines of a timeline are bought, where a service of speech is configured. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from callsheet.features import Speech
from callsheet.media.speech.estimate import estimate
from callsheet.plan.model import Purchase
from callsheet.provider.speech_services import SpeechService
from callsheet.timeline import Line, Timeline, line_clip

__all__ = ["line_clip", "line_request", "speech_purchases"]


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
