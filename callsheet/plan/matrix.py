"""The content matrix: every cell cut from shots that it shares with the others, as far as the brief allows.

The rule (APIYI, Sora 2 video generation features): a video for each platform in its length, shape and manner; key shots
first, then the transitional shots based on them; nothing longer than one generation.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Several
from dataclasses import dataclass
from typing import Any

from callsheet.briefs.matrix import Cell, MatrixBrief
from callsheet.canonical import digest
from callsheet.errors import BriefError, Fault
from callsheet.features import ImageToVideo, TextToVideo
from callsheet.media.images import Media
from callsheet.money import PriceList, frame_size
from callsheet.plan.deliverables import deliverables
from callsheet.plan.model import Basis, Plan, Purchase, Work
from callsheet.plan.pool import groups_of, pieces
from callsheet.plan.quote import price_of
from callsheet.plan.speaking import speaking_seconds
from callsheet.plan.takes import known_takes
from callsheet.platforms import platforms
from callsheet.prompts import PromptParts, build_prompt, phrases, style_words
from callsheet.tiers import tier
from callsheet.timeline import Line, Music, Timeline, Title

FPS = 30
CLOSING = 3
"""Seconds of the closing title; a third of a work that is shorter than nine."""
LEAD, TAIL = 0.4, 0.6
"""Seconds before the first word and after the last one."""


@dataclass(frozen=True)
class Pool:
    """Shots that some cells share: `width` and `height` in pixels at the brief's tier, `clips` with their frames."""

    name: str
    width: int
    height: int
    cells: tuple[str, ...]
    clips: tuple[tuple[str, int], ...]
    purchases: tuple[Purchase, ...]


@dataclass(frozen=True)
class _Look:
    """How a pool's shots are ordered: `manner` where all its cells have one; `number` tells it from the other pools."""

    style: str
    size: tuple[int, int]
    manner: str | None
    number: int


def plan_matrix(brief: MatrixBrief, files: Mapping[str, Media], prices: PriceList) -> Plan:
    """The plan of a matrix; it names no files. Raises `BriefError` for a message that a cell is too short for."""
    named = dict(zip(brief.names(), brief.cells, strict=True))
    pools = _pools(brief, named, prices)
    purchases = tuple(purchase for pool in pools for purchase in pool.purchases)
    known_takes(brief.takes, [purchase.id for purchase in purchases])
    of_cell = {name: pool for pool in pools for name in pool.cells}
    works = tuple(
        _work(brief, name, cell, of_cell[name], language)
        for language in (brief.language, *brief.languages)
        for name, cell in named.items()
    )
    return Plan(
        kind=brief.kind,
        slug=brief.slug,
        name=brief.name,
        language=brief.language,
        tier=brief.tier,
        purchases=purchases,
        works=works,
        price_list=prices.name,
    )


def _pools(brief: MatrixBrief, named: Mapping[str, Cell], prices: PriceList) -> list[Pool]:
    """The cells in groups that may share, in the order of their first cells; each with what is bought for it."""
    groups: dict[tuple[Any, ...], list[str]] = {}
    for name, cell in named.items():
        groups.setdefault(_group(brief, name, cell), []).append(name)
    found: list[Pool] = []
    for members in groups.values():
        cells = [named[name] for name in members]
        width, height = _shape(brief, cells)
        name = "shared" if len(groups) == 1 else members[0]
        style = cells[0].style or brief.style
        manners = {cell.manner for cell in cells}
        look = _Look(style, (width, height), manners.pop() if len(manners) == 1 else None, len(found))
        bought = _bought(brief, name, look, max(cell.seconds for cell in cells), prices)
        clips = tuple((p.clips[0], p.request.billed()[0][1] * FPS) for p in bought)
        found.append(Pool(name, width, height, tuple(members), clips, bought))
    return found


def _group(brief: MatrixBrief, name: str, cell: Cell) -> tuple[Any, ...]:
    """Cells of one group share their shots: the same style, and a shape as like as the brief asks for."""
    contract = platforms()[cell.platform]
    width, height = contract.width, contract.height
    style = cell.style or brief.style
    match brief.sharing:
        case "none":
            return (name,)
        case "aspect":
            return (style, round(width / height, 2))
        case "full":
            return (style, width > height)


def _shape(brief: MatrixBrief, cells: Several[Cell]) -> tuple[int, int]:
    """The frame from which every cell can be cropped: the tallest of upright ones, the widest of lying ones."""
    sizes = [(platforms()[cell.platform].width, platforms()[cell.platform].height) for cell in cells]
    width, height = min(sizes, key=lambda size: min(size) / max(size))
    short, _ = sorted(frame_size(tier(brief.tier).resolution, "1:1"))
    scale = short / min(width, height)
    return round(width * scale / 2) * 2, round(height * scale / 2) * 2


