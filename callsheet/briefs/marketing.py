"""The brief of a marketing video: a product, what it looks like, where it is used, and the sentence to remember."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Self

from pydantic import Field, ValidationInfo, field_validator

from callsheet.briefs.brief import Aspect, Brief, Line
from callsheet.briefs.choices import MoodName, PlatformName, StyleName, VoiceName, known_voice
from callsheet.media.sound.moods import moods


class MarketingBrief(Brief):
    """One marketing video.

    It becomes a close-up of the product, each product image animated, and one shot for each usage scenario, joined to
    `duration` seconds with music and the slogan spoken.
    """

    kind: Literal["marketing"] = Field(default="marketing", description="The product this brief is for.")
    description: Line = Field(
        description="What it looks like: form, material, colour. It leads every prompt.",
        examples=["现代简约设计的智能音箱，黑色外壳带LED环形灯"],
    )
    product_images: tuple[Line, ...] = Field(
        default=(),
        max_length=8,
        description="Paths of JPEG, PNG or WebP images, each at most 20 MiB; relative to the brief's folder.",
    )
    scenarios: tuple[Line, ...] = Field(
        default=(), max_length=6, description="Places of use, one shot each.", examples=[["客厅沙发旁", "卧室床头柜"]]
    )
    slogan: Line = Field(description="The sentence to remember; it is spoken and captioned.")
    voice: VoiceName = Field(default="female", description="The speaker of the slogan.")
    music_mood: MoodName = Field(default="uplifting", description=f"One of {', '.join(moods())}.")
    duration: int = Field(default=20, ge=5, le=60, description="Seconds of the finished work.")
    aspect: Aspect = Field(default="16:9", description="Shape of the picture.")
    style: StyleName = Field(default="commercial", description="Style preset of the generated shots.")
    platforms: tuple[PlatformName, ...] = Field(
        default=(), max_length=11, description="Platforms for which a rendition is made of the master, and checked."
    )

    @field_validator("voice")
    @classmethod
    def _voice_speaks_the_language(cls, value: str, info: ValidationInfo) -> str:
        return known_voice(value, info.data.get("language", "zh-CN"))

    @field_validator("platforms")
    @classmethod
    def _each_platform_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value))

    def files(self) -> tuple[tuple[str, str], ...]:
        return tuple((f"product_images[{number}]", path) for number, path in enumerate(self.product_images))

    def with_paths(self, place: Callable[[str], str]) -> Self:
        return self.model_copy(update={"product_images": tuple(place(path) for path in self.product_images)})
