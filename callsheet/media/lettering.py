"""Words on the picture, as an ASS script that libass draws: titles, and captions where a platform wants them burnt in.

Everything is measured with the very font that will draw it, and set inside the title-safe area (90 % of each side,
SMPTE ST 2046-1), whatever the shape of the picture. Lines are broken here: libass never breaks Chinese.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING

from callsheet.media.captions import Cue
from callsheet.media.fonts import FAMILY, font_path
from callsheet.media.linebreaks import ends_clause, pieces_of, shown
from callsheet.timeline import Timeline, Title

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

SAFE = 0.90
_BOTTOM = 0.80  # of the height: titles end here, so that burnt captions have room below
_CLOSING_BOTTOM = 0.91  # the closing one stands lower, off the product: what is said under it, it shows itself
_EM = 1000  # size at which words are measured
_FADE = 400  # ms


def title_script(timeline: Timeline) -> str | None:
    """The ASS script of the timeline's titles; None if it has none.

    A title that runs to the end is the closing one: it stands in the middle and stays to the last frame. Any other is a
    lower third, on the left.
    """
    if not timeline.titles:
        return None
    events: list[str] = []
    for title in timeline.titles:
        events += _title(title, timeline)
    return _script(timeline.width, timeline.height, timeline.name, events)


def caption_script(cues: Sequence[Cue], width: int, height: int) -> str:
    """The ASS script of captions to burn into a picture of this size: centred, white in a dark outline, two lines."""
    em = 0.05 * min(width, height)
    events = []
    for cue in cues:
        lines = [line for line in cue.text.split("\n") if line]
        widest = max((_length(line) for line in lines), default=0.0)
        size = min(em, SAFE * width / widest) if widest else em
        look = rf"{{\an2\pos({width / 2:.0f},{height * 0.94:.0f})\fs{_font_size(size):.1f}"
        look += rf"\bord{size * 0.09:.1f}\blur{size * 0.02:.1f}\3c&H000000&\3a&H30&\shad0}}"
        words = r"\N".join(map(_plain, lines))
        events.append(_event(1, round(cue.start * 100), round(cue.end * 100), look + words))
    return _script(width, height, "captions", events)


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
        size = min(em, space / max(0.1, *map(_length, lines)))
        if size > best[1]:
            best = (lines, size)
        if size >= 0.7 * em:
            break
    return best


def _raggedness(lines: Sequence[str]) -> float:
    """What speaks against a way to break a title: its longest line, and lines that end within a clause."""
    return max(map(_length, lines)) * (1.0 + 0.35 * sum(not ends_clause(line) for line in lines[:-1]))


def _title(title: Title, timeline: Timeline) -> list[str]:
    width, height, fps = timeline.width, timeline.height, timeline.fps
    short = min(width, height)
    start, end = title.start * 100 // fps, (title.start + title.frames) * 100 // fps
    closing = title.start + title.frames >= timeline.frames
    space = (SAFE - 0.04) * width
    name, name_em = broken(title.text, short * (0.11 if closing else 0.075), space)
    words, words_em = (
        broken(title.subtitle, short * (0.05 if closing else 0.042), space) if title.subtitle else ([], 0.0)
    )

    fade = min(_FADE, (end - start) * 10 // 3)
    leaving = 0 if closing else fade
    x = width / 2 if closing else width * (1 - SAFE) / 2 + short * 0.02
    align = 2 if closing else 1
    gap = name_em * 0.28
    bottom = height * (_CLOSING_BOTTOM if closing else _BOTTOM)
    words_top = bottom - len(words) * _line(words_em)
    name_bottom = words_top - (2 * gap if words else 0.0)
    top = name_bottom - len(name) * _line(name_em)

    events = [_event(0, start, end, _shade(width, height, top, fade, leaving))]
    soft = rf"\bord{name_em * 0.03:.1f}\blur{name_em * 0.08:.1f}\3c&H000000&\3a&H60&\fad({fade},{leaving})"
    look = rf"{{\an{align}\pos({x:.0f},{name_bottom:.0f})\fs{_font_size(name_em):.1f}{soft}\b1}}"
    events.append(_event(2, start, end, look + r"\N".join(map(_plain, name))))
    if words:
        events.append(_event(2, start, end, _rule(x, name_bottom + gap, name_em, align, fade, leaving)))
        # The words under the name come a moment later.
        later = start + min(25, (end - start) // 4)
        look = rf"{{\an{align}\pos({x:.0f},{bottom:.0f})\fs{_font_size(words_em):.1f}{soft}\1c&HF0F0F0&}}"
        events.append(_event(2, later, end, look + r"\N".join(map(_plain, words))))
    return events


def _shade(width: int, height: int, top: float, fade: int, leaving: int) -> str:
    """A soft dark field under the words and below, so that they can be read over a white picture."""
    blur = min(100.0, height * 0.06)
    left, right, under = -width // 4, width + width // 4, height + height // 4
    box = f"m {left} {top:.0f} l {right} {top:.0f} l {right} {under} l {left} {under}"
    look = rf"\an7\pos(0,0)\bord0\shad0\1c&H000000&\1a&H78&\blur{blur:.0f}\fad({fade},{leaving})"
    return rf"{{{look}\p1}}{box}{{\p0}}"


def _rule(x: float, y: float, em: float, align: int, fade: int, leaving: int) -> str:
    """The thin line between the name and the words, drawn out from nothing."""
    length, thick = em * 1.6, max(2.0, em * 0.035)
    left = -length / 2 if align == 2 else 0.0
    box = f"m {left:.0f} 0 l {left + length:.0f} 0 l {left + length:.0f} {thick:.0f} l {left:.0f} {thick:.0f}"
    look = rf"\an7\pos({x:.0f},{y:.0f})\bord0\shad0\1c&H4FB4FF&\fscx0\t(0,{max(fade, 1) * 2},0.5,\fscx100)"
    return rf"{{{look}\fad({fade},{leaving})\p1}}{box}{{\p0}}"


def _script(width: int, height: int, name: str, events: Sequence[str]) -> str:
    style = f"Style: Words,{FAMILY},40,&H00FFFFFF,&H00FFFFFF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,0,0,2,0,0,0,1"
    return "\n".join(
        [
            "[Script Info]",
            f"Title: {' '.join(name.split())}",
            "ScriptType: v4.00+",
            f"PlayResX: {width}",
            f"PlayResY: {height}",
            "WrapStyle: 2",
            "ScaledBorderAndShadow: yes",
            "YCbCr Matrix: TV.709",
            "",
            "[V4+ Styles]",
            "Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic,"
            " Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL,"
            " MarginR, MarginV, Encoding",
            style,
            "",
            "[Events]",
            "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text",
            *events,
            "",
        ]
    )


def _event(layer: int, start: int, end: int, words: str) -> str:
    """Times are hundredths of a second, the finest ASS knows: finer than a frame, and cut down to before the frame."""
    return f"Dialogue: {layer},{_clock(start)},{_clock(end)},Words,,0,0,0,,{words}"


def _clock(hundredths: int) -> str:
    seconds, rest = divmod(hundredths, 100)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:02}"


def _plain(words: str) -> str:
    """Words without a meaning to ASS: a word joiner keeps a backslash from making a command of the next letter."""
    return words.replace("\\", "\\\u2060").replace("{", r"\{").replace("}", r"\}")


@cache
def _font() -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(str(font_path()), _EM)


def _length(words: str) -> float:
    """Width of a line in ems. A bold made from a regular is a little wider than the regular."""
    return _font().getlength(words) / _EM * 1.03


def _line(em: float) -> float:
    """Height of a line in pixels."""
    return _font_size(em)


def _font_size(em: float) -> float:
    """What ASS calls the size of a font is the height of its line, not its em."""
    ascent, descent = _font().getmetrics()
    return em * (ascent + descent) / _EM
