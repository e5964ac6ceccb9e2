"""Words on the picture, as an ASS script that libass draws: titles, and captions where a platform wants them burnt in.

Everything is measured with the very font that will draw it, and set inside the title-safe area (90 % of each side,
SMPTE ST 2046-1) or what a platform leaves free, whatever the shape of the picture. Lines are broken here: libass never
breaks Chinese.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from callsheet.media.ass import colour, event, plain, script
from callsheet.media.captions import Cue, fitted
from callsheet.media.fonts import length, line_height
from callsheet.media.linebreaks import Share, ends_clause, of_a_line, pieces_of, shown
from callsheet.timeline import Look, Timeline, Title

SAFE = 0.90
_BOTTOM = 0.80  # of the height: titles end here, so that burnt captions have room below
_CLOSING_BOTTOM = 0.91  # the closing one stands lower, off the product: what is said under it, it shows itself
CAPTION_EM = 0.05
"""Em of burnt captions as a share of the picture's shorter side: QuickTime File Format, subtitle sample description
(font size is 0.05 of the height), and SMPTE-TT's SDP-US, R0026 (5 % of the height by default); read 2026-11-22."""
SMALLEST_EM = 0.035
"""Below it captions are not shrunk: they are broken into more lines and cues instead. Ours."""
_OUTLINE = 0.09  # of the em
_CENTRED = 13  # ems: captions stand in the frame's middle if the safe area leaves them this much there
_FADE = 400  # ms


Margins = tuple[float, float, float, float]
_OPEN: Margins = (0.0, 0.0, 0.0, 0.0)
_CAPTION_ROOM = 0.14  # of the height: captions stand below a lower third


def title_script(timeline: Timeline, margins: Margins = _OPEN) -> str | None:
    """The ASS script of the timeline's titles, in its size; None if it has none. The words keep inside `margins`, which
    are shares of the sides (left, top, right, bottom) as `Platform.safe_shares` has them.

    The closing one stands in the middle, and to the last frame if it runs to the end; a lower third stands on the left
    and fades. An ``auto`` title is the closing one if it runs to the end of the work. Colours are those of the
    timeline's look.
    """
    if not timeline.titles:
        return None
    events: list[str] = []
    for title in timeline.titles:
        events += _title(title, timeline, margins)
    return script(timeline.width, timeline.height, timeline.name, events)


def caption_script(
    cues: Sequence[Cue],
    width: int,
    height: int,
    *,
    language: str = "",
    margins: tuple[float, float, float, float] = (0.05, 0.05, 0.05, 0.06),
) -> str:
    """The ASS script of captions to burn into a picture of this size: centred, white in a dark outline, two lines.

    `margins` are shares of the sides (left, top, right, bottom) that stay free, as `Platform.safe_shares` has them.
    Lines that are too wide for the rest are broken anew, by the words of `language`; a cue then becomes several.
    """
    em, middle, space = _caption_place(width, height, margins)
    bottom = height * (1.0 - margins[3])
    events = []
    for cue in fitted(cues, language, caption_share(width, height, margins)):
        lines = [line for line in cue.text.split("\n") if line]
        if not lines:
            continue
        size = min(em, space / max(map(length, lines)))
        look = rf"{{\an2\pos({middle:.0f},{bottom - 1.2 * _OUTLINE * size:.0f})\fs{line_height(size):.1f}"
        look += rf"\bord{size * _OUTLINE:.1f}\blur{size * 0.02:.1f}\3c&H000000&\3a&H30&\shad0}}"
        words = r"\N".join(map(plain, lines))
        events.append(event(1, round(cue.start * 100), round(cue.end * 100), look + words))
    return script(width, height, "captions", events)


def caption_share(width: int, height: int, margins: tuple[float, float, float, float]) -> Share:
    """How much of a line of burnt captions a piece fills, on a picture of this size: by its letters as they are drawn,
    and by their number, of which a line has at most 16 Chinese or 42 Latin ones."""
    em, _, space = _caption_place(width, height, margins)

    def share(piece: str) -> float:
        return max(of_a_line(piece), length(shown(piece)) * em / space)

    return share


def _caption_place(width: int, height: int, margins: tuple[float, float, float, float]) -> tuple[float, float, float]:
    """The em of captions, the middle on which they stand, and the space they have, all in pixels.

    They stand in the middle of the frame, unless a platform's buttons on one side leave too little room there: then in
    the middle of what is free.
    """
    em = CAPTION_EM * min(width, height)
    border = 2.4 * _OUTLINE * em + 2
    left, right = margins[0] * width, margins[2] * width
    space = width - 2 * max(left, right) - border
    if space >= _CENTRED * em:
        return em, width / 2, space
    space = width - left - right - border
    # Where not even six letters would stand in a line they get smaller.
    return max(SMALLEST_EM * min(width, height), min(em, space / 6)), (left + width - right) / 2, space


