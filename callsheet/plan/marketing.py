"""The marketing video: a close-up, each product image animated, a shot for each usage scenario.

The rule (APIYI, Sora 2 video generation features, short-video marketing workflow): a 5 s close-up, 3 s for each image,
4 s for each scenario, joined to 20 s with uplifting music and the slogan spoken. These lengths overlap by 2 s in all,
which is 0.4 s for each of the five joins: they are the transitions.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Several
from typing import Any

from callsheet.briefs.marketing import MarketingBrief
from callsheet.canonical import digest
from callsheet.features import ImageToVideo, Sequence, SequenceShot, TextToVideo
from callsheet.media.images import Media
from callsheet.money import PriceList, frame_size
from callsheet.plan.deliverables import deliverables
from callsheet.plan.lengths import Lengths, fit_lengths
from callsheet.plan.model import Plan, Purchase, Work
from callsheet.plan.quote import price_of
from callsheet.plan.takes import Ordered, ask_takes
from callsheet.prompts import PromptParts, build_prompt, phrases
from callsheet.tiers import tier
from callsheet.timeline import Line, Music, Shot, Timeline, Title, Transition

FPS = 30
CLOSE_UP, IMAGE, USAGE = 5, 3, 4
"""Seconds of each kind of shot."""
CLOSING_TITLE = 4
"""Seconds at the end over which name and slogan stand in the picture; shorter where the last shot is."""
SPEECH_RATE = {"zh-CN": 4.5, "en-US": 15.0}
"""Characters spoken in a second, an estimate for the plan: the cutting room places the line by its measured length."""
ROOM_AFTER_SPEECH = 1.2
"""Seconds of picture after the last word."""


def plan_marketing(brief: MarketingBrief, files: Mapping[str, Media], prices: PriceList) -> Plan:
    """The plan of one marketing video; `files` are the images that the brief names, by their paths.

    Raises `BriefError` when the shots can't be fitted into the duration.
    """
    images = [files[path] for path in brief.product_images]
    words = phrases("marketing")["zh" if brief.language == "zh-CN" else "en"]
    wanted = [CLOSE_UP] + [IMAGE] * len(images) + [USAGE] * len(brief.scenarios)
    lengths = fit_lengths(wanted, brief.duration, FPS)
    resolution = tier(brief.tier).resolution
    width, height = frame_size(resolution, brief.aspect)
    size = resolution if brief.aspect == "16:9" else f"{width}x{height}"
    ordered = list(_purchases(brief, images, lengths, size, words))
    takes = ask_takes(ordered, brief.takes)
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
        inputs=tuple(dict.fromkeys(images)),
        works=(_work(brief, [clip for _, _, clips in ordered for clip in clips], lengths, width, height),),
        price_list=prices.name,
    )


def _purchases(
    brief: MarketingBrief, images: Several[Media], lengths: Lengths, size: str, words: dict[str, Any]
) -> list[Ordered]:
    style = brief.style_words(brief.style)
    close = PromptParts(subject=brief.description, style=style, **words["close_up"])
    found: list[Ordered] = [
        (
            "close-up",
            TextToVideo(
                prompt=build_prompt(close, brief.language),
                duration=lengths.seconds[0],
                resolution=size,
                style=brief.style,
                camera_movement="orbit",
            ),
            ("close-up",),
        )
    ]
    for number, image in enumerate(images, 1):
        request = ImageToVideo(
            image=image, animation_prompt=words["image"], duration=lengths.seconds[number], resolution=size
        )
        found.append((f"image-{number}", request, (f"image-{number}",)))
    if brief.scenarios:
        seconds = lengths.seconds[1 + len(images) :]
        clips = tuple(f"usage-{number}" for number in range(1, len(brief.scenarios) + 1))
        found.append(("usage", _usage(brief, images, seconds, size, words["usage"], style), clips))
    return found


def _usage(
    brief: MarketingBrief, images: Several[Media], seconds: Several[int], size: str, words: dict[str, Any], style: str
) -> Sequence:
    shots = []
    for number, scenario in enumerate(brief.scenarios):
        camera = words["camera"][number % len(words["camera"])]
        parts = PromptParts(
            subject=brief.description,
            action=words["action"].format(scenario=scenario, name=brief.name),
            style=style,
            camera=camera,
            audio=words["audio"],
        )
        name = ("medium_shot", "close_up")[number % 2]
        shots.append(
            SequenceShot(
                shot_number=number + 1,
                duration=seconds[number],
                prompt=build_prompt(parts, brief.language),
                camera=name,
            )
        )
    return Sequence(shots=tuple(shots), reference_image=images[0] if images else None, resolution=size)


def _work(brief: MarketingBrief, clips: Several[str], lengths: Lengths, width: int, height: int) -> Work:
    timeline = _timeline(brief, clips, lengths, width, height)
    return Work(
        id="video",
        name=brief.name,
        language=brief.language,
        timeline=timeline,
        deliverables=deliverables(timeline, brief.platforms),
        platforms=brief.platforms,
        label=brief.ai_label,
    )


def _timeline(brief: MarketingBrief, clips: Several[str], lengths: Lengths, width: int, height: int) -> Timeline:
    shots = []
    for number, (clip, seconds) in enumerate(zip(clips, lengths.seconds, strict=True)):
        overlap = lengths.overlaps[number - 1] if number else 0
        transition = Transition(kind="dissolve", frames=overlap) if overlap else None
        shots.append(Shot(clip=clip, frames=seconds * FPS, transition=transition))
    end = brief.duration * FPS
    closing = min(CLOSING_TITLE * FPS, shots[-1].frames)
    spoken = round((len(brief.slogan) / SPEECH_RATE[brief.language] + ROOM_AFTER_SPEECH) * FPS)
    return Timeline(
        name=brief.name,
        fps=FPS,
        width=width,
        height=height,
        language=brief.language,
        voice=brief.voice,
        shots=tuple(shots),
        titles=(Title(text=brief.name, subtitle=brief.slogan, start=end - closing, frames=closing),),
        lines=(Line(text=brief.slogan, start=max(0, end - max(closing, spoken))),),
        music=Music(mood=brief.music_mood, seed=int(digest([brief.name, brief.slogan])[:7], 16)),
    )
