"""A plan in the clothes of its brand: prompts, colours, logo, opening, ending, music and pronunciation. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from callsheet.brand import Brand
from callsheet.features import AnyRequest, VariantsBatch
from callsheet.media.given import Given
from callsheet.plan.model import Plan, Purchase, Work
from callsheet.timeline import AudioCue, Mark, Shot, Timeline

STILL_SECONDS = 2.0
"""How long an opening or ending stands that is an image."""
FADE_SECONDS = 1.5
"""Seconds in which given music comes in and goes out."""
PROMPTS = ("prompt", "animation_prompt", "extension_prompt")


def branded(plan: Plan, brand: Brand, given: Mapping[str, Given]) -> Plan:
    """The plan as the brand wants it; `given` are its files by field: logo, intro, outro, music.

    Works grow by the lengths of opening and ending; nothing costs more. Raises `BriefError` for a forbidden word in a
    prompt or a spoken line.
    """
    fields: dict[str, Any] = {name: getattr(plan, name) for name in Plan.model_fields}
    fields["purchases"] = tuple(_purchase(purchase, brand, plan.language) for purchase in plan.purchases)
    fields["works"] = tuple(_work(work, brand, given) for work in plan.works)
    fields["given"] = (*plan.given, *given.values())
    return Plan(**fields)


def _purchase(purchase: Purchase, brand: Brand, language: str) -> Purchase:
    return purchase.model_copy(update={"request": _request(purchase.id, purchase.request, brand, language)})


def _request(name: str, request: Any, brand: Brand, language: str) -> AnyRequest:
    """The request with the brand's fragments behind every prompt in it."""
    change: dict[str, Any] = {}
    for field in PROMPTS:
        if hasattr(request, field):
            brand.check_words(f"{name}.{field}", getattr(request, field))
            change[field] = brand.styled(getattr(request, field), language)
    for field in ("shots", "scenes", "requests"):
        parts = getattr(request, field, None)
        if parts:
            change[field] = tuple(
                _request(f"{name}.{field}[{n}]", part, brand, language) for n, part in enumerate(parts)
            )
    if isinstance(request, VariantsBatch):
        places = ("base_config", *(f"variations[{n}]" for n in range(len(request.variations))))
        parts = (request.base_config, *request.variations)
        base, *rest = (_words(f"{name}.{at}", part, brand, language) for at, part in zip(places, parts, strict=True))
        change |= {"base_config": base, "variations": tuple(rest)}
    changed: AnyRequest = request.model_copy(update=change)
    return changed


def _words(name: str, fields: Mapping[str, Any], brand: Brand, language: str) -> dict[str, Any]:
    """The fields of a variation, the prompt among them as the brand wants it, where they have one."""
    if "prompt" not in fields:
        return {**fields}
    brand.check_words(f"{name}.prompt", str(fields["prompt"]))
    return {**fields, "prompt": brand.styled(str(fields["prompt"]), language)}


def _work(work: Work, brand: Brand, given: Mapping[str, Given]) -> Work:
    return work.model_copy(update={"timeline": dressed(work.timeline, brand, given)})


def dressed(timeline: Timeline, brand: Brand, given: Mapping[str, Given]) -> Timeline:
    """The timeline as `branded` has it. Raises `BriefError` for a forbidden word in a spoken line."""
    fields: dict[str, Any] = {name: getattr(timeline, name) for name in Timeline.model_fields}
    fps = timeline.fps
    opening = _shots(given.get("intro"), fps)
    ending = _shots(given.get("outro"), fps)
    later = sum(shot.frames for shot in opening)
    for name in ("titles", "lines", "marks", "sounds", "chapters"):
        fields[name] = tuple(item.model_copy(update={"start": item.start + later}) for item in getattr(timeline, name))
    fields["captions"] = tuple(
        track.model_copy(
            update={"captions": tuple(cue.model_copy(update={"start": cue.start + later}) for cue in track.captions)}
        )
        for track in timeline.captions
    )
    fields["lines"] = tuple(_line(line, number, brand) for number, line in enumerate(fields["lines"]))
    # The opening belongs to the first chapter, as players list one from the beginning on.
    fields["chapters"] = (
        *(one.model_copy(update={"start": 0}) for one in fields["chapters"][:1]),
        *fields["chapters"][1:],
    )
    fields["shots"] = (*opening, *timeline.shots, *ending)
    fields["look"] = brand.look
    whole = later + timeline.frames + sum(shot.frames for shot in ending)
    if "logo" in given:
        fields["marks"] = (*fields["marks"], Mark(image=given["logo"].name, start=later, frames=timeline.frames))
    music = given.get("music")
    if music is not None and music.seconds:
        fields["music"] = None
        fields["sounds"] = (*fields["sounds"], *_music(music, whole, fps))
    return Timeline(**fields)


def _line(line: Any, number: int, brand: Brand) -> Any:
    brand.check_words(f"lines[{number}]", line.text)
    said = brand.spoken(line.text)
    return line if said == line.text else line.model_copy(update={"said": said})


def _shots(given: Given | None, fps: int) -> tuple[Shot, ...]:
    if given is None:
        return ()
    still = given.seconds is None
    seconds = STILL_SECONDS if given.seconds is None else given.seconds
    return (Shot(clip=given.name, frames=max(1, int(seconds * fps)), hold=still),)


def _music(music: Given, frames: int, fps: int) -> tuple[AudioCue, ...]:
    """The piece from the beginning, as often as it takes, ducked under speech; it fades out at the end."""
    length = max(1, int((music.seconds or 0) * fps))
    fade = int(FADE_SECONDS * fps)
    cues = []
    for start in range(0, frames, length):
        part = min(length, frames - start)
        last = start + part >= frames
        cues.append(
            AudioCue(
                clip=music.name,
                role="music",
                start=start,
                frames=part,
                fade_in=min(fade, part // 2) if start == 0 else 0,
                fade_out=min(fade, part // 2) if last else 0,
                duck=True,
            )
        )
    return tuple(cues)
