"""Files that people give for the cut itself: a logo, an opening, an ending, music. Named by their content."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from callsheet.storage.keys import clip_key

LARGEST_GIVEN = 512 * 1024 * 1024
"""Bytes: an opening of a minute in a mastering quality."""
KINDS: dict[str, Literal["image", "video", "sound"]] = {
    ".png": "image",
    ".jpg": "image",
    ".jpeg": "image",
    ".webp": "image",
    ".mp4": "video",
    ".mov": "video",
    ".wav": "sound",
    ".mp3": "sound",
    ".m4a": "sound",
}


class Given(BaseModel):
    """A file by its content. `name` is what timelines call it; `seconds` its length, None for an image."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Literal["image", "video", "sound"]
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    suffix: str
    bytes: int = Field(gt=0)
    seconds: float | None = None

    @property
    def key(self) -> str:
        """Where it lies in the bucket."""
        return clip_key(self.sha256, self.suffix)


def read_given(name: str, path: Path) -> Given:
    """The file at `path`, measured. Raises `ValueError` in the words of a fault when it can't be used."""
    suffix = path.suffix.lower()
    kind = KINDS.get(suffix)
    if kind is None:
        raise ValueError(f"it must be one of {', '.join(KINDS)}")
    try:
        size = path.stat().st_size
        if not 0 < size <= LARGEST_GIVEN:
            raise ValueError(f"it has {size} bytes; from 1 to {LARGEST_GIVEN} are taken")
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ValueError(f"it must be a file that can be read ({error.strerror or error})") from error
    return Given(name=name, kind=kind, sha256=digest, suffix=suffix, bytes=size, seconds=_seconds(kind, path))


def _seconds(kind: str, path: Path) -> float | None:
    from callsheet.errors import MediaError
    from callsheet.media.images import read_image

    if kind == "image":
        read_image(path)
        return None
    try:
        if kind == "video":
            from callsheet.media.probe import probe

            return probe(path).seconds
        from callsheet.media.loudness import RATE
        from callsheet.media.wave import read_sound

        return len(read_sound(path)) / RATE
    except MediaError as error:
        raise ValueError(error.message) from error
