"""Input images: named by their sha256, recognised by their first bytes, never by their name."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

ImageType = Literal["image/jpeg", "image/png", "image/webp"]
LARGEST_IMAGE = 20 * 1024 * 1024
"""Bytes. The `/v1/videos` contract takes at most 20,971,520 characters of image."""
SUFFIXES: dict[str, str] = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}


class Media(BaseModel):
    """An input file by its content: what it is, how large, and its sha256. The bytes are kept elsewhere."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    media_type: ImageType
    bytes: int = Field(gt=0, le=LARGEST_IMAGE)

    @property
    def suffix(self) -> str:
        return SUFFIXES[self.media_type]


def image_type(head: bytes) -> ImageType | None:
    """The type by the first bytes, None when it is not one that is taken."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return None


def media_of(data: bytes) -> Media:
    """`Media` of an image's bytes. Raises `ValueError` saying what is allowed."""
    kind = image_type(data[:16])
    if kind is None:
        raise ValueError("it must be a JPEG, PNG or WebP image")
    if len(data) > LARGEST_IMAGE:
        raise ValueError(f"it has {len(data)} bytes and may have at most {LARGEST_IMAGE}")
    return Media(sha256=hashlib.sha256(data).hexdigest(), media_type=kind, bytes=len(data))


def read_image(path: Path) -> tuple[Media, bytes]:
    """The image at `path`. Raises `ValueError` in the words of a fault when it is missing or not an image."""
    try:
        size = path.stat().st_size
        if size > LARGEST_IMAGE:
            raise ValueError(f"it has {size} bytes and may have at most {LARGEST_IMAGE}")
        data = path.read_bytes()
    except OSError as error:
        raise ValueError(f"it must be an image file that can be read ({error.strerror or error})") from error
    return media_of(data), data
