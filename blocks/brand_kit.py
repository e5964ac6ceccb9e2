"""The brand kit as a block."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from prefect.blocks.core import Block
from pydantic import Field

from blocks.logo import LOGO
from callsheet.briefs.marketing import MarketingBrief


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
    _logo_url: ClassVar[Any] = LOGO
    _documentation_url: ClassVar[Any] = "https://github.com/callsheet-video/callsheet/blob/main/docs/blocks.md"

    style: str | None = Field(default=None, description="Style preset of generated shots.")
    music_mood: str | None = Field(default=None, description="Mood of the music.")
    voice: str | None = Field(default=None, description="Speaker of the spoken lines.")
    aspect: Literal["16:9", "9:16", "1:1", "4:5"] | None = Field(default=None, description="Shape of the picture.")

    def dress(self, brief: MarketingBrief) -> MarketingBrief:
        """The brief with the brand's choices where it makes none of its own; validated again."""
        chosen = brief.model_fields_set
        brand = {"style": self.style, "music_mood": self.music_mood, "voice": self.voice, "aspect": self.aspect}
        taken = {name: value for name, value in brand.items() if value is not None and name not in chosen}
        return MarketingBrief.model_validate({**brief.model_dump(exclude_unset=True), **taken})