def broken(text: str, em: float, space: float) -> tuple[list[str], float]:
    """Break `text` into up to three lines no wider than `space` pixels: the lines and the em they are set in.

    More lines are taken only where fewer would shrink the letters below 70 % of `em`.
    """
    pieces = pieces_of(" ".join(text.split()))
    best: tuple[list[str], float] = ([], 0.0)
    for count in range(1, min(3, len(pieces)) + 1):
        settings = (
            [shown("".join(pieces[a:b])) for a, b in zip((0, *cuts), (*cuts, len(pieces)), strict=True)]
            for cuts in combinations(range(1, len(pieces)), count - 1)
        )
        lines = min(settings, key=_raggedness)
        size = min(em, space / max(0.1, *map(length, lines)))
        if size > best[1]:
            best = (lines, size)
        if size >= 0.7 * em:
            break
    return best


def _raggedness(lines: Sequence[str]) -> float:
    """What speaks against a way to break a title: its longest line, and lines that end within a clause."""
    return max(map(length, lines)) * (1.0 + 0.35 * sum(not ends_clause(line) for line in lines[:-1]))


def _title(title: Title, timeline: Timeline, margins: Margins) -> list[str]:
    left, _, right, under = margins
    width, height, fps = timeline.width, timeline.height, timeline.fps
    short = min(width, height)
    start, end = title.start * 100 // fps, (title.start + title.frames) * 100 // fps
    last = title.start + title.frames >= timeline.frames
    closing = title.style == "closing" or (title.style == "auto" and last)
    space = width - 2 * max(left, right, (1.04 - SAFE) / 2) * width
    name, name_em = broken(title.text, short * (0.11 if closing else 0.075), space)
    words, words_em = (
        broken(title.subtitle, short * (0.05 if closing else 0.042), space) if title.subtitle else ([], 0.0)
    )

    fade = min(_FADE, (end - start) * 10 // 3)
    leaving = 0 if closing and last else fade
    x = width / 2 if closing else width * max(left, (1 - SAFE) / 2) + short * 0.02
    align = 2 if closing else 1
    gap = name_em * 0.28
    bottom = height * (min(_CLOSING_BOTTOM, 1 - under) if closing else min(_BOTTOM, 1 - under - _CAPTION_ROOM))
    words_top = bottom - len(words) * line_height(words_em)
    name_bottom = words_top - (2 * gap if words else 0.0)
    top = name_bottom - len(name) * line_height(name_em)

    ink, ground = colour(timeline.look.ink), colour(timeline.look.ground)
    events = [event(0, start, end, _shade(width, height, top, ground, fade, leaving))]
    soft = rf"\1c{ink}\bord{name_em * 0.03:.1f}\blur{name_em * 0.08:.1f}\3c{ground}\3a&H60&\fad({fade},{leaving})"
    look = rf"{{\an{align}\pos({x:.0f},{name_bottom:.0f})\fs{line_height(name_em):.1f}{soft}\b1}}"
    events.append(event(2, start, end, look + r"\N".join(map(plain, name))))
    if words:
        events.append(event(2, start, end, _rule(x, name_bottom + gap, name_em, align, timeline.look, fade, leaving)))
        # The words under the name come a moment later.
        later = start + min(25, (end - start) // 4)
        look = rf"{{\an{align}\pos({x:.0f},{bottom:.0f})\fs{line_height(words_em):.1f}{soft}\1a&H10&}}"
        events.append(event(2, later, end, look + r"\N".join(map(plain, words))))
    return events


def _shade(width: int, height: int, top: float, ground: str, fade: int, leaving: int) -> str:
    """A soft dark field under the words and below, so that they can be read over a white picture."""
    blur = min(100.0, height * 0.06)
    left, right, under = -width // 4, width + width // 4, height + height // 4
    box = f"m {left} {top:.0f} l {right} {top:.0f} l {right} {under} l {left} {under}"
    look = rf"\an7\pos(0,0)\bord0\shad0\1c{ground}\1a&H78&\blur{blur:.0f}\fad({fade},{leaving})"
    return rf"{{{look}\p1}}{box}{{\p0}}"


def _rule(x: float, y: float, em: float, align: int, look: Look, fade: int, leaving: int) -> str:
    """The thin line between the name and the words, drawn out from nothing."""
    length, thick = em * 1.6, max(2.0, em * 0.035)
    left = -length / 2 if align == 2 else 0.0
    box = f"m {left:.0f} 0 l {left + length:.0f} 0 l {left + length:.0f} {thick:.0f} l {left:.0f} {thick:.0f}"
    drawn = rf"\an7\pos({x:.0f},{y:.0f})\bord0\shad0\1c{colour(look.accent)}\fscx0\t(0,{max(fade, 1) * 2},0.5,\fscx100)"
    return rf"{{{drawn}\fad({fade},{leaving})\p1}}{box}{{\p0}}"
