"""The font that writes on pictures: Noto Sans SC, which has Chinese and Latin letters in one weight (OFL-1.1).

libass finds a font only if the style names its family exactly, and tries to load every file of its font folder; so the
one font file is copied out of its package into a folder that holds nothing else.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from callsheet.errors import MediaError

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

FAMILY = "Noto Sans SC"
_FILE = "NotoSansSC-Regular.otf"
_EM = 1000  # size at which words are measured


@cache
def font_path() -> Path:
    """The font file, for Pillow. Raises MediaError if the package brought another family under that name."""
    from PIL import ImageFont
    from pylopdf_fonts_zh_cn import sans_path

    source: Path = sans_path()
    family = ImageFont.truetype(str(source), 16).getname()[0]
    if family != FAMILY:
        raise MediaError(
            f"{source.name} is the family {family!r}, expected {FAMILY!r}: captions would show empty boxes"
        )
    return source


@cache
def fonts_dir() -> Path:
    """A folder that holds only the font, for libass (``fontsdir``).

    It stands in the user's cache (``XDG_CACHE_HOME``, else ``~/.cache``), named after the font's digest and made in one
    move, so that two processes can't see it half filled. Where no cache can be written, each process makes its own.
    """
    source = font_path()
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:16]
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "callsheet"
    folder = root / f"fonts-{digest}"
    if (folder / _FILE).is_file():
        return folder
    try:
        root.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".fonts-", dir=root))
    except OSError:
        folder = Path(tempfile.mkdtemp(prefix="callsheet-fonts-"))
        shutil.copyfile(source, folder / _FILE)
        return folder
    shutil.copyfile(source, made / _FILE)
    try:
        made.rename(folder)
    except OSError:
        # Another process was first.
        shutil.rmtree(made)
        if not (folder / _FILE).is_file():
            raise
    return folder


@cache
def font(size: float) -> FreeTypeFont:
    """The font for Pillow, its em `size` pixels."""
    from PIL import ImageFont

    return ImageFont.truetype(str(font_path()), size)


def length(words: str) -> float:
    """Width of a line in ems. A bold made from a regular is a little wider than the regular."""
    return font(_EM).getlength(words) / _EM * 1.03


def line_height(em: float) -> float:
    """Height of a line in pixels: it is what ASS calls the size of a font."""
    ascent, descent = font(_EM).getmetrics()
    return em * (ascent + descent) / _EM
