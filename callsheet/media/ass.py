"""Writing ASS scripts: the frame around the events, times, colours, and words that command nothing."""

from __future__ import annotations

from collections.abc import Sequence

from callsheet.media.fonts import FAMILY


def script(width: int, height: int, name: str, events: Sequence[str]) -> str:
    """A script for a picture of `width` x `height` pixels. It has one style, ``Words``: white, without an outline."""
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


def event(layer: int, start: int, end: int, words: str) -> str:
    """Times are hundredths of a second, the finest ASS knows: finer than a frame, and cut down to before the frame."""
    return f"Dialogue: {layer},{_clock(start)},{_clock(end)},Words,,0,0,0,,{words}"


def plain(words: str) -> str:
    """Words without a meaning to ASS: a word joiner keeps a backslash from making a command of the next letter."""
    return words.replace("\\", "\\\u2060").replace("{", r"\{").replace("}", r"\}")


def colour(hexadecimal: str) -> str:
    """``#RRGGBB`` as ASS writes it."""
    red, green, blue = hexadecimal[1:3], hexadecimal[3:5], hexadecimal[5:7]
    return f"&H{blue}{green}{red}&".upper()


def _clock(hundredths: int) -> str:
    seconds, rest = divmod(hundredths, 100)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:02}"
