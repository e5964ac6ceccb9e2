"""The brand kit as a block."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import ClassVar, Literal, cast

from prefect.blocks.core import Block
from pydantic import Field

from callsheet.briefs import MarketingBrief, parse_brief
from callsheet.errors import SettingsError


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

    style: str | None = Field(default=None, description="Style preset of generated shots.")
    music_mood: str | None = Field(default=None, description="Mood of the music.")
    voice: str | None = Field(default=None, description="Speaker of the spoken lines.")
    aspect: Literal["16:9", "9:16", "1:1", "4:5"] | None = Field(default=None, description="Shape of the picture.")

    @classmethod
    async def named(cls, name: str) -> BrandKit:
        """The saved kit of this name. Raises `SettingsError` when there is none."""
        try:
            return await cast(Awaitable[BrandKit], cls.aload(name))
        except ValueError as error:
            raise SettingsError(f"there is no block {cls._block_type_slug}/{name}: {error}") from error

    def dress(self, brief: MarketingBrief) -> MarketingBrief:
        """The brief with the brand's choices where it makes none of its own; `BriefError` where they don't fit it."""
        chosen = brief.model_fields_set
        brand = {"style": self.style, "music_mood": self.music_mood, "voice": self.voice, "aspect": self.aspect}
        taken = {name: value for name, value in brand.items() if value is not None and name not in chosen}
        return cast(MarketingBrief, parse_brief({**brief.model_dump(exclude_unset=True), **taken}))
