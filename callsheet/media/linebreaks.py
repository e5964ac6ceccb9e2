"""Where a line of Chinese, English or both may be broken, and where best. Pure; no word is ever changed."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate

# A line is 336 units: 16 Chinese characters of 21, or 42 Latin ones of 8.
LIMIT = 336
_WIDE, _NARROW = 21, 8

Share = Callable[[str], float]
"""How much of a line a piece fills: 1 is the whole line. `of_a_line` counts characters."""

# May not begin a line (closing marks) and may not end one (opening marks): GB/T 15834-2011, 5.1.
_NOT_FIRST = frozenset("、，。．：；！？…—～·）》〉」』】〕｝”’％,.:;!?)]}%")
_NOT_LAST = frozenset("（《〈「『【〔｛“‘([{")
_SENTENCE = frozenset("。！？…!?.")
_CLAUSE = frozenset("，。：；！？…—、,.:;!?")


def shown(piece: str) -> str:
    """A piece of script as a line on the screen: one space for any white space, none at the ends."""
    return " ".join(piece.split())


def width(piece: str) -> int:
    """The width of a piece as shown, in units of which a line has `LIMIT`."""
    return sum(_unit(character) for character in shown(piece))


def of_a_line(piece: str) -> float:
    """The share of a line of `LIMIT` that a piece fills by the number of its characters."""
    return width(piece) / LIMIT


def ends_clause(piece: str) -> bool:
    """Whether a piece ends with a mark at which a reader pauses."""
    return shown(piece)[-1:] in _CLAUSE


def lines_of(text: str, language: str, share: Share = of_a_line) -> list[str]:
    """Cut `text` into lines of which each fills at most the whole of its `share`, evenly, at clauses and between words
    where possible.

    The lines joined are `text`; a space at a break stays with the line before it.
    """
    pieces = pieces_of(text, share)
    words = _word_ends(text) if language.startswith("zh") and share(text) > 1.0 else None
    ends = _sums(pieces)
    closed = list(accumulate((shown(piece)[-1:] in _SENTENCE for piece in pieces), initial=0))
    # best[i]: the least cost of setting the first i pieces, and where the last of their lines begins
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(pieces) + 1):
        cost, start = float("inf"), end - 1
        closing = _closing_cost(pieces, end, ends[end], words)
        for begin in range(end - 1, -1, -1):
            full = share("".join(pieces[begin:end]))
            if full > 1.0 and begin < end - 1:
                break
            # Two whole short sentences may share a line; the beginning of one should not hang on the end of another.
            crossed = (0.5 if closing == 0.0 else 1.5) * (closed[end - 1] - closed[begin])
            here = best[begin][0] + 1.0 + (1.0 - full) ** 2 + closing + crossed
            if here < cost:
                cost, start = here, begin
        best.append((cost, start))
    lines: list[str] = []
    end = len(pieces)
    while end > 0:
        begin = best[end][1]
        lines.insert(0, "".join(pieces[begin:end]))
        end = begin
    return lines


def _closing_cost(pieces: Sequence[str], end: int, offset: int, words: frozenset[int] | None) -> float:
    """What it costs to end a line after the piece before `end`: nothing at a clause, much inside a Chinese word."""
    if end == len(pieces) or ends_clause(pieces[end - 1]):
        return 0.0
    return 0.25 if words is None or offset in words else 1.2


def pieces_of(text: str, share: Share = of_a_line) -> list[str]:
    """The unbreakable pieces of a text with the white space behind them; one too wide for a line is cut by force."""
    pieces: list[str] = []
    for at, character in enumerate(text):
        if not pieces or _may_break(text[at - 1], character) or share(pieces[-1] + character) > 1.0:
            pieces.append(character)
        else:
            pieces[-1] += character
    return pieces


def _may_break(before: str, after: str) -> bool:
    if after.isspace():
        return False
    if before.isspace():
        return True
    if after in _NOT_FIRST or before in _NOT_LAST or unicodedata.combining(after):
        return False
    return _is_wide(before) or _is_wide(after)


def _sums(pieces: Sequence[str]) -> list[int]:
    sums = [0]
    for piece in pieces:
        sums.append(sums[-1] + len(piece))
    return sums


def _word_ends(text: str) -> frozenset[int]:
    """The offsets at which jieba sees a word of the text end."""
    import jieba  # type: ignore[import-untyped]

    jieba.setLogLevel("WARNING")
    return frozenset(_sums(list(jieba.cut(text, HMM=False)))[1:])


@cache
def _is_wide(character: str) -> bool:
    # Ambiguous ones (curly quotes, dashes, the ellipsis) are full width in a Chinese font.
    return unicodedata.east_asian_width(character) in {"W", "F", "A"} and not unicodedata.combining(character)


def _unit(character: str) -> int:
    return 0 if unicodedata.combining(character) else _WIDE if _is_wide(character) else _NARROW
