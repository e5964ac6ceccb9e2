"""Variants of an advertisement for an A/B test: each picture once, in one batch; all else is made in the cut.

The rule (APIYI, Sora 2 video generation features, batch generation): one base configuration, variations of style and
colour tone laid over it, ordered as one asynchronous batch. A work that is longer than one generation is cut from
several shots of its look.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Several
from dataclasses import dataclass
from typing import Any

from slugify import slugify

from callsheet.briefs.variants import SharedShot, Variant, VariantsBrief
from callsheet.canonical import digest
from callsheet.errors import BriefError, Fault
from callsheet.features import AnyRequest, ImageToVideo, TextToVideo, VariantsBatch
from callsheet.features.batches import ordered_items
from callsheet.features.request import LONGEST_GENERATION
from callsheet.media.images import Media
from callsheet.money import PriceList, frame_size
from callsheet.plan.deliverables import deliverables
from callsheet.plan.model import Plan, Purchase, Work
from callsheet.plan.pool import pieces
from callsheet.plan.quote import price_of
from callsheet.plan.speaking import speaking_seconds
from callsheet.plan.takes import known_takes
from callsheet.prompts import PromptParts, build_prompt, phrases
from callsheet.tiers import tier
from callsheet.timeline import Line, Music, Shot, Timeline, Title

FPS = 30
SHOT = 10
"""Seconds of a shot, at most, where a work is longer than one generation."""
LEAST = 2
"""Seconds of its own picture that a variant has at least, beside what all of them share."""
PACE = 4
"""Seconds, about, of a piece where a work shows a part of its look's shots."""
BATCH = 100
"""Variations of one batch at most."""
CLOSING = 3
"""Seconds of the closing title; a third of a work that is shorter than nine."""
LEAD, PAUSE, TAIL = 0.4, 0.3, 0.6
"""Seconds before the first word, between hook and slogan, and after the last word."""
READING = 2.0
"""Seconds that the hook is shown at least."""


@dataclass(frozen=True)
class Look:
    """Pictures of one style and tone: the name of each clip and its seconds."""

    style: str
    tone: str | None
    clips: tuple[tuple[str, int], ...]


def plan_variants(brief: VariantsBrief, files: Mapping[str, Media], prices: PriceList) -> Plan:
    """The plan of a test; `files` are the images of the shared shots. Raises `BriefError` for a work whose words or
    shared shots do not leave room for the rest.
    """
    variants = brief.variants()
    _refuse_what_is_too_long(brief, variants)
    looks = _looks(brief, variants)
    ordered = [*_shared(brief, files), *_pictures(brief, looks)]
    known_takes(brief.takes, {name for name, _, _ in ordered} | {clip for _, _, clips in ordered for clip in clips})
    purchases = tuple(
        Purchase(id=name, request=request, clips=clips, take=take, price=price_of(request, prices))
        for name, request, clips, take in _with_takes(ordered, brief.takes)
    )
    return Plan(
        kind=brief.kind,
        slug=brief.slug,
        name=brief.name,
        language=brief.language,
        tier=brief.tier,
        purchases=purchases,
        inputs=tuple(dict.fromkeys(files[path] for _, path in brief.files())),
        works=tuple(_work(brief, variant, looks) for variant in variants),
        price_list=prices.name,
    )


def _beside(brief: VariantsBrief) -> int:
    """Seconds of the shots that all variants share."""
    return sum(shot.seconds for shot in (brief.opening, brief.ending) if shot is not None)


def _refuse_what_is_too_long(brief: VariantsBrief, variants: Several[Variant]) -> None:
    faults: dict[Fault, None] = {}
    for variant in variants:
        seconds = variant.values["seconds"]
        if seconds < _beside(brief) + LEAST:
            allowed = f"{_beside(brief)} s are shared by all variants, so {variant.key} needs {_beside(brief) + LEAST}"
            faults[Fault("seconds", str(seconds), allowed)] = None
        spoken = [axis for axis in ("hook", "slogan") if variant.values[axis]]
        needed = LEAD + sum(speaking_seconds(variant.values[axis], brief.language) for axis in spoken) + TAIL
        needed += PAUSE * max(0, len(spoken) - 1)
        if spoken and needed > seconds:
            text = " ".join(variant.values[axis] for axis in spoken)
            allowed = f"about {needed:.0f} s are spoken, and {variant.key} has {seconds}"
            faults[Fault(spoken[-1], text, allowed)] = None
    if faults:
        raise BriefError([*faults])


