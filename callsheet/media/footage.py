"""A clip in the bucket as something to work on: named by its content, with what its price hangs on."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from callsheet.media.probe import Probe

ROUNDING = 0.05
"""Seconds that are let go: containers round the last frame's end, and a clip of 5 s is billed as 5 s."""


class Footage(BaseModel):
    """A video by its content. `width` and `height` are in pixels, `seconds` its length, `bytes` its size."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    media_type: Literal["video/mp4"] = "video/mp4"
    bytes: int = Field(gt=0)
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    seconds: float = Field(gt=0)

    @property
    def suffix(self) -> str:
        return ".mp4"

    @property
    def resolution(self) -> str:
        """As in an order: WIDTHxHEIGHT."""
        return f"{self.width}x{self.height}"

    @property
    def whole_seconds(self) -> int:
        """Begun seconds, which is what is billed."""
        return max(1, math.ceil(self.seconds - ROUNDING))


def footage(sha256: str, size: int, measured: Probe) -> Footage:
    """The footage of a measured file of `size` bytes."""
    return Footage(sha256=sha256, bytes=size, width=measured.width, height=measured.height, seconds=measured.seconds)
