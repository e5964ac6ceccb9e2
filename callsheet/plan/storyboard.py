"""The storyboard film: all shots as one sequence, cut with transitions, music, and the lines that are spoken over them.

The rule (APIYI, Sora 2 video generation features, storyboard sequence and consistency check): shots with a prompt, a
length and a camera are ordered together with a reference image; those below 0.85 are generated again.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Several
from itertools import pairwise, zip_longest

from callsheet.briefs.storyboard import StoryboardBrief, StoryShot
from callsheet.canonical import digest
from callsheet.errors import BriefError, Fault
from callsheet.features import Sequence, SequenceShot
from callsheet.features.generation import Consistency
from callsheet.media.images import Media
from callsheet.money import PriceList, frame_size
from callsheet.plan.deliverables import deliverables
from callsheet.plan.model import Further, Plan, Purchase, Work
from callsheet.plan.quote import price_of
from callsheet.plan.speaking import speaking_seconds
from callsheet.plan.takes import ask_takes
from callsheet.prompts import PromptParts, build_prompt, phrases
from callsheet.tiers import tier
from callsheet.timeline import Line, Music, Shot, Timeline, Title, Transition

FPS = 30
LEAD, PAUSE, TAIL = 0.3, 0.25, 0.6
"""Seconds before a line, between two, and after the last one."""
CLOSING = 4
"""Seconds of the closing title; a third of a film that is shorter than twelve."""
KEPT = {
    "character_appearance": "characters",
    "environment_match": "environment",
    "lighting_continuity": "lighting",
    "color_consistency": "color_grade",
}
"""What is measured -> what the provider is asked to keep."""


def plan_storyboard(brief: StoryboardBrief, files: Mapping[str, Media], prices: PriceList) -> Plan:
    """The plan of one film; `files` has the reference image. Raises `BriefError` for lines that are too long."""
    if not brief.shots:
        raise BriefError([Fault("shots_file", str(brief.shots_file), "its shots have not been read")])
    image = files[brief.reference_image] if brief.reference_image else None
    clips = shot_names(brief)
    resolution = tier(brief.tier).resolution
    width, height = frame_size(resolution, brief.aspect)
    request = Sequence(
        shots=tuple(
            SequenceShot(
                shot_number=number,
                duration=_seconds(brief, shot),
                prompt=_prompt(brief, shot),
                camera=shot.camera[:80].strip() if shot.camera else None,
            )
            for number, shot in enumerate(brief.shots, 1)
        ),
        maintain_consistency=Consistency(**{kept: item in brief.consistency for item, kept in KEPT.items()}),
        reference_image=image,
        resolution=resolution if brief.aspect == "16:9" else f"{width}x{height}",
    )
    timeline = _timeline(brief, clips, (width, height))
    further = brief.further()
    return Plan(
        kind=brief.kind,
        slug=brief.slug,
        name=brief.name,
        language=brief.language,
        tier=brief.tier,
        purchases=tuple(
            Purchase(id=name, request=ordered, clips=own, take=take, price=price_of(ordered, prices))
            for name, ordered, own, take in ask_takes([("storyboard", request, clips)], brief.takes)
        ),
        inputs=() if image is None else (image,),
        works=(
            Work(
                id="film",
                name=brief.name,
                language=brief.language,
                timeline=timeline,
                deliverables=deliverables(timeline, brief.platforms),
                platforms=brief.platforms,
                label=brief.ai_label,
            ),
        ),
        price_list=prices.name,
        further=None if further is None else Further(**further),
    )


def shot_names(brief: StoryboardBrief) -> tuple[str, ...]:
    """What the clips of the shots are called, in the brief's order."""
    return tuple(f"shot-{number}" for number in range(1, len(brief.shots) + 1))


def _seconds(brief: StoryboardBrief, shot: StoryShot) -> int:
    return shot.seconds or brief.shot_seconds


def _prompt(brief: StoryboardBrief, shot: StoryShot) -> str:
    words = phrases("storyboard")["zh" if brief.language == "zh-CN" else "en"]
    subject, action = (brief.characters, shot.description) if brief.characters else (shot.description, "")
    parts = PromptParts(
        subject=subject,
        action=action,
        scene=shot.scene or "",
        style=brief.style_words(brief.style),
        camera=shot.camera or words["camera"],
        audio=words["audio"],
    )
    return build_prompt(parts, brief.language)


def _timeline(brief: StoryboardBrief, clips: Several[str], size: tuple[int, int]) -> Timeline:
    lengths = [_seconds(brief, shot) * FPS for shot in brief.shots]
    shots = [Shot(clip=clips[0], frames=lengths[0])]
    for number, (before, length) in enumerate(pairwise(lengths), 1):
        kind = brief.shots[number].transition or brief.transition
        # A third of the shorter shot at most: every shot is also seen by itself.
        overlap = 0 if kind == "cut" else min(round(brief.transition_seconds * FPS), before // 3, length // 3)
        transition = Transition(kind=kind, frames=overlap) if overlap else None
        shots.append(Shot(clip=clips[number], frames=length, transition=transition))
    starts, frames = _starts(shots), sum(shot.frames - shot.overlap for shot in shots)
    closing = min(CLOSING * FPS, frames // 3)
    last = Title(text=brief.name, subtitle=brief.closing or "", start=frames - closing, frames=closing)
    seed = int(digest([brief.name, [shot.description for shot in brief.shots]])[:7], 16)
    return Timeline(
        name=brief.name,
        fps=FPS,
        width=size[0],
        height=size[1],
        language=brief.language,
        voice=brief.voice,
        shots=tuple(shots),
        titles=(last,) if brief.closing else (),
        lines=_lines(brief, starts, frames),
        music=Music(mood=brief.music_mood, seed=seed) if brief.music_mood else None,
    )


def _starts(shots: Several[Shot]) -> list[int]:
    starts = [0]
    for before, shot in pairwise(shots):
        starts.append(starts[-1] + before.frames - shot.overlap)
    return starts


def _lines(brief: StoryboardBrief, starts: Several[int], frames: int) -> tuple[Line, ...]:
    """Each line over its shot, and over those after it up to the next one that has a line."""
    found: list[Line] = []
    faults = []
    spoken = [number for number, shot in enumerate(brief.shots) if shot.line]
    for number, following in zip_longest(spoken, spoken[1:]):
        shot = brief.shots[number]
        text = shot.line or ""
        end = frames / FPS - TAIL if following is None else starts[following] / FPS + LEAD - PAUSE
        room = end - starts[number] / FPS - LEAD
        needed = speaking_seconds(text, brief.language)
        if needed > room:
            allowed = f"about {needed:.1f} s are spoken, and there are {max(0.0, room):.1f} s until the next line"
            faults.append(Fault(f"shots[{number}].line", text, allowed))
        found.append(Line(text=text, start=starts[number] + round(LEAD * FPS), voice=shot.voice))
    if faults:
        raise BriefError(faults)
    return tuple(found)