def _bought(brief: MatrixBrief, pool: str, look: _Look, seconds: int, prices: PriceList) -> tuple[Purchase, ...]:
    words = phrases("matrix")["zh" if brief.language == "zh-CN" else "en"]
    resolution = f"{look.size[0]}x{look.size[1]}"
    rows = words["shots"]
    found: list[Purchase] = []
    for number, group in enumerate(groups_of(seconds)):
        row, nth = rows[number % len(rows)], 100 * look.number + number // len(rows)
        key_name = f"{pool}-key-{number + 1}"
        key = TextToVideo(
            prompt=_prompt(brief, row["key"], look, words),
            duration=group.key,
            resolution=resolution,
            style=look.style,
            seed=_seed(brief, key_name, nth),
        )
        found.append(_purchase(key_name, key, brief, prices))
        if group.transition:
            name = f"{pool}-transition-{number + 1}"
            basis = Basis(clip=key_name)
            more = ImageToVideo(
                image=basis.to_come(),
                animation_prompt=row["transition"],
                duration=group.transition,
                resolution=resolution,
                seed=_seed(brief, name, nth),
            )
            found.append(_purchase(name, more, brief, prices, basis))
    return tuple(found)


def _seed(brief: MatrixBrief, name: str, nth: int) -> int | None:
    """Another picture for another take, and where the same words are ordered for another pool or come round again."""
    take = brief.takes.get(name, 1)
    return None if take == 1 and not nth else 100 * nth + take


def _purchase(
    name: str, request: TextToVideo | ImageToVideo, brief: MatrixBrief, prices: PriceList, basis: Basis | None = None
) -> Purchase:
    price = price_of(request, prices)
    return Purchase(id=name, request=request, clips=(name,), take=brief.takes.get(name, 1), price=price, basis=basis)


def _prompt(brief: MatrixBrief, parts: Mapping[str, str], look: _Look, words: Mapping[str, Any]) -> str:
    width, height = look.size
    language = "zh" if brief.language == "zh-CN" else "en"
    manner = phrases("matrix")["manners"][look.manner][language] if look.manner else ""
    audience = words["audience"].format(audience=brief.audience) if brief.audience else ""
    frame = words["wide" if width > height else "tall"]
    own = look.style == brief.style
    style = brief.style_words(look.style) if own else style_words(look.style, brief.language)
    said = [style, manner, frame, audience]
    described = {**parts, "style": ("，" if language == "zh" else ", ").join(part for part in said if part)}
    return build_prompt(PromptParts(subject=brief.message, **described), brief.language)


def _work(brief: MatrixBrief, name: str, cell: Cell, pool: Pool, language: str) -> Work:
    own = language == brief.language
    id = name if own else f"{name}-{language.split('-', maxsplit=1)[0].lower()}"
    message = brief.message if own else brief.translations[language].message  # type: ignore[index]
    action = brief.call_to_action if own else brief.translations[language].call_to_action  # type: ignore[index]
    timeline = _timeline(brief, cell, pool, language, message, action)
    return Work(
        id=id,
        folder=id,
        name=f"{brief.name} · {platforms()[cell.platform].title}",
        language=language,
        timeline=timeline,
        deliverables=deliverables(timeline, (cell.platform,)),
        platforms=(cell.platform,),
        label=brief.ai_label,
        publish_at=cell.publish_at,
    )


def _timeline(brief: MatrixBrief, cell: Cell, pool: Pool, language: str, message: str, action: str | None) -> Timeline:
    frames = cell.seconds * FPS
    manner = phrases("matrix")["manners"][cell.manner]
    pace = round(manner["pace"] * FPS)
    closing = min(CLOSING * FPS, frames // 3)
    return Timeline(
        name=brief.name,
        fps=FPS,
        width=pool.width,
        height=pool.height,
        language=language,
        voice=brief.voice,
        shots=pieces(pool.clips, frames, pace, interleaved=manner["interleaved"]),
        titles=(Title(text=brief.name, subtitle=action or "", start=frames - closing, frames=closing),),
        lines=_lines(cell, language, message, action),
        music=Music(mood=brief.music_mood, seed=int(digest([brief.name, brief.message])[:7], 16)),
        loudness_lufs=platforms()[cell.platform].lufs,
    )


def _lines(cell: Cell, language: str, message: str, action: str | None) -> tuple[Line, ...]:
    """The message at the beginning; the call to action at the end where there is room for both."""
    said = speaking_seconds(message, language)
    if LEAD + said + TAIL > cell.seconds:
        allowed = f"about {said + LEAD + TAIL:.0f} s are spoken, and the cell of {cell.platform} has {cell.seconds}"
        raise BriefError([Fault("message", message, allowed)])
    lines = [Line(text=message, start=round(LEAD * FPS))]
    if action is not None:
        last = speaking_seconds(action, language)
        start = cell.seconds - TAIL - last
        if start >= LEAD + said + TAIL:
            lines.append(Line(text=action, start=round(start * FPS)))
    return tuple(lines)
