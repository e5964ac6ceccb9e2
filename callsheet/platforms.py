"""What each platform takes: one file of `callsheet/data/platforms` for each, with its source and the day it was read.

Lengths are seconds, sizes pixels as they are seen, rates bits a second, loudness LUFS, peaks dBTP. Where a platform
states nothing, the number is ours and its field is named in `ours`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from callsheet.errors import BriefError, Fault

Words = tuple[str, ...]


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class VideoRule(_Fact):
    """How the picture is coded. `codec` is delivered, `codecs` are allowed. A master's own rate is kept from `fps_min`
    to `fps_max`, else `fps` is delivered. `key_seconds` is the longest way between two key pictures; `bit_rate` is
    what is aimed at, `bit_rate_max` what may not be passed."""

    codec: Literal["h264"]
    codecs: Words
    profile: Literal["high"]
    pix_fmt: Literal["yuv420p"]
    fps: int = Field(ge=1)
    fps_min: float = Field(gt=0)
    fps_max: float
    key_seconds: float = Field(gt=0)
    bit_rate: int = Field(gt=0)
    bit_rate_max: int


class AudioRule(_Fact):
    """How the sound is coded, as it is delivered."""

    codec: Literal["aac"]
    sample_rate: int
    channels: int
    bit_rate: int


class Margins(_Fact):
    """Pixels at the delivered size on which the platform's own buttons and words stand."""

    top: int = Field(ge=0)
    bottom: int = Field(ge=0)
    left: int = Field(ge=0)
    right: int = Field(ge=0)


class CaptionRule(_Fact):
    """Where captions stand: burnt into the picture, as a track of their own, or either; and whether they must."""

    rule: Literal["burnt", "track", "either"]
    required: bool


class LabelRule(_Fact):
    """How a viewer is told that a model made it: in the picture, declared when posting, or not at all."""

    rule: Literal["visible", "declared", "none"]
    where: str

    @property
    def visible(self) -> bool:
        return self.rule == "visible"


class ThumbnailRule(_Fact):
    """The cover that is delivered."""

    width: int = Field(ge=1)
    height: int = Field(ge=1)
    bytes_max: int
    format: Literal["jpeg"]


class Platform(_Fact):
    """One platform. `aspect_min` and `aspect_max` are width over height; `edit_list` says whether the file may have
    edit lists; `containers` are allowed, `container` is delivered. The last three are the longest black, frozen
    picture and silence that may stand in a work."""

    name: str
    title: str
    source: str
    read_on: str
    ours: Words
    width: int = Field(ge=2, multiple_of=2)
    height: int = Field(ge=2, multiple_of=2)
    aspect_min: float
    aspect_max: float
    seconds_min: float
    seconds_max: float
    bytes_max: int
    container: Literal["mp4"]
    containers: Words
    edit_list: bool
    video: VideoRule
    audio: AudioRule
    lufs: float
    lufs_tolerance: float
    true_peak_max_dbtp: float = Field(le=-1.0)
    safe: Margins
    captions: CaptionRule
    ai_label: LabelRule
    thumbnail: ThumbnailRule
    black_seconds_max: float
    freeze_seconds_max: float
    silence_seconds_max: float

    @property
    def safe_shares(self) -> tuple[float, float, float, float]:
        """The margins on the left, top, right and bottom as shares of the sides, 0 to 1."""
        safe = self.safe
        return (safe.left / self.width, safe.top / self.height, safe.right / self.width, safe.bottom / self.height)


@cache
def platforms() -> Mapping[str, Platform]:
    """Every platform by its name, in alphabetical order."""
    folder = resources.files("callsheet").joinpath("data", "platforms")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".json")), key=lambda file: file.name)
    found = [Platform.model_validate_json(file.read_text(encoding="utf-8")) for file in files]
    return MappingProxyType({one.name: one for one in found})


def platform(name: str) -> Platform:
    """The platform called `name`. Raises BriefError with the names that are allowed."""
    try:
        return platforms()[name]
    except KeyError:
        raise BriefError([Fault("platform", repr(name), f"it must be one of {', '.join(platforms())}")]) from None
