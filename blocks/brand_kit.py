"""The brand kit as a block."""

from __future__ import annotations

from typing import ClassVar, Literal

from prefect.blocks.core import Block
from pydantic import Field

from callsheet.brand import Brand, parse_brand


class BrandKit(Block):
    """What every work of a brand shares; a brief that leaves one of these at its default takes it from here.

    Example:
        ```python
        from blocks import BrandKit

        brand = BrandKit.load("BLOCK_NAME")
        ```
    """

    _block_type_name: ClassVar[str | None] = "Callsheet brand kit"
    _block_type_slug: ClassVar[str | None] = "callsheet-brand-kit"

    name: str | None = Field(default=None, description="What the brand is called.")
    logo: str | None = Field(default=None, description="Path of an image, best a PNG with a transparent ground.")
    look: dict[str, str] = Field(default={}, description="Colours: accent, ink and ground, each as #RRGGBB.")
    intro: str | None = Field(default=None, description="Path of a clip or image that begins each work.")
    outro: str | None = Field(default=None, description="Path of a clip or image that ends each work.")
    music: str | None = Field(default=None, description="Path of a sound file that is played under each work.")
    pronunciation: dict[str, str] = Field(default={}, description="Words as written, and as they are to be spoken.")
    prompt: list[str] = Field(default=[], description="Fragments added to the style of every prompt.")
    forbidden: list[str] = Field(default=[], description="Words that may stand in no brief, prompt or spoken line.")
    style: str | None = Field(default=None, description="Style preset of generated shots.")
    music_mood: str | None = Field(default=None, description="Mood of the music.")
    voice: str | None = Field(default=None, description="Speaker of the spoken lines.")
    aspect: Literal["16:9", "9:16", "1:1", "4:5"] | None = Field(default=None, description="Shape of the picture.")

    def brand(self) -> Brand:
        """The brand of these fields. Raises `BriefError` where one of them is wrong."""
        fields = {name: getattr(self, name) for name in Brand.model_fields}
        said = {name: value for name, value in fields.items() if value not in (None, "", {}, [])}
        return parse_brand({"name": "brand", **said})
