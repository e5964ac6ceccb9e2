"""The label that a viewer sees: that the work is generated, in a corner of its opening, as an ASS script.

GB 45438-2025 as its summaries give it (the standard's text was not at hand): on a video's opening picture, for at
least 2 s; letters at least 5 % of the shortest side high, which is said of pictures and kept here for video too.
"""

from __future__ import annotations

from typing import Literal

from callsheet.errors import MediaError
from callsheet.media.fonts import FAMILY, font_path

HEIGHT = 0.05
SECONDS = 2.0
WORDS = {"zh": "AI生成", "en": "AI-generated"}
Corner = Literal["top left", "top right", "bottom left", "bottom right"]
_NUMPAD: dict[Corner, int] = {"top left": 7, "top right": 9, "bottom left": 1, "bottom right": 3}
_EM = 1000  # size at which letters are measured


def label_script(
    width: int,
    height: int,
    *,
    language: str,
    margins: tuple[float, float, float, float] = (0.05, 0.05, 0.05, 0.05),
    seconds: float = 4.0,
    corner: Corner = "top left",
) -> str:
    """The script for a picture of `width` x `height` pixels.

    `margins` are shares of the sides (left, top, right, bottom) that a platform covers; the label stays inside. Its
    capitals are `HEIGHT` of the shortest side. Languages without words of their own get the English ones. Raises
    `MediaError` where it would be too short to count or has no room.
    """
    if seconds < SECONDS:
        raise MediaError(f"the label: {seconds:g} s are not allowed; it stays for at least {SECONDS:g} s")
    from PIL import ImageFont

    words = WORDS.get(language.partition("-")[0].lower(), WORDS["en"])
    font = ImageFont.truetype(str(font_path()), _EM)
    box = font.getbbox("A")
    em = HEIGHT * min(width, height) * _EM / (box[3] - box[1])
    left, top, right, bottom = margins
    outline = em * 0.09
    space = width * (1 - left - right)
    if font.getlength(words) * em / _EM + 2 * outline > space or em * 1.5 > height * (1 - top - bottom):
        raise MediaError(f"the label: margins {margins} are not allowed in {width}x{height}; they leave it no room")
    x = width * left + outline if corner.endswith("left") else width * (1 - right) - outline
    y = height * top if corner.startswith("top") else height * (1 - bottom)
    # What ASS calls the size of a font is the height of its line, not its em.
    ascent, descent = font.getmetrics()
    look = rf"{{\an{_NUMPAD[corner]}\pos({x:.0f},{y:.0f})\fs{em * (ascent + descent) / _EM:.2f}\bord{outline:.2f}}}"
    hundredths = round(seconds * 100)
    end = f"{hundredths // 360_000}:{hundredths // 6_000 % 60:02}:{hundredths // 100 % 60:02}.{hundredths % 100:02}"
    return "\n".join(
        [
            "[Script Info]",
            "Title: label",
            "ScriptType: v4.00+",
            f"PlayResX: {width}",
            f"PlayResY: {height}",
            "WrapStyle: 2",
            "ScaledBorderAndShadow: yes",
            "YCbCr Matrix: TV.709",
            "",
            "[V4+ Styles]",
            "Format: Name, Fontname, Fontsize, PrimaryColour, OutlineColour, Bold, BorderStyle, Outline, Shadow,"
            " Alignment, MarginL, MarginR, MarginV, Encoding",
            f"Style: Label,{FAMILY},40,&H00FFFFFF,&H30000000,0,1,0,0,7,0,0,0,1",
            "",
            "[Events]",
            "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text",
            f"Dialogue: 9,0:00:00.00,{end},Label,,0,0,0,,{look}{words}",
            "",
        ]
    )