def _looks(brief: VariantsBrief, variants: Several[Variant]) -> dict[tuple[str, str | None], Look]:
    """Each style with each tone once, in shots for the longest variant that shows it."""
    longest: dict[tuple[str, str | None], int] = {}
    for variant in variants:
        place = (variant.values["style"], variant.values["color_tone"])
        longest[place] = max(longest.get(place, 0), variant.values["seconds"] - _beside(brief))
    found: dict[tuple[str, str | None], Look] = {}
    used: set[str] = set()
    for number, ((style, tone), seconds) in enumerate(longest.items(), 1):
        slug = slugify(f"{style} {tone or ''}", max_length=40)
        name = slug if slug not in used else f"{slug}-{number}"
        used.add(name)
        clips = tuple((f"{name}-shot-{n}", length) for n, length in enumerate(_lengths(seconds), 1))
        found[style, tone] = Look(style, tone, clips)
    return found


def _lengths(seconds: int) -> list[int]:
    """Lengths of the shots of a look: one generation where that is long enough, else even parts."""
    count = 1 if seconds <= LONGEST_GENERATION else -(-seconds // SHOT)
    return [seconds * (n + 1) // count - seconds * n // count for n in range(count)]


_Ordered = tuple[str, AnyRequest, tuple[str, ...]]


def _pictures(brief: VariantsBrief, looks: Mapping[Any, Look]) -> list[_Ordered]:
    """All pictures of all looks as one batch; as few batches as can be where there are more than one may have."""
    rows = phrases("variants")[_words(brief)]["shots"]
    shots = [(look, n, clip, seconds) for look in looks.values() for n, (clip, seconds) in enumerate(look.clips)]
    base = {"prompt": _prompt(brief, rows[0], 0), "duration": shots[0][3], "resolution": _resolution(brief)}
    found: list[_Ordered] = []
    for start in range(0, len(shots), BATCH):
        part = shots[start : start + BATCH]
        variations = []
        for look, n, _, seconds in part:
            own: dict[str, Any] = {"style": look.style} | ({} if look.tone is None else {"color_tone": look.tone})
            more = {"prompt": _prompt(brief, rows[n % len(rows)], n), "duration": seconds}
            variations.append(own | {field: value for field, value in more.items() if value != base[field]})
        name = "pictures" if not start else f"pictures-{start // BATCH + 1}"
        batch = VariantsBatch(base_config=base, variations=tuple(variations))
        found.append((name, batch, tuple(clip for _, _, clip, _ in part)))
    return found


def _words(brief: VariantsBrief) -> str:
    return "zh" if brief.language == "zh-CN" else "en"


def _resolution(brief: VariantsBrief) -> str:
    resolution = tier(brief.tier).resolution
    width, height = frame_size(resolution, brief.aspect)
    return resolution if brief.aspect == "16:9" else f"{width}x{height}"


def _prompt(brief: VariantsBrief, row: Mapping[str, str], number: int) -> str:
    """Shot `number` of a look: the scene is the brief's in all of them, action and camera in the first.

    Style and tone are fields of the variation and not in its prompt, but a style in the brief's own words is.
    """
    own = {"scene": brief.scene, "style": brief.style_text} | (
        {"action": brief.action, "camera": brief.camera} if number == 0 else {}
    )
    parts = {**row, **{part: words for part, words in own.items() if words}}
    return build_prompt(PromptParts(subject=brief.description, **parts), brief.language)


def _shared(brief: VariantsBrief, files: Mapping[str, Media]) -> list[_Ordered]:
    words, style = phrases("variants")[_words(brief)], brief.style_words(brief.style)
    shared: tuple[tuple[str, SharedShot | None], ...] = (("opening", brief.opening), ("ending", brief.ending))
    found: list[_Ordered] = []
    for name, shot in shared:
        if shot is None:
            continue
        fields: dict[str, Any] = {"duration": shot.seconds, "resolution": _resolution(brief)}
        request: AnyRequest
        if shot.image:
            prompt = words["animated"].format(description=shot.description, camera=words[name]["camera"])
            request = ImageToVideo(image=files[shot.image], animation_prompt=prompt, **fields)
        else:
            parts = PromptParts(subject=shot.description, style=style, **words[name])
            request = TextToVideo(prompt=build_prompt(parts, brief.language), style=brief.style, **fields)
        found.append((name, request, (name,)))
    return found


def _with_takes(
    ordered: Several[_Ordered], takes: Mapping[str, int]
) -> list[tuple[str, AnyRequest, tuple[str, ...], int]]:
    """The purchases with their takes: of a batch as a whole, or of one picture, which is then bought by itself.

    The batch stays as it was bought, and its own clip of that picture is called `<clip>-take-1` and not used.
    """
    found = []
    for name, request, clips in ordered:
        again = [clip for clip in clips if takes.get(clip, 1) > 1 and clip != name]
        kept = tuple(f"{clip}-take-1" if clip in again else clip for clip in clips)
        found.append((name, _varied(request, takes.get(name, 1)), kept, takes.get(name, 1)))
        for clip in again:
            if isinstance(request, VariantsBatch):
                alone = ordered_items(request)[clips.index(clip)]
                found.append((clip, _varied(alone, takes[clip]), (clip,), takes[clip]))
    return found


def _varied(request: AnyRequest, take: int) -> AnyRequest:
    """The same words with another seed; that of a batch stands in its base, from where every item has it."""
    if take == 1:
        return request
    if isinstance(request, VariantsBatch):
        return request.model_copy(update={"base_config": {**request.base_config, "seed": take}})
    return request.model_copy(update={"seed": take})


def _work(brief: VariantsBrief, variant: Variant, looks: Mapping[Any, Look]) -> Work:
    timeline = _timeline(brief, variant.values, looks[variant.values["style"], variant.values["color_tone"]])
    return Work(
        id=variant.key,
        folder=variant.key,
        name=f"{brief.name} · {variant.key}",
        language=brief.language,
        timeline=timeline,
        deliverables=deliverables(timeline, brief.platforms),
        platforms=brief.platforms,
        label=brief.ai_label,
        variant=dict(variant.differing),
    )


def _timeline(brief: VariantsBrief, values: Mapping[str, Any], look: Look) -> Timeline:
    frames = values["seconds"] * FPS
    closing = min(CLOSING * FPS, frames // 3)
    width, height = frame_size(tier(brief.tier).resolution, brief.aspect)
    pool = [(clip, seconds * FPS) for clip, seconds in look.clips]
    own = pieces(pool, frames - _beside(brief) * FPS, PACE * FPS, interleaved=False)
    before = (Shot(clip="opening", frames=brief.opening.seconds * FPS),) if brief.opening else ()
    after = (Shot(clip="ending", frames=brief.ending.seconds * FPS),) if brief.ending else ()
    said = values["call_to_action"] or values["slogan"] or ""
    last = Title(text=brief.name, subtitle=said, start=frames - closing, frames=closing)
    lines, hook = _lines(brief, values, frames - closing)
    return Timeline(
        name=brief.name,
        fps=FPS,
        width=width,
        height=height,
        language=brief.language,
        voice=values["voice"],
        shots=(*before, *own, *after),
        titles=(*hook, last),
        lines=lines,
        music=Music(mood=values["music_mood"], seed=int(digest([brief.name, values["music_mood"]])[:7], 16)),
    )


def _lines(brief: VariantsBrief, values: Mapping[str, Any], free: int) -> tuple[tuple[Line, ...], tuple[Title, ...]]:
    """Hook and slogan one after the other, and the hook as a title; `free` are the frames before the closing title."""
    lines, titles, at = [], [], LEAD
    if values["hook"]:
        lines.append(Line(text=values["hook"], start=round(at * FPS)))
        at += speaking_seconds(values["hook"], brief.language) + PAUSE
        shown = min(free, round(max(READING, at) * FPS))
        titles.append(Title(text=values["hook"], start=0, frames=shown, style="lower_third"))
    if values["slogan"]:
        lines.append(Line(text=values["slogan"], start=round(at * FPS)))
    return tuple(lines), tuple(titles)
